use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{FnArg, Lifetime, ReceiverKind, Signature, Token, Type, WherePredicate};

use super::{bare, inside_pin};
use crate::parse::tokens::{lifetimes, mentions};

/// A `'static` borrow does not count.
pub(crate) fn borrows(ty: &Type) -> bool {
    let mut borrows = false;
    lifetimes(&ty.to_token_stream(), &mut |lifetime| borrows |= lifetime.as_deref() != Some("static"));
    borrows
}

fn reference(ty: &Type) -> Option<(Option<Lifetime>, bool)> {
    match bare(ty) {
        Type::Reference(reference) => Some((reference.lifetime.clone(), reference.mutability.is_some())),
        _ => None,
    }
}

/// Returns whether one lifetime of a function is another, or a longer one by a bound.
fn outlives(sig: &Signature, long: &Lifetime, short: &str) -> bool {
    let declared = sig.generics.lifetimes().map(|parameter| (&parameter.lifetime, &parameter.bounds));
    let clause = sig.generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    let also = clause.filter_map(|predicate| match predicate {
        WherePredicate::Lifetime(bound) => Some((&bound.lifetime, &bound.bounds)),
        _ => None,
    });
    let has_bound = |(lifetime, bounds): (&Lifetime, &Punctuated<Lifetime, Token![+]>)| {
        lifetime == long && bounds.iter().any(|bound| bound.ident == short)
    };
    long.ident == short || declared.chain(also).any(has_bound)
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
            FnArg::Receiver(receiver) => match &receiver.kind {
                ReceiverKind::Reference(_, lifetime, exclusive) => {
                    this = Some((lifetime.clone(), exclusive.is_some()));
                }
                ReceiverKind::Typed(_, ty) => this = reference(ty).or_else(|| reference(inside_pin(ty)?)),
                _ => {}
            },
            FnArg::Typed(typed) => references.extend(reference(&typed.ty)),
        }
    }
    let by_name = this.iter().chain(&references).any(|(lifetime, is_exclusive)| {
        *is_exclusive
            && lifetime.as_ref().is_some_and(|lifetime| named.iter().any(|name| outlives(sig, lifetime, name)))
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
