//! The limits of a stream: until its first item, between two items, and as a whole.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use resilience_options::timeout::OPTIONS;

use super::Timeout;
use crate::attribute::Checker;
use crate::expand::{ConstConfig, Expansion, Place};
use crate::parse::{Arguments, Const};

#[derive(Default)]
pub(crate) struct StreamArguments {
    pub(super) first: Option<Const<Duration>>,
    pub(super) idle: Option<Const<Duration>>,
}

impl StreamArguments {
    pub(super) fn parse(arguments: &mut Arguments<'_>) -> Self {
        Self { first: arguments.duration(&OPTIONS.first), idle: arguments.duration(&OPTIONS.idle) }
    }

    pub(super) fn each(&self) -> impl Iterator<Item = (&'static str, &Const<Duration>)> {
        [("first", &self.first), ("idle", &self.idle)]
            .into_iter()
            .filter_map(|(name, limit)| Some((name, limit.as_ref()?)))
    }

    pub(super) fn check_whole(&self, whole: &Const<Duration>, arguments: &Arguments<'_>) {
        let Some(whole) = whole.literal else { return };
        for (name, limit) in self.each() {
            if let Some(limit_of) = limit.literal.filter(|limit| *limit >= whole) {
                arguments.diagnostics.error(
                    limit.span,
                    format_args!(
                        "`{name}` ({limit_of:?}) can never be reached: the whole stream ends after {whole:?}; make it shorter, or \
                         the limit of the whole longer"
                    ),
                );
            }
        }
    }
}

impl Timeout {
    /// The limit on what happens before the first item.
    pub(super) fn limit_of_opening(&self) -> Option<&Const<Duration>> {
        self.stream.first.as_ref().or_else(|| self.is_whole.then_some(&self.limit))
    }

    pub(super) fn check_stream(&self, checker: &Checker<'_>) -> bool {
        if checker.function.stream.is_some() {
            return true;
        }
        for (name, limit) in self.stream.each() {
            checker.diagnostics.error(
                limit.key,
                format_args!(
                    "`{name}` limits a stream, and this function returns none that `#[timeout]` can see; return \
                     `impl Stream<Item = Result<T, E>>`, `BoxStream<'_, Result<T, E>>` or \
                     `Pin<Box<dyn Stream<Item = Result<T, E>> + Send>>`, alone or in a `Result`, and not under an alias; or write \
                     `secs` for the limit of the call"
                ),
            );
        }
        self.stream.each().next().is_none()
    }
}

impl Expansion {
    /// ```text
    /// // Input:  #[timeout(first = "60s", idle = "20s", secs = 600)]
    /// // Output:
    /// {
    ///     let __clock = StreamClock::start();
    ///     let __out: StreamOpening<_, Item> = <inner, below the limit `first`>;
    ///     limit_stream(__out, StreamLimits { idle: .., whole: .. }, Some(__clock), move |__rejection| <failure>)
    /// }
    /// ```
    pub(super) fn timeout_of_stream(
        &self,
        timeout: &Timeout,
        at: Span,
        place: Place,
        inner: &TokenStream,
    ) -> TokenStream {
        let (private, output) = (&self.private, &self.output);
        let opening = match timeout.limit_of_opening() {
            Some(_) => self.timeout(timeout, at, place, inner),
            None => inner.clone(),
        };
        let whole = timeout.is_whole.then_some(&timeout.limit);
        if whole.is_none() && timeout.stream.idle.is_none() {
            return opening;
        }
        let config = |limit: Option<&_>| match limit {
            None => quote_spanned!(at=> ::core::option::Option::None),
            Some(limit) => {
                let ConstConfig { item, name, .. } = self.limit_config(limit, timeout, at);
                quote_spanned!(at=> ::core::option::Option::Some({ #item #name }))
            }
        };
        let (idle, whole_config) = (config(timeout.stream.idle.as_ref()), config(whole));
        let (start, clock) = if whole.is_some() {
            let start = quote_spanned!(at=> let __clock = #private::StreamClock::start(););
            (Some(start), quote_spanned!(at=> ::core::option::Option::Some(__clock)))
        } else {
            (None, quote_spanned!(at=> ::core::option::Option::None))
        };
        let failure = self.at_end().rejected_failure(timeout.map_err.as_ref());
        quote_spanned! {at=> {
            #start
            let __out: #output = #opening;
            let __limits = #private::StreamLimits { idle: #idle, whole: #whole_config };
            #private::limit_stream(__out, __limits, #clock, move |__rejection| #failure)
        }}
    }
}
