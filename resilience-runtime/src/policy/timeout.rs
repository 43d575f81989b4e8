use std::time::Duration;

use super::invalid::Draft;
use super::{Blocking, InnerCall, InvalidPolicy, Layer, LayerKind, Operation, Reject};
use crate::error::Error;
use crate::outcome::Rejection;
use crate::timeout::{self, TimeoutConfig};

/// Ends what is inside of it at a limit, as `#[timeout]` does.
///
/// Asynchronous calls are dropped at the limit, or at a deadline around the call that comes first. In a blocking call the
/// deadline is only visible, to [`remaining`](crate::remaining), [`checkpoint`](crate::checkpoint) and the layers inside
/// (`mode = "cooperative"` of the attribute): what runs on this thread cannot be stopped.
///
/// # Errors
///
/// [`InvalidPolicy`] for a limit of zero. However long a limit is, it is none.
pub fn timeout<T, E: From<Error>>(limit: Duration) -> Result<Layer<T, E>, InvalidPolicy> {
    let mut draft = Draft::new(None);
    draft.set(|_| TimeoutConfig::try_new("", limit).map(Some));
    match draft.finish("timeout")? {
        Some(config) => Ok(Layer(LayerKind::Timeout(TimeoutLayer { config, reject: Rejection::from_rejection }))),
        None => unreachable!("a draft without a configuration has a problem"),
    }
}

#[derive(Debug)]
pub(super) struct TimeoutLayer<E> {
    pub config: TimeoutConfig,
    reject: Reject<E>,
}

impl<E> TimeoutLayer<E> {
    pub fn name(&mut self, policy: &'static str) {
        self.config = self.config.for_function(policy);
    }

    pub async fn call<T, F: Operation<T, E>>(&self, mut inside: InnerCall<'_, T, E, F>) -> Result<T, E> {
        match timeout::timeout(&self.config, (), inside.call()).await {
            Ok(out) => out,
            Err(rejection) => Err((self.reject)(rejection)),
        }
    }

    pub fn call_blocking<T>(&self, mut inside: InnerCall<'_, T, E, Blocking<'_, T, E>>) -> Result<T, E> {
        let _deadline = timeout::cooperative(&self.config);
        inside.call_blocking()
    }
}
