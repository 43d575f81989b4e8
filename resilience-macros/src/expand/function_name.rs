//! The name of the function, which is found when it is first needed.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

use super::Expansion;
use crate::parse::tokens::mention_of;

pub(super) fn reference() -> TokenStream {
    let find = find();
    quote_spanned!(Span::mixed_site()=> #find)
}

fn find() -> Ident {
    Ident::new("__resilience_function", Span::mixed_site())
}

impl Expansion {
    /// Its path contains the type of a method, which a macro does not see. All instances of a generic
    /// function share a `static`. A `const` may hold a pointer to a function, but no reference to a
    /// `static` that changes.
    pub(super) fn function_name(&self, is_outermost: bool, code: &TokenStream) -> Option<TokenStream> {
        let (private, name, find, at) = (&self.private, &self.name, find(), Span::mixed_site());
        mention_of(&find, code)?;
        Some(quote_spanned! {at=>
            fn #find() -> &'static dyn #private::FunctionName {
                static __RESILIENCE_FUNCTION: #private::FunctionItem = #private::FunctionItem::new(
                    &#find,
                    ::core::module_path!(),
                    #name,
                    #is_outermost,
                    ::core::file!(),
                    ::core::line!(),
                );
                &__RESILIENCE_FUNCTION
            }
        })
    }
}
