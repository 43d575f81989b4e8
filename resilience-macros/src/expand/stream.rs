//! Functions that return a stream. Their layers are those of an asynchronous function, around a body
//! that opens the stream and waits for its first item.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};

use super::{Expansion, Place};
use crate::item::{Boxing, Shape, StreamOutput};
use crate::parse::tokens::erase_impl;
use crate::runtime_path::Facade;

pub(crate) struct StreamTypes {
    item: TokenStream,
    /// The return type, with `_` in place of `impl Trait`.
    declared: TokenStream,
    output: StreamOutput,
}

/// The output of the layers, and how a stream ends.
pub(super) struct Outputs {
    pub(super) types: StreamTypes,
    pub(super) opening: TokenStream,
    pub(super) end: TokenStream,
}

impl Outputs {
    pub(super) fn new(output: &StreamOutput, declared: TokenStream, facade: &Facade, at: Span) -> Self {
        let (private, item, at) = (facade.private(), &output.item, at.resolved_at(Span::mixed_site()));
        Self {
            opening: quote_spanned!(at=> #private::StreamOpening<_, #item>),
            end: quote_spanned!(at=> #private::StreamEnd<#item>),
            types: StreamTypes { item: item.to_token_stream(), declared: erase_impl(declared), output: output.clone() },
        }
    }
}

impl Expansion {
    pub(crate) fn at_end(&self) -> &Self {
        self.at_end.as_deref().unwrap_or(self)
    }

    pub(crate) fn is_stream(&self) -> bool {
        self.stream.is_some()
    }

    /// The code runs in a closure at the end of the stream, which gets the permit.
    pub(crate) const fn settles_at_end(&self) -> bool {
        self.is_end
    }

    pub(super) fn body_output(&self) -> TokenStream {
        match &self.stream {
            Some(types) => types.declared.clone(),
            None => {
                let output = &self.output;
                quote_spanned!(Span::mixed_site()=> #output)
            }
        }
    }

    pub(crate) fn opened(&self, body: TokenStream) -> TokenStream {
        let Some(StreamTypes { item, output, .. }) = &self.stream else { return body };
        // The bound on the items is reported at the return type.
        let at = self.output_span.resolved_at(Span::mixed_site());
        let private = self.private_at(at);
        if output.in_result {
            quote_spanned!(at=> #private::open_stream_result::<_, _, #item>(
                #body,
                &__source,
                |__failure| #private::IntoItemFailure::into_item_failure(__failure),
            ))
        } else {
            quote_spanned!(at=> #private::open_stream::<_, #item>(#body))
        }
    }

    pub(crate) fn chosen_stream(&self, step: usize, steps: usize, at: Span) -> Option<TokenStream> {
        let private = &self.private;
        self.stream.as_ref()?;
        let mut chosen = quote_spanned!(at=> __out);
        if step < steps {
            chosen = quote_spanned!(at=> #private::body_stream(#chosen));
        }
        for _ in 0..step {
            chosen = quote_spanned!(at=> #private::alternative_stream(#chosen));
        }
        Some(chosen)
    }

    pub(crate) fn stream_of_value(&self) -> Option<(TokenStream, TokenStream)> {
        let StreamTypes { item, .. } = self.stream.as_ref()?;
        let at = self.output_span.resolved_at(Span::mixed_site());
        let private = self.private_at(at);
        let value = quote_spanned!(at=> <#item as #private::StreamItem>::Value);
        Some((quote_spanned!(at=> #private::stream_of_value::<#item>(__value)), value))
    }

    pub(crate) fn answered_stream(&self, calls: &TokenStream, at: Span, place: Place) -> TokenStream {
        let private = &self.private;
        let opening = self.opened(quote_spanned!(at=> async move {
            match __answered {
                #private::FallbackOutput::Ready(__out) => __out,
                #private::FallbackOutput::Pending(__later) => __later.await,
            }
        }));
        let awaited = self.await_point(&quote_spanned!(at=> __later), at, place);
        quote_spanned! {at=> {
            let __later = {
                #calls
                use #private::probes::fallback::*;
                let __answered = (&&#private::FallbackProbe::of(&__answer)).__resilience_fallback().output(__answer);
                #opening
            };
            #awaited
        }}
    }

    /// Tells a function that returns a `Result` that the failure is its own, and not that of an item.
    pub(super) fn own_failure(&self, failure: TokenStream) -> TokenStream {
        let at = Span::mixed_site();
        match &self.stream {
            Some(types) if types.output.in_result => quote_spanned!(at=> { __source.layer(); #failure }),
            _ => failure,
        }
    }

    pub(crate) fn has_source(&self) -> bool {
        self.stream.as_ref().is_some_and(|types| types.output.in_result)
    }

    pub(super) fn settle_at_end(&self, settle: &TokenStream, is_keyed: bool, at: Span) -> TokenStream {
        let (private, end) = (&self.private, &self.at_end().output);
        if is_keyed {
            return quote_spanned! {at=> {
                let __permit = #private::detach(&*__gate, __permit);
                let __held = #private::HeldGate::new(__gate, __permit);
                #private::until_stream_ends(__out, __held, move |__held, __out: &#end| {
                    __held.settle(|__permit| { #settle; });
                })
            }};
        }
        quote_spanned!(at=> #private::until_stream_ends(__out, __permit, move |__permit, __out: &#end| { #settle; }))
    }

    /// [`settle_at_end`](Self::settle_at_end) for a rate limit, which asks `units` about each item.
    pub(super) fn count_until_end(
        &self,
        settle: &TokenStream,
        units: &TokenStream,
        is_keyed: bool,
        at: Span,
    ) -> TokenStream {
        let (private, end) = (&self.private, &self.at_end().output);
        let held = if is_keyed {
            quote_spanned!(at=> {
                let __call = #private::detach_call(__permit);
                #private::StreamedCall::new(__gate, __call, #units)
            })
        } else {
            quote_spanned!(at=> #private::StreamedCall::of(__permit, #units))
        };
        quote_spanned!(at=> #private::until_stream_ends(__out, #held, move |__permit, __out: &#end| { #settle; }))
    }

    /// The type of the values of the items.
    pub(crate) fn stream_value(&self) -> Option<TokenStream> {
        let StreamTypes { item, .. } = self.stream.as_ref()?;
        let private = &self.private;
        Some(quote_spanned!(Span::mixed_site()=> <#item as #private::StreamItem>::Value))
    }

    pub(super) fn failure_source(&self) -> Option<TokenStream> {
        let private = &self.private;
        self.has_source().then(|| quote_spanned!(Span::mixed_site()=> let __source = #private::FailureSource::new();))
    }

    /// Makes the declared type of what the layers return.
    ///
    /// ```text
    /// // Input:  fn ask() -> BoxStream<'static, Result<T, E>>
    /// // Output: { let __stream: BoxStream<'static, Result<T, E>> = Box::pin(lazy_stream(async move { .. })); __stream }
    /// // Input:  async fn ask() -> Result<impl Stream<Item = Result<T, E>>, E>
    /// // Output: { let __opening = { .. }; OpeningErrorProbe::<E, ..>::NEW.__resilience_place(__source.place(__opening)) }
    /// ```
    pub(super) fn declared_stream(&self, code: TokenStream) -> TokenStream {
        let Some(StreamTypes { item, declared, output }) = &self.stream else { return code };
        let (at, private) = (Span::mixed_site(), &self.private);
        if self.function.shape == Shape::Stream {
            let at = self.body_span();
            let source = self.failure_source();
            let mut opening = quote_spanned!(at=> async move { #source #code });
            if output.is_unpin {
                opening = quote_spanned!(at=> ::std::boxed::Box::pin(#opening));
            }
            let stream = Self::boxed(output, &quote_spanned!(at=> #private::lazy_stream(#opening)));
            return if output.in_result { quote_spanned!(at=> ::core::result::Result::Ok(#stream)) } else { stream };
        }
        let (opening, stream) = (&self.output, Self::boxed(output, &quote_spanned!(at=> __stream)));
        if !output.in_result {
            return quote_spanned! {at=>
                let __opening: #opening = { #code };
                let __stream = #private::OpenedStream::of(__opening);
                #stream
            };
        }
        let failing = without_placeholders(declared.clone());
        let placed = quote_spanned! {at=> {
            use #private::probes::opening_error::*;
            #private::OpeningErrorProbe::<
                <#failing as #private::Outcome>::Failure, <#item as #private::StreamItem>::Failure, #item
            >::NEW.__resilience_place(__source.place(__opening))
        }};
        let placed = match output.boxing {
            Boxing::None => placed,
            Boxing::Pinned | Boxing::Unpinned => quote_spanned! {at=>
                match #placed {
                    ::core::result::Result::Ok(__stream) => ::core::result::Result::Ok(#stream),
                    ::core::result::Result::Err(__failure) => ::core::result::Result::Err(__failure),
                }
            },
        };
        let source = self.failure_source();
        quote_spanned! {at=>
            #source
            let __opening: #opening = { #code };
            #placed
        }
    }

    fn boxed(output: &StreamOutput, stream: &TokenStream) -> TokenStream {
        let (at, ty) = (Span::mixed_site(), &output.stream);
        let boxed = match output.boxing {
            Boxing::None => return stream.clone(),
            Boxing::Pinned => quote_spanned!(at=> ::std::boxed::Box::pin(#stream)),
            Boxing::Unpinned => quote_spanned!(at=> ::std::boxed::Box::new(::std::boxed::Box::pin(#stream))),
        };
        quote_spanned!(at=> { let __stream: #ty = #boxed; __stream })
    }
}

/// The error of a `Result` does not depend on its value, which is `_` behind an `impl Trait`.
fn without_placeholders(ty: TokenStream) -> TokenStream {
    let mut is_lifetime = false;
    ty.into_iter()
        .map(|token| {
            let is_placeholder = !is_lifetime && token.to_string() == "_";
            is_lifetime = matches!(&token, TokenTree::Punct(mark) if mark.as_char() == '\'');
            match token {
                TokenTree::Group(group) => {
                    let mut inside = Group::new(group.delimiter(), without_placeholders(group.stream()));
                    inside.set_span(group.span());
                    TokenTree::Group(inside)
                }
                token if is_placeholder => {
                    let mut unit = Group::new(Delimiter::Parenthesis, TokenStream::new());
                    unit.set_span(token.span());
                    TokenTree::Group(unit)
                }
                token => token,
            }
        })
        .collect()
}
