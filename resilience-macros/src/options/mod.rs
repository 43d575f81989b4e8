//! From the arguments of one attribute to a policy whose values are known to be good.
//!
//! One file a policy. A file knows the keys of its attribute and nothing about functions; what depends on the function
//! or on the other attributes is checked in `check`.

mod cached;
mod circuit_breaker;
mod fallback;
mod retry;
mod timeout;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};

use crate::attr::Arguments;
use crate::diagnostics::Diagnostics;
use crate::stack::{Attr, Kind};
use crate::value::Const;

pub(crate) use cached::Cached;
pub(crate) use circuit_breaker::{Breaker, CircuitBreaker};
pub(crate) use fallback::{Fallback, Step};
pub(crate) use retry::{Backoff, Retry};
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
    pub(crate) fn reuses_arguments(&self) -> bool {
        match self {
            Self::Retry(retry) => retry.attempts != Some(1),
            Self::Fallback(fallback) => fallback.steps.iter().any(|step| !matches!(step, Step::Value(_))),
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

/// A configuration as a chain of `const fn` calls: what the user wrote, and nothing else.
pub(crate) struct Config {
    span: Span,
    chain: TokenStream,
    changed: bool,
}

impl Config {
    /// The defaults.
    fn new(span: Span) -> Self {
        Self { span, chain: TokenStream::new(), changed: false }
    }

    /// `.method(value)`, at the value: where the runtime's assertion fails, rustc points there.
    fn set<T>(&mut self, method: &str, value: Option<&Const<T>>) {
        if let Some(Const { tokens, span, .. }) = value {
            let at = span.resolved_at(Span::mixed_site());
            let method = Ident::new(method, at);
            self.chain.extend(quote_spanned!(at=> .#method(#tokens)));
            self.changed = true;
        }
    }

    /// `.method()`, at the word that asks for it.
    fn call(&mut self, method: &str, at: Span) {
        let at = at.resolved_at(Span::mixed_site());
        let method = Ident::new(method, at);
        self.chain.extend(quote_spanned!(at=> .#method()));
        self.changed = true;
    }

    /// Whether nothing was set.
    fn is_default(&self) -> bool {
        !self.changed
    }

    fn uses(&self, method: &str) -> bool {
        self.chain
            .clone()
            .into_iter()
            .any(|token| matches!(token, proc_macro2::TokenTree::Ident(word) if word == method))
    }

    /// What the whole has to keep to, at the value that is most likely wrong.
    fn check<T>(&mut self, value: Option<&Const<T>>) {
        let at = value.map_or(self.span, |value| value.span).resolved_at(Span::mixed_site());
        self.chain.extend(quote_spanned!(at=> .checked()));
    }
}

impl ToTokens for Config {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.chain.to_tokens(tokens);
    }
}
