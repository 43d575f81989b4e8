//! The name of the function, which is found when it is first needed.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

use super::Expansion;

fn find() -> Ident {
    Ident::new("__resilience_function", Span::mixed_site())
}

fn reference() -> Ident {
    Ident::new("__RESILIENCE_FUNCTION", Span::mixed_site())
}

impl Expansion {
    /// The function, as events and errors show it.
    pub(crate) fn function_ref(&self) -> Ident {
        self.is_named.set(true);
        self.is_passed_on.set(true);
        reference()
    }

    pub(crate) fn finds_name(&self) -> Ident {
        self.is_named.set(true);
        find()
    }

    /// Its path contains the type of a method, which a macro does not see. All instances of a generic
    /// function share a `static`. A `const` may hold a pointer to a function, but no reference to a
    /// `static` that changes. Several layers pass it on, and the compiler checks a name faster than a call.
    pub(super) fn function_name(&self, is_outermost: bool) -> Option<TokenStream> {
        let (private, name, find, at) = (&self.private, &self.name, find(), Span::mixed_site());
        let reference = self.is_passed_on.get().then(|| {
            let reference = reference();
            quote_spanned!(at=> const #reference: #private::FunctionRef = #private::FunctionRef::Item(#find);)
        });
        self.is_named.get().then(|| {
            quote_spanned! {at=>
                fn #find() -> &'static dyn #private::FunctionName {
                    static __RESILIENCE_ITEM: #private::FunctionItem = #private::FunctionItem::new(
                        &#find,
                        ::core::module_path!(),
                        #name,
                        #is_outermost,
                        ::core::file!(),
                        ::core::line!(),
                    );
                    &__RESILIENCE_ITEM
                }
                #reference
            }
        })
    }
}
