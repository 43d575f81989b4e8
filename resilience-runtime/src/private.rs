//! What generated code may name. Not part of the public interface: an expansion and the runtime are always of the
//! same release.

#[cfg(feature = "cached")]
pub use crate::cached::{
    CacheConfig, CacheSite, Found, Keep, Kept, KeyRef, KindOption, KindPlain, KindResult, PartByReference, PartByValue,
    PartOf, SharesClone, SharesNothing, borrowed, lead, load, store_of, to_owned_key,
};
pub use crate::circuit_breaker::{BreakerConfig, BreakerSite, Fate, record, shared_breaker};
pub use crate::classify::{Probe, ProbeClassified, ProbeUnclassified};
pub use crate::fallback::{Answer, AnswerLater, AnswerNow, announce, failed, recover, unless_failed};
pub use crate::flow::Flow;
pub use crate::outcome::{asks, asks_result, asks_value, refuse, refuse_with, succeed};
pub use crate::retry::{
    Remember, Retry, RetryConfig, Slot, Verdict, after, after_either, after_with, before_pause, delay_by, hint, pause,
    pause_blocking, take,
};
pub use crate::timeout::{TimeoutConfig, cooperative, timeout};
