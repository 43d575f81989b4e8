//! The limits of a stream: until its first item, between two items, and as a whole.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use resilience_options::timeout::{OPTIONS, check_first, check_idle};

use super::Timeout;
use crate::attribute::Checker;
use crate::expand::{Config, ConstConfig, Expansion, Place};
use crate::parse::{Arguments, Const};

pub(crate) struct StreamArguments {
    pub(super) first: Option<Const<Duration>>,
    pub(super) idle: Option<Const<Duration>>,
    config: Config,
}

impl StreamArguments {
    pub(super) fn parse(arguments: &mut Arguments<'_>) -> Self {
        let (first, idle) = (arguments.duration(&OPTIONS.first), arguments.duration(&OPTIONS.idle));
        let mut config = Config::new(arguments.span);
        config.set("first", first.as_ref());
        config.set("idle", idle.as_ref());
        Self { first, idle, config }
    }

    pub(super) fn each(&self) -> impl Iterator<Item = (&'static str, &Const<Duration>)> {
        [("first", &self.first), ("idle", &self.idle)]
            .into_iter()
            .filter_map(|(name, limit)| Some((name, limit.as_ref()?)))
    }

    pub(super) fn add_whole(&mut self, whole: &Const<Duration>, arguments: &Arguments<'_>) {
        self.config.set("whole", Some(whole));
        let checks: [(_, fn(_, _) -> _); 2] = [(&self.first, check_first), (&self.idle, check_idle)];
        let mut unknown = None;
        for (limit, check) in checks {
            let Some(limit) = limit else { continue };
            match limit.literal.zip(whole.literal).map(|(limit, whole)| check(Some(limit), Some(whole))) {
                Some(Err(problem)) => arguments.diagnostics.error(limit.span, problem),
                Some(Ok(())) => {}
                None => unknown = unknown.or(Some(limit)),
            }
        }
        self.config.check(unknown);
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
    ///     let __limits = StreamLimits::of(const { &StreamTimes::new("ask").first(..).idle(..).whole(..) });
    ///     let __out: StreamOpening<_, Item> = <inner, below the limit `__limits.opening()`>;
    ///     limit_stream(__out, __limits, move |__rejection| <failure>)
    /// }
    /// ```
    ///
    /// Settings may add the limits that the attribute has not.
    pub(super) fn timeout_of_stream(
        &self,
        timeout: &Timeout,
        at: Span,
        place: Place,
        inner: &TokenStream,
    ) -> TokenStream {
        let (private, output) = (&self.private, &self.output);
        let limits = self.stream_limits(timeout, place.depth, at);
        let opening = match self.limit_of_opening(timeout, place.depth, at) {
            Some(limit) => self.limited(&limit, timeout.map_err.as_ref(), at, place, inner),
            None => inner.clone(),
        };
        let lasts = timeout.is_whole || timeout.stream.idle.is_some() || self.section(place.depth).is_some();
        if !lasts {
            return quote_spanned!(at=> { #limits #opening });
        }
        let failure = self.at_end().rejected_failure(timeout.map_err.as_ref());
        quote_spanned! {at=> {
            #limits
            let __out: #output = #opening;
            #private::limit_stream(__out, __limits, move |__rejection| #failure)
        }}
    }

    fn stream_limits(&self, timeout: &Timeout, depth: usize, at: Span) -> TokenStream {
        let (private, function, config) = (&self.private, self.function_ref(), &timeout.stream.config);
        let value = config.expression(&quote_spanned!(at=> #private::StreamTimes::new(#function)));
        let is_literal = config.is_literal() && self.section(depth).is_none();
        let ConstConfig { item, name, .. } = self.config("StreamTimes", &value, config.constants(), is_literal, at);
        let Some(section) = self.section(depth) else {
            return quote_spanned!(at=> #item let __limits = #private::StreamLimits::of(#name););
        };
        let settings = self.settings(section, "StreamTimes", &name, &TokenStream::new(), at);
        quote_spanned!(at=> #item #settings let __limits = #private::stream_limits(&__settings, #name);)
    }

    pub(super) fn limit_of_opening(&self, timeout: &Timeout, depth: usize, at: Span) -> Option<ConstConfig> {
        let is_limited = timeout.limit_of_opening().is_some() || self.section(depth).is_some();
        let name = quote_spanned!(at=> __limits.opening());
        is_limited.then(|| ConstConfig { item: TokenStream::new(), name, is_generic: false })
    }
}
