//! The `store` of an attribute: an engine in which several processes share its state.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Expr, ExprPath, Lit, LitStr};

use super::Checker;
use crate::parse::expression::{as_ident, bare, literal, span_of};
use crate::parse::{Arguments, KeyValue};

/// The path of a `static` whose type implements `SharedStore`.
pub(super) struct Store {
    path: ExprPath,
    key: Span,
}

/// Reads `store = PATH`. The other arguments may be read before or after it.
pub(super) fn store(arguments: &mut Arguments<'_>) -> Option<Store> {
    let KeyValue { key, value } = arguments.take("store")?;
    reject_without_feature(arguments, key.span(), cfg!(any(test, feature = "store")));
    let problem = match bare(&value) {
        Expr::Path(path) if path.path.is_ident("self") => {
            "takes the path of a `static`; `self` is known only in a call"
        }
        Expr::Path(path) if path.qself.is_none() => return Some(Store { path: path.clone(), key: key.span() }),
        Expr::Reference(_) => "takes the path of a `static`, without `&`: `store = SHARED`",
        Expr::Call(_) | Expr::MethodCall(_) | Expr::Macro(_) | Expr::Struct(_) => {
            "takes the path of a `static`, which all calls share, and not a value of their own; write `static SHARED: .. = \
             ..;` and `store = SHARED`"
        }
        other => match literal(other) {
            Some(Lit::Str(text)) if text.value().contains("://") => {
                "takes the path of a `static`, which the program connects to a URL when it starts; write `static SHARED: Redis \
                 = Redis::new(\"..\");`, `store = SHARED`, and in `main` `SHARED.connect(\"..\").await`"
            }
            Some(Lit::Str(_)) => "takes the path of a `static`, not its name in quotes: `store = SHARED`",
            _ => "takes the path of a `static`: `store = SHARED`",
        },
    };
    arguments.diagnostics.error_at(&value, format_args!("`store` of `#[{}]` {problem}", arguments.attribute));
    None
}

/// The macros know the features of the runtime only because the facade passes them on.
fn reject_without_feature(arguments: &Arguments<'_>, at: Span, has_feature: bool) {
    if !has_feature {
        arguments.diagnostics.error(
            at,
            "`store` needs an engine to share state in: add the package that reaches it, as with `cargo add \
             resilience-redis`, or the feature `store` of `resilience-fn` for a `SharedStore` of your own",
        );
    }
}

/// Reports arguments that only mean something beside a `store`. Called while they can still be found.
pub(super) fn reject_without_store(arguments: &Arguments<'_>, keys: &[&str]) {
    if arguments.has("store") {
        return;
    }
    for key in keys {
        if let Some(at) = arguments.span_of_any(key) {
            arguments.diagnostics.error(
                at,
                format_args!("`{key}` is about state that processes share; add `store = SHARED`, or leave it out"),
            );
        }
    }
}

impl Store {
    /// Called when all arguments have been read: a misspelled `name` is reported already.
    pub(super) fn require_name(&self, arguments: &Arguments<'_>, name: Option<&LitStr>) {
        if name.is_none() && arguments.is_complete() {
            let attribute = arguments.attribute;
            arguments.diagnostics.error(
                self.key,
                format_args!(
                    "`store` of `#[{attribute}]` needs a `name`, by which processes find the state that they share; the name \
                     of the function would be another one after a refactoring; add `name = \"..\"`"
                ),
            );
        }
    }

    /// Rejects a function that cannot wait for the engine.
    pub(super) fn check(&self, attribute: &str, checker: &Checker<'_>) {
        if !checker.function.shape.is_async() {
            checker.diagnostics.error(
                self.key,
                format_args!(
                    "`store` of `#[{attribute}]` waits for an engine on the network, and a function that is not `async` would \
                     block its thread for that; write `async fn`, or leave `store` out, so that each process has its own state"
                ),
            );
        }
        let path = Expr::Path(self.path.clone());
        let is_parameter = |word: &proc_macro2::Ident| {
            checker.function.params.iter().any(|param| param.names().iter().any(|name| word == name))
        };
        if let Some(word) = as_ident(&path).filter(|word| is_parameter(word)) {
            checker.diagnostics.error(
                word.span(),
                format_args!(
                    "`store` of `#[{attribute}]` takes the path of a `static`, and `{word}` is a parameter of the function; write \
                     `static SHARED: .. = ..;` and `store = SHARED`"
                ),
            );
        }
    }

    /// A `&'static dyn SharedStore` where one is expected. An error about its type stands at the path.
    pub(super) fn reference(&self) -> TokenStream {
        let (path, here) = (&self.path, span_of(&self.path).resolved_at(Span::mixed_site()));
        quote_spanned!(here=> &#path)
    }

    /// The path as the user knows it, for the description.
    pub(super) fn describe(&self) -> String {
        crate::parse::tokens::readable(&self.path.to_token_stream())
    }
}
