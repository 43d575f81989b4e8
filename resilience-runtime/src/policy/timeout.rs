use std::fmt;
use std::future::Future;
use std::time::Duration;

use resilience_options::timeout::OPTIONS;

use super::invalid::Draft;
use super::stream_timeout::limited;
use super::{Blocking, InnerCall, InvalidPolicy, Layer, LayerKind, Operation, Reject};
use crate::error::Error;
use crate::gate::Rejection;
use crate::registry::FunctionRef;
use crate::settings::{CodeTraits, LayerSettings};
use crate::stream::{LiveTimes, StreamTimes, deadlines_or};
use crate::timeout::{self, LiveLimit, TimeoutConfig, limit_or};

/// Ends a call after `limit`, as `#[timeout]` does.
///
/// An asynchronous call is dropped at the limit, or at an enclosing deadline if that comes first.
///
/// A blocking call cannot be stopped. It runs under a deadline, as with `mode = "cooperative"` of
/// the attribute: [`remaining`](crate::remaining), [`checkpoint`](crate::checkpoint) and the inner
/// layers respect it.
///
/// # Errors
///
/// Returns [`InvalidPolicy`] if the limit is zero. `Duration::MAX` is allowed.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), resilience::policy::InvalidPolicy> {
/// use resilience::{Error, Policy, policy};
/// use std::time::Duration;
///
/// let limit = Duration::from_secs(30);
/// let ask: Policy<u32, Error> = Policy::new() >> policy::timeout(limit)?;
///
/// assert_eq!(ask.call(std::future::pending).await, Err(Error::Timeout { limit, elapsed: limit }));
/// # Ok(()) }
/// ```
pub fn timeout<T, E: From<Error>>(limit: Duration) -> Result<Layer<T, E>, InvalidPolicy> {
    let mut draft = Draft::new(());
    draft.set(|()| OPTIONS.limit.rule.check(limit));
    draft.finish("timeout")?;
    let limits = LayerLimits::of_calls(TimeoutConfig::new(FunctionRef::UNNAMED, limit));
    Ok(Layer(LayerKind::Timeout(TimeoutLayer { limits, reject: Rejection::from_rejection })))
}

pub(super) struct TimeoutLayer<E> {
    limits: LayerLimits,
    reject: Reject<E>,
}

enum LayerLimits {
    Calls { written: LiveLimit, settings: LayerSettings<TimeoutConfig> },
    Streams { written: Box<LiveTimes>, settings: LayerSettings<StreamTimes> },
}

impl LayerLimits {
    fn of_calls(config: TimeoutConfig) -> Self {
        Self::Calls { written: config.into(), settings: LayerSettings::NONE }
    }

    fn of_streams(times: StreamTimes) -> Self {
        Self::Streams { written: Box::new(times.into()), settings: LayerSettings::NONE }
    }
}

impl<E> TimeoutLayer<E> {
    pub fn of_streams(times: StreamTimes, reject: Reject<E>) -> Self {
        Self { limits: LayerLimits::of_streams(times), reject }
    }

    pub fn whole(&self) -> Option<Duration> {
        match &self.limits {
            LayerLimits::Calls { written, .. } => Some(written.config().configured().limit),
            LayerLimits::Streams { written, .. } => written.times().longest(),
        }
    }

    #[cfg(feature = "cached")]
    pub const fn reject(&self) -> Reject<E> {
        self.reject
    }

    pub fn name(&mut self, policy: FunctionRef, section: Option<&str>) {
        match &mut self.limits {
            LayerLimits::Calls { written, settings } => {
                let config = written.config().of_function(policy);
                *written = config.into();
                *settings =
                    section.map_or(LayerSettings::NONE, |name| LayerSettings::new(name, &config, CodeTraits::PREPARED));
            }
            LayerLimits::Streams { written, settings } => {
                let times = written.times().of_function(policy);
                **written = times.into();
                *settings =
                    section.map_or(LayerSettings::NONE, |name| LayerSettings::new(name, &times, CodeTraits::PREPARED));
            }
        }
    }

    pub async fn call<T, F, Fut>(&self, inner: &mut InnerCall<'_, T, E, Operation<'_, F, Fut>>) -> Result<T, E>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let call = inner.call;
        // The settings are held while the call runs: its limits name their owners.
        let limited = match &self.limits {
            LayerLimits::Calls { written, settings } => {
                let settings = &settings.of(written.config());
                timeout::timeout(limit_or(settings, written.deadline()), (), inner.call()).await
            }
            LayerLimits::Streams { written, settings } => {
                let settings = &settings.of(written.times());
                let [first, idle, whole] = deadlines_or(settings, written);
                match whole {
                    None => limited(inner.call(), call.stream, first, idle).await,
                    Some(whole) => {
                        let inside = Box::pin(limited(inner.call(), call.stream, first, idle));
                        timeout::timeout(whole, (), inside).await.and_then(|limited| limited)
                    }
                }
            }
        };
        match limited {
            Ok(out) => out,
            Err(rejection) => {
                call.runs.rejected();
                Err((self.reject)(rejection))
            }
        }
    }

    pub fn call_blocking<T>(&self, inner: &mut InnerCall<'_, T, E, Blocking<'_, T, E>>) -> Result<T, E> {
        match &self.limits {
            LayerLimits::Calls { written, settings } => {
                let settings = &settings.of(written.config());
                let _limit = timeout::cooperative(limit_or(settings, written.deadline()));
                inner.call_blocking()
            }
            LayerLimits::Streams { written, settings } => {
                let settings = &settings.of(written.times());
                let [first, _, whole] = deadlines_or(settings, written);
                let _whole = whole.map(timeout::cooperative);
                let _first = first.map(timeout::cooperative);
                inner.call_blocking()
            }
        }
    }
}

impl<E> fmt::Debug for TimeoutLayer<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_tuple("Timeout");
        match &self.limits {
            LayerLimits::Calls { written, .. } => {
                shown.field(&written.config().configured().limit);
            }
            LayerLimits::Streams { written, .. } => {
                for limit in written.times().each().into_iter().flatten() {
                    shown.field(&limit.configured().limit);
                }
            }
        }
        shown.finish()
    }
}
