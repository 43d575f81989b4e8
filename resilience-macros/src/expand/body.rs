//! The user's statements: what every layer is wrapped around.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::Parser;
use syn::{Expr, Pat, Stmt};

use super::{Expansion, Place};
use crate::item::{Receiver, Shape};
use crate::parse::tokens::rename_self;

impl Expansion {
    /// The user's statements, to be run once.
    ///
    /// ```text
    /// // Output, asynchronous:
    /// { let query = Again::take(&mut __slot_query, __last);
    ///   <leaf> async move { if let Some(__out) = None::<Output> { return __out; } <statements> } }
    /// // With a limit of its own, a `Result`: timeout(&__CONFIG, <section>, async move { .. }).await
    /// // Output, synchronous:
    /// once(|| -> Output { <statements> })
    /// ```
    ///
    /// The statement that never runs gives the block its type: an annotated `let` would not let `Ok(Box::new(3))`
    /// become a `Box<dyn Display>`.
    pub(super) fn innermost(&self, place: Place, limit: Option<TokenStream>) -> TokenStream {
        let at = Span::mixed_site();
        let (private, output) = (&self.private, &self.output);
        let (rebound, patterns) = (self.rebind(place), self.patterns(place));
        let mut statements = self.function.statements.clone();
        let (mut this, mut moves) = (TokenStream::new(), self.moves(place));
        let mut rebound = rebound;
        if place.again {
            let is_block = matches!(self.function.shape, Shape::AsyncBlock { .. });
            let borrowed = match &self.function.receiver {
                Receiver::Exclusive(token) => Some(quote_spanned!(at=> &mut *#token)),
                Receiver::Owned(token) => Some(quote_spanned!(at=> &#token)),
                Receiver::Shared | Receiver::None => None,
            };
            match (borrowed, &self.function.receiver) {
                (Some(borrowed), _) if self.function.is_async_trait => {
                    // Each attempt borrows `self` again, under another name: the user's `self` is `__self` already, so
                    // every `self` that is left was written by a macro, at any depth.
                    let this = Ident::new("__this", at);
                    rebound.extend(quote_spanned!(at=> let #this = #borrowed;));
                    statements = rename_self(statements, &this);
                    moves = Some(quote_spanned!(at=> move));
                }
                (Some(borrowed), _) if is_block => statements = reborrow_self(&statements, &borrowed),
                // Borrows all of `*self` for the attempt, as a call of the plain method would.
                (Some(borrowed), Receiver::Exclusive(_)) => this = quote_spanned!(at=> let _ = #borrowed;),
                _ => {}
            }
        }
        if self.function.shape == Shape::Sync {
            let block = self.block(&patterns, statements);
            let body = quote_spanned!(at=> || -> #output #block);
            // Where nothing is around it, it is the result: that it does not live long enough is said at its type.
            let call = self.called_there(&self.there("once"), body);
            return if rebound.is_empty() { call } else { quote_spanned!(at=> { #rebound #call }) };
        }
        let future = if let Shape::ReturnsFuture { .. } = self.function.shape {
            let block = self.block(&TokenStream::new(), statements);
            // That the body gives no future, or none that is `Send`, is said at the body.
            let (at, private) = (self.at_body(), self.private_at(self.at_body()));
            quote_spanned!(at=> async #moves { #this #patterns #private::once(#moves || #block).await })
        } else {
            let hint = (!output.is_unit()).then(|| {
                quote_spanned! {at=>
                    if let ::core::option::Option::Some(__out) = ::core::option::Option::None::<#output> {
                        #[allow(unreachable_code)]
                        return __out;
                    }
                }
            });
            let block = self.block(&quote!(#hint #this #patterns), statements);
            quote_spanned!(at=> async #moves #block)
        };
        let awaited = match limit {
            None => self.leaf(&future, at, place),
            Some(config) => {
                let timeout = Ident::new(if place.is_marked { "timeout_in_attempt" } else { "timeout" }, at);
                let section = place.section();
                quote_spanned!(at=> #private::#timeout(#config, #section, #future).await)
            }
        };
        // What the future borrows lives in this block, so it has to be awaited here.
        if rebound.is_empty() { awaited } else { quote_spanned!(at=> { #rebound #awaited }) }
    }

    /// `move`, where nothing is only lent to an attempt: it keeps a future `Send` whose arguments are `Send` and not `Sync`.
    pub(super) fn moves(&self, place: Place) -> Option<TokenStream> {
        let holds_self = matches!(self.function.receiver, Receiver::Exclusive(_) | Receiver::Owned(_));
        let lends = holds_self || self.params.iter().any(|bound| bound.is_shared);
        (!(place.again && lends)).then(|| quote_spanned!(Span::mixed_site()=> move))
    }
}

/// `let this = self;` at the start of an `async move` block would move `self` out on the first attempt.
fn reborrow_self(statements: &TokenStream, borrowed: &TokenStream) -> TokenStream {
    let Ok(parsed) = syn::Block::parse_within.parse2(statements.clone()) else { return statements.clone() };
    parsed
        .into_iter()
        .map(|statement| match &statement {
            Stmt::Local(local) => match (&local.pat, &local.init) {
                (Pat::Ident(pattern), Some(init)) if is_self(&init.expr) => {
                    let name = &pattern.ident;
                    quote!(let #name = #borrowed;)
                }
                _ => statement.to_token_stream(),
            },
            statement => statement.to_token_stream(),
        })
        .collect()
}

fn is_self(value: &Expr) -> bool {
    matches!(value, Expr::Path(path) if path.path.is_ident("self"))
}
