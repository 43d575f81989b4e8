use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Lifetime;

use super::{Fallback, Step};
use crate::expand::{Expansion, Place, condition};
use crate::item::{Param, Passing};
use crate::parse::expression::span_of;
use crate::parse::tokens::mentions_in_text;

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
    /// While the process shuts down, only a value is given, at once: `is_shutting_down()` skips the steps before it. Where
    /// all steps call somebody, `begins(..)` stands in place of `failed(..)`.
    pub(crate) fn fallback(&self, fallback: &Fallback, at: Span, place: Place, inner: &TokenStream) -> TokenStream {
        let (private, output) = (&self.private, &self.output);
        let done = place.label("done", at);
        let reuses = fallback.reuses_arguments(&self.function.params);
        let slots = if reuses { self.open_slots(place) } else { TokenStream::new() };
        let inner_last = (self.has_slots() && reuses).then(|| quote_spanned!(at=> let __last = false;));
        let steps = fallback.steps.len();
        let give = |step| match self.chosen_stream(step, steps, at) {
            Some(chosen) => quote_spanned!(at=> break #done (#chosen)),
            None => self.out_value(&quote_spanned!(at=> break #done)),
        };
        let predicate = fallback.when.as_ref().map_or_else(
            || quote_spanned!(at=> |_| true),
            |predicate| {
                let asks = self.ask_about_failure(predicate);
                Self::closure(predicate, "__failure", &asks)
            },
        );
        let last_user = fallback.steps.iter().rposition(|step| self.uses_slots(step));
        let mut code = quote_spanned!(at=> { #inner_last #inner });
        let mut statements = TokenStream::new();
        let value = fallback.steps.iter().position(|step| matches!(step, Step::Value(_)));
        let value_label = value.filter(|index| *index > 0).map(|_| place.label("value", at));
        for (index, step) in fallback.steps.iter().enumerate() {
            let failed_or_begins = |failed, begins| if value.is_some() { failed } else { begins };
            let skip = |error: &TokenStream| {
                Some(self.skip_to_value(value_label.as_ref()?, value.filter(|value| *value > index)?, error, at))
            };
            let give = give(index);
            let number = proc_macro2::Literal::usize_unsuffixed(index + 1);
            // The error is logged before the failed result drops.
            let takes_the_error = matches!(step, Step::Closure(_));
            let announce = |error| {
                let (function, skip) = (self.function_ref(), skip(&error));
                let announce = Ident::new(if takes_the_error { "hand_over" } else { "announce" }, at);
                Some(quote_spanned!(at=> #skip #private::#announce(#function, #number, #error);))
            };
            let (shown, announced) = match (fallback.log_errors, step) {
                (None, _) => (None, announce(quote_spanned!(at=> ::core::option::Option::None))),
                (Some(asked), Step::Closure(_)) => {
                    let logged = self.logged_error(&quote_spanned!(at=> &__failure), asked);
                    (None, announce(quote_spanned!(at=> ::core::option::Option::Some(#logged))))
                }
                (Some(asked), _) => (announce(self.logged_error_of(&quote_spanned!(at=> &__out), asked)), None),
            };
            let attempt = if let Step::Closure(_) = step {
                let unless_failed = failed_or_begins("unless_failed", "unless_begins");
                let unless_failed = self.call_with_output(unless_failed, quote_spanned!(at=> __out, #predicate));
                quote_spanned! {at=>
                    let __failure = {
                        let __out: #output = #code;
                        match #unless_failed {
                            ::core::result::Result::Ok(__out) => #give,
                            ::core::result::Result::Err(__failure) => __failure,
                        }
                    };
                }
            } else {
                let failed = match &fallback.when_ok {
                    None => {
                        let failed = failed_or_begins("failed", "begins");
                        self.call_with_output(failed, quote_spanned!(at=> &__out, #predicate))
                    }
                    Some(when_ok) => {
                        let when_ok = self.ask_about_value(when_ok);
                        let failed = failed_or_begins("failed_or", "begins_or");
                        self.call_with_output(failed, quote_spanned!(at=> &__out, #predicate, #when_ok))
                    }
                };
                quote_spanned! {at=>
                    {
                        let __out: #output = #code;
                        if !#failed {
                            #give;
                        }
                        #shown
                    }
                }
            };
            statements.extend(quote_spanned!(at=> #attempt #announced));
            // Without slots above, this is the last use of all.
            let last = match (last_user == Some(index), place.has_slots) {
                (false, _) => quote_spanned!(at=> false),
                (true, false) => quote_spanned!(at=> true),
                (true, true) => quote_spanned!(at=> __last),
            };
            let (step, give) = (self.step(step, &last, place), self.out_value(&TokenStream::new()));
            let function = self.function_ref();
            let ended = quote_spanned!(at=> &__out, #function, #number);
            let substituted = self.call_with_output("substituted", ended);
            code = quote_spanned!(at=> { let __out: #output = #step; #substituted; #give });
        }
        if let Some(chosen) = self.chosen_stream(steps, steps, at) {
            code = quote_spanned!(at=> { let __out: #output = #code; #chosen });
        }
        if let Some(label) = value_label {
            statements = quote_spanned!(at=> #label: { #statements });
        }
        quote_spanned!(at=> #done: { #slots #statements #code })
    }

    /// Passes over the steps that call somebody, while the process shuts down.
    fn skip_to_value(&self, label: &Lifetime, value: usize, error: &TokenStream, at: Span) -> TokenStream {
        let (private, function) = (&self.private, self.function_ref());
        let number = proc_macro2::Literal::usize_unsuffixed(value + 1);
        quote_spanned! {at=>
            if #private::is_shutting_down() {
                #private::announce(#function, #number, #error);
                break #label;
            }
        }
    }

    pub(crate) fn step(&self, step: &Step, last: &TokenStream, place: Place) -> TokenStream {
        match step {
            Step::Value(value) => {
                let at = span_of(value).resolved_at(Span::mixed_site());
                let fresh = self.fresh(&value.to_token_stream(), last);
                let (succeed, ty) = self.stream_of_value().unwrap_or_else(|| {
                    let succeed = self.call_outcome("from_value", quote_spanned!(at=> __value));
                    (succeed, self.outcome_type("Value"))
                });
                let value = self.expression(value, Some(&ty), place);
                quote_spanned! {at=> {
                    #fresh
                    let __value: #ty = #value;
                    #succeed
                }}
            }
            Step::Path(path) => {
                let at = span_of(path);
                let calls = self.calls(last, at, |names| quote_spanned!(at=> #path(#(#names),*)));
                self.answer(&calls, at, place)
            }
            Step::Method(this, method) => {
                let at = method.span();
                let calls = self.calls(last, at, |names| quote_spanned!(at=> #this.#method(#(#names),*)));
                self.answer(&calls, at, place)
            }
            Step::Closure(closure) => {
                let at = span_of(closure);
                let fresh = self.fresh(&closure.to_token_stream(), last);
                let here = at.resolved_at(Span::mixed_site());
                let private = self.private_at(here);
                let call = quote_spanned!(here=> #private::call_fallback(__failure, #closure));
                // A path in place of the closure would take the arguments.
                let allow = quote!(#[allow(clippy::redundant_closure, clippy::redundant_closure_for_method_calls)]);
                self.answer(&quote_spanned!(here=> #fresh #allow let __answer = #call;), at, place)
            }
        }
    }

    pub(crate) fn uses_slots(&self, step: &Step) -> bool {
        let used = match step {
            Step::Path(_) | Step::Method(..) => return true,
            Step::Closure(closure) => closure.to_token_stream(),
            Step::Value(value) => value.to_token_stream(),
        };
        self.params.iter().any(|bound| bound.has_slot() && mentions_in_text(&used, &bound.param.names()))
    }

    /// Binds the arguments first, so that an error names their types. An argument of a call cannot
    /// have a `#[cfg]`, so each combination of conditions has its own call.
    pub(crate) fn calls(&self, last: &TokenStream, at: Span, call: impl Fn(&[Ident]) -> TokenStream) -> TokenStream {
        let at = at.resolved_at(Span::mixed_site());
        let mut code = TokenStream::new();
        let mut names: Vec<(Ident, &[syn::Attribute])> = Vec::new();
        for (index, bound) in self.params.iter().enumerate() {
            let Param { passing, cfgs, type_span, .. } = &bound.param;
            let mut name = bound.param.name.clone();
            name.set_span(name.span().located_at(at));
            let value = match passing {
                Passing::Exclusive => quote_spanned!(at=> &mut *#name),
                Passing::Value if bound.has_slot() => self.take(&bound.param, last, *type_span),
                Passing::Shared | Passing::Value => quote!(#name),
            };
            let argument = Ident::new(&format!("__argument{index}"), at);
            let allow = self.allow_use_of(&name);
            code.extend(quote_spanned!(at=> #(#cfgs)* #allow let #argument = #value;));
            names.push((argument, cfgs));
        }
        let conditions: Vec<TokenStream> = names.iter().filter_map(|(_, cfgs)| condition(cfgs)).collect();
        for ways in 0..1_usize << conditions.len() {
            let (mut number, mut present, mut tests) = (0, Vec::new(), TokenStream::new());
            for (name, cfgs) in &names {
                if cfgs.is_empty() {
                    present.push(name.clone());
                    continue;
                }
                let condition = &conditions[number];
                if ways >> number & 1 == 1 {
                    present.push(name.clone());
                    tests.extend(quote!(#condition,));
                } else {
                    tests.extend(quote!(not(#condition),));
                }
                number += 1;
            }
            let call = call(&present);
            let cfg = (!conditions.is_empty()).then(|| quote!(#[cfg(all(#tests))]));
            code.extend(quote_spanned!(at=> #cfg let __answer = #call;));
        }
        code
    }

    /// A synchronous result is not awaited, since it may not be `Send`.
    pub(crate) fn answer(&self, calls: &TokenStream, at: Span, place: Place) -> TokenStream {
        let at = at.resolved_at(Span::mixed_site());
        if !self.is_async() {
            return quote_spanned!(at=> { #calls __answer });
        }
        if self.is_stream() {
            return self.answered_stream(calls, at, place);
        }
        let (private, answered) = (&self.private, Lifetime::new("'__answered", at));
        let awaited = self.await_point(&quote_spanned!(at=> __later), at, place);
        quote_spanned! {at=> #answered: {
            let __later = {
                #calls
                use #private::probes::fallback::*;
                match (&&#private::FallbackProbe::of(&__answer)).__resilience_fallback().output(__answer) {
                    #private::FallbackOutput::Ready(__out) => break #answered __out,
                    #private::FallbackOutput::Pending(__later) => __later,
                }
            };
            #awaited
        }}
    }
}
