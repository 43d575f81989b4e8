use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use super::CircuitBreaker;
use crate::expand::Expansion;
use crate::parse::expression::span_of;

impl CircuitBreaker {
    /// ```text
    /// // Input:  #[circuit_breaker(ignore = is_cancelled, log_errors = true)]
    /// // Output: record::<Output>(__permit, &__out, __identity, |__failure| <fate>, <error>, <function>)
    /// // Input:  #[circuit_breaker(when_ok = is_down, retry_after = hint)]
    /// // Output: { let __hint = || ..; record_values::<Output>(.., |__value| <judgement>.with_retry_after(__hint), <function>) }
    /// // Input:  #[circuit_breaker]
    /// // Output: record_classified::<Output>(__permit, &__out, __identity, __classifier, <function>)
    /// ```
    pub(super) fn record(&self, expansion: &Expansion, at: Span) -> TokenStream {
        let record = self.record_result(expansion, at);
        if expansion.needs.hits {
            return quote_spanned!(at=> if __call_state.is_hit() { __permit.ignore(); } else { #record; });
        }
        record
    }

    /// The scope of the await points holds the permit, and nothing but the record asks for it.
    pub(super) fn settles_scope(expansion: &Expansion) -> bool {
        expansion.is_async() && !expansion.settles_at_end() && !expansion.needs.hits
    }

    fn record_result(&self, expansion: &Expansion, at: Span) -> TokenStream {
        let (identity, function) = (expansion.identity(), expansion.function_ref());
        let permit =
            if Self::settles_scope(expansion) { quote_spanned!(at=> __scope) } else { quote_spanned!(at=> __permit) };
        if self.classifies_only() && expansion.is_nameable() {
            return expansion.call_with_output(
                "record_classified",
                quote_spanned!(at=> #permit, &__out, #identity, __classifier, #function),
            );
        }
        let judge = match self.when.as_ref().or(self.ignore.as_ref()) {
            None => {
                let fate = self.fate(expansion, at);
                quote_spanned!(at=> |__failure| #fate)
            }
            Some(asked) => {
                let (fate, here) = (self.fate(expansion, at), span_of(asked).resolved_at(at));
                Expansion::closure(asked, "__failure", &quote_spanned!(here=> { #fate }))
            }
        };
        let error = self.log_errors.map_or_else(
            || quote_spanned!(at=> ::core::option::Option::None),
            |asked| expansion.logged_error_of(&quote_spanned!(at=> &__out), asked),
        );
        let arguments = quote_spanned!(at=> #permit, &__out, #identity, #judge, #error);
        let hint = self.retry_after.as_ref().map(|function| expansion.hint(function, at));
        let Some(predicate) = &self.when_ok else {
            let arguments = quote_spanned!(at=> #arguments, #function);
            return with_hint(hint, expansion.call_with_output("record", arguments), at);
        };
        let (private, waits) = (&expansion.private, self.waits(at));
        let asks = Expansion::ask(predicate, &quote_spanned!(at=> __value), &expansion.helper("asks"));
        let judges = quote_spanned!(at=> #private::Judgement::of_value(#asks) #waits);
        let when_ok = Expansion::closure(predicate, "__value", &judges);
        let arguments = quote_spanned!(at=> #arguments, #when_ok, #function);
        with_hint(hint, expansion.call_with_output("record_values", arguments), at)
    }

    fn waits(&self, at: Span) -> Option<TokenStream> {
        self.retry_after.as_ref().map(|_| quote_spanned!(at=> .with_retry_after(__hint)))
    }

    fn fate(&self, expansion: &Expansion, at: Span) -> TokenStream {
        let private = &expansion.private;
        let classified = expansion.classified(at);
        let waits = self.waits(at);
        let counts = if let Some(predicate) = &self.when {
            let counts = expansion.ask_about_failure(predicate);
            quote_spanned!(at=> #private::Judgement::counted(#counts, #classified) #waits)
        } else {
            quote_spanned!(at=> #private::Judgement::of(#classified) #waits)
        };
        if let Some(predicate) = &self.ignore {
            let ignored = expansion.ask_about_failure(predicate);
            quote_spanned!(at=> if #ignored { #private::Judgement::IGNORED } else { #counts })
        } else {
            counts
        }
    }
}

fn with_hint(hint: Option<TokenStream>, record: TokenStream, at: Span) -> TokenStream {
    match hint {
        None => record,
        Some(hint) => quote_spanned!(at=> { #hint #record }),
    }
}
