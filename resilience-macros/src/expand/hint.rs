//! `retry_after`, which reads from a failure how long to wait.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Expr, ExprClosure, Pat, Type};

use super::Expansion;
use crate::parse::expression::{bare, span_of};
use crate::parse::tokens::mentions;

impl Expansion {
    /// ```text
    /// // Input:  #[retry(retry_after = hint)]
    /// // Output: let __hint = || match <the error or the result, by what `hint` takes> { Some(..) => hint(..), .. };
    /// ```
    pub(crate) fn hint(&self, function: &Expr, at: Span) -> TokenStream {
        let private = &self.private;
        let out = if self.is_end { quote_spanned!(at=> __out) } else { quote_spanned!(at=> &__out) };
        let (bound, function) = match bare(function) {
            Expr::Closure(closure) if names_another_type(closure) => {
                let at = span_of(function).resolved_at(Span::mixed_site());
                (Some(quote_spanned!(at=> let __function = #function;)), &syn::parse_quote_spanned!(at=> __function))
            }
            _ => (None, function),
        };
        let argument = match bare(function) {
            Expr::Path(path) => {
                let of = self.at_output("HintSource");
                quote_spanned! {at=> {
                    use #private::probes::hint::*;
                    #of::argument((&&&#private::HintProbe::of(&#path, #out)).__resilience_hint(), #out)
                }}
            }
            Expr::Closure(closure) if takes_outcome(closure) => {
                quote_spanned!(at=> ::core::option::Option::Some(#out))
            }
            _ => self.call_outcome("failure", out),
        };
        let hint = Self::call(function, &quote_spanned!(at=> __argument), &self.helper("call_retry_after"));
        quote_spanned! {at=>
            #bound
            let __hint = || -> ::core::option::Option<::core::time::Duration> {
                match #argument {
                    ::core::option::Option::Some(__argument) => #hint,
                    ::core::option::Option::None => ::core::option::Option::None,
                }
            };
        }
    }
}

/// A closure whose parameter has any other type, such as an alias of `Result`, is asked as a path is.
fn names_another_type(closure: &ExprClosure) -> bool {
    let Some(Pat::Type(parameter)) = closure.inputs.first() else { return false };
    !takes_outcome(closure) && !mentions(&parameter.ty.to_token_stream(), &["_".to_owned()])
}

/// A closure says by the type of its parameter that it takes the whole result.
pub(crate) fn takes_outcome(closure: &ExprClosure) -> bool {
    let Some(Pat::Type(parameter)) = closure.inputs.first() else { return false };
    let Type::Reference(reference) = &*parameter.ty else { return false };
    let Type::Path(path) = &*reference.elem else { return false };
    path.path.segments.last().is_some_and(|last| last.ident == "Result" || last.ident == "Option")
}
