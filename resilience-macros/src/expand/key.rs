use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Expr, ExprUnary, Lit, Type, UnOp};

use super::arguments::condition;
use super::static_bound::{KeySource, Stored};
use super::{Bound, Expansion, Place};
use crate::item::{Param, Passing, bare as bare_type};
use crate::parse::expression::{as_ident, bare, literal, parts_of, span_of};
use crate::parse::tokens::{mention_of, without_mut};

/// `&str` or `&[T]`
fn is_unsized(ty: &Type) -> bool {
    let Type::Reference(reference) = bare_type(ty) else { return false };
    match bare_type(&reference.elem) {
        Type::Path(path) => path.path.is_ident("str"),
        ty => matches!(ty, Type::Slice(_)),
    }
}

struct KeyPart {
    name: Ident,
    binding: TokenStream,
    reference: TokenStream,
    at: Span,
}

impl Expansion {
    /// Turns `&query` and `*query` into `query`, and `query[..8]` into a reference.
    fn borrowed_part(&self, part: &Expr) -> Expr {
        let parameter =
            |name: &Ident| self.params.iter().position(|Bound { param, .. }| !param.is_wild() && param.name == *name);
        match bare(part) {
            Expr::Reference(reference) if reference.mutability.is_none() => {
                let inside = self.borrowed_part(&reference.expr);
                if as_ident(&inside).and_then(parameter).is_some() { inside } else { part.clone() }
            }
            Expr::Unary(ExprUnary { op: UnOp::Deref(_), expr, .. }) => {
                let ty = as_ident(expr).and_then(parameter).and_then(|index| self.parameters.argument(index));
                if ty.is_some_and(is_unsized) { (**expr).clone() } else { part.clone() }
            }
            Expr::Index(index) if matches!(bare(&index.index), Expr::Range(_)) => {
                let at = span_of(part);
                let reference = quote_spanned!(at=> &#part);
                syn::parse2(reference).unwrap_or_else(|_| part.clone())
            }
            _ => part.clone(),
        }
    }

    /// ```text
    /// // Input:  key = (self.id, query)
    /// // Output:
    /// { let query = &query; let __part0 = self.id;
    ///   let __part1 = query;
    ///   KeyRef((<kind of __part0>.part(__part0), <kind of __part1>.part(__part1))) }
    /// ```
    ///
    /// The layer binds fresh arguments before, see `Traits::rebinds_arguments`.
    pub(crate) fn key(&self, stored: Stored<'_>, at: Span, place: Place) -> TokenStream {
        self.key_of(stored, false, at, place)
    }

    /// A key by which other processes find the same state. Each part is `shared_part(<part>)`.
    pub(crate) fn shared_key(&self, stored: Stored<'_>, at: Span, place: Place) -> TokenStream {
        self.key_of(stored, true, at, place)
    }

    fn key_of(&self, stored: Stored<'_>, is_shared: bool, at: Span, place: Place) -> TokenStream {
        let private = &self.private;
        let borrowing = self.borrowing_parameter(stored);
        let (references, parts) = match stored.key {
            KeySource::ParametersBut(skip) => (TokenStream::new(), self.parameters_but(skip)),
            KeySource::Expression(key) => (self.references(key, at), self.key_parts(key, place)),
        };
        let lets = parts.iter().map(|part| &part.binding);
        let made = parts.iter().map(|KeyPart { name, at, reference, .. }| {
            let private = self.private_at(*at);
            let kind = quote_spanned!(*at=> (&&&&#private::KeyPartProbe::of(&#name)).__resilience_key_part());
            let kind = quote_spanned!(*at=> #private::Part::kind(#reference, #kind));
            let part = match borrowing.map(|at| at.resolved_at(Span::mixed_site())) {
                Some(stored_at) => quote_spanned!(stored_at=> { let __kind = #kind; __kind.part(#name) }),
                None => quote_spanned!(*at=> #kind.part(#name)),
            };
            if is_shared { quote_spanned!(*at=> #private::shared_part(#part)) } else { part }
        });
        let imports = (!parts.is_empty()).then(|| quote_spanned!(at=> use #private::probes::key_part::*;));
        quote_spanned! {at=> {
            #references
            #(#lets)*
            {
                #imports
                #private::KeyRef((#(#made,)*))
            }
        }}
    }

    fn parameters_but(&self, skip: &[Ident]) -> Vec<KeyPart> {
        let is_part = |bound: &&Bound| {
            !skip.contains(&bound.param.name) && (self.needs.passed_arguments || !bound.param.is_wild())
        };
        let part = |(index, Bound { param, .. }): (usize, &Bound)| {
            let (at, source) = (param.type_span.resolved_at(Span::mixed_site()), &param.name);
            let reference = match param.passing {
                Passing::Value => quote_spanned!(at=> &#source),
                Passing::Shared | Passing::Exclusive => quote_spanned!(at=> &*#source),
            };
            let name = Ident::new(&format!("__part{index}"), at);
            let allow = self.allow_use_of(source);
            let mut binding = quote_spanned!(at=> #allow let #name = #reference;);
            if let Some(condition) = condition(&param.cfgs) {
                // A parameter that does not exist is an empty part.
                binding = quote_spanned!(at=> #[cfg(#condition)] #binding #[cfg(not(#condition))] let #name = &(););
            }
            let reference = name.to_token_stream();
            KeyPart { name, binding, reference, at }
        };
        self.params.iter().filter(is_part).enumerate().map(part).collect()
    }

    fn key_parts(&self, key: &Expr, place: Place) -> Vec<KeyPart> {
        let part = |(index, expression): (usize, &Expr)| {
            let at = span_of(expression).resolved_at(Span::mixed_site());
            let name = Ident::new(&format!("__part{index}"), at);
            let value = self.expression(&self.borrowed_part(expression), None, place);
            let binding = quote_spanned!(at=> let #name = #value;);
            let reference = quote_spanned!(at=> &#name);
            KeyPart { name, binding, reference, at }
        };
        parts_of(key).into_iter().enumerate().map(part).collect()
    }

    /// Numbers that are passed by value stay what they are.
    pub(crate) fn cost(&self, cost: &Expr, at: Span, place: Place) -> TokenStream {
        let here = span_of(cost).resolved_at(Span::mixed_site());
        let private = self.private_at(here);
        if let Some(Lit::Int(number)) = literal(cost).filter(|number| number.suffix().is_empty()) {
            let number = syn::LitInt::new(&format!("{}_u64", number.base10_digits()), number.span());
            return quote_spanned!(here=> #private::Units::units(#number));
        }
        let is_number = |bound: &Bound| bound.param.passing == Passing::Value && bound.param.is_primitive;
        let references = self.references_to(cost, at, |bound| !is_number(bound));
        let value = self.expression(cost, None, place);
        quote_spanned! {here=> {
            #references
            #private::Units::units(#value)
        }}
    }

    /// Binds references, so that `normalize(query)` does not move `query`.
    fn references(&self, key: &Expr, at: Span) -> TokenStream {
        self.references_to(key, at, |_| true)
    }

    fn references_to(&self, key: &Expr, at: Span, is_bound: impl Fn(&Bound) -> bool) -> TokenStream {
        let allow = self.allow();
        self.params
            .iter()
            .filter(|bound| !bound.param.is_wild() && is_bound(bound))
            .filter(|bound| bound.param.passing != Passing::Shared || !bound.param.is_plain)
            .map(|Bound { param: Param { name, pattern, cfgs, is_plain, passing, .. }, .. }| {
                let pattern = if *is_plain { name.to_token_stream() } else { without_mut(pattern.to_token_stream()) };
                // A lifetime error stands where the key mentions the parameter.
                let at = mention_of(name, &key.to_token_stream()).unwrap_or(at);
                let at = at.resolved_at(Span::mixed_site());
                // A mutable reference is only read.
                let star = (*is_plain && *passing == Passing::Exclusive).then(|| quote_spanned!(at=> *));
                let mut source = name.clone();
                source.set_span(name.span().located_at(at));
                quote_spanned! {at=>
                    #(#cfgs)*
                    #allow
                    let #pattern = &#star #source;
                }
            })
            .collect()
    }
}
