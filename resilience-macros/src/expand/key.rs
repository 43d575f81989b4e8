//! The key that an attribute makes of the arguments, shared by all that have one.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Expr, ExprUnary, Type, UnOp};

use super::arguments::condition;
use super::lasting::{Key, Lasting};
use super::{Bound, Expansion, Place};
use crate::item::{Param, Passing, bare as bare_type};
use crate::parse::expression::as_ident;
use crate::parse::expression::{bare, parts_of, span_of};
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
    /// A part as it is meant: `&query` and, of a text or a slice, `*query` for what `query` is in a key, the reference to it;
    /// `query[..8]` for the reference to that.
    fn seen(&self, part: &Expr) -> Expr {
        let parameter =
            |name: &Ident| self.params.iter().position(|Bound { param, .. }| !param.is_wild() && param.name == *name);
        match bare(part) {
            Expr::Reference(reference) if reference.mutability.is_none() => {
                let inside = self.seen(&reference.expr);
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
    /// The key of a call, borrowed. Without an expression it is made of all parameters but those to `skip`. The layer
    /// that asks for it has to bind fresh arguments before, see `Policy::reads_arguments`.
    pub(super) fn key(&self, lasting: Lasting<'_>, at: Span, place: Place) -> TokenStream {
        let private = &self.private;
        let borrowing = self.borrowing_parameter(lasting);
        let key = if let Key::Expression(key) = lasting.key { Some(key) } else { None };
        // Name, how it is bound, and place of each part.
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
                            // A parameter that is not there is a part that says nothing.
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
                        let value = self.expression(&self.seen(expression), None, place);
                        let bind = quote_spanned!(at=> let #part = #value;);
                        (part, bind, at)
                    })
                    .collect()
            }
        };
        let allow = self.allow();
        // An expression sees by-value parameters by reference, so that `normalize(query)` does not take the query away.
        let references: TokenStream = self
            .params
            .iter()
            .filter(|bound| key.is_some() && !bound.param.is_wild())
            .filter(|bound| bound.param.passing != Passing::Shared || !bound.param.is_plain)
            .map(|Bound { param: Param { name, pattern, cfgs, is_plain, passing, .. }, .. }| {
                let pattern = if *is_plain { name.to_token_stream() } else { without_mut(pattern.to_token_stream()) };
                // That it lives for too short a time is said where the key mentions it.
                let at = key.and_then(|key| mention_of(name, &key.to_token_stream())).unwrap_or(at);
                let at = at.resolved_at(Span::mixed_site());
                // What is lent for changes is only looked at.
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
