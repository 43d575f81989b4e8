use quote::ToTokens;
use syn::{FnArg, Lifetime, ReceiverKind, Signature, Type};

use crate::parse::tokens::{lifetimes, mentions};

/// A `'static` borrow does not count.
pub(crate) fn borrows(ty: &Type) -> bool {
    let mut borrows = false;
    lifetimes(&ty.to_token_stream(), &mut |lifetime| borrows |= lifetime.as_deref() != Some("static"));
    borrows
}

/// Returns whether a result borrows from a `&mut` parameter, by elision or by name.
pub(crate) fn borrows_of_exclusive(sig: &Signature, output: &Type) -> bool {
    let mut named = Vec::new();
    let mut is_elided = false;
    lifetimes(&output.to_token_stream(), &mut |lifetime| match lifetime {
        Some(name) if name != "_" => named.push(name),
        _ => is_elided = true,
    });
    // Elision takes the lifetime of `self`, else that of the only reference.
    let mut this = None;
    let mut references = Vec::new();
    for argument in &sig.inputs {
        match argument {
            FnArg::Receiver(receiver) => {
                if let ReceiverKind::Reference(_, lifetime, exclusive) = &receiver.kind {
                    this = Some((lifetime.clone(), exclusive.is_some()));
                }
            }
            FnArg::Typed(typed) => {
                if let Type::Reference(reference) = &*typed.ty {
                    references.push((reference.lifetime.clone(), reference.mutability.is_some()));
                }
            }
        }
    }
    let by_name = this.iter().chain(&references).any(|(lifetime, is_exclusive)| {
        *is_exclusive && lifetime.as_ref().is_some_and(|lifetime| named.contains(&lifetime.ident.to_string()))
    });
    let by_elision = is_elided
        && match (&this, &*references) {
            (Some((_, is_exclusive)), _) | (None, [(_, is_exclusive)]) => *is_exclusive,
            _ => false,
        };
    // A lifetime of the outer `impl` is one that `Self` has.
    let is_of_impl = |lifetime: &Lifetime| {
        lifetime.ident != "_" && !sig.generics.lifetimes().any(|declared| declared.lifetime == *lifetime)
    };
    let by_self = mentions(&output.to_token_stream(), &["Self".to_owned()])
        && this
            .iter()
            .chain(&references)
            .any(|(lifetime, is_exclusive)| *is_exclusive && lifetime.as_ref().is_some_and(is_of_impl));
    by_name || by_elision || by_self
}
