//! Calls of the user's functions.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Expr;

use super::Expansion;
use crate::parse::expression::{bare, span_of};
use crate::parse::tokens::relocated;

impl Expansion {
    /// A function of the runtime for a closure of the user's, by inference: a bound would be reported there again.
    pub(crate) fn helper(&self, name: &str) -> TokenStream {
        let (private, name) = (&self.private, Ident::new(name, Span::mixed_site()));
        quote!(#private::#name)
    }

    /// Calls a function of the user's with one argument.
    ///
    /// A path is called as it stands: what rustc then says about a wrong signature is about the user's code alone, and
    /// coercions apply. A closure goes through `helper`, which gives its parameter a type before its body is checked.
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

    /// Asks a predicate of the user's.
    pub(crate) fn asks(predicate: &Expr, argument: &TokenStream, helper: &TokenStream) -> TokenStream {
        let at = span_of(predicate).resolved_at(Span::mixed_site());
        let call = Self::call(predicate, argument, helper);
        quote_spanned!(at=> { let __answer: ::core::primitive::bool = #call; __answer })
    }

    /// A closure around a call of a function of the user's. It stands where that stands: so does what is wrong with all that
    /// the function takes from outside.
    pub(crate) fn closure(function: &Expr, parameter: &str, body: &TokenStream) -> TokenStream {
        let at = span_of(function).resolved_at(Span::mixed_site());
        let parameter = Ident::new(parameter, Span::mixed_site());
        quote_spanned!(at=> |#parameter| #body)
    }

    /// Asks a predicate of the user's about `__failure`.
    pub(crate) fn asks_failure(&self, predicate: &Expr) -> TokenStream {
        Self::asks(predicate, &quote_spanned!(Span::mixed_site()=> __failure), &self.helper("asks"))
    }

    /// The error's own classification, found by autoref.
    pub(crate) fn classified(&self, at: Span) -> TokenStream {
        let private = &self.private;
        quote_spanned! {at=> {
            use #private::{ProbeClassified as _, ProbeUnclassified as _};
            (&&#private::Probe(__failure)).__resilience_classified()
        }}
    }

    /// ```text
    /// // Input:  log_errors = true
    /// // Output: Sayable::said_of(&__out, <how errors of this type are shown>)
    /// ```
    ///
    /// The error of an outcome, as events show it. That it cannot be shown is said where that is asked for.
    pub(crate) fn said_of(&self, outcome: &TokenStream, at: Span) -> TokenStream {
        self.said_by(["said_of", "of"], outcome, at)
    }

    /// The same of the error itself.
    pub(crate) fn said(&self, failure: &TokenStream, at: Span) -> TokenStream {
        self.said_by(["said", "of_failure"], failure, at)
    }

    pub(crate) fn said_by(&self, names: [&str; 2], what: &TokenStream, at: Span) -> TokenStream {
        let at = at.resolved_at(Span::mixed_site());
        let (private, what, [said, of]) =
            (self.private_at(at), relocated(what, at), names.map(|name| Ident::new(name, at)));
        quote_spanned! {at=> {
            use #private::{TellAlone as _, TellChain as _};
            #private::Sayable::#said(#what, (&&#private::Telling::#of(#what)).__resilience_telling())
        }}
    }
}
