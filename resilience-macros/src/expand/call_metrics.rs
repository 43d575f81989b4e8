//! The feature `metrics`. A `cfg` in an expansion would ask for a feature of the user's crate.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::{Expansion, Place};

pub(crate) const COUNTS_CALLS: bool = cfg!(feature = "metrics");

impl Expansion {
    /// ```text
    /// // Output:
    /// static __CALLS: CallMetrics = CallMetrics::of(..);
    /// let __call = __CALLS.begin();
    /// let __out: Output = <code>;
    /// __call.ended(<whether it has failed>);
    /// __out
    /// ```
    ///
    /// Autoref tells whether a result can fail. If attributes of other crates split the stack, only
    /// the outermost block counts its calls.
    pub(super) fn with_call_metrics(
        &self,
        is_outermost: bool,
        before: &TokenStream,
        code: &TokenStream,
    ) -> TokenStream {
        if !COUNTS_CALLS || !(is_outermost || self.needs.attempt_metrics) {
            return quote!(#before #code);
        }
        let at = Span::mixed_site();
        let (private, output, function) = (&self.private, &self.output, self.function_ref());
        let calls = quote_spanned!(at=> static __RESILIENCE_CALLS: #private::CallMetrics = #private::CallMetrics::of(#function););
        if !is_outermost {
            return quote!(#calls #before #code);
        }
        let give = self.out_value(&TokenStream::new());
        if self.is_stream() {
            let end = &self.at_end().output;
            return quote_spanned! {at=>
                #calls
                let __call = __RESILIENCE_CALLS.begin();
                #before
                let __out: #output = #code;
                #private::until_stream_ends(__out, __call, |__call, __end: &#end| __call.ended(__end.is_err()))
            };
        }
        let begin = Ident::new(if self.begins_with_attempt() { "begin_attempt" } else { "begin" }, at);
        quote_spanned! {at=>
            #calls
            let __call = __RESILIENCE_CALLS.#begin();
            #before
            let __out: #output = #code;
            __call.ended({
                use #private::probes::failure::*;
                (&&#private::FailureProbe(&__out)).__resilience_failure()
            });
            #give
        }
    }

    /// A stream begins its attempts when it is first polled.
    fn begins_with_attempt(&self) -> bool {
        self.needs.begins_with_attempt && !self.is_stream()
    }

    pub(crate) fn count_attempt(&self, at: Span, place: Place) -> Option<TokenStream> {
        let is_begun = self.begins_with_attempt() && !place.is_in_retry;
        COUNTS_CALLS.then(|| {
            if is_begun {
                quote_spanned!(at=> __RESILIENCE_CALLS.next_attempt(__retry.is_first());)
            } else {
                quote_spanned!(at=> __RESILIENCE_CALLS.attempt();)
            }
        })
    }
}
