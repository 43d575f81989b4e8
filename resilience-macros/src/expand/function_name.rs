//! The name of the function, which is found when it is first needed.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

use super::Expansion;
use crate::parse::tokens::mention_of;

/// The function that finds the name.
pub(super) fn reference() -> TokenStream {
    let find = find();
    quote_spanned!(Span::mixed_site()=> #find)
}

fn find() -> Ident {
    Ident::new("__resilience_function", Span::mixed_site())
}

impl Expansion {
    /// ```text
    /// // Output:
    /// fn __resilience_function() -> &'static dyn FunctionName {
    ///     enum __RESILIENCE_HERE {}
    ///     static __RESILIENCE_FUNCTION: FunctionItem =
    ///         FunctionItem::new::<__RESILIENCE_HERE>(module_path!(), "ask", ..);
    ///     &__RESILIENCE_FUNCTION
    /// }
    /// ```
    ///
    /// The path of the type contains the type of a method, which a macro does not see. All instances
    /// of a generic function share a `static`, and so this name. A `const` may hold a pointer to a
    /// function, but no reference to a `static` that changes.
    pub(super) fn function_name(&self, is_outermost: bool, code: &TokenStream) -> Option<TokenStream> {
        let (private, name, find, at) = (&self.private, &self.name, find(), Span::mixed_site());
        mention_of(&find, code)?;
        Some(quote_spanned! {at=>
            fn #find() -> &'static dyn #private::FunctionName {
                #[allow(non_camel_case_types)]
                enum __RESILIENCE_HERE {}
                static __RESILIENCE_FUNCTION: #private::FunctionItem = #private::FunctionItem::new::<__RESILIENCE_HERE>(
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
