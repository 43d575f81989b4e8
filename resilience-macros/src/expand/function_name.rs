//! The name of the function, which is found when it is first needed.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

use super::Expansion;

fn find() -> Ident {
    Ident::new("__resilience_function", Span::mixed_site())
}

impl Expansion {
    /// The function, as events and default names show it.
    pub(crate) fn function_ref(&self) -> TokenStream {
        let (private, find) = (&self.private, self.finds_name());
        quote_spanned!(Span::mixed_site()=> #private::FunctionRef::Item(#find))
    }

    pub(crate) fn finds_name(&self) -> Ident {
        self.is_named.set(true);
        find()
    }

    /// Its path contains the type of a method, which a macro does not see. All instances of a generic
    /// function share a `static`. A `const` may hold a pointer to a function, but no reference to a
    /// `static` that changes.
    pub(super) fn function_name(&self, is_outermost: bool) -> Option<TokenStream> {
        let (private, name, find, at) = (&self.private, &self.name, find(), Span::mixed_site());
        self.is_named.get().then(|| {
            quote_spanned! {at=>
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
            }
        })
    }
}
