//! The user's statements, which all layers wrap.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};

use super::{Bound, Expansion, Place};
use crate::item::{Boxing, Shape};
use crate::parse::rename_self::rename_self;

struct Body {
    rebound: TokenStream,
    body: TokenStream,
}

impl Expansion {
    /// ```text
    /// // Output, asynchronous:
    /// { let query = CloneArg::take(&mut __slot_query, __last.then_some(LastUse));
    ///   <await point> async move { if let Some(__out) = None::<Output> { return __out; } .. } }
    /// // Output, synchronous:
    /// once(move || -> Output { let query = query; <statements> })
    /// ```
    ///
    /// The statement that never runs gives the block its type. With an annotated `let`,
    /// `Ok(Box::new(3))` would not coerce to a `Box<dyn Display>`.
    ///
    /// A closure that moves what it captures, handed to a function, behaves as the plain body does
    /// to the borrow checker and to lints. A closure that cannot move captures whole variables.
    pub(crate) fn innermost(&self, place: Place, limit: Option<TokenStream>) -> TokenStream {
        let at = Span::mixed_site();
        let Body { rebound, body } = self.body(place);
        if self.function.shape == Shape::Sync {
            // It may be the result, so a lifetime error stands at the return type.
            let call = self.known(self.call_at_output(&self.at_output("once"), body));
            return if rebound.is_empty() { call } else { quote_spanned!(at=> { #rebound #call }) };
        }
        let (private, future) = (&self.private, body);
        let at = if self.is_stream() { self.output_span.resolved_at(at) } else { at };
        let awaited = match limit {
            None => self.await_point(&future, at, place),
            Some(config) => {
                let (timeout, call) = match (place.is_in_attempt, place.is_in_retry) {
                    (true, true) => ("timeout_in_retry", Some(quote_spanned!(at=> &__retry,))),
                    (true, false) => ("timeout_in_attempt", None),
                    (false, _) => ("timeout", None),
                };
                let (timeout, scope) = (Ident::new(timeout, at), place.scope());
                quote_spanned!(at=> #private::#timeout(#call #config, #scope, #future).await)
            }
        };
        let awaited = self.known(awaited);
        // The future borrows from this block.
        if rebound.is_empty() { awaited } else { quote_spanned!(at=> { #rebound #awaited }) }
    }

    /// The future of the body, if it does not borrow from the bindings before it.
    pub(crate) fn body_of_attempt(&self, place: Place) -> Option<TokenStream> {
        let Body { rebound, body } = self.body(place);
        if rebound.is_empty() {
            return Some(body);
        }
        self.moves(place).map(|_| quote_spanned!(Span::mixed_site()=> { #rebound #body }))
    }

    fn body(&self, place: Place) -> Body {
        let (at, output) = (Span::mixed_site(), &self.output);
        let (mut rebound, patterns, moves) = (self.rebind(place), self.patterns(place), self.moves(place));
        if self.needs.body_runs {
            rebound.extend(quote_spanned!(at=> __body_runs.begin();));
        }
        let (mut this, mut statements) = (self.whole_self(), self.function.statements.clone());
        if let Some(own) = self.own_self() {
            rebound.extend(own.outside);
            this = own.inside;
            statements = rename_self(statements, &own.name);
        }
        if self.function.shape == Shape::Sync {
            let block = self.block(&quote!(#this #patterns), statements);
            return Body { rebound, body: quote_spanned!(at=> #moves || -> #output #block) };
        }
        let future = if let Shape::ReturnsFuture { .. } = self.function.shape {
            let block = self.block(&TokenStream::new(), statements);
            // An error about the future stands at the body.
            let (at, private) = (self.body_span(), self.private_at(self.body_span()));
            quote_spanned!(at=> async #moves { #this #patterns #private::once(#moves || #block).await })
        } else {
            let hint = (!output.is_unit()).then(|| {
                let declared = self.body_output();
                quote_spanned! {at=>
                    if let ::core::option::Option::Some(__out) = ::core::option::Option::None::<#declared> {
                        return __out;
                    }
                }
            });
            let block = self.block(&quote!(#hint #this #patterns), statements);
            quote_spanned!(at=> async #moves #block)
        };
        Body { rebound, body: self.opened(future) }
    }

    /// Reports an `impl Trait` that hides no outcome here, and nowhere else.
    fn known(&self, out: TokenStream) -> TokenStream {
        if !self.hides_outcome() {
            return out;
        }
        // In the context of the call, or the compiler reports the argument too.
        let (at, name, outcome) = (self.output_span, Ident::new("__out", self.output_span), self.at_output("Outcome"));
        let known = self.call_at_output(&quote_spanned!(at=> #outcome::itself), name.to_token_stream());
        quote_spanned!(Span::mixed_site()=> { let #name = #out; #known })
    }

    /// `move` keeps a future `Send` whose arguments are not `Sync`.
    pub(crate) fn moves(&self, place: Place) -> Option<TokenStream> {
        let is_lent = |bound: &Bound| match self.function.shape {
            Shape::Sync => bound.is_lent(place) || bound.is_reborrowed(place),
            _ => bound.is_shared && place.runs_again,
        };
        let lends = self.lends_self() || self.params.iter().any(is_lent);
        (!lends).then(|| quote_spanned!(Span::mixed_site()=> move))
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
        let body_runs = self.needs.body_runs.then(|| quote_spanned!(at=> let __body_runs = #private::BodyRuns::new();));
        let check = (self.is_nameable() && self.needs.failure).then(|| {
            let failure_type = self.at_end().call_outcome("failure_type", TokenStream::new());
            let classifier = quote_spanned!(at=> __failure_type.__resilience_classifier());
            let identity = quote_spanned!(at=> __failure_type.__resilience_identity());
            let (names, probes) = match (self.needs.classification, self.needs.identity) {
                (true, true) => {
                    (quote_spanned!(at=> (__classifier, __identity)), quote_spanned!(at=> (#classifier, #identity)))
                }
                (true, false) => (quote_spanned!(at=> __classifier), classifier),
                (false, true) => (quote_spanned!(at=> __identity), identity),
                (false, false) => return quote_spanned!(at=> let _ = #failure_type;),
            };
            quote_spanned! {at=> let #names = {
                use #private::probes::failure_type::*;
                let __failure_type = #failure_type;
                #probes
            };}
        });
        let code = self.with_call_metrics(is_outermost, &quote!(#check #call_state #body_runs), code);
        let function = self.function_name(is_outermost);
        let code = self.declared_stream(quote!(#function #code));
        match self.function.shape {
            Shape::Sync | Shape::Async | Shape::Stream => code,
            Shape::AsyncBlock { boxing } | Shape::ReturnsFuture { boxing } => {
                // An error about the whole future stands at the user's block.
                let at = self.body_span();
                let mut block = Group::new(Delimiter::Brace, code);
                // An attribute above may take its names from here, and look for them where it is called.
                block.set_span(at.resolved_at(Span::call_site()));
                let future = quote_spanned!(at=> async move #block);
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
