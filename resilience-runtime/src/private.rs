//! Every name that generated code uses; see `docs/expansion.md`. Not public: an expansion and the
//! runtime always belong to the same release.

pub use crate::attempt::AttemptOf;
pub use crate::outcome::{Outcome, asks};

#[cfg(feature = "cached")]
pub use crate::context::LoadScope;
pub use crate::context::facts::{rejected, rejected_until};
pub use crate::context::{CallState, in_attempt, in_context, in_retry, once};
pub use crate::metrics::CallMetrics;

#[cfg(feature = "store")]
pub use crate::bulkhead::shared_bulkhead;
pub use crate::bulkhead::{Bulkhead, BulkheadConfig};
#[cfg(feature = "cached")]
pub use crate::cache::{
    CacheConfig, CacheSite, IdleTime, LoadFailure, Miss, OutageRule, call_clone_error, call_ttl, caller_of,
    instantiation_of, lookup, share_with, weigh_with,
};
#[cfg(all(feature = "cached", feature = "store"))]
pub use crate::cache::{key_codec, value_codec};
#[cfg(feature = "store")]
pub use crate::circuit_breaker::heed_signal;
pub use crate::circuit_breaker::{
    BreakerEntry, BreakerScope, CircuitBreaker, CircuitBreakerConfig, Judgement, TimedBreakerScope, record,
    record_classified, record_values,
};
pub use crate::shutdown::is_shutting_down;

pub use crate::fallback::{
    announce, begins, begins_or, call_fallback, failed, failed_or, hand_over, substituted, unless_begins, unless_failed,
};
pub use crate::gate::{Rejection, announced_rejection, enter, enter_blocking, enter_now, leave, map_rejection};
#[cfg(feature = "store")]
pub use crate::rate_limit::shared_limit;
pub use crate::rate_limit::{
    BodyRuns, RateLimiter, RateLimiterConfig, StreamedCall, Units, UnitsTaken, call_settle, costing, detach_call,
    learn_hint, leave_limit, leave_or_refund, refundable, settle,
};
pub use crate::retry::{
    BudgetSite, DelayRange, FullHistory, HookResult, Retry, RetryBudget, RetryConfig, RetryVerdict, SettingsHistory,
    ValueVerdict, after, after_classified, after_hinted, call_async_on_retry, call_async_with_state, call_backoff,
    call_hook, call_on_retry, call_retry_after, call_with_state, configured_backoff, settings_over, state_before_pause,
    with_value,
};
#[cfg(feature = "store")]
pub use crate::store::shared_part;
pub use crate::timeout::{
    DeadlineScope, ThreadBody, Threads, TimeoutConfig, cooperative, limit_of, timeout, timeout_in_attempt,
    timeout_in_retry,
};

pub use crate::stream::{
    FailureSource, HeldGate, IntoItemFailure, OpenedStream, StreamEnd, StreamItem, StreamLimits, StreamOpening,
    StreamTimes, alternative_stream, body_stream, detach, lazy_stream, limit_stream, open_stream, open_stream_result,
    stream_limits, stream_of_value, until_stream_ends,
};

pub use crate::instance::key::{KeyRef, to_owned_key};
pub use crate::instance::{FunctionItem, KeyedSite, Site};
pub use crate::registry::{FunctionName, FunctionRef};
pub use crate::retry::{ArgSlot, CloneArg, CloneSelf, LastUse};
pub use crate::settings::SettingsSite;

pub use crate::classify::{Category, Classifier, Classify, Severity, Verdict, Wait};
pub use crate::error::Error;

#[cfg(feature = "cached")]
pub use crate::specialize::cache_policy::CachePolicyProbe;
pub use crate::specialize::failure::FailureProbe;
pub use crate::specialize::failure_type::{failure_type_of, failure_type_of_outcome};
pub use crate::specialize::fallback::{FallbackOutput, FallbackProbe};
pub use crate::specialize::hint::{HintProbe, HintSource, OfFailure, OfOutcome};
pub use crate::specialize::hook::HookProbe;
pub use crate::specialize::key_part::KeyPartProbe;
#[cfg(feature = "cached")]
pub use crate::specialize::load_rejection::LoadRejectionProbe;
pub use crate::specialize::log_error::{LogError, LogErrorProbe};
#[cfg(feature = "cached")]
pub use crate::specialize::negative_cache_policy::NegativeCachePolicyProbe;
pub use crate::specialize::opening_error::OpeningErrorProbe;
#[cfg(feature = "cached")]
pub use crate::specialize::outage::OutageProbe;
pub use crate::specialize::probes;
pub use crate::specialize::receiver::{MovedField, ReceiverProbe};
pub use crate::specialize::resilience_error::ErrorSearch;
#[cfg(feature = "cached")]
pub use crate::specialize::share_failure::ShareFailureProbe;

pub use crate::instance::key::Part;

// The clocks of `testing`, which every build contains.
pub use crate::time::{ManualClock, SkipSleeps, skip_sleeps};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    fn names<'a>(words: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
        words.filter(|word| !word.is_empty()).collect()
    }

    #[test]
    fn the_page_about_expansions_explains_every_name() {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/expansion.md");
        let Ok(page) = fs::read_to_string(page) else {
            return; // a packaged crate comes without the pages
        };
        let (items, _tests) = include_str!("private.rs").split_once("mod tests").unwrap_or_default();
        let uses: String = items
            .split_inclusive(';')
            .filter_map(|item| item.split_once("pub use crate::")?.1.strip_suffix(';'))
            .map(|path| path.rsplit("::").next().unwrap_or(path).replace(['{', '}', '\n'], " ") + ",")
            .collect();
        let exported = names(uses.split(',').map(str::trim));
        let explained = names(
            page.lines()
                .filter_map(|line| line.strip_prefix("| `")?.split_once(" |"))
                .flat_map(|(names, _)| names.trim_end_matches('`').split("`, `")),
        );
        assert_eq!(exported, explained);
    }
}
