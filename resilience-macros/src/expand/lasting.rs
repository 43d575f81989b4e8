//! Where it is said that what is kept for longer than the call may borrow.
//!
//! Of a type parameter the compiler says so at each call that asks for `'static`, and leaves out what it has said before in
//! the same place. So all such calls of one function stand in one place: the parameter, where it can be seen.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::{Expr, FnArg, Signature, Type, TypeParamBound, WherePredicate};

use super::{Expansion, parts_of};
use crate::tokens::{mention_of, outer_parameter};
use crate::value::span_of;

impl Expansion {
    /// For the calls that keep what `key` makes, or what the function results in.
    pub(super) fn lasting_at(&self, key: Option<&Expr>) -> Span {
        let at = self.may_borrow.unwrap_or_else(|| {
            key.map_or(self.output_span, |key| parts_of(key).first().map_or_else(|| span_of(key), |part| span_of(part)))
        });
        at.resolved_at(Span::mixed_site())
    }
}

/// The first type parameter in this signature that nothing there says to be `'static`: its name, the `impl` of an argument,
/// or what reads like a parameter of the `impl` around.
pub(super) fn may_borrow(sig: &Signature, output: &TokenStream) -> Option<Span> {
    let inputs = || {
        sig.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(typed) => Some(&*typed.ty),
            FnArg::Receiver(_) => None,
        })
    };
    let own = sig.generics.type_params().find(|parameter| {
        let is_used = mention_of(&parameter.ident, output).is_some()
            || inputs().any(|ty| mention_of(&parameter.ident, &ty.to_token_stream()).is_some());
        is_used && !is_static(&parameter.bounds) && !is_static_by_clause(sig, &parameter.ident)
    });
    let argument = || {
        inputs().find_map(|ty| match ty {
            Type::ImplTrait(it) if !is_static(&it.bounds) => Some(it.impl_token.span),
            _ => None,
        })
    };
    let declared: Vec<String> = sig.generics.type_params().map(|parameter| parameter.ident.to_string()).collect();
    let outer = || {
        std::iter::once(output.clone())
            .chain(inputs().map(ToTokens::to_token_stream))
            .find_map(|ty| outer_parameter(ty, &declared))
    };
    own.map(|parameter| parameter.ident.span()).or_else(argument).or_else(outer)
}

fn is_static<'a>(bounds: impl IntoIterator<Item = &'a TypeParamBound>) -> bool {
    bounds.into_iter().any(|bound| matches!(bound, TypeParamBound::Lifetime(lifetime) if lifetime.ident == "static"))
}

fn is_static_by_clause(sig: &Signature, parameter: &Ident) -> bool {
    let clauses = sig.generics.where_clause.as_ref().map(|clause| &clause.predicates);
    clauses.into_iter().flatten().any(|clause| match clause {
        WherePredicate::Type(clause) => {
            matches!(&clause.bounded_ty, Type::Path(path) if path.path.is_ident(parameter)) && is_static(&clause.bounds)
        }
        _ => false,
    })
}
