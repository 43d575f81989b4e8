//! The code of every gate.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Expr, LitStr};

use super::{AttemptConfig, Config, ConstConfig, Expansion, KeySource, Place, Stored};
use crate::parse::expression::span_of;

pub(crate) struct Gate<'a> {
    pub(crate) source: GateSource<'a>,
    pub(crate) waits: bool,
    pub(crate) before: Option<Request<'a>>,
    pub(crate) cost: Option<&'a Expr>,
    pub(crate) request: Option<Request<'a>>,
    pub(crate) scope: Option<&'static str>,
    pub(crate) settles_scope: bool,
    pub(crate) map_err: Option<&'a Expr>,
    pub(crate) stream: StreamPart,
}

/// Tells how a gate follows a stream that has opened.
pub(crate) enum StreamPart {
    Nothing,
    /// It holds its permit until the stream ends.
    Holds,
    /// It also asks this closure about each item.
    Counts(TokenStream),
}

pub(crate) type Request<'a> = &'a dyn Fn(&TokenStream) -> TokenStream;

pub(crate) enum GateSource<'a> {
    /// The user's `static`, of the runtime's type `kind`.
    Shared {
        kind: &'static str,
        path: &'a Expr,
    },
    Site {
        kind: &'static str,
        name: Option<&'a LitStr>,
        key: Option<&'a Expr>,
        config: &'a Config,
        is_shared: bool,
    },
}

struct FoundInstance {
    items: TokenStream,
    found: TokenStream,
    /// The configuration, if the site itself can be entered.
    site_config: Option<TokenStream>,
    /// An inner function cannot mention the configuration.
    is_generic: bool,
}

pub(crate) const UNTIMED_SCOPE: &str = "BreakerScope";

impl GateSource<'_> {
    const fn is_keyed(&self) -> bool {
        matches!(self, Self::Site { key: Some(_), .. })
    }
}

impl Expansion {
    /// ```text
    /// // Input:  #[bulkhead(max = 10, queue = 5)]
    /// // Output:
    /// '__gate: {
    ///     static __RESILIENCE_SITE: ..; static __RESILIENCE_CONFIG: ..;
    ///     let __permit = match enter(__RESILIENCE_SITE.instance(&__RESILIENCE_CONFIG)).await {
    ///         Ok(__permit) => __permit,
    ///         Err(__rejection) => break '__gate <rejection>,
    ///     };
    ///     let __out: Output = <inner>;
    ///     <settle>;
    ///     __out
    /// }
    /// ```
    ///
    /// A gate with a scope binds `let mut __scope = match __RESILIENCE_SITE.enter_scope(.., <function>, <outer scope>) { .. };`
    /// instead, and settles that scope, or takes the permit out of it. With a key or a clock, the scope is found by its type.
    ///
    /// A gate that does not wait calls `enter_now`, and a synchronous function `enter_blocking`.
    /// With a key, a local keeps the instance. The `match` ends before the body, or the future
    /// would keep its scrutinee.
    pub(crate) fn gate(
        &self,
        gate: &Gate<'_>,
        settle: &TokenStream,
        at: Span,
        place: Place,
        inner: &TokenStream,
    ) -> TokenStream {
        let (private, output, function) = (&self.private, &self.output, self.function_ref());
        let FoundInstance { items, mut found, site_config, .. } = self.instance(&gate.source, at, place);
        let before = gate.before.map(|before| self.await_point(&before(&found), at, place));
        if let Some(request) = gate.request {
            found = request(&found);
        }
        let cost = gate.cost.map(|cost| {
            let is_rebound = matches!(gate.source, GateSource::Site { key: Some(_), .. });
            let (rebound, cost) = ((!is_rebound).then(|| self.rebind(place)), self.cost(cost, at, place));
            quote_spanned!(at=> #rebound let __cost = #cost;)
        });
        let is_site = matches!(gate.source, GateSource::Site { .. });
        let scope = gate.scope.filter(|_| self.is_async());
        let waits = gate.waits || is_site && self.section(place.depth).is_some();
        let entered = match (scope, waits, self.is_async()) {
            (Some(kind), ..) => {
                let outer = place.scope();
                match site_config.filter(|_| kind == UNTIMED_SCOPE) {
                    Some(config) => quote_spanned!(at=> __RESILIENCE_SITE.enter_scope(#config, #function, #outer)),
                    None => {
                        let kind = Ident::new(kind, at);
                        quote_spanned!(at=> #private::#kind::enter(#found, #function, #outer))
                    }
                }
            }
            (None, false, _) => quote_spanned!(at=> #private::enter_now(#found, #function)),
            (None, true, true) => self.await_point(&quote_spanned!(at=> #private::enter(#found)), at, place),
            (None, true, false) => quote_spanned!(at=> #private::enter_blocking(#found, #function)),
        };
        let entered = match before {
            None => entered,
            Some(before) => quote_spanned! {at=>
                match #before {
                    ::core::result::Result::Ok(()) => #entered,
                    ::core::result::Result::Err(__rejection) => ::core::result::Result::Err(__rejection),
                }
            },
        };
        let rejected = self.needs.call_state.then(|| quote_spanned!(at=> __call_state.rejected(&__rejection);));
        let body_skipped = self.body_skipped(at);
        let reject = self.remembered_rejection(gate.map_err, true);
        let (label, give) = (place.label("gate", at), self.out_value(&TokenStream::new()));
        let is_keyed = gate.source.is_keyed();
        let leave = match &gate.stream {
            StreamPart::Holds if self.is_stream() => self.settle_at_end(settle, is_keyed, at),
            StreamPart::Counts(units) if self.is_stream() => self.count_until_end(settle, units, is_keyed, at),
            _ => quote_spanned!(at=> #settle; #give),
        };
        let (held, taken) = if scope.is_some() {
            let taken = (!gate.settles_scope).then(|| quote_spanned!(at=> let __permit = __scope.into_permit();));
            (quote_spanned!(at=> mut __scope), taken)
        } else {
            (quote_spanned!(at=> __permit), None)
        };
        quote_spanned! {at=> #label: {
            #items
            #cost
            let #held = match #entered {
                ::core::result::Result::Ok(__permit) => __permit,
                ::core::result::Result::Err(__rejection) => {
                    #rejected
                    #body_skipped
                    break #label (#reject);
                }
            };
            let __out: #output = #inner;
            #taken
            #leave
        }}
    }

    /// Tells the rate limits further out that the body will not run.
    pub(crate) fn body_skipped(&self, at: Span) -> Option<TokenStream> {
        self.needs.body_runs.then(|| quote_spanned!(at=> __body_runs.rejected();))
    }

    pub(crate) fn leave(&self, at: Span) -> TokenStream {
        let private = &self.private;
        quote_spanned!(at=> #private::leave(__permit))
    }

    /// A site without a key, for a scope without another around it.
    pub(crate) fn entry(&self, source: &GateSource<'_>, at: Span, place: Place) -> AttemptConfig {
        let FoundInstance { items, site_config: config, is_generic, .. } = self.instance(source, at, place);
        let (private, function) = (&self.private, self.function_ref());
        AttemptConfig {
            ty: quote_spanned!(at=> #private::BreakerEntry),
            value: quote_spanned!(at=> { #items __RESILIENCE_SITE.breaker_entry(#config, #function) }),
            is_generic,
        }
    }

    fn instance(&self, source: &GateSource<'_>, at: Span, place: Place) -> FoundInstance {
        let (kind, name, key, config, is_shared) = match *source {
            GateSource::Site { kind, name, key, config, is_shared } => (kind, name, key, config, is_shared),
            GateSource::Shared { kind, path } => {
                let here = span_of(path).resolved_at(Span::mixed_site());
                let (private, kind) = (self.private_at(here), Ident::new(kind, here));
                let item = quote_spanned!(here=> static __RESILIENCE_SHARED: &#private::#kind = &#path;);
                return FoundInstance {
                    items: item,
                    found: quote_spanned!(at=> __RESILIENCE_SHARED),
                    site_config: None,
                    is_generic: false,
                };
            }
        };
        let private = &self.private;
        let (ty, config_ty) = (Ident::new(kind, at), Ident::new(&format!("{kind}Config"), at));
        let value = config.expression(&quote_spanned!(at=> #private::#config_ty::DEFAULT));
        let ConstConfig { item, name: config, is_generic } =
            self.config(&config_ty.to_string(), &value, config.constants(), config.is_literal(), at);
        let site = Ident::new(if key.is_some() { "KeyedSite" } else { "Site" }, at);
        let how = Ident::new(if name.is_some() { "named" } else { "of_function" }, at);
        let caller = key.zip(name).map(|_| {
            let function = self.function_ref();
            quote_spanned!(at=> .called_by(#function))
        });
        let name = name.map_or_else(|| self.finds_name().into_token_stream(), ToTokens::to_token_stream);
        let configured = self.configured(place.depth, at);
        let items = quote_spanned! {at=>
            static __RESILIENCE_SITE: #private::#site<#private::#ty> =
                #private::#site::#how(#name, ::core::file!(), ::core::line!()) #configured #caller;
            #item
        };
        let Some(key) = key else {
            let found = quote_spanned!(at=> __RESILIENCE_SITE.instance(#config));
            return FoundInstance { items, found, site_config: Some(config), is_generic };
        };
        let rebound = self.rebind(place);
        let stored = Stored { key: KeySource::Expression(key), results: false };
        let key = if is_shared { self.shared_key(stored, at, place) } else { self.key(stored, at, place) };
        let stored_at = self.static_bound_at(stored);
        let find = Ident::new(if is_shared { "for_shared_key" } else { "for_key" }, stored_at);
        let found = quote_spanned!(stored_at=> __RESILIENCE_SITE.#find(#config, &#key));
        let held = quote_spanned!(at=> #rebound let __gate = #found;);
        FoundInstance {
            items: quote_spanned!(at=> #items #held),
            found: quote_spanned!(at=> &*__gate),
            site_config: None,
            is_generic: false,
        }
    }
}
