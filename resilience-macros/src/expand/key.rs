//! The key that an attribute makes of the arguments.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Expr, ExprUnary, Type, UnOp};

use super::arguments::condition;
use super::lasting::{Key, Lasting};
use super::{Bound, Expansion, Place};
use crate::item::{Param, Passing, bare as bare_type};
use crate::parse::expression::{as_ident, bare, parts_of, span_of};
use crate::parse::tokens::{mention_of, without_mut};

/// `&str` or `&[T]`
fn is_unsized(ty: &Type) -> bool {
    let Type::Reference(reference) = bare_type(ty) else { return false };
    match bare_type(&reference.elem) {
        Type::Path(path) => path.path.is_ident("str"),
        ty => matches!(ty, Type::Slice(_)),
    }
}

impl Expansion {
    /// A key borrows its parameters. So `&query`, and `*query` of a `&str` or a slice, become
    /// `query`, and `query[..8]` becomes `&query[..8]`.
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
    /// { let query = &query;
    ///   let __part0 = self.id;
    ///   let __part1 = query;
    ///   KeyRef((<kind of __part0>.part(__part0), <kind of __part1>.part(__part1))) }
    /// ```
    ///
    /// The borrowed key of a call. Without an expression it consists of all parameters except those
    /// to `skip`. The layer has to bind fresh arguments first, see `rebind`.
    pub(super) fn key(&self, lasting: Lasting<'_>, at: Span, place: Place) -> TokenStream {
        let private = &self.private;
        let borrowing = self.borrowing_parameter(lasting);
        let key = if let Key::Expression(key) = lasting.key { Some(key) } else { None };
        // The name, the binding and the place of each part.
        let parts: Vec<(Ident, TokenStream, Span)> = match lasting.key {
            Key::ParametersBut(skip) => {
                let keyed = self
                    .params
                    .iter()
                    .filter(|bound| !skip.contains(&bound.param.name) && (bound.is_renamed || !bound.param.is_wild()));
                keyed
                    .enumerate()
                    .map(|(index, Bound { param, .. })| {
                        let (at, name) = (param.type_span.resolved_at(Span::mixed_site()), &param.name);
                        let reference = match param.passing {
                            Passing::Value => quote_spanned!(at=> &#name),
                            Passing::Shared | Passing::Exclusive => quote_spanned!(at=> &*#name),
                        };
                        let part = Ident::new(&format!("__part{index}"), at);
                        let allow = self.allow_use_of(name);
                        let mut bind = quote_spanned!(at=> #allow let #part = #reference;);
                        if let Some(condition) = condition(&param.cfgs) {
                            // A parameter that is configured away is the part `()`.
                            bind =
                                quote_spanned!(at=> #[cfg(#condition)] #bind #[cfg(not(#condition))] let #part = (););
                        }
                        (part, bind, at)
                    })
                    .collect()
            }
            Key::Expression(key) => {
                let expressions = parts_of(key);
                expressions
                    .into_iter()
                    .enumerate()
                    .map(|(index, expression)| {
                        let at = span_of(expression).resolved_at(Span::mixed_site());
                        let part = Ident::new(&format!("__part{index}"), at);
                        let value = self.expression(&self.borrowed_part(expression), None, place);
                        let bind = quote_spanned!(at=> let #part = #value;);
                        (part, bind, at)
                    })
                    .collect()
            }
        };
        let allow = self.allow();
        // An expression sees by-value parameters by reference, so that `normalize(query)` does not
        // move the query.
        let references: TokenStream = self
            .params
            .iter()
            .filter(|bound| key.is_some() && !bound.param.is_wild())
            .filter(|bound| bound.param.passing != Passing::Shared || !bound.param.is_plain)
            .map(|Bound { param: Param { name, pattern, cfgs, is_plain, passing, .. }, .. }| {
                let pattern = if *is_plain { name.to_token_stream() } else { without_mut(pattern.to_token_stream()) };
                // An error about its lifetime stands where the key mentions it.
                let at = key.and_then(|key| mention_of(name, &key.to_token_stream())).unwrap_or(at);
                let at = at.resolved_at(Span::mixed_site());
                // A `&mut` parameter is only read.
                let star = (*is_plain && *passing == Passing::Exclusive).then(|| quote_spanned!(at=> *));
                let mut source = name.clone();
                source.set_span(name.span().located_at(at));
                quote_spanned! {at=>
                    #(#cfgs)*
                    #allow
                    let #pattern = &#star #source;
                }
            })
            .collect();
        let lets = parts.iter().map(|(_, bind, _)| bind);
        let made = parts.iter().map(|(name, _, at)| {
            let private = self.private_at(*at);
            let kind = quote_spanned!(*at=> (&&&&#private::KeyPartProbe::of(&#name)).__resilience_key_part());
            match borrowing.map(|at| at.resolved_at(Span::mixed_site())) {
                Some(lasting) => quote_spanned!(lasting=> { let __kind = #kind; __kind.part(#name) }),
                None => quote_spanned!(*at=> #kind.part(#name)),
            }
        });
        let imports = (!parts.is_empty()).then(|| quote_spanned!(at=> use #private::probes::*;));
        quote_spanned! {at=> {
            #references
            #(#lets)*
            {
                #imports
                #private::KeyRef((#(#made,)*))
            }
        }}
    }
}
