//! Holds arguments so that each use has its own.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use super::{Bound, Expansion, Place};
use crate::item::{Param, Passing, Shape};
use crate::parse::tokens::{mentions_in_text, without_mut};

impl Expansion {
    /// Returns whether the body may leave a parameter unused that a layer uses.
    fn lends_arguments(&self) -> bool {
        self.needs.passed_arguments || self.needs.read_arguments
    }

    pub(crate) fn has_slots(&self) -> bool {
        self.params.iter().any(Bound::has_slot) || self.has_slot_of_self()
    }

    pub(crate) fn rebind(&self, place: Place) -> TokenStream {
        if !place.has_slots {
            return TokenStream::new();
        }
        let at = Span::mixed_site();
        let last = quote_spanned!(at=> __last);
        let this = self.take_self();
        let arguments = self.params.iter().filter_map(|bound| {
            let Bound { param, .. } = bound;
            let (name, cfgs) = (&param.name, &param.cfgs);
            let lints = if bound.is_renamed { &[] } else { &*param.lints };
            let value = match param.passing {
                _ if bound.is_shared => return None,
                Passing::Value if bound.has_slot() => self.take(param, &last, param.type_span),
                Passing::Exclusive if bound.is_renamed || !param.is_wild() => quote_spanned!(at=> &mut *#name),
                _ => return None,
            };
            let allow = self.allow();
            Some(quote_spanned!(at=> #(#cfgs)* #(#lints)* #allow let #name = #value;))
        });
        std::iter::once(this).chain(arguments).collect()
    }

    /// Also makes locals of the captured arguments, in order, so that they drop as the arguments of
    /// a plain function do. In a future that runs again, or holds them in slots too, they would take twice
    /// their size.
    pub(crate) fn patterns(&self, place: Place) -> TokenStream {
        let at = Span::mixed_site();
        let is_sync = self.function.shape == Shape::Sync;
        let owns = is_sync || self.function.shape == Shape::Async && !place.is_in_retry;
        let is_in_slot = |bound: &Bound| !is_sync && place.has_slots && bound.has_slot();
        let moves = self.moves(place).is_some();
        self.params
            .iter()
            .map(|bound| {
                let Bound { param, is_renamed, .. } = bound;
                let Param { name, pattern, cfgs, lints, .. } = param;
                let is_named = *is_renamed || !param.is_wild();
                let is_owned = owns && param.passing == Passing::Value && !param.is_primitive;
                let is_kept = bound.is_lent(place) || is_in_slot(bound);
                let is_own = is_named && !is_kept && (is_owned || is_sync && !moves);
                let is_bound = *is_renamed && !param.is_wild();
                let allow = (is_own || is_bound).then(|| self.allow());
                let value = if bound.is_reborrowed(place) { quote_spanned!(at=> &mut *#name) } else { quote!(#name) };
                let own = is_own.then(|| quote_spanned!(at=> #(#cfgs)* #(#lints)* #allow let #name = #value;));
                let bound = is_bound.then(|| quote_spanned!(at=> #(#cfgs)* #(#lints)* #allow let #pattern = #name;));
                quote!(#own #bound)
            })
            .collect()
    }

    /// The user has not written these bindings as a `let`.
    pub(crate) fn allow(&self) -> TokenStream {
        let unused = self.lends_arguments().then(|| quote!(unused_variables,));
        quote! {
            #[allow(
                #unused
                clippy::no_effect_underscore_binding, clippy::shadow_reuse, clippy::shadow_same, clippy::shadow_unrelated,
                clippy::used_underscore_binding
            )]
        }
    }

    /// Allows the use of a parameter whose name begins with an underscore.
    pub(crate) fn allow_use_of(&self, name: &Ident) -> Option<TokenStream> {
        name.to_string().starts_with('_').then(|| self.allow())
    }

    /// Has one span, because the compiler would join several.
    pub(crate) fn take(&self, param: &Param, last: &TokenStream, at: Span) -> TokenStream {
        let at = at.resolved_at(Span::mixed_site());
        let (private, slot) = (self.private_at(at), slot(param, at));
        quote_spanned!(at=> #private::CloneArg::take(&mut #slot, #last.then_some(#private::LastUse)))
    }

    pub(crate) fn open_slots(&self, place: Place) -> TokenStream {
        if place.has_slots {
            return TokenStream::new();
        }
        let at = Span::mixed_site();
        let private = &self.private;
        let arguments = self.params.iter().filter(|bound| bound.has_slot()).map(|Bound { param, .. }| {
            let allow = self.allow();
            let (slot, name, cfgs) = (slot(param, at), &param.name, &param.cfgs);
            quote_spanned!(at=> #(#cfgs)* #allow let mut #slot = #private::ArgSlot::new(#name);)
        });
        std::iter::once(self.open_slot_of_self(place)).chain(arguments).collect()
    }

    /// Binds fresh arguments that a user's expression mentions.
    pub(crate) fn fresh(&self, used: &TokenStream, last: &TokenStream) -> TokenStream {
        let allow = self.allow();
        self.params
            .iter()
            .filter(|bound| mentions_in_text(used, &bound.param.names()))
            .map(|bound| {
                let Param { name, pattern, cfgs, type_span, .. } = &bound.param;
                let taken = bound.has_slot().then(|| {
                    let value = self.take(&bound.param, last, *type_span);
                    quote!(#(#cfgs)* #allow let #name = #value;)
                });
                let patterned = (bound.is_renamed && !bound.param.is_plain).then(|| {
                    let pattern = without_mut(pattern.to_token_stream());
                    quote!(#(#cfgs)* #allow let #pattern = #name;)
                });
                quote!(#taken #patterned)
            })
            .collect()
    }
}

pub(crate) fn slot(param: &Param, at: Span) -> Ident {
    let name = param.name.to_string();
    Ident::new(&format!("__slot_{}", name.strip_prefix("r#").unwrap_or(&name)), at)
}

pub(crate) fn condition(cfgs: &[syn::Attribute]) -> Option<TokenStream> {
    let conditions: Vec<&TokenStream> = cfgs
        .iter()
        .filter_map(|cfg| if let syn::Meta::List(list) = &cfg.meta { Some(&list.tokens) } else { None })
        .collect();
    (!conditions.is_empty()).then(|| quote!(all(#(#conditions),*)))
}
