use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::Expr;

use super::RateLimit;
use crate::expand::{Expansion, Gate, GateSource, Place, StreamPart};
use crate::parse::expression::span_of;
use crate::parse::tokens::relocated;

impl RateLimit {
    /// ```text
    /// // Input:  #[rate_limit(max = 10_000, cost = tokens)]
    /// // Output: .. match enter_now(&costing(<instance>, __cost)) ..
    /// // Input:  #[rate_limit(max = 10, name = "search", store = SHARED)]
    /// // Output: .. match enter(&shared_limit(<instance>, 1, None, &SHARED)).await ..
    /// ```
    pub(super) fn gate(&self, expansion: &Expansion, at: Span, place: Place, inner: &TokenStream) -> TokenStream {
        let Self { config, wait, name, key, cost, map_err, .. } = self;
        let private = &expansion.private;
        let source = GateSource::Site {
            kind: "RateLimiter",
            name: name.as_ref(),
            key: key.as_ref(),
            config,
            is_shared: self.shared.is_some(),
        };
        let request = |found: &TokenStream| {
            let units = if cost.is_some() { quote_spanned!(at=> __cost) } else { quote_spanned!(at=> 1) };
            if let Some(shared) = &self.shared {
                let runs = if place.is_above_gate {
                    quote_spanned!(at=> ::core::option::Option::Some(&__body_runs))
                } else {
                    quote_spanned!(at=> ::core::option::Option::None)
                };
                let store = shared.store.reference();
                return quote_spanned!(at=> &#private::shared_limit(#found, #units, #runs, #store));
            }
            if place.is_above_gate {
                let runs = quote_spanned!(at=> ::core::option::Option::Some(&__body_runs));
                quote_spanned!(at=> &#private::refundable(#found, #units, #runs))
            } else if self.settle.is_some() {
                quote_spanned!(at=> &#private::refundable(#found, #units, ::core::option::Option::None))
            } else if cost.is_some() {
                quote_spanned!(at=> &#private::costing(#found, #units))
            } else {
                found.clone()
            }
        };
        let gate = Gate {
            source,
            waits: wait.is_some() || self.shared.is_some(),
            before: None,
            cost: cost.as_ref(),
            request: Some(&request),
            scope: None,
            settles_scope: false,
            map_err: map_err.as_ref(),
            stream: self.stream_part(expansion, at),
        };
        let (learn, end) = (self.learn(expansion.at_end(), at), self.end(expansion, at, place));
        expansion.gate(&gate, &quote_spanned!(at=> #learn #end), at, place, inner)
    }

    fn learn(&self, expansion: &Expansion, at: Span) -> Option<TokenStream> {
        if !self.learns {
            return None;
        }
        let (identity, classified) = (expansion.identity(), expansion.classified(at));
        let hint = self.retry_after.as_ref().map(|function| expansion.hint(function, at));
        let asked = if hint.is_some() {
            quote_spanned!(at=> __hint)
        } else {
            quote_spanned!(at=> || ::core::option::Option::None)
        };
        let function = expansion.function_ref();
        let arguments = quote_spanned!(at=> &__permit, &__out, #identity, |__failure| #classified, #asked, #function);
        let learn = expansion.call_with_output("learn_hint", arguments);
        Some(quote_spanned!(at=> { #hint #learn };))
    }

    fn end(&self, expansion: &Expansion, at: Span, place: Place) -> TokenStream {
        let identity = expansion.identity();
        if self.lasts_as_stream(expansion) {
            return quote_spanned!(at=> __permit.end(__out, #identity));
        }
        let Some(settle) = &self.settle else {
            let may_refund = place.is_above_gate || self.shared.is_some();
            let leave = if may_refund { "leave_or_refund" } else { "leave_limit" };
            return expansion.call_with_output(leave, quote_spanned!(at=> __permit, &__out, #identity));
        };
        let nothing = quote_spanned!(at=> ::core::option::Option::None);
        let units = Expansion::closure(settle, "__value", &Self::taken(settle, expansion, &nothing));
        expansion.call_with_output("settle", quote_spanned!(at=> __permit, &__out, #identity, #units))
    }

    /// A failure in the middle of a stream may be a hint too.
    fn lasts_as_stream(&self, expansion: &Expansion) -> bool {
        expansion.is_stream() && (self.settle.is_some() || self.learns)
    }

    /// ```text
    /// // Input:  #[rate_limit(max = 10_000, settle = tokens)]
    /// // Output: .. StreamedCall::of(__permit, |__value, __known| UnitsTaken::add_to(tokens(__value), __known)) ..
    /// ```
    fn stream_part(&self, expansion: &Expansion, at: Span) -> StreamPart {
        let Some(value) = expansion.stream_value().filter(|_| self.lasts_as_stream(expansion)) else {
            return StreamPart::Nothing;
        };
        let Some(settle) = &self.settle else {
            return StreamPart::Counts(quote_spanned!(at=> |_: &#value, _| ::core::option::Option::None));
        };
        let here = span_of(settle).resolved_at(Span::mixed_site());
        let taken = Self::taken(settle, expansion, &quote_spanned!(here=> __known));
        StreamPart::Counts(quote_spanned!(here=> move |__value: &#value, __known| #taken))
    }

    fn taken(settle: &Expr, expansion: &Expansion, known: &TokenStream) -> TokenStream {
        let here = span_of(settle).resolved_at(Span::mixed_site());
        let value = quote_spanned!(here=> __value);
        let units = Expansion::call(settle, &value, &expansion.helper("call_settle"));
        let taken = relocated(&expansion.helper("UnitsTaken"), here);
        quote_spanned!(here=> #taken::add_to(#units, #known))
    }
}
