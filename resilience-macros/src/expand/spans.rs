//! Code that stands where the return type or the body stands, so that the compiler reports there, and once, what is wrong
//! with it.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::Expr;

use super::Expansion;
use crate::parse::expression::span_of;
use crate::parse::tokens::{Spelled, relocated};

impl Expansion {
    /// `__out` as the value of a layer: that it does not live long enough for the result is said at the return type.
    pub(crate) fn give(&self, how: &TokenStream) -> TokenStream {
        let at = self.output_span.resolved_at(Span::mixed_site());
        let how = relocated(how, at);
        quote_spanned!(at=> #how __out)
    }

    /// A call of a function of the runtime with a bound on the output type, `name::<Output>(..)`. From its first token to its
    /// last it stands where the return type stands, and in the same context: only then does the compiler report once, and
    /// there, what several layers find wrong with it.
    pub(crate) fn bounded(&self, name: &str, arguments: TokenStream) -> TokenStream {
        let (function, output, close) = (self.there(name), &self.output, quote_spanned!(self.output_end()=> >));
        self.called_there(&quote_spanned!(self.output_span=> #function::<#output #close), arguments)
    }

    /// A function of `Outcome`, likewise.
    pub(crate) fn of_outcome(&self, name: &str, arguments: TokenStream) -> TokenStream {
        let (output, outcome, name) = (&self.output, self.there("Outcome"), Ident::new(name, self.output_end()));
        self.called_there(&quote_spanned!(self.output_span=> <#output as #outcome>::#name), arguments)
    }

    /// The type `<Output as Outcome>::Failure`, standing there too, but in no context of the user's: it may be what they
    /// would write `Self`.
    pub(crate) fn part(&self, name: &str) -> TokenStream {
        let (at, end) = (self.output_span.resolved_at(Span::mixed_site()), self.output_end());
        let (output, private) = (&self.output, self.private_at(at));
        let name = Ident::new(name, end.resolved_at(Span::mixed_site()));
        quote_spanned!(at=> <#output as #private::Outcome>::#name)
    }

    /// What is named so in the runtime, from where the return type begins to where it ends.
    pub(crate) fn there(&self, name: &str) -> TokenStream {
        let at = self.output_span;
        let (private, name) = (self.private.placed(at), Ident::new(name, self.output_end()));
        quote_spanned!(at=> #private::#name)
    }

    /// A call that ends where the return type ends.
    pub(crate) fn called_there(&self, function: &TokenStream, arguments: TokenStream) -> TokenStream {
        let mut arguments = Group::new(Delimiter::Parenthesis, arguments);
        arguments.set_span(self.output_end());
        quote!(#function #arguments)
    }

    /// How a layer that gives up itself ends the call: `__rejection` in the form of the output.
    ///
    /// A trait method by its path, and no function with a bound: rustc would show where it stands.
    pub(crate) fn rejection(&self, map_err: Option<&Expr>) -> TokenStream {
        let at = self.output_span.resolved_at(Span::mixed_site());
        let private = self.private_at(at);
        let failure = match map_err {
            None => quote_spanned!(at=> #private::Rejection::from_rejection(__rejection)),
            Some(function) => {
                let call = Self::call(function, &quote_spanned!(at=> __rejection), &self.helper("map_rejection"));
                let (here, ty) = (span_of(function).resolved_at(Span::mixed_site()), self.part("Failure"));
                quote_spanned!(here=> { let __mapped: #ty = #call; __mapped })
            }
        };
        self.of_outcome("from_failure", failure)
    }

    /// The same where the rejection is the only thing that can come instead of the output.
    pub(crate) fn unless_rejected(&self, limited: &TokenStream) -> TokenStream {
        let (at, output) = (self.output_span.resolved_at(Span::mixed_site()), &self.output);
        let private = self.private_at(at);
        self.called_there(&quote_spanned!(at=> #private::Rejection::unless_rejected::<#output>), limited.clone())
    }

    pub(crate) fn private_at(&self, at: Span) -> Spelled {
        self.private.relocated(at)
    }

    /// Where the user's braces stand, for code of ours: what is wrong with the body as a whole is said there.
    pub(crate) fn at_body(&self) -> Span {
        self.function.block_span.resolved_at(Span::mixed_site())
    }

    pub(crate) fn output_end(&self) -> Span {
        let last = self.output.last().filter(|_| self.function.output.is_some());
        last.map_or(self.output_span, TokenTree::span)
    }
}
