//! For a type parameter, rustc reports a missing `'static` bound once in each place. So all calls
//! of a layer that require it stand in one place: at the parameter, if it can be found.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, FnArg, Signature, Type, TypeParamBound, WherePredicate};

use super::Expansion;
use crate::item::PRIMITIVES;
use crate::parse::expression::{parts_of, span_of};
use crate::parse::tokens::{mention_of, mentions, outer_parameter};

/// The parts of a signature that may borrow without a lifetime.
pub(crate) struct Parameters {
    /// Without a `'static` bound.
    free: Vec<Ident>,
    declared: Vec<String>,
    arguments: Vec<Type>,
}

impl Parameters {
    pub(crate) fn of(sig: &Signature) -> Self {
        let is_free =
            |parameter: &&syn::TypeParam| !is_static(&parameter.bounds) && !is_static_by_clause(sig, &parameter.ident);
        let arguments = sig.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(typed) => Some((*typed.ty).clone()),
            FnArg::Receiver(_) => None,
        });
        Self {
            free: sig.generics.type_params().filter(is_free).map(|parameter| parameter.ident.clone()).collect(),
            declared: sig.generics.type_params().map(|parameter| parameter.ident.to_string()).collect(),
            arguments: arguments.collect(),
        }
    }

    pub(crate) fn argument(&self, index: usize) -> Option<&Type> {
        self.arguments.get(index)
    }
}

#[derive(Clone, Copy)]
pub(crate) enum KeySource<'a> {
    Expression(&'a Expr),
    ParametersBut(&'a [Ident]),
}

/// Values that outlive the call.
#[derive(Clone, Copy)]
pub(crate) struct Stored<'a> {
    pub(crate) key: KeySource<'a>,
    pub(crate) results: bool,
}

impl Expansion {
    /// The parameter that may borrow, or else the stored value.
    pub(crate) fn static_bound_at(&self, stored: Stored<'_>) -> Span {
        let at = self.borrowing_parameter(stored).unwrap_or_else(|| match stored.key {
            KeySource::Expression(key) if !stored.results || !may_hide_a_lifetime(&self.output.to_token_stream()) => {
                parts_of(key).first().map_or_else(|| span_of(key), span_of)
            }
            _ => self.output_span,
        });
        at.resolved_at(Span::mixed_site())
    }

    /// Finds a type parameter, an `impl` argument, or a likely parameter of the outer `impl`.
    pub(crate) fn borrowing_parameter(&self, stored: Stored<'_>) -> Option<Span> {
        let Parameters { free, declared, arguments } = &self.parameters;
        let in_key: Vec<&Type> = arguments
            .iter()
            .zip(&self.params)
            .filter(|(_, bound)| match stored.key {
                KeySource::Expression(key) => mentions(&key.to_token_stream(), &bound.param.names()),
                KeySource::ParametersBut(skip) => !skip.contains(&bound.param.name),
            })
            .map(|(ty, _)| ty)
            .collect();
        let output = stored.results.then(|| self.output.to_token_stream());
        let kept: Vec<TokenStream> = output.into_iter().chain(in_key.iter().map(ToTokens::to_token_stream)).collect();
        let own = free.iter().find(|name| kept.iter().any(|ty| mention_of(name, ty).is_some()));
        let argument = || {
            in_key.iter().find_map(|ty| match ty {
                Type::ImplTrait(it) if !is_static(&it.bounds) => Some(it.impl_token.span),
                _ => None,
            })
        };
        let outer = || kept.iter().find_map(|ty| outer_parameter(ty.clone(), declared));
        own.map(Ident::span).or_else(argument).or_else(outer)
    }
}

fn may_hide_a_lifetime(ty: &TokenStream) -> bool {
    const KNOWN: [&str; 8] = ["Arc", "Box", "Error", "Option", "Result", "String", "Vec", "resilience"];
    ty.clone().into_iter().any(|token| match token {
        TokenTree::Ident(word) => !PRIMITIVES.iter().chain(&KNOWN).any(|known| word == known),
        TokenTree::Group(group) => may_hide_a_lifetime(&group.stream()),
        _ => false,
    })
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
