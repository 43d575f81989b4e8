//! Code located at the return type or the body, so that errors are reported there, and once.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::Expr;

use super::Expansion;
use crate::parse::expression::span_of;
use crate::parse::tokens::{Spelled, relocated};

impl Expansion {
    /// An error about the lifetime of `__out` stands at the return type.
    pub(crate) fn out_value(&self, how: &TokenStream) -> TokenStream {
        let at = self.output_span.resolved_at(Span::mixed_site());
        let how = relocated(how, at);
        quote_spanned!(at=> #how __out)
    }

    /// The compiler reports at the return type only if all tokens stand there in one context.
    pub(crate) fn call_with_output(&self, name: &str, arguments: TokenStream) -> TokenStream {
        let (function, output, close) = (self.at_output(name), &self.output, quote_spanned!(self.output_end()=> >));
        self.call_at_output(&quote_spanned!(self.output_span=> #function::<#output #close), arguments)
    }

    pub(crate) fn call_outcome(&self, name: &str, arguments: TokenStream) -> TokenStream {
        let (output, outcome, name) = (&self.output, self.at_output("Outcome"), Ident::new(name, self.output_end()));
        self.call_at_output(&quote_spanned!(self.output_span=> <#output as #outcome>::#name), arguments)
    }

    /// Without the user's context, in which the type could be `Self`.
    pub(crate) fn outcome_type(&self, name: &str) -> TokenStream {
        let (at, end) = (self.output_span.resolved_at(Span::mixed_site()), self.output_end());
        let (output, private) = (&self.output, self.private_at(at));
        let name = Ident::new(name, end.resolved_at(Span::mixed_site()));
        quote_spanned!(at=> <#output as #private::Outcome>::#name)
    }

    pub(crate) fn at_output(&self, name: &str) -> TokenStream {
        let at = self.output_span;
        let (private, name) = (self.private.placed(at), Ident::new(name, self.output_end()));
        quote_spanned!(at=> #private::#name)
    }

    pub(crate) fn call_at_output(&self, function: &TokenStream, arguments: TokenStream) -> TokenStream {
        let mut arguments = Group::new(Delimiter::Parenthesis, arguments);
        arguments.set_span(self.output_end());
        quote!(#function #arguments)
    }

    /// Calls a trait method by its path: rustc would show the source of a function with a bound.
    pub(crate) fn rejection(&self, map_err: Option<&Expr>) -> TokenStream {
        self.own_failure(self.call_outcome("from_failure", self.rejected_failure(map_err)))
    }

    pub(crate) fn rejected_failure(&self, map_err: Option<&Expr>) -> TokenStream {
        let at = self.output_span.resolved_at(Span::mixed_site());
        let private = self.private_at(at);
        match map_err {
            None => quote_spanned!(at=> #private::Rejection::from_rejection(__rejection)),
            Some(function) => {
                let call = Self::call(function, &quote_spanned!(at=> __rejection), &self.helper("map_rejection"));
                let (here, ty) =
                    (span_of(function).resolved_at(Span::mixed_site()), self.at_end().outcome_type("Failure"));
                // Nothing would tell the `_` of an annotation.
                let ty = self.is_nameable().then(|| quote_spanned!(here=> : #ty));
                quote_spanned!(here=> { let __mapped #ty = #call; __mapped })
            }
        }
    }

    /// Remembers the rejection for the layers around it. That of a gate is also reported.
    pub(crate) fn remembered_rejection(&self, map_err: Option<&Expr>, is_of_gate: bool) -> TokenStream {
        let (at, private, output) = (Span::mixed_site(), &self.private, &self.output);
        if map_err.is_none() && self.is_nameable() {
            let identity = self.identity();
            let rejected = if is_of_gate {
                let function = self.function_ref();
                self.rejection_method("rejected_by_gate", quote_spanned!(at=> __rejection, #identity, #function))
            } else {
                self.rejection_method("rejected", quote_spanned!(at=> __rejection, #identity))
            };
            return self.own_failure(rejected);
        }
        let known = if is_of_gate {
            let function = self.function_ref();
            quote_spanned!(at=> let (__rejection, __until) = #private::announced_rejection(#function, __rejection);)
        } else {
            quote_spanned!(at=> let __until = #private::rejected_until(&__rejection);)
        };
        let (reject, identity) = (self.rejection(map_err), self.identity());
        let rejected = self.call_with_output("rejected", quote_spanned!(at=> &__out, __until, #identity));
        let give = self.out_value(&TokenStream::new());
        quote_spanned! {at=> {
            #known
            let __out: #output = #reject;
            #rejected;
            #give
        }}
    }

    /// Looks up how the errors of this function are recognised. It costs nothing at run time.
    pub(crate) fn identity(&self) -> TokenStream {
        let (at, private) = (Span::mixed_site(), &self.private);
        if self.is_nameable() {
            return quote_spanned!(at=> __identity);
        }
        // A missing failure is reported once, at the return type.
        let failure_type = self.call_with_output("failure_type_of_outcome", quote_spanned!(at=> &__out));
        let here = self.output_span.resolved_at(at);
        let identity = quote_spanned!(here=> #failure_type.__resilience_identity());
        quote_spanned! {at=> {
            use #private::probes::failure_type::*;
            #identity
        }}
    }

    pub(crate) fn unless_rejected(&self, limited: &TokenStream) -> TokenStream {
        let limited = if self.hides_outcome() {
            let (at, outcome) = (self.output_span.resolved_at(Span::mixed_site()), self.at_output("Outcome"));
            quote_spanned!(at=> ::core::result::Result::map(#limited, |__out| #outcome::itself(__out)))
        } else {
            limited.clone()
        };
        self.rejection_method("unless_rejected", limited)
    }

    fn rejection_method(&self, name: &str, arguments: TokenStream) -> TokenStream {
        let (at, output) = (self.output_span.resolved_at(Span::mixed_site()), &self.output);
        let (private, name) = (self.private_at(at), Ident::new(name, at));
        self.call_at_output(&quote_spanned!(at=> #private::Rejection::#name::<#output>), arguments)
    }

    pub(crate) fn private_at(&self, at: Span) -> Spelled {
        self.private.relocated(at)
    }

    pub(crate) fn body_span(&self) -> Span {
        self.function.block_span.resolved_at(Span::mixed_site())
    }

    pub(crate) fn output_end(&self) -> Span {
        let last = self.output.last().filter(|_| self.function.output.is_some());
        last.map_or(self.output_span, TokenTree::span)
    }
}
