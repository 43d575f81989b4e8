use std::fmt;
use std::future::Future;
use std::time::Duration;

use resilience_options::timeout::OPTIONS;

use super::invalid::Draft;
use super::stream_timeout::limited;
use super::{Blocking, InnerCall, InvalidPolicy, Layer, LayerKind, Reject};
use crate::context::{ConfiguredLimit, Deadline, FreshLimit, PolicyLimit};
use crate::error::Error;
use crate::gate::Rejection;
use crate::registry::FunctionRef;
use crate::settings::{CodeTraits, LayerSettings};
use crate::timeout::{self, TimeoutConfig, limit_or};

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
    Ok(Layer(LayerKind::Timeout(TimeoutLayer::of_stream(Some(limit), None, None, Rejection::from_rejection))))
}

pub(super) struct TimeoutLayer<E> {
    /// `None` if only the items of a stream have limits.
    whole: Option<LayerLimit>,
    first: Option<LayerLimit>,
    idle: Option<LayerLimit>,
    reject: Reject<E>,
}

struct LayerLimit {
    limit: Duration,
    owner: PolicyLimit,
    config: TimeoutConfig,
    settings: LayerSettings<TimeoutConfig>,
}

impl LayerLimit {
    fn new(function: FunctionRef, limit: Duration) -> Self {
        let owner = PolicyLimit::new(ConfiguredLimit { function, limit });
        Self { limit, owner, config: TimeoutConfig::new(function, limit), settings: LayerSettings::NONE }
    }

    fn fresh(&self) -> Deadline {
        FreshLimit::new(self.limit).of(self.owner.owner())
    }

    fn name(&mut self, policy: FunctionRef) {
        *self = Self::new(policy, self.limit);
    }
}

impl<E> TimeoutLayer<E> {
    pub fn of_stream(
        whole: Option<Duration>,
        first: Option<Duration>,
        idle: Option<Duration>,
        reject: Reject<E>,
    ) -> Self {
        let [whole, first, idle] =
            [whole, first, idle].map(|limit| Some(LayerLimit::new(FunctionRef::UNNAMED, limit?)));
        Self { whole, first, idle, reject }
    }

    pub fn whole(&self) -> Option<Duration> {
        self.whole.as_ref().map(|whole| whole.limit)
    }

    #[cfg(feature = "cached")]
    pub const fn reject(&self) -> Reject<E> {
        self.reject
    }

    pub fn name(&mut self, policy: FunctionRef, section: Option<&str>) {
        [&mut self.whole, &mut self.first, &mut self.idle].into_iter().flatten().for_each(|limit| limit.name(policy));
        if let (Some(whole), Some(section)) = (&mut self.whole, section) {
            whole.settings = LayerSettings::new(section, &whole.config, CodeTraits::PREPARED);
        }
    }

    pub async fn call<T, F, Fut>(&self, mut inner: InnerCall<'_, T, E, F>) -> Result<T, E>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let (runs, stream) = (inner.runs, inner.stream);
        // Held while the call runs: the limit names its owner.
        let settings = self.whole.as_ref().map(|limit| (limit, limit.settings.of(&limit.config)));
        let whole = settings.as_ref().map(|(limit, settings)| limit_or(settings, limit.fresh()));
        let [first, idle] = [&self.first, &self.idle].map(|limit| limit.as_ref().map(LayerLimit::fresh));
        let limited = match (whole, stream) {
            (Some(whole), _) if first.or(idle).is_none() => timeout::timeout(whole, (), inner.call()).await,
            (Some(whole), stream) => {
                let inside = Box::pin(limited(inner.call(), stream, first, idle));
                timeout::timeout(whole, (), inside).await.and_then(|limited| limited)
            }
            (None, stream) => limited(inner.call(), stream, first, idle).await,
        };
        match limited {
            Ok(out) => out,
            Err(rejection) => {
                runs.rejected();
                Err((self.reject)(rejection))
            }
        }
    }

    pub fn call_blocking<T>(&self, mut inner: InnerCall<'_, T, E, Blocking<'_, T, E>>) -> Result<T, E> {
        let settings = self.whole.as_ref().map(|limit| (limit, limit.settings.of(&limit.config)));
        let whole = settings.as_ref().map(|(limit, settings)| limit_or(settings, limit.fresh()));
        let _whole = whole.map(timeout::cooperative);
        let _first = self.first.as_ref().map(|limit| timeout::cooperative(limit.fresh()));
        inner.call_blocking()
    }
}

impl<E> fmt::Debug for TimeoutLayer<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_tuple("Timeout");
        for limit in [&self.whole, &self.first, &self.idle].into_iter().flatten() {
            shown.field(&limit.limit);
        }
        shown.finish()
    }
}
