use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Lifetime;

use super::Step;
use crate::expand::{Expansion, Place, condition};
use crate::item::{Param, Passing};
use crate::parse::expression::span_of;
use crate::parse::tokens::mentions_in_text;

impl Expansion {
    pub(super) fn step(&self, step: &Step, last: &TokenStream, place: Place) -> TokenStream {
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

    pub(super) fn uses_slots(&self, step: &Step) -> bool {
        let used = match step {
            Step::Path(_) | Step::Method(..) => return true,
            Step::Closure(closure) => closure.to_token_stream(),
            Step::Value(value) => value.to_token_stream(),
        };
        self.params.iter().any(|bound| bound.has_slot() && mentions_in_text(&used, &bound.param.names()))
    }

    /// Binds the arguments first, so that an error names their types. An argument of a call cannot
    /// have a `#[cfg]`, so each combination of conditions has its own call.
    fn calls(&self, last: &TokenStream, at: Span, call: impl Fn(&[Ident]) -> TokenStream) -> TokenStream {
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
    fn answer(&self, calls: &TokenStream, at: Span, place: Place) -> TokenStream {
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
