//! The newest policy of a name changes its settings, and the state is kept. State that nobody holds is
//! freed.

use std::time::Duration;

use resilience::policy::{self, InvalidPolicy};
use resilience::testing::{ManualClock, record_blocking};
use resilience::{
    Bulkhead, CircuitBreaker, Error, Policy, RateLimiter, RetryBudget, bulkhead, circuit_breaker, rate_limit,
};

use super::{Invalid, is_alone, resident};
use crate::common::secs;

type Plain = Policy<u32, Error>;

const FAILED: Result<u32, Error> = Err(Error::NoThread { function: "test", running: 0, abandoned: 0 });

fn fail(policy: &Plain) -> Result<u32, Error> {
    policy.call_blocking(|| FAILED)
}

fn passes(policy: &Plain) -> bool {
    policy.call_blocking(|| Ok(1)) == Ok(1)
}

fn limited(name: &str, max: u32, per: Duration) -> Result<Plain, InvalidPolicy> {
    Ok(Policy::new() >> policy::rate_limit(name.to_owned()).max(max).per(per).build()?)
}

fn guarded(name: &'static str, max: u32, queue: u32) -> Result<Plain, InvalidPolicy> {
    Ok(Policy::new() >> policy::bulkhead(name).max(max).queue(queue).build()?)
}

#[test]
fn a_smaller_bulkhead_lets_those_inside_finish() -> Invalid {
    let wide = guarded("smaller", 3, 0)?;
    let inner = wide.call_blocking(|| {
        wide.call_blocking(|| {
            let narrow = guarded("smaller", 1, 0).expect("valid");
            assert!(!passes(&narrow) && !passes(&wide));
            let seen = Bulkhead::named("smaller").expect("called").snapshot();
            assert_eq!((seen.max, seen.in_flight), (1, 2));
            Ok(2)
        })?;
        assert!(!passes(&wide), "one is still inside, and there is one place");
        Ok(1)
    });
    assert_eq!(inner, Ok(1));
    assert!(passes(&wide));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_larger_bulkhead_admits_calls_from_the_queue() -> Invalid {
    let narrow = guarded("larger", 1, 2)?;
    let call = || {
        narrow.call(|| async {
            tokio::time::sleep(secs(10)).await;
            Ok(1)
        })
    };
    let start = tokio::time::Instant::now();
    let grow = async {
        tokio::time::sleep(secs(1)).await;
        let _wide = guarded("larger", 3, 2);
    };
    let (calls, ()) = tokio::join!(async { tokio::join!(call(), call(), call()) }, grow);
    assert_eq!((calls, start.elapsed()), ((Ok(1), Ok(1), Ok(1)), secs(11)));
    Ok(())
}

#[test]
fn a_limiter_keeps_the_calls_that_have_passed_as_a_debt() -> Invalid {
    let clock = ManualClock::install();
    let before = limited("debt", 10, secs(1))?;
    assert!((0..3).all(|_| passes(&before)));
    let after = limited("debt", 4, secs(60))?;
    assert_eq!(RateLimiter::named("debt").map(|limiter| limiter.snapshot().available), Some(1));
    assert!(passes(&before) && !passes(&before) && !passes(&after), "both have the newest settings");
    clock.advance(secs(15));
    assert!(passes(&after) && !passes(&after));
    Ok(())
}

#[test]
fn a_breaker_keeps_its_failures_and_a_window_of_another_size_starts_empty() -> Invalid {
    let strict = |failures| -> Result<Plain, InvalidPolicy> {
        Ok(Policy::new() >> policy::circuit_breaker("changed").failure_threshold(failures).build()?)
    };
    let state = || CircuitBreaker::named("changed").map(|breaker| breaker.snapshot());
    let first = strict(5)?;
    assert_eq!([fail(&first), fail(&first)], [FAILED, FAILED]);
    let second = strict(3)?;
    assert_eq!(state().map(|state| state.consecutive_failures), Some(2));
    assert_eq!(fail(&first), FAILED);
    assert!(!passes(&second), "the third failure has opened it");
    CircuitBreaker::named("changed").expect("called").close();

    let windowed = |calls| -> Result<Plain, InvalidPolicy> {
        Ok(Policy::new() >> policy::circuit_breaker("changed").window(calls).build()?)
    };
    assert_eq!(fail(&first), FAILED);
    let window = windowed(4)?;
    assert_eq!(state().map(|state| (state.consecutive_failures, state.calls)), Some((0, 0)));
    assert!(passes(&window) && passes(&first));
    assert_eq!(fail(&first), FAILED);
    assert_eq!(state().map(|state| (state.calls, state.failures)), Some((3, 1)));
    let _same = windowed(4)?;
    assert_eq!(state().map(|state| state.calls), Some(3));
    let _other = windowed(10)?;
    assert_eq!(state().map(|state| state.calls), Some(0));
    Ok(())
}

#[test]
fn the_newest_policy_applies_whoever_is_called_first() -> Invalid {
    let (older, newer) = (guarded("age", 1, 0)?, guarded("age", 2, 0)?);
    assert!(passes(&newer) && passes(&older));
    let max = || Bulkhead::named("age").map(|bulkhead| bulkhead.snapshot().max);
    assert_eq!(max(), Some(2), "an older policy that is called later changes nothing");
    let _newest = guarded("age", 5, 0)?;
    assert_eq!(max(), Some(5), "before its first call");
    Ok(())
}

#[test]
fn two_policies_that_disagree_are_no_conflict() {
    let (built, events) = record_blocking(|| -> Invalid {
        assert!(passes(&guarded("rebuilt", 1, 0)?) && passes(&guarded("rebuilt", 2, 0)?));
        Ok(())
    });
    assert_eq!((built, events.names()), (Ok(()), Vec::new()));
}

/// Both orders: the policy applies, and the event has both values and both places.
#[test]
fn an_attribute_and_a_policy_that_disagree_are_a_conflict_with_both_values_and_places() -> Invalid {
    #[bulkhead(name = "attribute first", max = 1)]
    fn first() -> Option<u32> {
        Some(1)
    }
    #[bulkhead(name = "policy first", max = 1)]
    fn second() -> Option<u32> {
        Some(1)
    }
    #[rate_limit(name = "agree", max = 7, per = "1m")]
    fn agrees() -> Option<u32> {
        Some(1)
    }
    #[circuit_breaker(name = "breaker settings", failure_threshold = 4)]
    fn breaker() -> Option<u32> {
        Some(1)
    }

    assert_eq!(first(), Some(1));
    let (policy, events) = record_blocking(|| guarded("attribute first", 2, 3));
    assert!(passes(&policy?));
    assert_eq!(events.names(), ["bulkhead.conflict"]);
    let here = |event: &resilience::testing::RecordedEvent, key: &str| event[key].to_string().starts_with(file!());
    assert!(here(&events[0], "first") && here(&events[0], "second"), "{events:?}");
    assert_eq!(events[0]["first_settings"], "max = 1, queue = 0");
    assert_eq!(events[0]["second_settings"], "max = 2, queue = 3");
    assert_eq!(events[0]["applies"], "second");
    assert_eq!(Bulkhead::named("attribute first").map(|bulkhead| bulkhead.snapshot().max), Some(2));

    let policy = guarded("policy first", 2, 0)?;
    assert!(passes(&policy));
    let (_answer, events) = record_blocking(second);
    assert_eq!(events.names(), ["bulkhead.conflict"]);
    assert_eq!((&events[0]["first_settings"], &events[0]["applies"]), (&"max = 2".into(), &"first".into()));
    assert_eq!(Bulkhead::named("policy first").map(|bulkhead| bulkhead.snapshot().max), Some(2));

    let (answers, events) = record_blocking(|| (agrees(), limited("agree", 7, secs(60)).map(|limit| passes(&limit))));
    assert_eq!((answers, events.names()), ((Some(1), Ok(true)), Vec::new()));

    assert_eq!(breaker(), Some(1));
    let (_layer, events) =
        record_blocking(|| policy::circuit_breaker::<Error>("breaker settings").failure_threshold(9).build::<u32>());
    assert_eq!(events.names(), ["breaker.conflict"]);
    assert_eq!(events[0]["second_settings"], "failure_threshold = 9");
    Ok(())
}

#[test]
fn state_is_freed_with_its_last_holder_and_a_later_policy_starts_afresh() -> Invalid {
    let make = || -> Result<Plain, InvalidPolicy> {
        Ok(Policy::named("freed")?
            >> policy::retry().max(1).no_delay().when(|_: &Error| false).budget("freed".to_owned()).build()?
            >> policy::circuit_breaker("freed".to_owned()).failure_threshold(1).build()?
            >> policy::bulkhead("freed".to_owned()).max(1).build()?
            >> policy::rate_limit("freed".to_owned()).max(1).per(secs(3600)).build()?)
    };
    let is_known = || {
        let all = resilience::snapshot();
        let rows = [
            all.breakers.iter().any(|row| row.name == "freed"),
            all.bulkheads.iter().any(|row| row.name == "freed"),
            all.rate_limiters.iter().any(|row| row.name == "freed"),
            all.budgets.iter().any(|row| row.name == "freed"),
        ];
        assert_eq!(rows, [CircuitBreaker::named("freed").is_some(); 4]);
        rows[0]
    };
    let policy = make()?;
    assert!(!is_known(), "before the first call");
    assert_eq!(fail(&policy), FAILED);
    assert!(is_known() && !passes(&policy));
    let clone = policy.clone();
    drop(policy);
    assert!(is_known(), "a clone holds it");
    let handles = (
        CircuitBreaker::named("freed"),
        Bulkhead::named("freed"),
        RateLimiter::named("freed"),
        RetryBudget::named("freed"),
    );
    drop(clone);
    assert!(is_known(), "handles hold it");
    let again = make()?;
    assert!(!passes(&again), "with its state");
    drop(again);
    drop(handles);
    assert!(!is_known());
    assert!(passes(&make()?), "afresh");
    Ok(())
}

#[test]
fn many_policies_with_names_of_their_own_leave_no_memory_and_no_rows() -> Invalid {
    if !is_alone("settings::many_policies_with_names_of_their_own_leave_no_memory_and_no_rows") {
        return Ok(());
    }
    let call = |number: u32| -> Invalid {
        let name = format!("tenant number {number:06}");
        let policy: Plain = Policy::named(name.clone())?
            >> policy::timeout(secs(9))?
            >> policy::retry().max(1).no_delay().budget(name.clone()).build()?
            >> policy::circuit_breaker(name.clone()).window(10).build()?
            >> policy::bulkhead(name.clone()).max(1).build()?
            >> policy::rate_limit(name).max(1).build()?;
        assert!(passes(&policy));
        Ok(())
    };
    (0..1_000).try_for_each(call)?;
    let before = resident();
    (1_000..200_000).try_for_each(call)?;
    let more = resident().zip(before).map_or(0, |(after, before)| after.saturating_sub(before));
    assert!(more < 4_000_000, "{more} bytes more");
    let all = resilience::snapshot();
    let is_left = |name: &String| name.starts_with("tenant number");
    assert!(!all.breakers.iter().any(|row| is_left(&row.name)));
    assert!(!all.bulkheads.iter().any(|row| is_left(&row.name)));
    assert!(!all.rate_limiters.iter().any(|row| is_left(&row.name)));
    assert!(!all.budgets.iter().any(|row| is_left(&row.name)));
    Ok(())
}

#[test]
fn a_name_that_threads_build_call_and_drop_at_once_never_exceeds_its_limit() {
    use std::sync::atomic::{AtomicU32, Ordering};
    static INSIDE: AtomicU32 = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..2_000 {
                    let own = guarded("contended", 1, 0).expect("valid");
                    let _ = own.call_blocking(|| {
                        assert_eq!(INSIDE.fetch_add(1, Ordering::SeqCst), 0, "one at a time");
                        assert!(Bulkhead::named("contended").is_some());
                        INSIDE.fetch_sub(1, Ordering::SeqCst);
                        Ok(1)
                    });
                }
            });
        }
    });
    assert!(Bulkhead::named("contended").is_none());
}
