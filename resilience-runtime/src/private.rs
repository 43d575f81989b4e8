//! What generated code may name. Not part of the public interface: an expansion and the runtime are always of the
//! same release.

#[cfg(feature = "cached")]
pub use crate::cached::{
    CacheConfig, CacheSite, Cacheable, Found, KeepAny, KeepPart, KeepUnfit, KeepWhole, Kept, KeyRef, Loads, Part,
    PartOf, PartReference, PartUnfit, PartUnfitReference, PartValue, SharesClone, SharesNothing, lead, lookup,
    to_owned_key,
};
pub use crate::circuit_breaker::{BreakerConfig, BreakerSite, CircuitBreaker, Fate, record, record_classified};
pub use crate::classify::{Probe, ProbeClassified, ProbeTold, ProbeUnclassified, ProbeUntold};
pub use crate::fallback::{Answer, AnswerLater, AnswerNow, Step, announce, failed, recover, unless_failed};
pub use crate::flow::{Flow, once};
pub use crate::leaf::{attempt, within};
pub use crate::outcome::{Outcome, Refusal, asks, asks_result, asks_value, fail, is_outcome, map_refusal, succeed};
pub use crate::retry::{
    Again, BudgetSite, Remember, Retry, RetryBudget, RetryConfig, Slot, Verdict, after, after_classified, after_either,
    after_with, before_pause, delay_by, hint, pause, pause_blocking, shown,
};
pub use crate::timeout::{Limit, TimeoutConfig, cooperative, timeout, timeout_of_attempt};
