use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Expr;

use super::Timeout;
use crate::expand::{AttemptConfig, ConstConfig, Expansion, Place};
use crate::parse::tokens::{constant, parenthesized, parenthesized_at};

impl Expansion {
    /// ```text
    /// // Input:  #[timeout(secs = 30)]
    /// // Output, at the body, where `__resilience_limit` is a function that returns the configuration:
    /// Rejection::unless_rejected::<Output>(<timeout(__resilience_limit, <scope>, async move { .. }).await>)
    /// // Output, around other layers:
    /// '__limit: {
    ///     let __rejection = '__expired: {
    ///         let mut __scope = DeadlineScope::new(__resilience_limit, <the outer scope>);
    ///         break '__limit <inner>;
    ///     };
    ///     break '__limit <rejection>;
    /// }
    /// ```
    ///
    /// If all await points inside have a nearer limit, there is no rejection.
    pub(crate) fn timeout(&self, timeout: &Timeout, at: Span, place: Place, inner: &TokenStream) -> TokenStream {
        self.limited(&self.limit_source(timeout, place.depth, at), timeout.map_err.as_ref(), at, place, inner)
    }

    pub(super) fn limited(
        &self,
        ConstConfig { item, name: config, .. }: &ConstConfig,
        map_err: Option<&Expr>,
        at: Span,
        place: Place,
        inner: &TokenStream,
    ) -> TokenStream {
        let private = &self.private;
        if place.is_last && map_err.is_none() && !self.has_source() {
            let given = self.unless_rejected(inner);
            return quote_spanned!(at=> { #item #given });
        }
        let reject = self.rejection(map_err);
        if place.is_last {
            let give = self.out_value(&TokenStream::new());
            return quote_spanned! {at=> {
                #item
                match #inner {
                    ::core::result::Result::Ok(__out) => #give,
                    ::core::result::Result::Err(__rejection) => #reject,
                }
            }};
        }
        let body_skipped = self.body_skipped(at);
        let (limit, expired, scope) = (place.label("limit", at), place.label("expired", at), place.scope());
        if !self.expires(place.depth) {
            return quote_spanned! {at=> {
                #item
                let mut __scope = #private::DeadlineScope::new(#config, #scope);
                #inner
            }};
        }
        quote_spanned! {at=> #limit: {
            #item
            let __rejection = #expired: {
                let mut __scope = #private::DeadlineScope::new(#config, #scope);
                break #limit (#inner);
            };
            #body_skipped
            break #limit (#reject);
        }}
    }

    /// Output: `let __deadline = cooperative(&__CONFIG); <inner>`
    pub(crate) fn cooperative(&self, timeout: &Timeout, at: Span, place: Place, inner: &TokenStream) -> TokenStream {
        let private = &self.private;
        let ConstConfig { item, name: config, .. } = match self.section(place.depth) {
            Some(_) => self.limit_source(timeout, place.depth, at),
            None => self.limit(timeout, at),
        };
        quote_spanned! {at=> {
            #item
            let __deadline = #private::cooperative(#config);
            #inner
        }}
    }

    /// The configuration in a function, which takes no place in the future. A closure would be checked
    /// with the body, which takes longer, but can mention generic parameters.
    pub(crate) fn limit_source(&self, timeout: &Timeout, depth: usize, at: Span) -> ConstConfig {
        let (private, config) = (&self.private, self.limit(timeout, at));
        let ConstConfig { item, name, is_generic } = config;
        let (item, source) = if is_generic {
            (item, quote_spanned!(at=> || #name))
        } else {
            let function = quote_spanned! {at=>
                #item
                #[inline]
                fn __resilience_limit() -> &'static #private::TimeoutConfig { #name }
            };
            (function, quote_spanned!(at=> __resilience_limit))
        };
        let Some(section) = self.section(depth) else {
            return ConstConfig { item, name: source, is_generic };
        };
        let settings = self.settings(section, "TimeoutConfig", &name, &TokenStream::new(), at);
        ConstConfig {
            item: quote_spanned!(at=> #item #settings),
            name: quote_spanned!(at=> #private::limit_of(&__settings, #source)),
            is_generic,
        }
    }

    pub(super) fn limit_of_attempt(&self, timeout: &Timeout, at: Span) -> AttemptConfig {
        let (private, ConstConfig { item, name, is_generic }) = (&self.private, self.limit(timeout, at));
        AttemptConfig {
            ty: quote_spanned!(at=> &'static #private::TimeoutConfig),
            value: quote_spanned!(at=> { #item #name }),
            is_generic,
        }
    }

    fn limit(&self, timeout: &Timeout, at: Span) -> ConstConfig {
        let written = &timeout.limit;
        let (private, function, limit) = (&self.private, self.function_ref(), &written.tokens);
        // An error of the runtime's assertion about zero stands at the limit.
        let here = written.span.resolved_at(Span::mixed_site());
        let arguments = parenthesized(quote!(#function, #limit));
        // With one context for all tokens, the compiler sees where the call ends.
        let private_here = private.placed(here);
        let mut value = quote_spanned!(here=> #private_here::TimeoutConfig::new #arguments);
        if written.literal.is_none() {
            // An error about a constant of another type then names the user's code.
            let arguments = parenthesized_at(quote_spanned!(here=> #function, __limit), limit);
            let limit = constant(limit, here);
            value = quote_spanned! {here=> {
                let __limit: ::core::time::Duration = #limit;
                #private_here::TimeoutConfig::new #arguments
            }};
        }
        let value = timeout.config.expression(&value);
        let constants = [limit, timeout.config.constants()];
        let is_literal = written.literal.is_some() && timeout.config.is_literal();
        self.config("TimeoutConfig", &value, &quote!(#(#constants)*), is_literal, at)
    }

    /// ```text
    /// // Input:  #[timeout(secs = 30, mode = "thread")]
    /// // Output: match ThreadBody::run_on_thread(move || <inner>, &__CONFIG, &__THREADS) { <arms> }
    /// ```
    ///
    /// The call state of the thread comes back with the result.
    pub(crate) fn on_thread(&self, timeout: &Timeout, at: Span, place: Place, inner: &TokenStream) -> TokenStream {
        let ConstConfig { item, name: config, .. } = self.limit(timeout, at);
        let (item, config) = match self.section(place.depth) {
            None => (item, config),
            Some(section) => {
                let private = &self.private;
                let with = quote_spanned!(at=> .on_threads());
                let settings = self.settings(section, "TimeoutConfig", &config, &with, at);
                (quote_spanned!(at=> #item #settings), quote_spanned!(at=> #private::limit_of(&__settings, #config)))
            }
        };
        // An error about the captures of the thread stands at the mode.
        let at = timeout.mode.map_or(at, |(_, mode)| mode.resolved_at(Span::mixed_site()));
        let private = &self.private_at(at);
        let rebound = self.rebind(place);
        let reject = self.remembered_rejection(timeout.map_err.as_ref(), false);
        let mut shared = Vec::new();
        if self.needs.call_state {
            shared.push(["__call_state", "__inside", "CallState"]);
        }
        if self.needs.body_runs {
            shared.push(["__body_runs", "__runs_inside", "BodyRuns"]);
        }
        let [names, inside, types] =
            [0, 1, 2].map(|part| shared.iter().map(|names| Ident::new(names[part], at)).collect::<Vec<_>>());
        let (body, taken) = if shared.is_empty() {
            (inner.clone(), quote_spanned!(at=> __out))
        } else {
            let body = quote_spanned! {at=> {
                #(let #names = #private::#types::new();)*
                let __out = #inner;
                (__out, #(#names),*)
            }};
            (body, quote_spanned!(at=> (__out, #(#inside),*)))
        };
        let left_behind = self.needs.body_runs.then(|| quote_spanned!(at=> __body_runs.left_behind(&__rejection);));
        quote_spanned! {at=> {
            #item
            static __RESILIENCE_THREADS: #private::Threads = #private::Threads::new();
            #rebound
            match #private::ThreadBody::run_on_thread(move || #body, #config, &__RESILIENCE_THREADS) {
                ::core::result::Result::Ok(#taken) => { #(#names.join(&#inside);)* __out }
                ::core::result::Result::Err(__rejection) => { #left_behind #reject }
            }
        }}
    }
}
