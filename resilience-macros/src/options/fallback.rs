use proc_macro2::Span;
use quote::ToTokens;
use syn::{Expr, ExprClosure, Ident, Member, Token};

use crate::attr::{Arguments, Given};
use crate::diagnostics::Diagnostics;
use crate::item::Param;
use crate::tokens::mentions_in_text;
use crate::value::bare;

pub(crate) struct Fallback {
    /// In the order in which they are tried; at least one.
    pub(crate) steps: Vec<Step>,
    pub(crate) when: Option<Expr>,
    /// Where events are asked to show the errors that it answers.
    pub(crate) log_errors: Option<Span>,
}

impl Fallback {
    /// Whether a value is made of `self`.
    pub(crate) fn mentions_self(&self) -> bool {
        self.steps.iter().any(|step| {
            matches!(step, Step::Value(value) if mentions_in_text(&value.to_token_stream(), &["self".to_owned()]))
        })
    }

    /// Whether any step takes this argument: a function takes them all.
    pub(crate) fn uses(&self, param: &Param) -> bool {
        self.steps.iter().any(|step| match step {
            Step::Path(_) | Step::Method(..) => true,
            Step::Closure(closure) => mentions_in_text(&closure.to_token_stream(), &param.names()),
            Step::Value(value) => mentions_in_text(&value.to_token_stream(), &param.names()),
        })
    }
}

/// One way of answering after all.
pub(crate) enum Step {
    /// Called with the same arguments.
    Path(Expr),
    /// `self.method`, called with the other arguments. Holds the user's `self`.
    Method(Token![self], Ident),
    /// Called with the error; it sees the arguments by name.
    Closure(ExprClosure),
    /// A value for success.
    Value(Expr),
}

pub(super) fn interpret(arguments: &mut Arguments, diagnostics: &mut Diagnostics) -> Option<Fallback> {
    let when = arguments.function("when", diagnostics);
    let log_errors = arguments.log_errors(diagnostics);
    let value = arguments.take("value");
    let mut rejected = false;
    let mut steps: Vec<Step> = Vec::new();
    for expression in arguments.take_bare() {
        match step(&expression) {
            Ok(step) => steps.push(step),
            Err(error) => {
                rejected = true;
                diagnostics.push(error);
            }
        }
    }
    if let Some(Given { value, .. }) = &value {
        super::reject_way_out(
            value,
            "for an answer that may fail write a closure, `|_| ..`, or name a function",
            diagnostics,
        );
    }
    steps.extend(value.map(|Given { value, .. }| Step::Value(value)));
    if steps.is_empty() {
        if !rejected && arguments.is_complete() {
            diagnostics.error(
                arguments.span,
                "`#[fallback]` has nothing to fall back on: `#[fallback(other_function)]` or `#[fallback(value = ..)]`",
            );
        }
        return None;
    }
    Some(Fallback { steps, when, log_errors })
}

fn step(expression: &Expr) -> syn::Result<Step> {
    let reject = |message: &str| Err(syn::Error::new_spanned(expression, message));
    match bare(expression) {
        Expr::Path(path) if path.path.is_ident("self") => {
            reject("`self` is no function; name a method of it: `#[fallback(self.method)]`")
        }
        Expr::Path(path) => Ok(Step::Path(Expr::Path(path.clone()))),
        Expr::Closure(closure) if closure.inputs.len() == 1 => Ok(Step::Closure(closure.clone())),
        Expr::Closure(_) => reject("a fallback closure takes the error, `|error| ..`; the arguments it sees by name"),
        Expr::Field(field) => match (&*field.base, &field.member) {
            (Expr::Path(path), Member::Named(method)) if path.path.is_ident("self") => {
                let this =
                    path.path.segments.first().map_or_else(proc_macro2::Span::call_site, |this| this.ident.span());
                Ok(Step::Method(Token![self](this), method.clone()))
            }
            _ => reject(
                "a method as a fallback is one of `self`; of something else write a closure: `|_| other.method()`",
            ),
        },
        Expr::Call(call) if matches!(&*call.func, Expr::Path(path) if path.path.is_ident("Ok") || path.path.is_ident("Some")) => {
            reject("a fallback is a function; for a fixed answer write `value = ..`, without `Ok` or `Some`")
        }
        Expr::Call(_) | Expr::MethodCall(_) => {
            reject("name the function without calling it: it is called with the arguments of this one")
        }
        Expr::Lit(_) => reject("a fallback is a function; for a fixed answer write `value = ..`"),
        _ => reject("a fallback is a function, `self.method`, a closure `|error| ..`, or `value = ..`"),
    }
}
