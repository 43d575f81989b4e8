//! What the feature `metrics` of this crate adds to expansions. A `cfg` in them would ask for a feature of the user's crate.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use super::Expansion;
use crate::attribute::{Layer, Retries};

const IS_ON: bool = cfg!(feature = "metrics");

impl Expansion {
    /// ```text
    /// // Output:
    /// static __CALLS: CallMetrics = CallMetrics::of("module::function");
    /// let __call = __CALLS.begin();
    /// <before>
    /// let __out: Output = <code>;
    /// __call.ended(<whether it has failed>);
    /// __out
    /// ```
    ///
    /// Whether it has failed is found by autoref: not every function that is counted has a result that can.
    ///
    /// Of several blocks of one function, with attributes of other crates between them, only the outermost one counts.
    pub(super) fn counted(
        &self,
        layers: &[Layer],
        is_outermost: bool,
        before: &TokenStream,
        code: &TokenStream,
    ) -> TokenStream {
        let retries = layers.iter().any(|layer| layer.traits(self.is_async()).retries.is_some_and(Retries::runs_again));
        if !IS_ON || !(is_outermost || retries) {
            return quote!(#before #code);
        }
        let at = Span::mixed_site();
        let (private, path, output) = (&self.private, &self.path, &self.output);
        let calls =
            quote_spanned!(at=> static __RESILIENCE_CALLS: #private::CallMetrics = #private::CallMetrics::of(#path););
        if !is_outermost {
            return quote!(#calls #before #code);
        }
        let give = self.give(&TokenStream::new());
        quote_spanned! {at=>
            #calls
            let __call = __RESILIENCE_CALLS.begin();
            #before
            let __out: #output = #code;
            __call.ended({
                use #private::probes::*;
                (&&#private::FailureProbe(&__out)).__resilience_failure()
            });
            #give
        }
    }

    /// What stands at the beginning of each attempt of a retry.
    pub(super) fn counted_attempt(at: Span) -> Option<TokenStream> {
        IS_ON.then(|| quote_spanned!(at=> __RESILIENCE_CALLS.attempt();))
    }
}
