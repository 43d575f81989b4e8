//! Attributes whose settings may be overridden while the program runs.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::LitStr;

use super::Expansion;

impl Expansion {
    pub(crate) fn section(&self, depth: usize) -> Option<&LitStr> {
        self.sections.get(depth)?.as_ref()
    }

    pub(crate) fn last_depth(&self) -> usize {
        self.sections.len().saturating_sub(1)
    }

    /// Output: `static __SETTINGS: SettingsSite<RetryConfig> = ..; let __settings = __SETTINGS.of(&__CONFIG);`
    pub(crate) fn settings(
        &self,
        section: &LitStr,
        ty: &str,
        config: &TokenStream,
        with: &TokenStream,
        at: Span,
    ) -> TokenStream {
        let (private, ty) = (&self.private, Ident::new(ty, at));
        quote_spanned! {at=>
            static __RESILIENCE_SETTINGS: #private::SettingsSite<#private::#ty> =
                #private::SettingsSite::new(#section, ::core::file!(), ::core::line!()) #with;
            let __settings = __RESILIENCE_SETTINGS.of(#config);
        }
    }

    pub(crate) fn configured(&self, depth: usize, at: Span) -> TokenStream {
        self.section(depth).map_or_else(|| quote!(), |section| quote_spanned!(at=> .configured(#section)))
    }
}
