use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote_spanned;
use syn::Lifetime;

use super::{Fallback, Step};
use crate::expand::{Expansion, Place};

impl Expansion {
    /// ```text
    /// // Input:  #[fallback(small_model, value = canned)]
    /// // Output:
    /// '__done: {
    ///     { let __out: Output = <inner>; if !failed(&__out, |_| true) { break '__done __out; } }
    ///     announce("module::function", 1);
    ///     <likewise for { let __out: Output = small_model(..).await; substituted(&__out, ..); __out }>
    ///     announce("module::function", 2);
    ///     { let __out: Output = succeed(canned); substituted(&__out, ..); __out }
    /// }
    /// ```
    ///
    /// A failed result drops before the next step is awaited.
    ///
    /// While the process shuts down, only a value is returned: `is_shutting_down()` skips the steps before it. Without
    /// a value, `begins(..)` replaces `failed(..)`.
    pub(crate) fn fallback(&self, fallback: &Fallback, at: Span, place: Place, inner: &TokenStream) -> TokenStream {
        let chain = Chain::of(self, fallback, at, place);
        let (done, value_label) = (&chain.done, chain.value_label.as_ref());
        let reuses = fallback.reuses_arguments(&self.function.params);
        let slots = if reuses { self.open_slots(place) } else { TokenStream::new() };
        let inner_last = (self.has_slots() && reuses).then(|| quote_spanned!(at=> let __last = false;));
        let mut code = quote_spanned!(at=> { #inner_last #inner });
        let mut statements = TokenStream::new();
        for (index, step) in fallback.steps.iter().enumerate() {
            statements.extend(chain.try_before(index, step, &code));
            code = chain.output_of(index, step);
        }
        let steps = fallback.steps.len();
        if let Some(chosen) = self.chosen_stream(steps, steps, at) {
            let output = &self.output;
            code = quote_spanned!(at=> { let __out: #output = #code; #chosen });
        }
        if let Some(label) = value_label {
            statements = quote_spanned!(at=> #label: { #statements });
        }
        quote_spanned!(at=> #done: { #slots #statements #code })
    }
}

struct Chain<'a> {
    expansion: &'a Expansion,
    fallback: &'a Fallback,
    at: Span,
    place: Place,
    done: Lifetime,
    predicate: TokenStream,
    /// The index of the step that runs no code: a `value`.
    value: Option<usize>,
    /// The label before the value, past the other steps.
    value_label: Option<Lifetime>,
    /// The index of the last step that takes arguments out of their slots.
    last_user: Option<usize>,
}

impl<'a> Chain<'a> {
    fn of(expansion: &'a Expansion, fallback: &'a Fallback, at: Span, place: Place) -> Self {
        let predicate = fallback.when.as_ref().map_or_else(
            || quote_spanned!(at=> |_| true),
            |predicate| {
                let asks = expansion.ask_about_failure(predicate);
                Expansion::closure(predicate, "__failure", &asks)
            },
        );
        let value = fallback.steps.iter().position(|step| matches!(step, Step::Value(_)));
        Self {
            expansion,
            fallback,
            at,
            place,
            done: place.label("done", at),
            predicate,
            value,
            value_label: value.filter(|index| *index > 0).map(|_| place.label("value", at)),
            last_user: fallback.steps.iter().rposition(|step| expansion.uses_slots(step)),
        }
    }

    fn try_before(&self, index: usize, step: &Step, code: &TokenStream) -> TokenStream {
        match step {
            Step::Closure(_) => self.try_before_closure(index, code),
            Step::Path(_) | Step::Method(..) | Step::Value(_) => self.try_before_other(index, code),
        }
    }

    fn try_before_closure(&self, index: usize, code: &TokenStream) -> TokenStream {
        let Self { expansion, at, predicate, .. } = self;
        let (at, output, give) = (*at, &expansion.output, self.give(index));
        let unless_failed = self.failed_or_begins("unless_failed", "unless_begins");
        let unless_failed = expansion.call_with_output(unless_failed, quote_spanned!(at=> __out, #predicate));
        let error = self.fallback.log_errors.map_or_else(
            || quote_spanned!(at=> ::core::option::Option::None),
            |asked| {
                let logged = expansion.logged_error(&quote_spanned!(at=> &__failure), asked);
                quote_spanned!(at=> ::core::option::Option::Some(#logged))
            },
        );
        let hand_over = self.announce("hand_over", index, &error);
        quote_spanned! {at=>
            let __failure = {
                let __out: #output = #code;
                match #unless_failed {
                    ::core::result::Result::Ok(__out) => #give,
                    ::core::result::Result::Err(__failure) => __failure,
                }
            };
            #hand_over
        }
    }

    fn try_before_other(&self, index: usize, code: &TokenStream) -> TokenStream {
        let Self { expansion, at, predicate, .. } = self;
        let (at, output, give) = (*at, &expansion.output, self.give(index));
        let failed = match &self.fallback.when_ok {
            None => {
                let failed = self.failed_or_begins("failed", "begins");
                expansion.call_with_output(failed, quote_spanned!(at=> &__out, #predicate))
            }
            Some(when_ok) => {
                let when_ok = expansion.ask_about_value(when_ok);
                let failed = self.failed_or_begins("failed_or", "begins_or");
                expansion.call_with_output(failed, quote_spanned!(at=> &__out, #predicate, #when_ok))
            }
        };
        // The error is logged before the failed result drops.
        let (with_error, without) = match self.fallback.log_errors {
            Some(asked) => {
                let logged = expansion.logged_error_of(&quote_spanned!(at=> &__out), asked);
                (Some(self.announce("announce", index, &logged)), None)
            }
            None => (None, Some(self.announce("announce", index, &quote_spanned!(at=> ::core::option::Option::None)))),
        };
        quote_spanned! {at=>
            {
                let __out: #output = #code;
                if !#failed {
                    #give;
                }
                #with_error
            }
            #without
        }
    }

    fn output_of(&self, index: usize, step: &Step) -> TokenStream {
        let Self { expansion, at, place, .. } = self;
        let (at, output) = (*at, &expansion.output);
        // Without slots above, this is the last use of all.
        let last = match (self.last_user == Some(index), place.has_slots) {
            (false, _) => quote_spanned!(at=> false),
            (true, false) => quote_spanned!(at=> true),
            (true, true) => quote_spanned!(at=> __last),
        };
        let (step, give) = (expansion.step(step, &last, *place), expansion.out_value(&TokenStream::new()));
        let (function, number) = (expansion.function_ref(), number_of(index));
        let ended = quote_spanned!(at=> &__out, #function, #number);
        let substituted = expansion.call_with_output("substituted", ended);
        quote_spanned!(at=> { let __out: #output = #step; #substituted; #give })
    }

    fn give(&self, index: usize) -> TokenStream {
        let Self { expansion, fallback, at, done, .. } = self;
        match expansion.chosen_stream(index, fallback.steps.len(), *at) {
            Some(chosen) => quote_spanned!(*at=> break #done (#chosen)),
            None => expansion.out_value(&quote_spanned!(*at=> break #done)),
        }
    }

    const fn failed_or_begins(&self, failed: &'static str, begins: &'static str) -> &'static str {
        if self.value.is_some() { failed } else { begins }
    }

    fn announce(&self, function: &str, index: usize, error: &TokenStream) -> TokenStream {
        let (private, at) = (&self.expansion.private, self.at);
        let announce = Ident::new(function, at);
        let (skip, function, number) =
            (self.skip_to_value(index, error), self.expansion.function_ref(), number_of(index));
        quote_spanned!(at=> #skip #private::#announce(#function, #number, #error);)
    }

    fn skip_to_value(&self, index: usize, error: &TokenStream) -> Option<TokenStream> {
        let label = self.value_label.as_ref()?;
        let number = number_of(self.value.filter(|value| *value > index)?);
        let (private, function) = (&self.expansion.private, self.expansion.function_ref());
        Some(quote_spanned! {self.at=>
            if #private::is_shutting_down() {
                #private::announce(#function, #number, #error);
                break #label;
            }
        })
    }
}

/// Events count the steps from 1.
fn number_of(index: usize) -> Literal {
    Literal::usize_unsuffixed(index + 1)
}
