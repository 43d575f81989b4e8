//! Lints that are off by default and depend on scopes, and `#[expect(..)]` on annotated functions: an expansion gives
//! no new warning, and leaves no expectation unfulfilled.

#![deny(
    if_let_rescope,
    let_underscore,
    missing_docs,
    tail_expr_drop_order,
    unfulfilled_lint_expectations,
    unreachable_code,
    unused,
    unused_results
)]
#![deny(clippy::allow_attributes, clippy::shadow_same)]

use std::sync::{Arc, Mutex};

use resilience::{RetryState, bulkhead, cached, circuit_breaker, fallback, rate_limit, retry, timeout};
use tokio::task::yield_now;

use super::Fault;

/// Counts its drops, which a scope that ends elsewhere would delay.
#[derive(Debug)]
pub(super) struct Guard(Arc<Mutex<u32>>);

impl Drop for Guard {
    fn drop(&mut self) {
        if let Ok(mut drops) = self.0.lock() {
            *drops += 1;
        }
    }
}

impl Guard {
    pub(super) const fn new(drops: Arc<Mutex<u32>>) -> Self {
        Self(drops)
    }

    fn drops(&self) -> Option<u32> {
        self.0.lock().ok().map(|drops| *drops)
    }
}

async fn told(state: &RetryState<'_, Fault>) {
    yield_now().await;
    assert!(state.attempt > 0);
}

/// Temporaries in an `if let` and in the last expression.
#[expect(clippy::needless_pass_by_value, reason = "the plain function reads it only")]
#[retry(max = 2, backoff = "none", on_retry = |state| assert!(state.attempt > 0))]
pub(super) fn retried(text: String, drops: &Arc<Mutex<u32>>) -> Result<usize, Fault> {
    if let Some(0 | 1) = Guard::new(Arc::clone(drops)).drops() {
        return Ok(text.len());
    }
    Guard::new(Arc::clone(drops)).drops().filter(|drops| *drops > 3).map(|_| text.len()).ok_or(Fault::Down)
}

/// Temporaries in an `if let` and in the last expression, asynchronous.
#[retry(max = 2, backoff = "none", on_retry = told)]
#[expect(clippy::needless_pass_by_value, reason = "the plain function reads it only")]
pub(super) async fn retried_later(text: String, drops: Arc<Mutex<u32>>) -> Result<usize, Fault> {
    yield_now().await;
    if let Some(0 | 1) = Guard::new(Arc::clone(&drops)).drops() {
        return Ok(text.len());
    }
    Guard::new(Arc::clone(&drops)).drops().filter(|drops| *drops > 3).map(|_| text.len()).ok_or(Fault::Down)
}

/// Above all attributes.
#[expect(unused_variables, reason = "expected of the function")]
#[fallback(value = 3)]
#[retry]
pub(super) fn unused(text: String, left: u32) -> Option<u32> {
    Some(1)
}

/// Below all attributes.
#[cached]
#[retry]
#[timeout(secs = 1)]
#[expect(unused_variables, clippy::unused_async, reason = "expected of the function")]
pub(super) async fn unused_later(text: String, left: u32) -> Option<u32> {
    Some(1)
}

/// On parameters.
#[fallback(value = 3)]
#[circuit_breaker]
pub(super) fn unused_parameters(
    #[expect(unused_variables, reason = "expected of the parameter")] text: String,
    #[expect(unused_variables, reason = "expected of the parameter")] (left, right): (u32, u32),
) -> Option<u32> {
    Some(1)
}

/// On parameters, asynchronous, and moved into each attempt.
#[retry]
pub(super) async fn unused_parameters_later(
    #[expect(unused_variables, reason = "expected of the parameter")] text: String,
    #[expect(unused_variables, reason = "expected of the parameter")] (left, right): (u32, u32),
) -> Option<u32> {
    yield_now().await;
    Some(1)
}

/// Inside.
#[rate_limit(max = 100)]
pub(super) fn inside(text: String) -> Option<u32> {
    #![expect(unused_variables, clippy::needless_pass_by_value, reason = "expected inside of the body")]
    Some(1)
}

/// Under a condition.
#[cfg_attr(all(), expect(clippy::unnecessary_wraps, reason = "the plain function never fails"))]
#[bulkhead(max = 100)]
pub(super) fn wrapped(number: u32) -> Option<u32> {
    Some(number)
}

/// Of references to small values.
#[cached(ttl = 60)]
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the key borrows it")]
pub(super) fn kept(number: &u32) -> u32 {
    *number
}

/// Of a body on a thread of its own.
#[timeout(secs = 60, mode = "thread")]
#[expect(clippy::needless_pass_by_value, reason = "the plain function reads it only")]
pub(super) fn on_a_thread(text: String) -> Result<usize, Fault> {
    Ok(text.len())
}

/// Methods.
#[derive(Debug, Clone)]
pub(super) struct Service {
    pub(super) id: u32,
}

impl Service {
    /// Of a receiver that is not used.
    #[expect(clippy::unused_self, clippy::needless_pass_by_value, reason = "the plain method does not use them")]
    #[retry]
    pub(super) fn ask(&self, text: String) -> Option<usize> {
        Some(text.len())
    }

    /// Of a receiver that is not used, asynchronous.
    #[expect(clippy::unused_self, reason = "the plain method does not use it")]
    #[fallback(self.spare)]
    #[retry]
    #[timeout(secs = 1)]
    pub(super) async fn ask_later(&self, text: String) -> Result<usize, Fault> {
        yield_now().await;
        Ok(text.len())
    }

    async fn spare(&self, text: String) -> Result<usize, Fault> {
        yield_now().await;
        drop(text);
        usize::try_from(self.id).map_err(|_| Fault::Down)
    }

    /// Of an owned receiver.
    #[retry(max = 2)]
    pub(super) fn consumed(self) -> Option<u32> {
        Some(self.id)
    }

    /// Of an owned receiver, asynchronous.
    #[retry(max = 2)]
    #[bulkhead(max = 100)]
    pub(super) async fn consumed_later(mut self) -> Option<u32> {
        self.id += 1;
        yield_now().await;
        Some(self.id)
    }

    /// Of an exclusive receiver.
    #[fallback(value = self.id)]
    #[retry(max = 2)]
    #[timeout(secs = 1)]
    pub(super) async fn changed_later(&mut self) -> Option<u32> {
        self.id += 1;
        yield_now().await;
        Some(self.id)
    }
}

/// Implementations.
pub(super) trait Ask {
    /// Synchronous.
    fn answer(&self, text: String) -> Option<usize>;

    /// Asynchronous.
    fn answer_later(&self, text: String) -> impl Future<Output = Option<usize>> + Send;

    /// With a body.
    #[retry]
    fn answer_by_default(&self, text: String) -> Option<usize> {
        self.answer(text)
    }
}

impl Ask for Service {
    #[fallback(value = 1)]
    #[retry]
    #[circuit_breaker]
    #[expect(unused_variables, reason = "expected of the implementation")]
    fn answer(&self, text: String) -> Option<usize> {
        Some(1)
    }

    #[expect(unused_variables, reason = "expected of the implementation")]
    #[cached(key = self.id)]
    #[retry]
    #[timeout(secs = 1)]
    async fn answer_later(&self, text: String) -> Option<usize> {
        yield_now().await;
        Some(1)
    }
}
