//! `#[timeout]`

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use super::{Code, ConstConfig, Expansion, Place};
use crate::options::{Mode, Timeout, parenthesized, parenthesized_at};

impl Expansion {
    /// ```text
    /// // Input:  #[timeout(secs = 30)]
    /// // Output, asynchronous:
    /// match timeout(&__CONFIG, async move { <inner> }).await {
    ///     Ok(__out) => __out,
    ///     Err(__refusal) => <refusal>,
    /// }
    /// // Output, cooperative:  let __deadline = cooperative(&__CONFIG); <inner>
    /// ```
    pub(super) fn timeout(&self, timeout: &Timeout, at: Span, place: Place, inner: Code) -> TokenStream {
        let (private, path, limit) = (&self.private, &self.path, &timeout.limit.tokens);
        // All of the call stands at the limit: the runtime asserts that it is not zero.
        let here = timeout.limit.span.resolved_at(Span::mixed_site());
        let arguments = parenthesized(quote!(#path, #limit));
        // One context for all tokens of the call, or the compiler does not see where it ends.
        let private_here: TokenStream = private
            .clone()
            .into_iter()
            .map(|mut token| {
                token.set_span(here);
                token
            })
            .collect();
        let mut value = quote_spanned!(here=> #private_here::TimeoutConfig::new #arguments);
        if timeout.limit.literal.is_none() {
            // A constant of another type is reported in terms of the user's code.
            let arguments = parenthesized_at(quote_spanned!(here=> #path, __limit), limit);
            value = quote_spanned! {here=> {
                let __limit: ::core::time::Duration = #limit;
                #private_here::TimeoutConfig::new #arguments
            }};
        }
        let value = timeout.config.expression(&value);
        let constants = [limit, timeout.config.constants()];
        let ConstConfig { item, name: config } = self.config("TimeoutConfig", &value, &quote!(#(#constants)*), at);
        if let Some((Mode::Thread, mode)) = timeout.mode {
            let at = mode.resolved_at(Span::mixed_site());
            return self.on_thread(timeout, &item, &config, at, place, inner);
        }
        if !self.is_async() {
            let inner = inner.value();
            return quote_spanned! {at=> {
                #item
                let __deadline = #private::cooperative(#config);
                #inner
            }};
        }
        let rebound = self.rebind(place);
        let body = match inner {
            Code::Future(future) => future,
            Code::Value(inner) => {
                let moves = self.moves(place);
                quote_spanned!(at=> async #moves { #inner })
            }
        };
        let (give, refuse) = (self.give(&TokenStream::new()), self.refusal(timeout.map_err.as_ref()));
        quote_spanned! {at=> {
            #item
            #rebound
            match #private::timeout(#config, #body).await {
                ::core::result::Result::Ok(__out) => #give,
                ::core::result::Result::Err(__refusal) => #refuse,
            }
        }}
    }

    /// ```text
    /// // Input:  #[timeout(secs = 30, mode = "thread")]
    /// // Output:
    /// match on_thread(&__CONFIG, &__THREADS, move || <inner>) {
    ///     Ok(__out) => __out,
    ///     Err(__refusal) => <refusal>,
    /// }
    /// ```
    ///
    /// What the layers on the thread tell each other comes back with the result.
    fn on_thread(
        &self,
        timeout: &Timeout,
        item: &TokenStream,
        config: &TokenStream,
        at: Span,
        place: Place,
        inner: Code,
    ) -> TokenStream {
        let private = &self.private_at(at);
        let (rebound, inner) = (self.rebind(place), inner.value());
        let refuse = self.refusal(timeout.map_err.as_ref());
        let (body, taken) = if self.has_flow {
            let body = quote_spanned! {at=> {
                let __inside = #private::Flow::new();
                let __flow = &__inside;
                let __out = #inner;
                (__out, __inside)
            }};
            (body, quote_spanned!(at=> (__out, __inside)))
        } else {
            (inner, quote_spanned!(at=> __out))
        };
        let join = self.has_flow.then(|| quote_spanned!(at=> __flow.join(&__inside);));
        quote_spanned! {at=> {
            #item
            static __RESILIENCE_THREADS: #private::Threads = #private::Threads::new();
            #rebound
            match #private::on_thread(#config, &__RESILIENCE_THREADS, move || #body) {
                ::core::result::Result::Ok(#taken) => { #join __out }
                ::core::result::Result::Err(__refusal) => #refuse,
            }
        }}
    }
}
