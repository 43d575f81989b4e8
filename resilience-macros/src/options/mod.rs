//! From the arguments of one attribute to a policy whose values are known to be good.
//!
//! One file a policy. A file knows the keys of its attribute and nothing about functions; what depends on the function
//! or on the other attributes is checked in `check`.

mod bulkhead;
mod cached;
mod circuit_breaker;
mod fallback;
mod rate_limit;
mod retry;
mod timeout;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Expr;

use crate::attr::{Arguments, Given};
use crate::diagnostics::Diagnostics;
use crate::item::Param;
use crate::stack::{Attr, Kind};
use crate::tokens::{parenthesized_at, placed, way_out};
use crate::value::{self, Const};

pub(crate) use bulkhead::Bulkhead;
pub(crate) use cached::{Cached, Room};
pub(crate) use circuit_breaker::{Breaker, CircuitBreaker, Window, decimal};
pub(crate) use fallback::{Fallback, Step};
pub(crate) use rate_limit::RateLimit;
pub(crate) use retry::{Backoff, Budget, Retry};
pub(crate) use timeout::{Mode, Timeout};

/// One attribute, interpreted.
pub(crate) struct Layer {
    pub(crate) span: Span,
    pub(crate) policy: Policy,
    /// The hazards that are meant.
    pub(crate) allowed: Vec<Ident>,
}

#[allow(clippy::large_enum_variant, reason = "there are as many as attributes on one function")]
pub(crate) enum Policy {
    Bulkhead(Bulkhead),
    Cached(Cached),
    CircuitBreaker(CircuitBreaker),
    Fallback(Fallback),
    RateLimit(RateLimit),
    Retry(Retry),
    Timeout(Timeout),
}

impl Policy {
    pub(crate) const fn kind(&self) -> Kind {
        match self {
            Self::Bulkhead(_) => Kind::Bulkhead,
            Self::Cached(_) => Kind::Cached,
            Self::CircuitBreaker(_) => Kind::CircuitBreaker,
            Self::Fallback(_) => Kind::Fallback,
            Self::RateLimit(_) => Kind::RateLimit,
            Self::Retry(_) => Kind::Retry,
            Self::Timeout(_) => Kind::Timeout,
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.kind().name()
    }

    /// Whether what is below may run more than once, or something else may need the arguments afterwards.
    pub(crate) fn reuses_arguments(&self, params: &[Param]) -> bool {
        match self {
            Self::Retry(retry) => retry.attempts != Some(1),
            Self::Fallback(fallback) => {
                fallback.steps.iter().any(|step| !matches!(step, Step::Value(_)))
                    || params.iter().any(|param| fallback.uses(param))
            }
            Self::Bulkhead(_) | Self::Cached(_) | Self::CircuitBreaker(_) | Self::RateLimit(_) | Self::Timeout(_) => {
                false
            }
        }
    }

    /// Whether it does something about failures, or fails itself. A deadline that stops nothing asks nothing of the result.
    pub(crate) fn acts_on_failure(&self, is_async: bool) -> bool {
        match self {
            // An old value stands in for a failure.
            Self::Cached(cached) => cached.stale_if_error.is_some(),
            Self::Timeout(timeout) => is_async || timeout.leaves_thread(),
            Self::Bulkhead(_) | Self::CircuitBreaker(_) | Self::Fallback(_) | Self::RateLimit(_) | Self::Retry(_) => {
                true
            }
        }
    }

    /// Whether it wants to know that a retry further in has used up its attempts.
    pub(crate) fn heeds_further_in(&self) -> bool {
        matches!(self, Self::Retry(retry) if retry.attempts != Some(1) && !retry.nested)
    }

    /// The expression that tells its calls apart.
    pub(crate) const fn key(&self) -> Option<&Expr> {
        match self {
            Self::Cached(cached) => cached.key.as_ref(),
            Self::CircuitBreaker(breaker) => breaker.key.as_ref(),
            Self::Bulkhead(bulkhead) => bulkhead.key.as_ref(),
            Self::RateLimit(limit) => limit.key.as_ref(),
            Self::Fallback(_) | Self::Retry(_) | Self::Timeout(_) => None,
        }
    }

    /// Whether it looks at the arguments before the part below it takes them.
    pub(crate) const fn reads_arguments(&self) -> bool {
        matches!(self, Self::Cached(_)) || self.key().is_some()
    }

    /// Whether it asks nothing but what errors say of themselves.
    pub(crate) fn is_by_meaning(&self) -> bool {
        match self {
            Self::Retry(retry) => retry.is_by_meaning(),
            Self::CircuitBreaker(breaker) => breaker.is_by_meaning(),
            Self::Bulkhead(_) | Self::Cached(_) | Self::Fallback(_) | Self::RateLimit(_) | Self::Timeout(_) => false,
        }
    }

    /// Whether it uses this argument itself, so that the body cannot have it for good.
    pub(crate) fn uses(&self, param: &Param) -> bool {
        match self {
            Self::Retry(retry) => retry.attempts != Some(1),
            Self::Fallback(fallback) => fallback.uses(param),
            Self::Bulkhead(_) | Self::Cached(_) | Self::CircuitBreaker(_) | Self::RateLimit(_) | Self::Timeout(_) => {
                false
            }
        }
    }
}

/// A stack as a test writes it.
#[cfg(test)]
pub(crate) fn interpret_all(stack: &[(Kind, TokenStream)], diagnostics: &mut Diagnostics) -> Vec<Layer> {
    let attr = |(kind, arguments): &(Kind, TokenStream)| Attr::invoked(*kind, arguments.clone());
    stack.iter().filter_map(|layer| interpret(&attr(layer), diagnostics)).collect()
}

/// Interprets `attr`; `None` when an error left nothing to go on with, or for `#[stack]`.
pub(crate) fn interpret(attr: &Attr, diagnostics: &mut Diagnostics) -> Option<Layer> {
    let Attr { kind, span, arguments, .. } = attr;
    let mut arguments = Arguments::parse(kind.name(), *span, arguments.clone(), diagnostics);
    let allowed = if *kind == Kind::Stack { Vec::new() } else { arguments.take_allowed(diagnostics) };
    let policy = match kind {
        Kind::Bulkhead => bulkhead::interpret(&mut arguments, diagnostics).map(Policy::Bulkhead),
        Kind::Cached => Some(Policy::Cached(cached::interpret(&mut arguments, diagnostics))),
        Kind::CircuitBreaker => Some(Policy::CircuitBreaker(circuit_breaker::interpret(&mut arguments, diagnostics))),
        Kind::Fallback => fallback::interpret(&mut arguments, diagnostics).map(Policy::Fallback),
        Kind::RateLimit => rate_limit::interpret(&mut arguments, diagnostics).map(Policy::RateLimit),
        Kind::Retry => Some(Policy::Retry(retry::interpret(&mut arguments, diagnostics))),
        Kind::Timeout => timeout::interpret(&mut arguments, diagnostics).map(Policy::Timeout),
        Kind::Stack => None,
    };
    arguments.finish(diagnostics);
    policy.map(|policy| Layer { span: *span, policy, allowed })
}

/// `key = ..` and `max_keys = ..` of an attribute that keeps one of its `instances` for each key.
fn instance_key(
    arguments: &mut Arguments,
    instances: &str,
    diagnostics: &mut Diagnostics,
) -> (Option<Expr>, Option<Const<u64>>) {
    let (key, max_keys) = (arguments.take("key"), arguments.count("max_keys", 1, diagnostics));
    match (&key, &max_keys) {
        (None, Some(max)) => diagnostics.error(
            max.key,
            format_args!("`max_keys` limits the number of {instances} by `key`; add `key = ..`, or leave it out"),
        ),
        (Some(Given { value, .. }), _) => check_key(arguments.attribute(), value, diagnostics),
        (None, None) => {}
    }
    (key.map(|given| given.value), max_keys)
}

/// A key of nothing but literals, or one that may not come about.
fn check_key(attribute: &str, key: &Expr, diagnostics: &mut Diagnostics) {
    reject_way_out(key, "make it part of the key, as in `key = parse(id).ok()`", diagnostics);
    let is_fixed = match value::bare(key) {
        Expr::Tuple(parts) => !parts.elems.is_empty() && parts.elems.iter().all(|part| value::literal(part).is_some()),
        key => value::literal(key).is_some(),
    };
    if is_fixed {
        diagnostics.error_at(
            key,
            format_args!(
                "`key` of `#[{attribute}]` is the same for every call; it takes an expression over the parameters, without \
                 quotes: `key = tenant`"
            ),
        );
    }
}

/// An expression of the user's stands in the function itself, and what leaves it there leaves the whole stack.
fn reject_way_out(value: &Expr, instead: &str, diagnostics: &mut Diagnostics) {
    let tokens = value.to_token_stream();
    if let Some(way_out) = way_out(&tokens) {
        diagnostics.error(
            way_out,
            format_args!("this would end the whole call, and no attribute around this one would hear of it; {instead}"),
        );
    }
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
            let ty = placed(&T::ty(method), at);
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
        self.check_by("checked", value.map_or(self.span, |value| value.span));
    }

    fn check_by(&mut self, method: &str, at: Span) {
        let at = at.resolved_at(Span::mixed_site());
        let name = Ident::new(method, at);
        if self.statements.is_empty() {
            self.chain.extend(quote_spanned!(at=> .#name()));
        } else {
            self.statements.extend(quote_spanned!(at=> let __config = __config.#name();));
        }
    }

    /// A constant that may be of one type or another: `.method(constant)` keeps it, and `.by_type()` there is for each of
    /// them.
    fn set_by_type(&mut self, [method, by_type]: [&str; 2], tokens: &TokenStream, span: Span) {
        let at = span.resolved_at(Span::mixed_site());
        let (name, by_type) = (Ident::new(method, at), Ident::new(by_type, at));
        let nothing = parenthesized_at(TokenStream::new(), tokens);
        let arguments = parenthesized_at(quote_spanned!(at=> __value), tokens);
        self.statements.extend(quote_spanned! {at=>
            let __value = #tokens;
            let __config = __config.#name #arguments.#by_type #nothing;
        });
        self.set.push(method.to_owned());
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
        match method {
            "max_size" => quote!(::core::primitive::usize),
            "max_weight" => quote!(::core::primitive::u64),
            _ => quote!(::core::primitive::u32),
        }
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
