use std::future::Future;
use std::time::Duration;

use resilience_options::timeout::OPTIONS;

use super::invalid::Draft;
use super::{Blocking, InnerCall, InvalidPolicy, Layer, LayerKind, Reject};
use crate::context::{ConfiguredLimit, Deadline, FreshLimit, PolicyLimit};
use crate::error::Error;
use crate::gate::Rejection;
use crate::registry::FunctionRef;
use crate::settings::LayerSettings;
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
    Ok(Layer(LayerKind::Timeout(TimeoutLayer::new(FunctionRef::UNNAMED, limit, Rejection::from_rejection))))
}

pub(super) struct TimeoutLayer<E> {
    pub limit: Duration,
    owner: PolicyLimit,
    config: TimeoutConfig,
    settings: LayerSettings<TimeoutConfig>,
    reject: Reject<E>,
}

impl<E> TimeoutLayer<E> {
    fn new(function: FunctionRef, limit: Duration, reject: Reject<E>) -> Self {
        let (owner, config) =
            (PolicyLimit::new(ConfiguredLimit { function, limit }), TimeoutConfig::new(function, limit));
        Self { limit, owner, config, settings: LayerSettings::NONE, reject }
    }

    pub fn name(&mut self, policy: FunctionRef, section: Option<&str>) {
        *self = Self::new(policy, self.limit, self.reject);
        if let Some(section) = section {
            self.settings = LayerSettings::new(section, &self.config, false);
        }
    }

    fn fresh(&self) -> Deadline {
        FreshLimit::new(self.limit).of(self.owner.owner())
    }

    pub async fn call<T, F, Fut>(&self, mut inner: InnerCall<'_, T, E, F>) -> Result<T, E>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let (runs, settings) = (inner.runs, self.settings.of(&self.config));
        match timeout::timeout(limit_or(&settings, self.fresh()), (), inner.call()).await {
            Ok(out) => out,
            Err(rejection) => {
                runs.rejected();
                Err((self.reject)(rejection))
            }
        }
    }

    pub fn call_blocking<T>(&self, mut inner: InnerCall<'_, T, E, Blocking<'_, T, E>>) -> Result<T, E> {
        let settings = self.settings.of(&self.config);
        let _deadline = timeout::cooperative(limit_or(&settings, self.fresh()));
        inner.call_blocking()
    }
}
