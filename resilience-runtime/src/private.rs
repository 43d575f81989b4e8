//! What generated code may name. Not part of the public interface: an expansion and the runtime are always of the
//! same release.

pub use crate::bulkhead::{Bulkhead, BulkheadConfig, enter, enter_blocking, enter_now};
#[cfg(feature = "cached")]
pub use crate::cache::{
    CacheConfig, CacheSite, Cacheable, CacheableFailure, Miss, instantiation_of, lookup, weigh_with,
};
pub use crate::circuit_breaker::{
    BreakerConfig, BreakerSite, CircuitBreaker, Fate, KeyedBreakerSite, Windowed, record, record_classified,
    record_said,
};
pub use crate::classify::{Category, Classifier, Classify, Severity, Wait};
#[cfg(feature = "cached")]
pub use crate::context::LoadScope;
pub use crate::context::{CallState, in_attempt, in_context, once};
pub use crate::fallback::{announce, failed, recover, unless_failed};
pub use crate::instance::key::{KeyRef, Part, to_owned_key};
pub use crate::instance::site::{KeyedSite, Site};
pub use crate::metrics::Calls;
pub use crate::outcome::{Outcome, Rejection, asks, map_rejection};
pub use crate::rate_limit::{RateLimiter, RateLimiterConfig, admit, admit_blocking, admit_now};
pub use crate::retry::{
    ArgSlot, BudgetSite, CloneArg, FullHistory, Retry, RetryBudget, RetryConfig, Verdict, after, before_pause,
    call_backoff, call_on_retry, call_retry_after, configured_backoff, judge_by, pause, pause_blocking,
};
pub use crate::specialize::classifier::ClassifierProbe;
pub use crate::specialize::failure::FailureProbe;
pub use crate::specialize::fallback::{FallbackOutput, FallbackProbe};
pub use crate::specialize::key_part::KeyPartProbe;
pub use crate::specialize::log_error::{LogError, LogErrorProbe};
pub use crate::specialize::probes;
#[cfg(feature = "cached")]
pub use crate::specialize::{
    cache_policy::CachePolicyProbe, negative_cache_policy::NegativeCachePolicyProbe, share_failure::ShareFailureProbe,
};
pub use crate::timeout::{DeadlineScope, Threads, TimeoutConfig, cooperative, on_thread, timeout, timeout_in_attempt};
// The clocks of `testing`, which every build contains.
pub use crate::time::{ManualClock, SkipSleeps, skip_sleeps};
