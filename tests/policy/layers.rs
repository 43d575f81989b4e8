//! Each layer and the stack of the README, through attributes and through a policy.

use std::time::Duration;

use resilience::{Policy, bulkhead, cached, circuit_breaker, fallback, policy, rate_limit, retry, timeout};

use crate::common::{Answer, TestError, secs};
use crate::{Invalid, SMALL, canned, squares, weigh};

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what a retry shows")]
fn is_small(value: &u32) -> bool {
    *value < 3
}

fn hint(error: &TestError) -> Option<Duration> {
    match error {
        TestError::RateLimited(wait) => Some(*wait),
        _ => None,
    }
}

fn is_kept(answer: &Answer) -> bool {
    !matches!(answer, Err(TestError::Transient))
}

async fn later(error: TestError) -> Answer {
    tokio::time::sleep(secs(1)).await;
    canned(error)
}

#[test]
fn a_policy_without_layers_only_calls() -> Invalid {
    doors! { key, "a_policy_without_layers_only_calls", "F" [1 1; 0] => "F 2 | 0 0 | 0 | ", blocking "F 2 | 0 0 | 0 | ";
        { #[allow(clippy::unused_async, reason = "none is there")] }
        { Policy::named("ask")? }
    }
}

#[test]
fn a_retry_calls_again_after_growing_delays() -> Invalid {
    doors! { key, "a_retry_calls_again_after_growing_delays", "F F F F S" [1; 0] => "F | 0 1 3 7 | 7 | retry retry retry retry.exhausted",
            blocking "F | 0 1 3 7 | 7 | retry retry retry retry.exhausted";
        { #[retry(jitter = false)] }
        { Policy::named("ask")? >> policy::retry().no_jitter().build()? }
    }
}

#[test]
fn a_retry_counts_all_executions_with_linear_delays() -> Invalid {
    doors! { key, "a_retry_counts_all_executions_with_linear_delays", "F F F F F S" [1; 0] => "F | 0 2 6 12 20 | 20 | retry retry retry retry retry.exhausted",
            blocking "F | 0 2 6 12 20 | 20 | retry retry retry retry retry.exhausted";
        { #[retry(attempts = 5, backoff = "linear", base_delay = "2s", jitter = false)] }
        { Policy::named("ask")? >> policy::retry().attempts(5).linear().base_delay(secs(2)).no_jitter().build()? }
    }
}

#[test]
fn a_retry_honours_the_cap_the_factor_and_the_time_it_may_take() -> Invalid {
    doors! { key, "a_retry_honours_the_cap_the_factor_and_the_time_it_may_take",
            "F F F F F S" [1; 0] => "F | 0 1 4 8 12 | 12 | retry retry retry retry retry.exhausted",
            blocking "F | 0 1 4 8 12 | 12 | retry retry retry retry retry.exhausted";
        { #[retry(max = 9, factor = 3, max_delay = "4s", max_elapsed = "15s", jitter = false)] }
        { Policy::named("ask")?
            >> policy::retry().max(9).factor(3.0).max_delay(secs(4)).max_elapsed(secs(15)).no_jitter().build()? }
    }
}

#[test]
fn a_fibonacci_backoff_chooses_its_delays() -> Invalid {
    doors! { key, "a_fibonacci_backoff_chooses_its_delays", "F F F F S" [1; 0] => "5 | 0 1 3 6 11 | 11 | retry retry retry retry",
            blocking "5 | 0 1 3 6 11 | 11 | retry retry retry retry";
        { #[retry(max = 4, backoff = "fibonacci", jitter = false)] }
        { Policy::named("ask")? >> policy::retry().max(4).fibonacci().no_jitter().build()? }
    }
}

#[test]
fn a_backoff_function_sees_the_attempt() -> Invalid {
    doors! { key, "a_backoff_function_sees_the_attempt", "F F F S" [1; 0] => "4 | 0 1 5 14 | 14 | retry retry retry",
            blocking "4 | 0 1 5 14 | 14 | retry retry retry";
        { #[retry(max = 3, backoff = squares)] }
        { Policy::named("ask")? >> policy::retry().max(3).backoff(squares).build()? }
    }
}

#[test]
fn a_retry_uses_its_predicates() -> Invalid {
    doors! { key, "a_retry_uses_its_predicates", "F S P" [1 1; 0] => "F 4 | 0 0 0 0 | 0 | retry retry retry.exhausted",
            blocking "F 4 | 0 0 0 0 | 0 | retry retry retry.exhausted";
        { #[retry(backoff = "none", when = TestError::is_transient, when_ok = is_small)] }
        { Policy::named("ask")? >> policy::retry().no_delay().when(TestError::is_transient).when_ok(is_small).build()? }
    }
}

#[test]
fn a_hint_is_the_minimum_delay() -> Invalid {
    doors! { key, "a_hint_is_the_minimum_delay", "R F S" [1; 0] => "3 | 0 2 3 | 3 | retry retry", blocking "3 | 0 2 3 | 3 | retry retry";
        { #[retry(backoff = "constant", jitter = false, retry_after = hint)] }
        { Policy::named("ask")? >> policy::retry().constant().no_jitter().retry_after(hint).build()? }
    }
}

#[test]
fn an_empty_budget_ends_the_retries() -> Invalid {
    doors! { key, "an_empty_budget_ends_the_retries", "F F F F" [1 1; 0] => "F F | 0 0 0 0 | 0 | retry retry retry.exhausted retry.exhausted",
            blocking "F F | 0 0 0 0 | 0 | retry retry retry.exhausted retry.exhausted";
        { #[retry(max = 2, backoff = "none", budget = SMALL)] }
        { Policy::named("ask")? >> policy::retry().max(2).no_delay().shared_budget(&SMALL).build()? }
    }
}

#[test]
fn a_named_budget_is_shared() -> Invalid {
    doors! { key, "a_named_budget_is_shared", "F F S" [1; 0] => "3 | 0 0 0 | 0 | retry retry", blocking "3 | 0 0 0 | 0 | retry retry";
        { #[retry(backoff = "none", budget = "a_named_budget_is_shared")] }
        { Policy::named("ask")? >> policy::retry().no_delay().budget("a_named_budget_is_shared").build()? }
    }
}

#[test]
fn a_timeout_ends_each_attempt_or_the_whole() -> Invalid {
    doors! { key, "a_timeout_ends_each_attempt_or_the_whole", "H 2F 9S" [1; 0] => "T | 0 4 7 | 10 | timeout retry retry timeout retry.exhausted";
        { #[timeout(secs = 10)] #[retry(backoff = "constant", jitter = false)] #[timeout(secs = 3)] }
        { Policy::named("ask")?
            >> policy::timeout(secs(10))?
            >> policy::retry().constant().no_jitter().build()?
            >> policy::timeout(secs(3))? }
    }
}

#[test]
fn a_retry_fits_into_the_deadline_around_it() -> Invalid {
    doors! { key, "a_retry_fits_into_the_deadline_around_it", "F 5F F F" [1; 0] => "F | 0 1 8 | 8 | retry retry retry.exhausted",
            blocking "F | 0 1 8 | 8 | retry retry retry.exhausted" [#[timeout(secs = 10, mode = "cooperative")] #[retry(max = 9, jitter = false)]];
        { #[timeout(secs = 10)] #[retry(max = 9, jitter = false)] }
        { Policy::named("ask")? >> policy::timeout(secs(10))? >> policy::retry().max(9).no_jitter().build()? }
    }
}

#[test]
fn a_breaker_opens_probes_and_closes() -> Invalid {
    doors! { key, "a_breaker_opens_probes_and_closes", "F F S S" [1 1 1 1 1; 6] => "F F O 3 4 | 0 6 18 24 | 24 | breaker.open breaker.rejected breaker.half_open breaker.close",
            blocking "F F O 3 4 | 0 6 18 24 | 24 | breaker.open breaker.rejected breaker.half_open breaker.close";
        { #[circuit_breaker(name = "a_breaker_opens_probes_and_closes", failure_threshold = 2, recovery = "10s", success_threshold = 1)] }
        { Policy::named("ask")?
            >> policy::circuit_breaker("a_breaker_opens_probes_and_closes")
                .failure_threshold(2).recovery(secs(10)).success_threshold(1).build()? }
    }
}

#[test]
fn recovery_grows_with_each_failed_probe() -> Invalid {
    doors! { key, "recovery_grows_with_each_failed_probe", "F F S S S" [1 1 1 1 1 1 1; 10] => "F F O 3 4 5 6 | 0 10 30 40 50 60 | 60 | breaker.open breaker.half_open breaker.open breaker.rejected breaker.half_open breaker.close",
            blocking "F F O 3 4 5 6 | 0 10 30 40 50 60 | 60 | breaker.open breaker.half_open breaker.open breaker.rejected breaker.half_open breaker.close";
        { #[circuit_breaker(
            name = "recovery_grows_with_each_failed_probe", failure_threshold = 1, recovery = "10s", recovery_factor = 9.0,
            max_recovery = "15s", half_open_max = 2, probe_lease = "30s",
        )] }
        { Policy::named("ask")?
            >> policy::circuit_breaker("recovery_grows_with_each_failed_probe").failure_threshold(1).recovery(secs(10))
                .recovery_factor(9.0).max_recovery(secs(15)).half_open_max(2).probe_lease(secs(30)).build()? }
    }
}

#[test]
fn a_breaker_evaluates_a_count_window() -> Invalid {
    doors! { key, "a_breaker_evaluates_a_count_window", "S F F F" [1 1 1 1 1; 0] => "1 F F F O | 0 0 0 0 | 0 | breaker.open breaker.rejected",
            blocking "1 F F F O | 0 0 0 0 | 0 | breaker.open breaker.rejected";
        { #[circuit_breaker(name = "a_breaker_evaluates_a_count_window", window = 4, failure_rate = 0.75, min_calls = 4)] }
        { Policy::named("ask")?
            >> policy::circuit_breaker("a_breaker_evaluates_a_count_window")
                .window(4).failure_rate(0.75).min_calls(4).build()? }
    }
}

#[test]
fn a_breaker_evaluates_slow_calls_of_a_time_window() -> Invalid {
    doors! { key, "a_breaker_evaluates_slow_calls_of_a_time_window", "1S 3S 3S" [1 1 1 1; 0] => "1 2 3 O | 0 1 4 | 7 | breaker.open breaker.rejected",
            blocking "1 2 3 O | 0 1 4 | 7 | breaker.open breaker.rejected";
        { #[circuit_breaker(
            name = "a_breaker_evaluates_slow_calls_of_a_time_window", window = "60s", failure_rate = 0.5, min_calls = 3,
            slow_call = "2s", slow_rate = 0.6,
        )] }
        { Policy::named("ask")?
            >> policy::circuit_breaker("a_breaker_evaluates_slow_calls_of_a_time_window").window_time(secs(60)).failure_rate(0.5)
                .min_calls(3).slow_call(secs(2)).slow_rate(0.6).build()? }
    }
}

#[test]
fn a_breaker_uses_its_predicates() -> Invalid {
    doors! { key, "a_breaker_uses_its_predicates", "R F P R F R R" [1 1 1 1 1 1 1 1; 0] => "F F F F F F F O | 0 0 0 0 0 0 0 | 0 | breaker.open breaker.rejected",
            blocking "F F F F F F F O | 0 0 0 0 0 0 0 | 0 | breaker.open breaker.rejected";
        { #[circuit_breaker(
            name = "a_breaker_uses_its_predicates", failure_threshold = 3,
            when = |error| !error.is_permanent(), ignore = TestError::is_transient
        )] }
        { Policy::named("ask")?
            >> policy::circuit_breaker("a_breaker_uses_its_predicates").failure_threshold(3)
                .when(|error: &TestError| !error.is_permanent()).ignore(TestError::is_transient).build()? }
    }
}

#[test]
fn a_rejection_under_a_retry_fails_fast() -> Invalid {
    doors! { key, "a_rejection_under_a_retry_fails_fast", "F F F" [1 1; 0] => "F O | 0 1 | 1 | retry breaker.open retry.exhausted breaker.rejected retry.exhausted",
            blocking "F O | 0 1 | 1 | retry breaker.open retry.exhausted breaker.rejected retry.exhausted";
        { #[retry(max = 5, backoff = "constant", jitter = false)]
          #[circuit_breaker(name = "a_rejection_under_a_retry_fails_fast", failure_threshold = 2)] }
        { Policy::named("ask")?
            >> policy::retry().max(5).constant().no_jitter().build()?
            >> policy::circuit_breaker("a_rejection_under_a_retry_fails_fast").failure_threshold(2).build()? }
    }
}

#[test]
fn a_rate_limit_rejects_with_a_retry_after() -> Invalid {
    doors! { key, "a_rate_limit_rejects_with_a_retry_after", "S" [1 1 1 1; 1] => "1 2 L 3 | 0 1 3 | 3 | rate_limit",
            blocking "1 2 L 3 | 0 1 3 | 3 | rate_limit";
        { #[rate_limit(name = "a_rate_limit_rejects_with_a_retry_after", max = 2, per = "6s")] }
        { Policy::named("ask")? >> policy::rate_limit("a_rate_limit_rejects_with_a_retry_after").max(2).per(secs(6)).build()? }
    }
}

#[test]
fn a_rate_limit_waits_for_its_turn() -> Invalid {
    doors! { key, "a_rate_limit_waits_for_its_turn", "S" [1 1 1; 0] => "1 2 3 | 0 5 10 | 10 | ", blocking "1 2 3 | 0 5 10 | 10 | ";
        { #[rate_limit(name = "a_rate_limit_waits_for_its_turn", max = 2, per = "10s", burst = 1, wait = "5s")] }
        { Policy::named("ask")?
            >> policy::rate_limit("a_rate_limit_waits_for_its_turn").max(2).per(secs(10)).burst(1).wait(secs(5)).build()? }
    }
}

#[test]
fn a_fallback_answers_in_steps() -> Invalid {
    doors! { key, "a_fallback_answers_in_steps", "F P S" [1 1 1; 0] => "99 F 3 | 0 0 0 | 0 | fallback fallback",
            blocking "99 F 3 | 0 0 0 | 0 | fallback fallback";
        { #[fallback(|error| Err(error), |error| canned(error), when = TestError::is_transient)] }
        { Policy::named("ask")? >> policy::fallback(Err).or(canned).when(TestError::is_transient) }
    }
}

#[test]
fn a_fallback_may_be_asynchronous() -> Invalid {
    doors! { key, "a_fallback_may_be_asynchronous", "F S" [1 1; 0] => "99 2 | 0 1 | 1 | fallback fallback";
        { #[fallback(|error| Err(error), |error| later(error))] }
        { Policy::named("ask")? >> policy::fallback(Err).or_async(later) }
    }
}

#[test]
fn a_cache_keeps_values_and_not_errors() -> Invalid {
    doors! { key, "a_cache_keeps_values_and_not_errors", "F S S" [1 1 1 2 1; 0] => "F 2 2 3 2 | 0 0 0 | 0 | cache.miss cache.miss cache.hit cache.miss cache.hit",
            blocking "F 2 2 3 2 | 0 0 0 | 0 | cache.miss cache.miss cache.hit cache.miss cache.hit";
        { #[cached(name = "a_cache_keeps_values_and_not_errors", key = key, max_size = 10)] }
        { policy::cached("a_cache_keeps_values_and_not_errors").max_size(10).build()? >> Policy::named("ask")? }
    }
}

#[test]
fn a_cache_returns_a_stale_value_for_an_error() -> Invalid {
    doors! { key, "a_cache_returns_a_stale_value_for_an_error", "S F S" [1 1 1 1; 7] => "1 1 1 3 | 0 14 21 | 21 | cache.miss cache.hit cache.miss cache.stale cache.miss",
            blocking "1 1 1 3 | 0 14 21 | 21 | cache.miss cache.hit cache.miss cache.stale cache.miss";
        { #[cached(name = "a_cache_returns_a_stale_value_for_an_error", key = key, ttl = 10, stale_if_error = "60s")] }
        { policy::cached("a_cache_returns_a_stale_value_for_an_error").ttl(secs(10)).stale_if_error(secs(60)).build()?
            >> Policy::named("ask")? }
    }
}

#[test]
fn a_cache_keeps_the_errors_selected_by_when() -> Invalid {
    doors! { key, "a_cache_keeps_the_errors_selected_by_when", "F P S" [1 1 1 1; 4] => "F F F 3 | 0 4 12 | 12 | cache.miss cache.miss cache.hit cache.miss",
            blocking "F F F 3 | 0 4 12 | 12 | cache.miss cache.miss cache.hit cache.miss";
        { #[cached(name = "a_cache_keeps_the_errors_selected_by_when", key = key, negative_ttl = "5s", when = is_kept)] }
        { policy::cached("a_cache_keeps_the_errors_selected_by_when").negative_ttl(secs(5)).when(is_kept).build()?
            >> Policy::named("ask")? }
    }
}

#[test]
fn a_cache_weighs_its_values() -> Invalid {
    doors! { key, "a_cache_weighs_its_values", "S" [1 2 1; 0] => "1 2 1 | 0 0 | 0 | cache.miss cache.miss cache.hit",
            blocking "1 2 1 | 0 0 | 0 | cache.miss cache.miss cache.hit";
        { #[cached(name = "a_cache_weighs_its_values", key = key, max_weight = 100, weigh = weigh)] }
        { policy::cached("a_cache_weighs_its_values").max_weight(100, weigh).build()? >> Policy::named("ask")? }
    }
}

#[test]
fn a_degraded_result_is_not_cached() -> Invalid {
    doors! { key, "a_degraded_result_is_not_cached", "F S S" [1 1 1; 0] => "99 2 2 | 0 0 | 0 | cache.miss fallback cache.skipped cache.miss cache.hit",
            blocking "99 2 2 | 0 0 | 0 | cache.miss fallback cache.skipped cache.miss cache.hit";
        { #[cached(name = "a_degraded_result_is_not_cached", key = key)] #[fallback(|error| canned(error))] }
        { policy::cached("a_degraded_result_is_not_cached").build()? >> Policy::named("ask")? >> policy::fallback(canned) }
    }
}

#[test]
fn the_stack_of_the_readme() -> Invalid {
    doors! { key, "the_stack_of_the_readme", "F H F F F" [1 1 2; 0] => "99 99 99 | 0 1 33 37 37 | 37 | cache.miss retry timeout retry retry retry.exhausted fallback cache.skipped cache.miss breaker.open retry.exhausted fallback cache.skipped cache.miss breaker.rejected retry.exhausted fallback cache.skipped";
        { #[cached(name = "the_stack_of_the_readme", ttl = 3600, max_size = 10_000, key = key)]
          #[timeout(secs = 120)]
          #[fallback(|error| canned(error))]
          #[retry(max = 3, jitter = false)]
          #[circuit_breaker(name = "the_stack_of_the_readme")]
          #[bulkhead(name = "the_stack_of_the_readme", max = 10, queue = 5)]
          #[rate_limit(name = "the_stack_of_the_readme", max = 100, per = "1m")]
          #[timeout(secs = 30)] }
        { policy::cached("the_stack_of_the_readme").ttl(secs(3600)).max_size(10_000).build()?
            >> Policy::named("ask")?
            >> policy::timeout(secs(120))?
            >> policy::fallback(canned)
            >> policy::retry().max(3).no_jitter().build()?
            >> policy::circuit_breaker("the_stack_of_the_readme").build()?
            >> policy::bulkhead("the_stack_of_the_readme").max(10).queue(5).build()?
            >> policy::rate_limit("the_stack_of_the_readme").max(100).per(secs(60)).build()?
            >> policy::timeout(secs(30))? }
    }
}

#[test]
fn the_stack_of_the_readme_on_a_thread() -> Invalid {
    doors! { key, "the_stack_of_the_readme_on_a_thread", "F F F F F" [1 1 2; 0] => "99 99 99 | 0 1 3 7 7 | 7 | cache.miss retry retry retry retry.exhausted fallback cache.skipped cache.miss breaker.open retry.exhausted fallback cache.skipped cache.miss breaker.rejected retry.exhausted fallback cache.skipped",
            blocking "99 99 99 | 0 1 3 7 7 | 7 | cache.miss retry retry retry retry.exhausted fallback cache.skipped cache.miss breaker.open retry.exhausted fallback cache.skipped cache.miss breaker.rejected retry.exhausted fallback cache.skipped"
            [#[cached(name = "the_stack_of_the_readme_on_a_thread", ttl = 3600, max_size = 10_000, key = key)]
             #[timeout(secs = 120, mode = "cooperative")]
             #[fallback(|error| canned(error))]
             #[retry(max = 3, jitter = false)]
             #[circuit_breaker(name = "the_stack_of_the_readme_on_a_thread")]
             #[bulkhead(name = "the_stack_of_the_readme_on_a_thread", max = 10, queue = 5)]
             #[timeout(secs = 30, mode = "cooperative")]];
        { #[cached(name = "the_stack_of_the_readme_on_a_thread", ttl = 3600, max_size = 10_000, key = key)]
          #[timeout(secs = 120)]
          #[fallback(|error| canned(error))]
          #[retry(max = 3, jitter = false)]
          #[circuit_breaker(name = "the_stack_of_the_readme_on_a_thread")]
          #[bulkhead(name = "the_stack_of_the_readme_on_a_thread", max = 10, queue = 5)]
          #[timeout(secs = 30)] }
        { policy::cached("the_stack_of_the_readme_on_a_thread").ttl(secs(3600)).max_size(10_000).build()?
            >> Policy::named("ask")?
            >> policy::timeout(secs(120))?
            >> policy::fallback(canned)
            >> policy::retry().max(3).no_jitter().build()?
            >> policy::circuit_breaker("the_stack_of_the_readme_on_a_thread").build()?
            >> policy::bulkhead("the_stack_of_the_readme_on_a_thread").max(10).queue(5).build()?
            >> policy::timeout(secs(30))? }
    }
}
