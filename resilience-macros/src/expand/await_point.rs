use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::Expr;

use super::place::label;
use super::{Expansion, Place};
use crate::parse::expression::span_of;
use crate::parse::tokens::{calls_a_macro, mentions};

impl Expansion {
    /// Awaits a future. Nothing else in an expansion does, so each poll enters the context.
    ///
    /// ```text
    /// match in_context(&mut __scope, <future>).await { Ok(..) => .., Err(..) => break .. }
    /// ```
    ///
    /// Without a timeout there is no `match`, and without a context guard no `in_context`.
    pub(crate) fn await_point(&self, future: &TokenStream, at: Span, place: Place) -> TokenStream {
        let (private, scope) = (self.private_at(at), place.scope());
        let awaited = match (place.has_scope, place.is_in_attempt) {
            (false, false) => quote_spanned!(at=> #future.await),
            (true, false) => quote_spanned!(at=> #private::in_context(#scope, #future).await),
            (_, true) if place.is_in_retry => {
                quote_spanned!(at=> #private::in_retry(__retry.call(), #scope, #future).await)
            }
            (_, true) => quote_spanned!(at=> #private::in_attempt(#scope, #future).await),
        };
        let Some(depth) = place.limited_by else { return awaited };
        self.expiring.borrow_mut().push(depth);
        let expired = label(depth, "expired", at);
        quote_spanned! {at=>
            match #awaited {
                ::core::result::Result::Ok(__out) => __out,
                ::core::result::Result::Err(__rejection) => break #expired __rejection,
            }
        }
    }

    /// Returns whether the limit at `depth` can end the code inside of it. The code has been made.
    pub(crate) fn expires(&self, depth: usize) -> bool {
        self.expiring.borrow().contains(&depth)
    }

    /// If the user's expression awaits while a context guard is in scope, it is an await point.
    pub(crate) fn expression(&self, value: &Expr, ty: Option<&TokenStream>, place: Place) -> TokenStream {
        let tokens = value.to_token_stream();
        let at = span_of(value).resolved_at(Span::mixed_site());
        if !place.has_scope {
            return tokens;
        }
        if mentions(&tokens, &["await".to_owned()]) {
            let ty = ty.map(|ty| quote_spanned!(at=> : #ty));
            return self.await_point(&quote_spanned!(at=> async { let __value #ty = #value; __value }), at, place);
        }
        if calls_a_macro(&tokens) {
            // The macro may expand to an `.await`, so it stands where none is allowed.
            let (private, ty) = (self.private_at(at), ty.map(|ty| quote_spanned!(at=> -> #ty)));
            let value = if ty.is_some() { quote_spanned!(at=> { #value }) } else { tokens };
            return quote_spanned!(at=> #private::once(|| #ty #value));
        }
        tokens
    }
}
