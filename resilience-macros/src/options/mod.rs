//! From the arguments of one attribute to a policy whose values are known to be good.
//!
//! One file a policy. A file knows the keys of its attribute and nothing about functions; what depends on the function
//! or on the other attributes is checked in `check`.

mod cached;
mod circuit_breaker;
mod fallback;
mod retry;
mod timeout;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use crate::attr::Arguments;
use crate::diagnostics::Diagnostics;
use crate::item::Param;
use crate::stack::{Attr, Kind};
use crate::value::Const;

pub(crate) use cached::Cached;
pub(crate) use circuit_breaker::{Breaker, CircuitBreaker};
pub(crate) use fallback::{Fallback, Step};
pub(crate) use retry::{Backoff, Budget, Retry};
pub(crate) use timeout::Timeout;

/// One attribute, interpreted.
pub(crate) struct Layer {
    pub(crate) span: Span,
    pub(crate) policy: Policy,
}

#[expect(clippy::large_enum_variant, reason = "there are as many as attributes on one function")]
pub(crate) enum Policy {
    Cached(Cached),
    CircuitBreaker(CircuitBreaker),
    Fallback(Fallback),
    Retry(Retry),
    Timeout(Timeout),
}

impl Policy {
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Cached(_) => "cached",
            Self::CircuitBreaker(_) => "circuit_breaker",
            Self::Fallback(_) => "fallback",
            Self::Retry(_) => "retry",
            Self::Timeout(_) => "timeout",
        }
    }

    /// Whether what is below may run more than once, or something else may need the arguments afterwards.
    pub(crate) fn reuses_arguments(&self, params: &[Param]) -> bool {
        match self {
            Self::Retry(retry) => retry.attempts != Some(1),
            Self::Fallback(fallback) => {
                fallback.steps.iter().any(|step| !matches!(step, Step::Value(_)))
                    || params.iter().any(|param| fallback.uses(param))
            }
            Self::Cached(_) | Self::CircuitBreaker(_) | Self::Timeout(_) => false,
        }
    }

    /// Whether it wants to know that a retry further in has used up its attempts.
    pub(crate) fn heeds_further_in(&self) -> bool {
        matches!(self, Self::Retry(retry) if retry.attempts != Some(1) && !retry.nested)
    }

    /// Whether it asks nothing but what errors say of themselves.
    pub(crate) fn is_by_meaning(&self) -> bool {
        match self {
            Self::Retry(retry) => retry.is_by_meaning(),
            Self::CircuitBreaker(breaker) => breaker.is_by_meaning(),
            Self::Cached(_) | Self::Fallback(_) | Self::Timeout(_) => false,
        }
    }

    /// Whether it uses this argument itself, so that the body cannot have it for good.
    pub(crate) fn uses(&self, param: &Param) -> bool {
        match self {
            Self::Retry(retry) => retry.attempts != Some(1),
            Self::Fallback(fallback) => fallback.uses(param),
            Self::Cached(_) | Self::CircuitBreaker(_) | Self::Timeout(_) => false,
        }
    }
}

/// Interprets `attr`; `None` when an error left nothing to go on with, or for `#[stack]`.
pub(crate) fn interpret(attr: &Attr, diagnostics: &mut Diagnostics) -> Option<Layer> {
    let Attr { kind, span, arguments, .. } = attr;
    let mut arguments = Arguments::parse(kind.name(), *span, arguments.clone(), diagnostics);
    let policy = match kind {
        Kind::Cached => Some(Policy::Cached(cached::interpret(&mut arguments, diagnostics))),
        Kind::CircuitBreaker => Some(Policy::CircuitBreaker(circuit_breaker::interpret(&mut arguments, diagnostics))),
        Kind::Fallback => fallback::interpret(&mut arguments, diagnostics).map(Policy::Fallback),
        Kind::Retry => Some(Policy::Retry(retry::interpret(&mut arguments, diagnostics))),
        Kind::Timeout => timeout::interpret(&mut arguments, diagnostics).map(Policy::Timeout),
        Kind::Stack => None,
    };
    arguments.finish(diagnostics);
    policy.map(|policy| Layer { span: *span, policy })
}

/// A configuration as calls of the runtime's `const fn`s: what the user wrote, and nothing else.
pub(crate) struct Config {
    span: Span,
    /// Literals, which have been checked here.
    chain: TokenStream,
    /// Constants, which the compiler will check, one statement each. The expression of a chain begins at its first
    /// token, at the attribute; a statement begins and ends at the value, and so does an error about it.
    statements: TokenStream,
    set: Vec<String>,
}

impl Config {
    /// The defaults.
    fn new(span: Span) -> Self {
        Self { span, chain: TokenStream::new(), statements: TokenStream::new(), set: Vec::new() }
    }

    fn set<T: Typed>(&mut self, method: &str, value: Option<&Const<T>>) {
        let Some(Const { tokens, literal, span, .. }) = value else { return };
        let at = span.resolved_at(Span::mixed_site());
        let name = Ident::new(method, at);
        if literal.is_some() {
            self.chain.extend(quote_spanned!(at=> .#name(#tokens)));
        } else {
            // A value of its own, with its type: a constant of another type is reported in terms of the user's code.
            let ty = T::ty(method).to_token_stream();
            let ty: TokenStream = ty
                .into_iter()
                .map(|mut token| {
                    token.set_span(at);
                    token
                })
                .collect();
            let arguments = parenthesized_at(quote_spanned!(at=> __value), tokens);
            self.statements.extend(quote_spanned! {at=>
                let __value: #ty = #tokens;
                let __config = __config.#name #arguments;
            });
        }
        self.set.push(method.to_owned());
    }

    /// `.method()`, at the word that asks for it.
    fn call(&mut self, method: &str, at: Span) {
        let at = at.resolved_at(Span::mixed_site());
        let name = Ident::new(method, at);
        self.chain.extend(quote_spanned!(at=> .#name()));
        self.set.push(method.to_owned());
    }

    /// Whether nothing was set.
    fn is_default(&self) -> bool {
        self.set.is_empty()
    }

    fn uses(&self, method: &str) -> bool {
        self.set.iter().any(|name| name == method)
    }

    /// What the whole has to keep to, at the value that is most likely wrong.
    fn check<T>(&mut self, value: Option<&Const<T>>) {
        let at = value.map_or(self.span, |value| value.span).resolved_at(Span::mixed_site());
        if self.statements.is_empty() {
            self.chain.extend(quote_spanned!(at=> .checked()));
        } else {
            self.statements.extend(quote_spanned!(at=> let __config = __config.checked();));
        }
    }

    /// The expression of the configuration that begins with `start`.
    pub(crate) fn expression(&self, start: &TokenStream) -> TokenStream {
        let Self { span, chain, statements, .. } = self;
        let at = span.resolved_at(Span::mixed_site());
        if statements.is_empty() {
            return quote_spanned!(at=> #start #chain);
        }
        quote_spanned!(at=> { let __config = #start #chain; #statements __config })
    }

    /// The user's constants.
    pub(crate) fn constants(&self) -> &TokenStream {
        &self.statements
    }
}

/// The type of a value where the runtime takes it.
trait Typed {
    fn ty(method: &str) -> TokenStream;
}

impl Typed for u64 {
    fn ty(method: &str) -> TokenStream {
        if method == "max_size" { quote!(::core::primitive::usize) } else { quote!(::core::primitive::u32) }
    }
}

impl Typed for f64 {
    fn ty(_: &str) -> TokenStream {
        quote!(::core::primitive::f64)
    }
}

impl Typed for bool {
    fn ty(_: &str) -> TokenStream {
        quote!(::core::primitive::bool)
    }
}

impl Typed for std::time::Duration {
    fn ty(_: &str) -> TokenStream {
        quote!(::core::time::Duration)
    }
}

/// The tokens in parentheses whose span is that of the last of them: a call then ends where the value ends.
pub(crate) fn parenthesized(tokens: TokenStream) -> Group {
    let end = tokens.clone();
    parenthesized_at(tokens, &end)
}

/// The same, with the end of other tokens.
pub(crate) fn parenthesized_at(tokens: TokenStream, end: &TokenStream) -> Group {
    let last = end.clone().into_iter().last().map_or_else(Span::mixed_site, |token| token.span());
    let mut group = Group::new(Delimiter::Parenthesis, tokens);
    group.set_span(last.resolved_at(Span::mixed_site()));
    group
}
