//! The user's statements, which all layers wrap.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::Parser;
use syn::{Expr, Pat, Stmt};

use super::{Expansion, Place};
use crate::item::{Boxing, Receiver, Shape};
use crate::parse::tokens::rename_self;

impl Expansion {
    /// ```text
    /// // Output, asynchronous:
    /// { let query = CloneArg::take(&mut __slot_query, __last);
    ///   <await point> async move { if let Some(__out) = None::<Output> { return __out; } .. } }
    /// // Output, synchronous:
    /// once(|| -> Output { <statements> })
    /// ```
    ///
    /// The statement that never runs gives the block its type. With an annotated `let`,
    /// `Ok(Box::new(3))` would not coerce to a `Box<dyn Display>`.
    pub(crate) fn innermost(&self, place: Place, limit: Option<TokenStream>) -> TokenStream {
        let at = Span::mixed_site();
        let (private, output) = (&self.private, &self.output);
        let (rebound, patterns) = (self.rebind(place), self.patterns(place));
        let mut statements = self.function.statements.clone();
        let (mut this, mut moves) = (TokenStream::new(), self.moves(place));
        let mut rebound = rebound;
        if place.runs_again {
            let is_block = matches!(self.function.shape, Shape::AsyncBlock { .. });
            let borrowed = match &self.function.receiver {
                Receiver::Exclusive(token) => Some(quote_spanned!(at=> &mut *#token)),
                Receiver::Owned(token) => Some(quote_spanned!(at=> &#token)),
                Receiver::Shared | Receiver::None => None,
            };
            match (borrowed, &self.function.receiver) {
                (Some(borrowed), _) if self.function.is_async_trait => {
                    // `#[async_trait]` has renamed the user's `self`; macros wrote the rest.
                    let this = Ident::new("__this", at);
                    rebound.extend(quote_spanned!(at=> let #this = #borrowed;));
                    statements = rename_self(statements, &this);
                    moves = Some(quote_spanned!(at=> move));
                }
                (Some(borrowed), _) if is_block => statements = reborrow_self(&statements, &borrowed),
                // Borrows all of `*self`, as a call of the plain method would.
                (Some(borrowed), Receiver::Exclusive(_)) => this = quote_spanned!(at=> let _ = #borrowed;),
                _ => {}
            }
        }
        if self.function.shape == Shape::Sync {
            let block = self.block(&patterns, statements);
            let body = quote_spanned!(at=> || -> #output #block);
            // It may be the result, so a lifetime error stands at the return type.
            let call = self.call_at_output(&self.at_output("once"), body);
            return if rebound.is_empty() { call } else { quote_spanned!(at=> { #rebound #call }) };
        }
        let future = if let Shape::ReturnsFuture { .. } = self.function.shape {
            let block = self.block(&TokenStream::new(), statements);
            // An error about the future stands at the body.
            let (at, private) = (self.body_span(), self.private_at(self.body_span()));
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
            None => self.await_point(&future, at, place),
            Some(config) => {
                let timeout = Ident::new(if place.is_in_attempt { "timeout_in_attempt" } else { "timeout" }, at);
                let scope = place.scope();
                quote_spanned!(at=> #private::#timeout(#config, #scope, #future).await)
            }
        };
        // The future borrows from this block.
        if rebound.is_empty() { awaited } else { quote_spanned!(at=> { #rebound #awaited }) }
    }

    /// `move` keeps a future `Send` whose arguments are not `Sync`.
    pub(crate) fn moves(&self, place: Place) -> Option<TokenStream> {
        let holds_self = matches!(self.function.receiver, Receiver::Exclusive(_) | Receiver::Owned(_));
        let lends = holds_self || self.params.iter().any(|bound| bound.is_shared);
        (!(place.runs_again && lends)).then(|| quote_spanned!(Span::mixed_site()=> move))
    }

    /// Keeps the user's braces, whose edition decides how long the last temporaries live. Without
    /// locals it does not matter, and the compiler would report unused braces.
    pub(crate) fn block(&self, before: &TokenStream, statements: TokenStream) -> TokenStream {
        let ends_a_statement = |token| matches!(token, TokenTree::Punct(mark) if mark.as_char() == ';');
        let at = Span::mixed_site();
        if !statements.is_empty() && !statements.clone().into_iter().any(ends_a_statement) {
            return quote_spanned!(at=> { #before #statements });
        }
        let mut block = Group::new(Delimiter::Brace, statements);
        block.set_span(self.function.block_span);
        if before.is_empty() { block.to_token_stream() } else { quote_spanned!(at=> { #before #block }) }
    }

    pub(crate) fn finish(&self, code: &TokenStream, is_outermost: bool) -> TokenStream {
        let at = Span::mixed_site();
        let private = &self.private;
        let call_state =
            self.needs.call_state.then(|| quote_spanned!(at=> let __call_state = #private::CallState::new();));
        let check = (self.is_nameable() && self.needs.failure).then(|| {
            let failure_type = self.call_outcome("failure_type", TokenStream::new());
            let classifier = quote_spanned!(at=> (&&__failure_type).__resilience_classifier());
            let identity = quote_spanned! {at=>
                (&&&#private::IdentityProbe::new(__failure_type)).__resilience_identity()
            };
            let (names, family, probes) = match (self.needs.classification, self.needs.identity) {
                (true, true) => (
                    quote_spanned!(at=> (__classifier, __identity)),
                    quote!({classifier::*, identity::*}),
                    quote!((#classifier, #identity)),
                ),
                (true, false) => (quote_spanned!(at=> __classifier), quote!(classifier::*), classifier),
                (false, true) => (quote_spanned!(at=> __identity), quote!(identity::*), identity),
                (false, false) => return quote_spanned!(at=> let _ = #failure_type;),
            };
            quote_spanned! {at=> let #names = {
                use #private::probes::#family;
                let __failure_type = #failure_type;
                #probes
            };}
        });
        let code = self.with_call_metrics(is_outermost, &quote!(#check #call_state), code);
        match self.function.shape {
            Shape::Sync | Shape::Async => code,
            Shape::AsyncBlock { boxing } | Shape::ReturnsFuture { boxing } => {
                // An error about the whole future stands at the user's block.
                let at = self.body_span();
                let future = quote_spanned!(at=> async move { #code });
                match boxing {
                    Boxing::None => future,
                    Boxing::Pinned => quote_spanned!(at=> ::std::boxed::Box::pin(#future)),
                    Boxing::Unpinned => {
                        quote_spanned!(at=> ::std::boxed::Box::new(::std::boxed::Box::pin(#future)))
                    }
                }
            }
        }
    }
}

/// `let this = self;` in an `async move` block would move `self` out on the first attempt.
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
