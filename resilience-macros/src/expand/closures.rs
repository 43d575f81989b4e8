use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Expr;

use super::Expansion;
use crate::parse::expression::{bare, span_of};
use crate::parse::tokens::relocated;

impl Expansion {
    /// Names a runtime function that types a closure by inference, without a bound that could fail.
    pub(crate) fn helper(&self, name: &str) -> TokenStream {
        let (private, name) = (&self.private, Ident::new(name, Span::mixed_site()));
        quote!(#private::#name)
    }

    /// A path is called directly: coercions apply, and an error names only the user's code.
    /// A closure goes through `helper`, which types its parameter before the body is checked.
    pub(crate) fn call(function: &Expr, argument: &TokenStream, helper: &TokenStream) -> TokenStream {
        let at = span_of(function).resolved_at(Span::mixed_site());
        let argument = &relocated(argument, at);
        match bare(function) {
            Expr::Path(path) => quote_spanned!(at=> #path(#argument)),
            Expr::Field(method) => {
                let (base, member) = (&method.base, &method.member);
                quote_spanned!(at=> #base.#member(#argument))
            }
            closure => {
                let helper = relocated(helper, at);
                quote_spanned!(at=> #helper(#argument, #closure))
            }
        }
    }

    pub(crate) fn ask(predicate: &Expr, argument: &TokenStream, helper: &TokenStream) -> TokenStream {
        let at = span_of(predicate).resolved_at(Span::mixed_site());
        let call = Self::call(predicate, argument, helper);
        quote_spanned!(at=> { let __answer: ::core::primitive::bool = #call; __answer })
    }

    /// The closure stands at the function, and so do errors about its captures.
    pub(crate) fn closure(function: &Expr, parameter: &str, body: &TokenStream) -> TokenStream {
        let at = span_of(function).resolved_at(Span::mixed_site());
        let parameter = Ident::new(parameter, Span::mixed_site());
        quote_spanned!(at=> |#parameter| #body)
    }

    pub(crate) fn ask_about_failure(&self, predicate: &Expr) -> TokenStream {
        Self::ask(predicate, &quote_spanned!(Span::mixed_site()=> __failure), &self.helper("asks"))
    }

    pub(crate) fn ask_about_value(&self, predicate: &Expr) -> TokenStream {
        let asks = Self::ask(predicate, &quote_spanned!(Span::mixed_site()=> __value), &self.helper("asks"));
        Self::closure(predicate, "__value", &asks)
    }

    pub(crate) fn classified(&self, at: Span) -> TokenStream {
        let private = &self.private;
        quote_spanned! {at=> {
            use #private::probes::failure_type::*;
            #private::Classifier::classify(#private::failure_type_of(__failure).__resilience_classifier(), __failure)
        }}
    }

    /// Output: `LogError::log_error(__failure, <how errors of this type are displayed>)`.
    /// A missing `Display` is reported at `log_errors`.
    pub(crate) fn logged_error(&self, failure: &TokenStream, at: Span) -> TokenStream {
        let at = at.resolved_at(Span::mixed_site());
        let (private, failure) = (self.private_at(at), relocated(failure, at));
        quote_spanned! {at=> {
            use #private::probes::log_error::*;
            #private::LogError::log_error(#failure, (&&#private::LogErrorProbe::of(#failure)).__resilience_log_error())
        }}
    }

    pub(crate) fn logged_error_of(&self, outcome: &TokenStream, at: Span) -> TokenStream {
        let failure = self.call_outcome("failure", outcome.clone());
        let at = at.resolved_at(Span::mixed_site());
        let logged = self.logged_error(&quote_spanned!(at=> __failure), at);
        quote_spanned!(at=> #failure.map(|__failure| #logged))
    }
}
