//! Invalid and extreme settings, and names.

use std::cell::Cell;
use std::time::Duration;

use resilience::Policy;
use resilience::policy::{self, CachedPolicy, InvalidPolicy};

use crate::common::{Recorder, TestError, secs};
use crate::{FAILED, Invalid, canned, squares, weigh};

fn problems<T>(built: Result<T, InvalidPolicy>) -> String {
    let invalid = built.map(drop).expect_err("a bad value");
    let text = invalid.to_string();
    assert!(text.starts_with(&format!("invalid {} in a policy: ", invalid.layer())), "{text}");
    invalid.problems().join("\n")
}

/// BUG-C3.
#[test]
fn an_invalid_value_is_an_error_that_names_it_and_no_panic() {
    type E = TestError;
    let zero = Duration::ZERO;
    assert_eq!(problems(policy::timeout::<u32, E>(zero)), "a timeout of zero can only fail; give the body some time");
    assert_eq!(
        problems(Policy::<u32, E>::named(" ")),
        "the name is empty: state is shared by name; pass a name such as `\"orders\"`"
    );

    assert_eq!(
        problems(policy::rate_limit(" ").max(1).build::<u32, E>()),
        "the name is empty: state is shared by name; pass a name such as `\"orders\"`"
    );

    let retry = policy::retry::<u32, E>().max(0).attempts(0).base_delay(zero).max_delay(zero).max_elapsed(zero);
    let retry = retry.factor(f64::NAN).jitter(f64::INFINITY).backoff(squares).budget("");
    assert_eq!(
        problems(retry.build()),
        "`attempts` counts the first call: it must be at least 1\n\
         a `base_delay` of zero never grows; for no delay write `backoff = \"none\"`, or `no_delay()` of a builder\n\
         a `max_delay` of zero leaves no delay; write `backoff = \"none\"`, or `no_delay()` of a builder\n\
         a `max_elapsed` of zero leaves no time for a second attempt; leave it out for no limit\n\
         `factor` must be between 1 and 1e9\n\
         `jitter` must be between 0 and 1\n\
         `max` counts the retries after the first call, `attempts` all executions; keep one of them\n\
         a `backoff` function computes the whole delay, and other settings of it have no effect; keep one of them\n\
         the name is empty: state is shared by name; pass a name such as `\"orders\"`"
    );
    let longer = policy::retry::<u32, E>().base_delay(secs(2)).max_delay(secs(1));
    assert_eq!(
        problems(longer.build()),
        "`base_delay` is longer than `max_delay`; raise `max_delay` or shorten `base_delay`"
    );

    let breaker = policy::circuit_breaker::<E>("").failure_threshold(0).success_threshold(0).half_open_max(0);
    let breaker = breaker.recovery(zero).max_recovery(zero).probe_lease(zero).recovery_factor(0.5);
    assert_eq!(
        problems(breaker.build::<u32>()),
        "`failure_threshold` must be at least 1\n`success_threshold` must be at least 1\n\
         `half_open_max` must be at least 1\n\
         a `recovery` of zero never rejects a call; give the service some time to recover\n\
         a `max_recovery` of zero leaves no time to recover; make it longer\n\
         a `probe_lease` of zero takes every permit back at once; make it as long as a call may take\n\
         `recovery_factor` must be between 1 and 1e9\nthe name is empty: state is shared by name; pass a name such as `\"orders\"`"
    );
    let window = policy::circuit_breaker::<E>("bad").window(u32::MAX).window_time(zero).failure_threshold(1);
    let window = window.failure_rate(f64::NAN).min_calls(0).slow_rate(-1.0).max_recovery(secs(1));
    assert_eq!(
        problems(window.build::<u32>()),
        "a `window` holds between 1 and 100000 calls; for more, give it a time, such as five minutes\n\
         a `window` of no time holds no call; make it as long as an outage may go unnoticed\n\
         `failure_rate` must be above 0 and at most 1\n`min_calls` must be at least 1\n\
         `slow_rate` must be above 0 and at most 1\n\
         `failure_threshold` counts consecutive failures, and `window` takes a rate over calls; keep one of them\n\
         `window` covers a number of calls, `window_time` a period; keep one of them\n\
         `slow_rate` is the rate of slow calls; call `slow_call` before it\n\
         `recovery` is longer than `max_recovery`; raise the one or lower the other"
    );
    let unjudged = policy::circuit_breaker::<E>("bad").min_calls(9).slow_call(zero);
    assert_eq!(
        problems(unjudged.build::<u32>()),
        "with a `slow_call` of zero every call is slow; make it as long as a good call takes\n\
         this belongs to a window; call `window` or `window_time` before it"
    );
    let never = policy::circuit_breaker::<E>("bad").window(5).min_calls(6);
    assert_eq!(
        problems(never.build::<u32>()),
        "`min_calls` is more than the `window` ever holds, so that the breaker would never open; lower it"
    );

    assert_eq!(
        problems(policy::bulkhead("").wait(secs(1)).build::<u32, E>()),
        "`max` is missing: a bulkhead has no default limit on concurrent calls; add `.max(10)`\n\
         `wait` limits the time in the queue, and the queue holds no call; give `queue` a length, or remove `wait`\n\
         the name is empty: state is shared by name; pass a name such as `\"orders\"`"
    );
    assert_eq!(
        problems(policy::rate_limit("bad").max(0).per(zero).burst(0).wait(zero).build::<u32, E>()),
        "`max` must be at least 1\na `per` of zero is no rate; say in which period `max` calls may pass\n\
         `burst` must be at least 1\na `wait` of zero lets no call wait; leave `wait` out"
    );
    let cache = policy::cached::<u32, u32, E>("").ttl(zero).ttl_jitter(f64::NAN).max_size(0).max_weight(0, weigh);
    let cache = cache.negative_ttl(zero).stale_if_error(zero).stale_while_revalidate(zero).coalesce(false);
    assert_eq!(
        problems(cache.build()),
        "a `ttl` of zero keeps nothing; leave it out to keep entries for ever\n\
         `ttl_jitter` must be between 0 and 1\n\
         `max_size` must be at least 1\n`max_weight` must be at least 1\n\
         a `negative_ttl` of zero keeps no error; leave it out to keep none\n\
         a `stale_if_error` of zero never serves a stale value; leave it out\n\
         a `stale_while_revalidate` of zero never serves a stale value; leave it out\n\
         `max_size` counts entries, `max_weight` weighs them; keep one of them\n\
         `negative_ttl` without `when` would cache the errors of an outage too; add `.when(..)` to select the errors to cache\n\
         the name is empty: state is shared by name; pass a name such as `\"orders\"`"
    );
    let refreshed_by_all =
        policy::cached::<u32, u32, E>("bad").ttl(secs(1)).stale_while_revalidate(secs(1)).coalesce(false);
    assert_eq!(
        problems(refreshed_by_all.build()),
        "`stale_while_revalidate` lets one caller refresh a value, and a `coalesce` of `false` lets all; remove one of them"
    );
    assert_eq!(
        problems(policy::cached::<u32, u32, E>("bad").stale_if_error(secs(1)).build()),
        "`ttl` is missing: `ttl_jitter` and stale values need values that expire; add `.ttl(..)`"
    );
}

#[tokio::test(start_paused = true)]
async fn no_retry_and_a_single_attempt_call_once() -> Invalid {
    for retry in [policy::retry().max(0), policy::retry().attempts(1)] {
        let door: Policy<u32, TestError> = Policy::new() >> retry.build()?;
        let calls = Cell::new(0);
        let fail = || {
            calls.set(calls.get() + 1);
            FAILED
        };
        assert_eq!(door.call(async || fail()).await, FAILED);
        assert_eq!(calls.get(), 1);
        assert_eq!(door.call_blocking(fail), FAILED);
        assert_eq!(calls.get(), 2);
    }
    Ok(())
}

#[test]
fn the_largest_values_are_accepted() -> Invalid {
    let door: CachedPolicy<u32, u32, TestError> =
        policy::cached("largest").ttl(Duration::MAX).max_size(1 << 20).build()?
            >> Policy::named("largest")?
            >> policy::timeout(Duration::MAX)?
            >> policy::retry().max(u32::MAX).base_delay(Duration::MAX).max_delay(Duration::MAX).factor(1e9).build()?
            >> policy::circuit_breaker("largest").failure_threshold(u32::MAX).recovery(Duration::MAX).build()?
            >> policy::bulkhead("largest").max(u32::MAX).queue(u32::MAX).wait(Duration::MAX).build()?
            >> policy::rate_limit("largest")
                .max(u32::MAX)
                .per(Duration::MAX)
                .burst(u32::MAX)
                .wait(Duration::MAX)
                .build()?;
    assert_eq!(door.call_for_blocking(&1, || Ok(1)), Ok(1));
    Ok(())
}

#[test]
fn a_policy_without_a_name_is_named_after_its_place() {
    let recorder = Recorder::start();
    let (door, line): (Policy<u32, TestError>, u32) = (Policy::new(), line!());
    let door = door >> policy::fallback(canned);
    assert_eq!(door.name(), format!("{}:{line}", file!()));
    assert_eq!(door.call_blocking(|| FAILED), Ok(99));
    assert_eq!(recorder.events()[0].field("function"), door.name());
}

/// Alone: with another mistake beside it, a check that is missing would not be seen.
#[test]
fn each_setting_of_a_window_needs_one() {
    type E = TestError;
    let new = || policy::circuit_breaker::<E>("windowless");
    for builder in [new().failure_rate(0.5), new().min_calls(5), new().slow_call(secs(1))] {
        assert_eq!(
            problems(builder.build::<u32>()),
            "this belongs to a window; call `window` or `window_time` before it"
        );
    }
    let windowed = [new().window(9), new().window_time(secs(9))].map(|builder| builder.failure_rate(0.5));
    assert!(windowed.into_iter().all(|builder| builder.build::<u32>().is_ok()));
    let rate = new().window(9).slow_rate(0.5).build::<u32>();
    assert_eq!(problems(rate), "`slow_rate` is the rate of slow calls; call `slow_call` before it");
}

#[test]
fn a_gate_needs_its_max() {
    type E = TestError;
    assert_eq!(
        problems(policy::bulkhead("maximal").build::<u32, E>()),
        "`max` is missing: a bulkhead has no default limit on concurrent calls; add `.max(10)`"
    );
    assert_eq!(
        problems(policy::rate_limit("maximal").per(secs(1)).burst(1).build::<u32, E>()),
        "`max` is missing: a rate limit has no default number of calls; add `.max(10)`, and `.per(..)` for the period, \
         or `.learn()` for a limit that only the server sets"
    );
}

#[test]
fn every_message_and_event_names_the_policy_or_the_layer() -> Invalid {
    let policy: Policy<u32, resilience::Error> = Policy::named("named: policy")?
        >> policy::fallback(Err)
        >> policy::retry().max(1).no_delay().when(|_| true).build()?
        >> policy::circuit_breaker("named: breaker").failure_threshold(9).build()?
        >> policy::bulkhead("named: bulkhead").max(1).build()?
        >> policy::rate_limit("named: limit").max(3).per(secs(3600)).build()?;
    let nested = || policy.call_blocking(|| Ok(1));
    let (full, events) =
        resilience::testing::record_blocking(|| policy.call_blocking(|| Ok(nested().map_or(7, |one| one))));
    assert_eq!(full, Ok(7));
    for event in &events {
        let (key, expected) = match event.name() {
            "bulkhead.full" => ("bulkhead", "named: bulkhead"),
            _ => ("function", "named: policy"),
        };
        assert_eq!(event[key], expected, "{event}");
    }
    assert!(["retry", "retry.exhausted", "fallback"].iter().all(|name| events.names().contains(name)), "{events:?}");
    let error = |number: u32| policy.call_blocking(|| if number == 0 { Ok(1) } else { nested() });
    let rejections = [error(1).expect_err("full"), (0..9).find_map(|_| error(0).err()).expect("limited")];
    let texts = rejections.map(|error| error.to_string());
    assert!(texts[0].contains("`named: bulkhead`") && texts[1].contains("`named: limit`"), "{texts:?}");
    Ok(())
}

/// By default, a cache keeps no answer of a fallback.
#[test]
fn a_cache_keeps_a_degraded_answer_only_if_it_is_told_to() -> Invalid {
    for keeps in [false, true] {
        let name = if keeps { "degraded: kept" } else { "degraded: not kept" };
        let policy: policy::CachedPolicy<u32, u32, TestError> =
            policy::cached(name).cache_degraded(keeps).build()? >> Policy::new() >> policy::fallback(|_| Ok(0));
        assert_eq!(policy.call_for_blocking(&1, || Err(TestError::Transient)), Ok(0));
        assert_eq!(policy.call_for_blocking(&1, || Ok(5)), Ok(if keeps { 0 } else { 5 }));
    }
    Ok(())
}

/// Each of them alone, or one of two problems would hide the other.
#[test]
fn a_cache_needs_what_its_settings_refer_to() {
    type E = TestError;
    let cached = || policy::cached::<u32, u32, E>("validation: alone");
    let minute = secs(60);
    let no_ttl = "`ttl` is missing: `ttl_jitter` and stale values need values that expire; add `.ttl(..)`";
    assert_eq!(problems(cached().ttl_jitter(0.5).build()), no_ttl);
    assert_eq!(problems(cached().stale_if_error(minute).build()), no_ttl);
    assert_eq!(problems(cached().stale_while_revalidate(minute).build()), no_ttl);
    assert!(cached().ttl(minute).ttl_jitter(0.5).stale_if_error(minute).build().is_ok());
    assert_eq!(
        problems(cached().ttl(minute).stale_when(|_| true).build()),
        "`stale_when` selects errors for which an expired value is served; add `.stale_if_error(..)`"
    );
    assert!(cached().ttl(minute).stale_while_revalidate(minute).stale_when(|_| true).build().is_ok());
    let alone = [
        cached().coalesce(false).share_errors(),
        cached().coalesce(false).clone_error(Clone::clone),
        cached().coalesce(false).max_concurrent_loads(2),
    ];
    for cache in alone {
        assert!(problems(cache.build()).starts_with("with `coalesce(false)` no caller waits"));
    }
    assert!(problems(cached().share_errors().clone_error(Clone::clone).build()).contains("keep one of them"));
    let shared = problems(cached().share_errors().max_concurrent_loads(2).build());
    assert!(shared.starts_with("`max_concurrent_loads` is for errors that are not shared"), "{shared}");
    assert!(problems(cached().max_concurrent_loads(0).build()).contains("at least 1"));
}
