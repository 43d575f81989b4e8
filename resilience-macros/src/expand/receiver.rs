//! How the body sees `self`. It cannot be bound again, so a body that needs a value of its own
//! gets it under another name.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::Token;

use super::{Expansion, OwnedSelf, Place};
use crate::item::{Receiver, Shape};
use crate::parse::moves::{FieldOfSelf, consumes, fields_used_as_values, moves_self};

/// A `self` of one run of the body.
pub(super) struct OwnSelf {
    pub(super) name: Ident,
    /// Its binding before the body.
    pub(super) outside: TokenStream,
    /// Its binding at the start of the body.
    pub(super) inside: TokenStream,
}

/// Has the span of the user's `self`, so that a format string finds it too.
fn own_name(token: Token![self]) -> Ident {
    Ident::new("__self", token.span)
}

impl Expansion {
    pub(super) fn renames_owned_self(&self) -> bool {
        let Receiver::Owned { is_mutable, is_pinned, .. } = self.function.receiver else { return false };
        match self.needs.owned_self {
            OwnedSelf::Moved => is_mutable,
            OwnedSelf::InSlot => true,
            OwnedSelf::Cloned => !is_pinned,
            OwnedSelf::Lent => false,
        }
    }

    /// The name in the signature then needs no `mut`.
    pub(super) fn rebinds_mutable_self(&self) -> bool {
        self.renames_owned_self() && (self.needs.owned_self != OwnedSelf::Cloned || self.consumes_self())
    }

    pub(super) fn own_self(&self) -> Option<OwnSelf> {
        let at = Span::mixed_site();
        match self.function.receiver {
            Receiver::Exclusive(token) if self.needs.reused_self && self.renames_exclusive_self() => {
                let name = own_name(token);
                let outside = quote_spanned!(at=> let #name = &mut *#token;);
                Some(OwnSelf { name, outside, inside: TokenStream::new() })
            }
            Receiver::Owned { token, is_mutable, .. } if self.renames_owned_self() => {
                let name = own_name(token);
                let mutable = is_mutable.then(|| quote_spanned!(at=> mut));
                let inside = match self.needs.owned_self {
                    OwnedSelf::Moved => quote_spanned!(at=> let mut #name = #token;),
                    _ if is_mutable || self.function.shape == Shape::Sync => {
                        let allow = self.allow();
                        quote_spanned!(at=> #allow let #mutable #name = #name;)
                    }
                    _ => TokenStream::new(),
                };
                Some(OwnSelf { name, outside: TokenStream::new(), inside })
            }
            _ => None,
        }
    }

    /// Without need, messages and the text of macros keep the user's `self`.
    fn renames_exclusive_self(&self) -> bool {
        self.function.is_async_trait || moves_self(&self.function.statements)
    }

    /// Returns whether the body only borrows what it captures of `self`.
    pub(super) fn lends_self(&self) -> bool {
        match self.function.receiver {
            Receiver::Exclusive(_) => self.needs.reused_self && !self.renames_exclusive_self(),
            Receiver::Owned { .. } => self.needs.owned_self != OwnedSelf::Moved && !self.renames_owned_self(),
            Receiver::Shared | Receiver::None => false,
        }
    }

    /// Captures all of `self`, as a call of the plain method would, and not only the fields that
    /// the body mentions.
    pub(super) fn whole_self(&self) -> TokenStream {
        let at = Span::mixed_site();
        let is_sync = self.function.shape == Shape::Sync;
        match self.function.receiver {
            Receiver::Exclusive(token) if self.lends_self() && is_sync => quote_spanned!(at=> let _ = &#token;),
            Receiver::Exclusive(token) if self.lends_self() => quote_spanned!(at=> let _ = &mut *#token;),
            // A lent `self` that is not `Sync` would take `Send` from a future.
            Receiver::Owned { token, .. } if !self.renames_owned_self() && (is_sync || !self.lends_self()) => {
                quote_spanned!(at=> let _ = &#token;)
            }
            _ => TokenStream::new(),
        }
    }

    pub(super) fn open_slot_of_self(&self, place: Place) -> TokenStream {
        let at = Span::mixed_site();
        let Receiver::Owned { token, is_pinned, .. } = self.function.receiver else { return TokenStream::new() };
        let private = &self.private;
        let this = if place.is_self_renamed { own_name(token).to_token_stream() } else { token.to_token_stream() };
        match self.needs.owned_self {
            OwnedSelf::InSlot if is_pinned => quote_spanned!(at=> let mut __slot_self = #this;),
            OwnedSelf::InSlot => quote_spanned!(at=> let mut __slot_self = #private::ArgSlot::new(#this);),
            _ => TokenStream::new(),
        }
    }

    /// Takes `self` for one use, where slots are open.
    pub(super) fn take_self(&self) -> TokenStream {
        let Receiver::Owned { token, is_mutable, is_pinned, is_boxed } = self.function.receiver else {
            return TokenStream::new();
        };
        if !self.renames_owned_self() {
            return TokenStream::new();
        }
        let at = token.span.resolved_at(Span::mixed_site());
        let (private, name) = (self.private_at(at), own_name(token));
        let mutable = is_mutable.then(|| quote_spanned!(at=> mut));
        let value = match self.needs.owned_self {
            OwnedSelf::InSlot if is_pinned => quote_spanned!(at=> ::core::pin::Pin::as_mut(&mut __slot_self)),
            OwnedSelf::InSlot if self.consumes_self() => {
                quote_spanned!(at=> #private::CloneSelf::take_self(&mut __slot_self, __last.then_some(#private::LastUse)))
            }
            OwnedSelf::InSlot => {
                let take = Ident::new(if is_boxed { "take_boxed" } else { "take" }, at);
                let taken = quote_spanned!(at=> __receiver.#take(&mut __slot_self, __last));
                return self.cloned_or_lent(&quote_spanned!(at=> of_slot(&__slot_self)), &taken, &name, at);
            }
            OwnedSelf::Cloned if self.consumes_self() => {
                quote_spanned!(at=> #private::CloneSelf::clone_self(&#token, false.then_some(#private::LastUse)))
            }
            OwnedSelf::Cloned => {
                let again = match (is_mutable, is_boxed) {
                    (false, false) => "again",
                    (false, true) => "again_boxed",
                    (true, false) => "again_mut",
                    (true, true) => "again_mut_boxed",
                };
                let again = Ident::new(again, at);
                let taken = quote_spanned!(at=> __receiver.#again(&#mutable #token));
                return self.cloned_or_lent(&quote_spanned!(at=> of(&#token)), &taken, &name, at);
            }
            OwnedSelf::Moved | OwnedSelf::Lent => return TokenStream::new(),
        };
        quote_spanned!(at=> let #name = #value;)
    }

    /// Reports fields that the body moves out of a `self` that is lent.
    fn cloned_or_lent(&self, probed: &TokenStream, taken: &TokenStream, name: &Ident, at: Span) -> TokenStream {
        let private = self.private_at(at);
        let checks = fields_used_as_values(&self.function.statements).into_iter().map(|FieldOfSelf { span, path }| {
            let at = span.resolved_at(Span::mixed_site());
            let private = self.private_at(at);
            quote_spanned!(at=> #private::MovedField::check(&raw const #name #path, __receiver, || ());)
        });
        let checks: TokenStream = checks.collect();
        let checks = (!checks.is_empty()).then(|| quote_spanned!(at=> if false { #checks }));
        quote_spanned! {at=>
            let __receiver = {
                use #private::probes::receiver::*;
                (&&#private::ReceiverProbe::#probed).__resilience_receiver()
            };
            let #name = #taken;
            #checks
        }
    }

    /// Returns whether the body visibly needs the value. Otherwise a value that is not `Clone` is lent.
    fn consumes_self(&self) -> bool {
        let name = if self.function.is_async_trait { "__self" } else { "self" };
        consumes(name, &self.function.statements)
    }

    pub(super) fn has_slot_of_self(&self) -> bool {
        let is_plain = matches!(self.function.receiver, Receiver::Owned { is_pinned: false, .. });
        is_plain && self.needs.owned_self == OwnedSelf::InSlot
    }
}
