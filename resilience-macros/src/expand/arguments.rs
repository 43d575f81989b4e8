//! How arguments are held, so that each use has its own.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use super::{Bound, Expansion, Place};
use crate::item::{Param, Passing, Shape};
use crate::parse::tokens::{mentions_in_text, without_mut};

impl Expansion {
    /// Whether any argument is kept for a further use.
    pub(super) fn has_slots(&self) -> bool {
        self.params.iter().any(Bound::has_slot)
    }

    /// Binds fresh arguments under their names, where they are in slots.
    pub(super) fn rebind(&self, place: Place) -> TokenStream {
        if !place.slots {
            return TokenStream::new();
        }
        let at = Span::mixed_site();
        let last = quote_spanned!(at=> __last);
        self.params
            .iter()
            .filter_map(|bound| {
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
            })
            .collect()
    }

    /// Binds the user's patterns to the names that stand for them.
    ///
    /// A body that runs at most once also makes locals of the arguments that its block has captured, each in its turn: so
    /// they are dropped in the order in which a plain function drops its arguments.
    pub(super) fn patterns(&self, place: Place) -> TokenStream {
        let at = Span::mixed_site();
        let owns = self.function.shape == Shape::Async && !place.again;
        self.params
            .iter()
            .map(|Bound { param, is_renamed, .. }| {
                let Param { name, pattern, cfgs, lints, .. } = param;
                let is_own = owns && param.passing == Passing::Value && !param.is_primitive;
                let is_bound = *is_renamed && !param.is_wild();
                let allow = (is_own || is_bound).then(|| self.allow());
                let own = is_own.then(|| quote_spanned!(at=> #(#cfgs)* #(#lints)* #allow let #name = #name;));
                let bound = is_bound.then(|| quote_spanned!(at=> #(#cfgs)* #(#lints)* #allow let #pattern = #name;));
                quote!(#own #bound)
            })
            .collect()
    }

    /// What a binding of ours may look like to a linter: the user has written it once, and not as a `let`.
    pub(super) fn allow(&self) -> TokenStream {
        let unused = self.lends_arguments.then(|| quote!(unused_variables,));
        quote! {
            #[allow(
                #unused
                clippy::no_effect_underscore_binding, clippy::shadow_reuse, clippy::shadow_same, clippy::shadow_unrelated,
                clippy::used_underscore_binding
            )]
        }
    }

    /// The same for what uses a parameter whose name says that the body does not.
    pub(super) fn allow_use_of(&self, name: &Ident) -> Option<TokenStream> {
        name.to_string().starts_with('_').then(|| self.allow())
    }

    /// `CloneArg::take(&mut __slot_query, last)`, all of it located at `at`: the compiler joins spans into useless blocks.
    pub(super) fn take(&self, param: &Param, last: &TokenStream, at: Span) -> TokenStream {
        let at = at.resolved_at(Span::mixed_site());
        let (private, slot) = (self.private_at(at), slot(param, at));
        quote_spanned!(at=> #private::CloneArg::take(&mut #slot, #last))
    }

    /// Puts by-value arguments into slots, for a layer below which they may be used more than once.
    pub(super) fn open_slots(&self, place: Place) -> TokenStream {
        if place.slots {
            return TokenStream::new();
        }
        let at = Span::mixed_site();
        let private = &self.private;
        self.params
            .iter()
            .filter(|bound| bound.has_slot())
            .map(|Bound { param, .. }| {
                let allow = self.allow();
                let (slot, name, cfgs) = (slot(param, at), &param.name, &param.cfgs);
                quote_spanned!(at=> #(#cfgs)* #allow let mut #slot = #private::ArgSlot::new(#name);)
            })
            .collect()
    }

    /// Binds the arguments that an expression of the user's mentions, under the names it knows.
    pub(super) fn fresh(&self, used: &TokenStream, last: &TokenStream) -> TokenStream {
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

pub(super) fn slot(param: &Param, at: Span) -> Ident {
    let name = param.name.to_string();
    Ident::new(&format!("__slot_{}", name.strip_prefix("r#").unwrap_or(&name)), at)
}

/// The condition under which a parameter with these `#[cfg]`s exists.
pub(super) fn condition(cfgs: &[syn::Attribute]) -> Option<TokenStream> {
    let conditions: Vec<&TokenStream> = cfgs
        .iter()
        .filter_map(|cfg| if let syn::Meta::List(list) = &cfg.meta { Some(&list.tokens) } else { None })
        .collect();
    (!conditions.is_empty()).then(|| quote!(all(#(#conditions),*)))
}
