//! Policies count as functions do.

use resilience::{Policy, policy};

use crate::Seen;
use crate::common::{TestError, poll_at_most, secs};

/// The series that four calls of a policy produce.
const OF_A_POLICY: [&str; 10] = [
    "attempts_total{metrics: policy} 6",
    "call_duration_seconds{metrics: policy,error} [1.0]",
    "call_duration_seconds{metrics: policy,ok} [0.0, 1.0, 0.0]",
    "calls_in_progress{metrics: policy} 0",
    "calls_total{metrics: policy,error,unclassified} 1",
    "calls_total{metrics: policy,ok} 3",
    "fallbacks_total{metrics: policy,1,error} 1",
    "fallbacks_total{metrics: policy,1,ok} 1",
    "retries_exhausted_total{metrics: policy,attempts} 1",
    "retries_total{metrics: policy} 2",
];

fn sound_policy() -> Policy<u32, TestError> {
    let built = || -> Result<_, policy::InvalidPolicy> {
        Ok(Policy::named("metrics: policy")?
            >> policy::fallback(|error: TestError| if error.is_permanent() { Ok(0) } else { Err(error) })
            >> policy::retry().max(1).base_delay(secs(1)).no_jitter().when(TestError::is_transient).build()?)
    };
    built().expect("a sound policy")
}

#[tokio::test(start_paused = true)]
async fn a_policy_counts_as_a_function_does() {
    use crate::common::awaiting::{Clock, Script};
    let (seen, clock, ask) = (Seen::default(), Clock::start(), sound_policy());
    let _local = seen.here();
    for letters in ["S", "FS", "FF"] {
        let script = Script::of(letters, &clock);
        let _answer = ask.call(|| script.run()).await;
    }
    let permanent = Script::always(TestError::Permanent, &clock);
    assert_eq!(ask.call(|| permanent.run()).await, Ok(0));
    assert_eq!(seen.lines(), OF_A_POLICY);
    assert!(poll_at_most(1, ask.call(std::future::pending)).await.is_none());
    assert_eq!(seen.told("calls_total", "metrics: policy,cancelled").value.to_string(), "1");
}

#[test]
fn a_policy_counts_in_synchronous_code_too() {
    use crate::common::blocking::{Clock, Script};
    let (seen, clock, ask) = (Seen::default(), Clock::start(), sound_policy());
    let _local = seen.here();
    for letters in ["S", "FS", "FF"] {
        let script = Script::of(letters, &clock);
        let _answer = ask.call_blocking(|| script.run());
    }
    let permanent = Script::always(TestError::Permanent, &clock);
    assert_eq!(ask.call_blocking(|| permanent.run()), Ok(0));
    assert_eq!(seen.lines(), OF_A_POLICY);
}

#[tokio::test]
async fn a_policy_with_a_cache_counts_its_calls_and_its_lookups() {
    let seen = Seen::default();
    let _local = seen.here();
    let built = || -> Result<policy::CachedPolicy<String, u32, TestError>, policy::InvalidPolicy> {
        Ok(policy::cached("metrics: policy cache").build()? >> Policy::named("metrics: cached policy")?)
    };
    let ask = built().expect("a sound policy");
    assert_eq!(ask.call_for("a", || async { Ok(1) }).await, Ok(1));
    assert_eq!(ask.call_for("a", || async { Ok(2) }).await, Ok(1));
    assert_eq!(ask.call_for_blocking("a", || Ok(3)), Ok(1));
    assert!(ask.call_for_blocking("b", || Err(TestError::Transient)).is_err());
    assert!(poll_at_most(1, ask.call_for("c", std::future::pending)).await.is_none());
    assert_eq!(
        seen.lines_of(&["cache", "calls_"]),
        [
            "cache_entries{metrics: policy cache} 1",
            "cache_hits_total{metrics: policy cache} 2",
            "cache_loads_total{metrics: policy cache} 3",
            "cache_misses_total{metrics: policy cache} 3",
            "calls_in_progress{metrics: cached policy} 0",
            "calls_total{metrics: cached policy,cancelled} 1",
            "calls_total{metrics: cached policy,error,unclassified} 1",
            "calls_total{metrics: cached policy,ok} 3",
        ]
    );
}
