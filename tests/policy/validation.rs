//! Invalid and extreme settings, and names.

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
    assert_eq!(problems(policy::timeout::<u32, E>(zero)), "a timeout of zero can only fail");
    assert_eq!(
        problems(Policy::<u32, E>::named(" ")),
        "the name is empty: state is shared by name; pass a name such as `\"orders\"`"
    );

    let retry = policy::retry::<u32, E>().max(0).attempts(0).base_delay(zero).max_delay(zero).max_elapsed(zero);
    let retry = retry.factor(f64::NAN).jitter(f64::INFINITY).backoff(squares).budget("");
    assert_eq!(
        problems(retry.build()),
        "`max` of `#[retry]` counts the retries after the first call: it must be at least 1\n\
         `attempts` of `#[retry]` counts the first call too: it must be at least 1\n\
         a `base_delay` of zero never grows; for no delay write `backoff = \"none\"`, or `no_delay()` of a builder\n\
         a `max_delay` of zero leaves no delay; write `backoff = \"none\"`, or `no_delay()` of a builder\n\
         `max_elapsed` of `#[retry]` must be longer than zero\n\
         `factor` of `#[retry]` must be between 1 and 1e9\n\
         a `jitter` ratio of `#[retry]` must be between 0 and 1\n\
         `max` counts the retries after the first call, `attempts` all executions; keep one of them\n\
         a `backoff` function computes the whole delay, and other settings of it have no effect; keep one of them\n\
         the name is empty: state is shared by name; pass a name such as `\"orders\"`"
    );
    let longer = policy::retry::<u32, E>().base_delay(secs(2)).max_delay(secs(1));
    assert_eq!(problems(longer.build()), "`base_delay` of `#[retry]` is longer than its `max_delay`");

    let breaker = policy::circuit_breaker::<E>("").failure_threshold(0).success_threshold(0).half_open_max(0);
    let breaker = breaker.recovery(zero).max_recovery(zero).probe_lease(zero).recovery_factor(0.5);
    assert_eq!(
        problems(breaker.build::<u32>()),
        "`failure_threshold` must be at least 1\n`success_threshold` must be at least 1\n\
         `half_open_max` must be at least 1\n`recovery` must be longer than zero\n\
         `max_recovery` must be longer than zero\n`probe_lease` must be longer than zero\n\
         `recovery_factor` must be between 1 and 1e9\nthe name is empty: state is shared by name; pass a name such as `\"orders\"`"
    );
    let window = policy::circuit_breaker::<E>("bad").window(u32::MAX).window_time(zero).failure_threshold(1);
    let window = window.failure_rate(f64::NAN).min_calls(0).slow_rate(-1.0).max_recovery(secs(1));
    assert_eq!(
        problems(window.build::<u32>()),
        "a `window` holds between 1 and 100000 calls\na `window` of time must be longer than zero\n\
         `failure_rate` must be above 0 and at most 1\n`min_calls` must be at least 1\n\
         `slow_rate` must be above 0 and at most 1\n\
         `failure_threshold` and a window are two ways to open; keep one of them\n\
         `window` covers a number of calls, `window_time` a period; keep one of them\n\
         `slow_rate` is the rate of slow calls; call `slow_call` before it\n\
         `recovery` is longer than `max_recovery`"
    );
    let unjudged = policy::circuit_breaker::<E>("bad").min_calls(9).slow_call(zero);
    assert_eq!(
        problems(unjudged.build::<u32>()),
        "`slow_call` must be longer than zero\nthis belongs to a window; call `window` or `window_time` before it"
    );
    let never = policy::circuit_breaker::<E>("bad").window(5).min_calls(6);
    assert_eq!(problems(never.build::<u32>()), "`min_calls` is larger than the `window`, so that it would never open");

    assert_eq!(
        problems(policy::bulkhead("").wait(secs(1)).build::<u32, E>()),
        "`max` is missing: a bulkhead has no default limit on concurrent calls; add `.max(10)`\n\
         `wait` is for calls in the queue, and `queue` is zero\n\
         the name is empty: state is shared by name; pass a name such as `\"orders\"`"
    );
    assert_eq!(
        problems(policy::rate_limit("bad").max(0).per(zero).burst(0).wait(zero).build::<u32, E>()),
        "`max` must be at least 1\n`per` must be longer than zero\n`burst` must be at least 1\n\
         `wait` must be longer than zero"
    );
    let cache = policy::cached::<u32, u32, E>("").ttl(zero).ttl_jitter(f64::NAN).max_size(0).max_weight(0, weigh);
    let cache = cache.negative_ttl(zero).stale_if_error(zero).stale_while_revalidate(zero).coalesce(false);
    assert_eq!(
        problems(cache.build()),
        "a `ttl` of zero keeps nothing\n`ttl_jitter` of `#[cached]` must be between 0 and 1\n\
         `max_size` of `#[cached]` must be at least 1\n`max_weight` of `#[cached]` must be at least 1\n\
         a `negative_ttl` of zero keeps no error\na `stale_if_error` of zero never serves an old value\n\
         a `stale_while_revalidate` of zero never serves an old value\n\
         `max_size` counts entries, `max_weight` weighs them; keep one of them\n\
         `stale_while_revalidate` lets one caller refresh a value, `coalesce(false)` lets all of them; remove one of the two\n\
         `negative_ttl` without `when` would cache the errors of an outage too; add `.when(..)` to select the errors to cache\n\
         the name is empty: state is shared by name; pass a name such as `\"orders\"`"
    );
    assert_eq!(
        problems(policy::cached::<u32, u32, E>("bad").stale_if_error(secs(1)).build()),
        "`ttl` is missing: `ttl_jitter` and stale values need values that expire; add `.ttl(..)`"
    );
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
