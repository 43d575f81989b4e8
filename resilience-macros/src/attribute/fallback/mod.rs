mod chain;
mod expand;

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use resilience_options::fallback::KEYS;
use syn::ext::IdentExt;
use syn::{Expr, ExprClosure, ExprPath, Member, Token};

use super::key::reject_escape;
use super::lints::is_ended_from_above;
use super::worst_case::is_instant;
use super::{Answers, Attribute, Checker, Finding, Lint, Position, Traits, WorstCase};
use crate::expand::{Expansion, Place};
use crate::item::{Param, Receiver};
use crate::parse::expression::bare;
use crate::parse::tokens::mentions_in_text;
use crate::parse::{Arguments, Key, KeyValue};

lints! {
    Fallback, fallback_arguments from fallback_docs;
    late_fallback => "a `#[timeout]` above and none below, which ends a call that hangs without asking the fallback";
}

pub(crate) struct Fallback {
    pub(crate) steps: Vec<Step>,
    pub(crate) when: Option<Expr>,
    pub(crate) when_ok: Option<Expr>,
    pub(crate) log_errors: Option<Span>,
}

pub(crate) enum Step {
    Path(Expr),
    /// `self.method`. Holds the user's `self`.
    Method(Token![self], Ident),
    /// Called with the error; sees the arguments by name.
    Closure(ExprClosure),
    Value(Expr),
}

impl Attribute for Fallback {
    const NAME: &'static str = "fallback";
    const KEYS: &'static [Key] = KEYS;
    const LINTS: &'static [Lint<Self>] = LINTS;

    fn parse(arguments: &mut Arguments<'_>) -> Option<Self> {
        let when = arguments.function("when");
        let when_ok_at = arguments.span_of_key("when_ok");
        let when_ok = arguments.function("when_ok");
        let log_errors = arguments.log_errors();
        let value = arguments.take("value").map(|KeyValue { value, .. }| value);
        let mut has_errors = false;
        let mut steps: Vec<Step> = Vec::new();
        for expression in arguments.take_bare() {
            match step(&expression) {
                Ok(step) => steps.push(step),
                Err(error) => {
                    has_errors = true;
                    arguments.diagnostics.push(error);
                }
            }
        }
        if let Some(value) = &value {
            let instead = "for an answer that may fail write a closure, `|_| ..`, or name a function";
            reject_escape(arguments, value, instead);
        }
        steps.extend(value.map(Step::Value));
        if steps.is_empty() {
            if !has_errors && arguments.is_complete() {
                arguments.diagnostics.error(
                    arguments.span,
                    "`#[fallback]` has nothing to fall back on: `#[fallback(other_function)]` or `#[fallback(value = ..)]`",
                );
            }
            return None;
        }
        if let (Some(at), true) = (when_ok_at, steps.iter().any(|step| matches!(step, Step::Closure(_)))) {
            arguments.diagnostics.error(
                at,
                "`when_ok` replaces values, and a closure `|error| ..` needs an error, which a value has not; name a \
                 function with the arguments of this one, or write `value = ..`",
            );
        }
        Some(Self { steps, when, when_ok, log_errors })
    }

    fn traits(&self, _: bool) -> Traits<'_> {
        Traits {
            is_gate: false,
            is_refunded: false,
            acts_on_failure: true,
            judges_results: false,
            counts_calls: false,
            rejects_calls: false,
            classifies_only: false,
            retries: None,
            learns_from_failures: false,
            answers_failures: Answers::Always,
            continues_after_failure: self.runs_code(),
            uses_self_later: self.mentions_self(),
            stores_results: false,
            deadline: None,
            ends_calls: false,
            may_end_calls: false,
            has_scope: false,
            key: None,
            cost: None,
            rebinds_arguments: false,
            reads_arguments: false,
            shares: &[],
            identity: None,
        }
    }

    fn uses(&self, param: &Param) -> bool {
        self.steps.iter().any(|step| match step {
            Step::Path(_) | Step::Method(..) => true,
            Step::Closure(closure) => mentions_in_text(&closure.to_token_stream(), &param.names()),
            Step::Value(value) => mentions_in_text(&value.to_token_stream(), &param.names()),
        })
    }

    fn check(&self, position: &Position<'_>, checker: &Checker<'_>) {
        checker.ask_about_no_stream(self.when_ok.as_ref());
        let hidden_from = position.above.last().filter(|above| above.traits(position.is_async).judges_results);
        if let (Some(above), None) = (hidden_from, &self.when) {
            let above = above.name();
            checker.diagnostics.error(
                position.span,
                format_args!(
                    "a fallback directly below `#[{above}]` hides every failure from it; move `#[fallback]` above it, or say \
                     with `when` which errors it takes"
                ),
            );
        }
        for step in &self.steps {
            match step {
                Step::Closure(ExprClosure { asyncness: Some(keyword), .. }) if !position.is_async => {
                    checker.diagnostics.error(
                        keyword.span,
                        "a synchronous function awaits nothing, not even its fallback; remove `async`",
                    );
                }
                Step::Method(this, method) if matches!(checker.function.receiver, Receiver::None) => {
                    checker.diagnostics.error(
                        this.span,
                        format_args!(
                            "this function has no `self` to call `{method}` on; name a function, such as `{method}`"
                        ),
                    );
                }
                _ => {}
            }
        }
    }

    fn expand(&self, expansion: &Expansion, at: Span, place: Place, inner: &TokenStream) -> TokenStream {
        expansion.fallback(self, at, place, inner)
    }

    fn limit_at_body(&self, _: &Expansion, _: Span) -> Option<TokenStream> {
        None
    }

    fn describe(&self) -> String {
        let steps: Vec<String> = self
            .steps
            .iter()
            .map(|step| match step {
                Step::Path(path) => format!("`{}`", path.to_token_stream().to_string().replace(' ', "")),
                Step::Method(_, method) => format!("`self.{method}`"),
                Step::Closure(_) => "a closure".to_owned(),
                Step::Value(_) => "a fixed value".to_owned(),
            })
            .collect();
        format!("falls back on {}", steps.join(", then "))
    }

    fn worst_case(&self, below: WorstCase) -> WorstCase {
        let takes_time = |step: &Step| !matches!(step, Step::Value(value) if is_instant(value));
        WorstCase { has_fallbacks: below.has_fallbacks || self.steps.iter().any(takes_time), ..below }
    }
}

impl Fallback {
    pub(crate) fn reuses_arguments(&self, params: &[Param]) -> bool {
        self.runs_code() || params.iter().any(|param| self.uses(param))
    }

    fn runs_code(&self) -> bool {
        self.steps.iter().any(|step| !matches!(step, Step::Value(_)))
    }

    fn mentions_self(&self) -> bool {
        let this = ["self".to_owned()];
        self.steps
            .iter()
            .any(|step| matches!(step, Step::Value(value) if mentions_in_text(&value.to_token_stream(), &this)))
    }
}

fn step(expression: &Expr) -> syn::Result<Step> {
    let reject = |message: &str| Err(syn::Error::new_spanned(expression, message));
    match bare(expression) {
        Expr::Path(path) if path.path.is_ident("self") => {
            reject("`self` is not a function; name a method of it: `#[fallback(self.method)]`")
        }
        Expr::Path(path) if path.path.is_ident("Self") => reject(
            "`Self` is not a function; name a method, as in `#[fallback(self.method)]`, or a function, as in \
             `#[fallback(Self::function)]`",
        ),
        Expr::Path(path) if path.path.is_ident("crate") || path.path.is_ident("super") => {
            reject("a module is not a function; name one in it: `#[fallback(crate::module::function)]`")
        }
        Expr::Path(path) if path.path.is_ident("None") => {
            reject("a fallback is a function; for `None` write a closure: `|_| None`")
        }
        Expr::Path(path) => Ok(Step::Path(Expr::Path(path.clone()))),
        Expr::Closure(closure) if closure.inputs.len() == 1 => Ok(Step::Closure(closure.clone())),
        Expr::Closure(_) => reject("a fallback closure takes the error, `|error| ..`, and sees the arguments by name"),
        Expr::Field(field) => match (&*field.base, &field.member) {
            (Expr::Path(path), Member::Named(method)) if path.path.is_ident("self") => {
                let this = path.path.segments.first().map_or_else(Span::call_site, |this| this.ident.span());
                Ok(Step::Method(Token![self](this), method.clone()))
            }
            (Expr::Path(path), Member::Named(name)) if is_type(path) => {
                let ty = path.to_token_stream().to_string().replace(' ', "");
                reject(&format!(
                    "`{ty}` is a type; name a method, as in `#[fallback(self.{name})]`, or a function, as in \
                     `#[fallback({ty}::{name})]`"
                ))
            }
            _ => {
                reject("a fallback method is one of `self`; for any other value write a closure: `|_| other.method()`")
            }
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

/// Decides by the case of the last word.
fn is_type(path: &ExprPath) -> bool {
    let last = path.path.segments.last().map(|segment| segment.ident.unraw().to_string());
    last.is_some_and(|name| {
        name.starts_with(char::is_uppercase) && (name.len() == 1 || name.contains(char::is_lowercase))
    })
}

fn late_fallback(_: &Fallback, position: &Position<'_>) -> Finding {
    let Some(limit) = position.above.iter().rposition(|layer| position.ends(layer)) else { return Finding::Nothing };
    // An outer layer handles the failure instead.
    let mut outer = position.above[..limit].iter().map(|layer| layer.traits(position.is_async));
    let is_answered = outer.any(|traits| traits.answers_failures != Answers::Never);
    if is_answered {
        return Finding::Nothing;
    }
    Finding::when(is_ended_from_above(position), || {
        let reason = "nothing below ends a call that hangs, and the `#[timeout]` above does so without asking the fallback; \
                      move `#[fallback]` above it, or put a shorter `#[timeout]` below";
        (position.span, reason.to_owned())
    })
}
