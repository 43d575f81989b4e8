//! `#[rate_limit]`

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use super::{Expansion, Place};
use crate::attribute::rate_limit::RateLimit;

impl Expansion {
    /// ```text
    /// // Input:  #[rate_limit(max = 10, wait = "2s")]
    /// // Output:
    /// '__gate: {
    ///     if let Err(__rejection) = admit(__LIMITER.instance(&__CONFIG)).await {
    ///         break '__gate <rejection>;
    ///     }
    ///     <inner>
    /// }
    /// ```
    ///
    /// Without `wait` nothing is awaited. A call that has passed holds nothing.
    pub(crate) fn rate_limit(&self, limit: &RateLimit, at: Span, place: Place, inner: &TokenStream) -> TokenStream {
        let private = &self.private;
        let key = limit.key.as_ref();
        let (items, mut found) = self.site("RateLimiter", limit.name.as_ref(), key, &limit.config, at, place);
        let (mut rebound, mut held) = (None, None);
        if key.is_some() {
            rebound = Some(self.rebind(place));
            held = Some(quote_spanned!(at=> let __limiter = #found;));
            found = quote_spanned!(at=> &__limiter);
        }
        let admitted = match (&limit.wait, self.is_async()) {
            (None, _) => quote_spanned!(at=> #private::admit_now(#found)),
            (Some(_), true) => self.await_point(&quote_spanned!(at=> #private::admit(#found)), at, place),
            (Some(_), false) => quote_spanned!(at=> #private::admit_blocking(#found)),
        };
        // The limiter of a key is not kept in memory for a call that has passed.
        let admitted = match held {
            Some(held) => quote_spanned!(at=> { #held let __admitted = #admitted; __admitted }),
            None => admitted,
        };
        let rejected = self.needs.call_state.then(|| quote_spanned!(at=> __call_state.rejected(&__rejection);));
        let reject = self.rejection(limit.map_err.as_ref());
        let gate = place.label("gate", at);
        quote_spanned! {at=> #gate: {
            #items
            #rebound
            if let ::core::result::Result::Err(__rejection) = #admitted {
                #rejected
                break #gate #reject;
            }
            #inner
        }}
    }
}
