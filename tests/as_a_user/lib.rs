//! What the tests share: an error as users write it, and real time.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

pub use resilience::Error as Resilience;

/// An error whose only tie to the crate is the variant that the documentation asks for.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Failure {
    #[error("the service is down")]
    Down,
    #[error(transparent)]
    Resilience(#[from] Resilience),
}

pub const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// No test takes this long, on the slowest machine.
pub const AGES: Duration = Duration::from_secs(50);

#[derive(Debug, Default)]
pub struct Counter(AtomicU32);

impl Counter {
    pub const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Counts a call and returns its number, from 1.
    pub fn up(&self) -> u32 {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    pub fn get(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Real time since a test began.
#[derive(Debug)]
pub struct Watch(Instant);

impl Watch {
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Load makes a call late, never early. So the lower bound is exact and the upper one generous.
    #[track_caller]
    pub fn assert_passed(&self, at_least: Duration) {
        let passed = self.0.elapsed();
        assert!(passed >= at_least, "{passed:?} is less than {at_least:?}");
        assert!(passed < AGES, "{passed:?} instead of about {at_least:?}");
    }

    /// Fails when a change that is due takes ages.
    #[track_caller]
    pub fn assert_soon(&self) {
        assert!(self.0.elapsed() < AGES / 3, "nothing changes");
    }
}

/// The world of synchronous tests.
pub mod blocking {
    use std::time::Duration;

    use resilience::Policy;
    use resilience::policy::CachedPolicy;

    pub fn sleep(time: Duration) {
        std::thread::sleep(time);
    }

    pub fn observed<T>(call: impl FnOnce() -> T) -> (T, resilience::Report) {
        resilience::observe_blocking(call)
    }

    pub fn called<T, E>(policy: &Policy<T, E>, work: impl FnMut() -> Result<T, E>) -> Result<T, E> {
        policy.call_blocking(work)
    }

    pub fn cached<T: Clone + Send + Sync + 'static, E: 'static>(
        policy: &CachedPolicy<u32, T, E>,
        key: u32,
        work: impl FnMut() -> Result<T, E>,
    ) -> Result<T, E> {
        policy.call_for_blocking(&key, work)
    }
}

/// The world of asynchronous tests.
pub mod awaiting {
    use std::future::ready;
    use std::time::Duration;

    use resilience::Policy;
    use resilience::policy::CachedPolicy;

    pub async fn sleep(time: Duration) {
        tokio::time::sleep(time).await;
    }

    pub async fn observed<T>(call: impl AsyncFnOnce() -> T) -> (T, resilience::Report) {
        resilience::observe(call()).await
    }

    pub async fn called<T, E>(policy: &Policy<T, E>, mut work: impl FnMut() -> Result<T, E>) -> Result<T, E> {
        policy.call(|| ready(work())).await
    }

    pub async fn cached<T: Clone + Send + Sync + 'static, E: 'static>(
        policy: &CachedPolicy<u32, T, E>,
        key: u32,
        mut work: impl FnMut() -> Result<T, E>,
    ) -> Result<T, E> {
        policy.call_for(&key, || ready(work())).await
    }
}
