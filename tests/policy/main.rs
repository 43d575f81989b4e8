#![deny(warnings)]
#![allow(clippy::needless_pass_by_value, reason = "closures that are called more than once")]
//! A policy does what a stack of attributes does: every scenario goes through both doors.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;

use std::cell::RefCell;
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Duration;

use common::{Answer, Classified, Counter, Recorder, TestError, millis, poll_at_most, secs};
use futures_util::FutureExt;
use futures_util::future::join_all;
use resilience::policy::{self, AsyncOnly, CachedPolicy, InvalidPolicy};
use resilience::testing::ManualClock;
use resilience::{
    BreakerState, Bulkhead, CircuitBreaker, Error, Policy, RateLimiter, RetryBudget, RetryState, bulkhead, cached,
    circuit_breaker, fallback, observe, observe_blocking, rate_limit, remaining, retry, timeout,
};

const FAILED: Answer = Err(TestError::Transient);

type Invalid = Result<(), InvalidPolicy>;

/// Time, in either world.
enum World {
    Asynchronous,
    Blocking(ManualClock),
}

/// What is called: word number `n` of its script says how call number `n` ends. `S` is a success with the number of the
/// call, `F` and `P` are errors, `R` one that asks to come back in 2 s; `3S` takes 3 s, and `H` for ever.
struct Body {
    script: Vec<String>,
    starts: RefCell<Vec<Duration>>,
    began: tokio::time::Instant,
    /// What the manual clock showed then.
    zero: Duration,
    world: World,
}

impl Body {
    fn new(script: &str, world: World) -> Self {
        let script = script.split(' ').map(str::to_owned).collect();
        let zero = if let World::Blocking(clock) = &world { clock.elapsed() } else { Duration::ZERO };
        Self { script, starts: RefCell::default(), began: tokio::time::Instant::now(), zero, world }
    }

    fn elapsed(&self) -> Duration {
        match &self.world {
            World::Asynchronous => self.began.elapsed(),
            World::Blocking(clock) => clock.elapsed().saturating_sub(self.zero),
        }
    }

    /// How long this call takes, and how it ends; never, if it says nothing.
    fn next(&self) -> (Duration, Option<Answer>) {
        self.starts.borrow_mut().push(self.elapsed());
        let call = self.calls();
        let word = self.script.get(call - 1).map_or("S", |word| word);
        let (time, letter) = word.split_at(word.len() - 1);
        let answer = match letter {
            "S" => Ok(u32::try_from(call).expect("a few calls")),
            "F" => FAILED,
            "P" => Err(TestError::Permanent),
            "R" => Err(TestError::RateLimited(secs(2))),
            _ => return (Duration::ZERO, None),
        };
        (secs(time.parse().unwrap_or(0)), Some(answer))
    }

    async fn run(&self) -> Answer {
        let (time, answer) = self.next();
        tokio::time::sleep(time).await;
        match answer {
            Some(answer) => answer,
            None => pending().await,
        }
    }

    fn run_blocking(&self) -> Answer {
        let (time, answer) = self.next();
        if let World::Blocking(clock) = &self.world {
            clock.advance(time);
        }
        answer.expect("only what can be dropped may hang")
    }

    fn calls(&self) -> usize {
        self.starts.borrow().len()
    }
}

/// What there is to see of a scenario from outside.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    answers: Vec<String>,
    starts: Vec<Duration>,
    elapsed: Duration,
    /// With all fields but the generation of a breaker, which goes on when it is reset.
    events: Vec<String>,
    report: resilience::Report,
}

impl Seen {
    /// `answers | seconds of the calls | seconds in all | events`
    fn line(&self) -> String {
        let starts: Vec<String> = self.starts.iter().map(|start| start.as_secs().to_string()).collect();
        let names: Vec<&str> = self.events.iter().map(|event| event.split(' ').next().unwrap_or("")).collect();
        let parts = [self.answers.join(" "), starts.join(" "), self.elapsed.as_secs().to_string(), names.join(" ")];
        parts.join(" | ")
    }
}

fn shown(answer: &Answer) -> String {
    match answer {
        Ok(value) => value.to_string(),
        answer => common::letter(answer).to_string(),
    }
}

fn seen(body: &Body, answers: Vec<String>, recorder: &Recorder, report: resilience::Report) -> Seen {
    let events = recorder.events().into_iter().map(|event| {
        let fields =
            event.fields.iter().filter(|(name, _)| !["message", "generation"].contains(name)).map(|(name, value)| {
                let value = value.rsplit("::").next().unwrap_or(value);
                format!(" {name}={value}")
            });
        event.name.to_owned() + &fields.collect::<String>()
    });
    Seen { answers, starts: body.starts.take(), elapsed: body.elapsed(), events: events.collect(), report }
}

/// Makes the calls of a scenario, one a key, with pauses of so many seconds between them.
fn asynchronously(
    name: &str,
    hours: u64,
    script: &str,
    keys: &[u32],
    pause: u64,
    call: impl AsyncFn(u32, &Body) -> Answer,
) -> Seen {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    begin_anew(name);
    runtime.expect("a runtime").block_on(async {
        tokio::time::sleep(secs(hours * 3600)).await;
        let (recorder, body) = (Recorder::start(), Body::new(script, World::Asynchronous));
        let (answers, report) = observe(async {
            let mut answers = Vec::new();
            for (number, key) in keys.iter().enumerate() {
                if number > 0 {
                    tokio::time::sleep(secs(pause)).await;
                }
                answers.push(shown(&call(*key, &body).await));
            }
            answers
        })
        .await;
        seen(&body, answers, &recorder, report)
    })
}

fn blocking(
    name: &str,
    hours: u64,
    script: &str,
    keys: &[u32],
    pause: u64,
    call: impl Fn(u32, &Body) -> Answer,
) -> Seen {
    begin_anew(name);
    let clock = ManualClock::install();
    clock.advance(secs(hours * 3600));
    let (recorder, body) = (Recorder::start(), Body::new(script, World::Blocking(clock)));
    let (answers, report) = observe_blocking(|| {
        let mut answers = Vec::new();
        for (number, key) in keys.iter().enumerate() {
            if let (1.., World::Blocking(clock)) = (number, &body.world) {
                clock.advance(secs(pause));
            }
            answers.push(shown(&call(*key, &body)));
        }
        answers
    });
    seen(&body, answers, &recorder, report)
}

/// A door that is a value.
trait Door {
    async fn through(&self, key: u32, body: &Body) -> Answer;
}

trait BlockingDoor {
    fn through_blocking(&self, key: u32, body: &Body) -> Answer;
}

impl<M> Door for Policy<u32, TestError, M> {
    async fn through(&self, _: u32, body: &Body) -> Answer {
        self.call(|| body.run()).await
    }
}

impl BlockingDoor for Policy<u32, TestError> {
    fn through_blocking(&self, _: u32, body: &Body) -> Answer {
        self.call_blocking(|| body.run_blocking())
    }
}

impl<M> Door for CachedPolicy<u32, u32, TestError, M> {
    async fn through(&self, key: u32, body: &Body) -> Answer {
        self.call_for(&key, || body.run()).await
    }
}

impl BlockingDoor for CachedPolicy<u32, u32, TestError> {
    fn through_blocking(&self, key: u32, body: &Body) -> Answer {
        self.call_for_blocking(&key, || body.run_blocking())
    }
}

/// What the doors share by name begins anew for each, and later than it has ended before.
fn begin_anew(name: &str) {
    if name == "a_budget_that_is_empty_ends_the_retrying" {
        SMALL.reset();
    }
    if let Some(breaker) = resilience::CircuitBreaker::named(name) {
        breaker.reset();
    }
    if let Some(cache) = resilience::Cache::named(name) {
        cache.clear();
    }
    if let Some(budget) = RetryBudget::named(name) {
        budget.reset();
    }
}

/// The attributes of the second group, or of the first if there are some.
macro_rules! attributed {
    ([] { $($attributes:tt)* } $($item:tt)*) => { $($attributes)* $($item)* };
    ([$($attributes:tt)+] $instead:tt $($item:tt)*) => { $($attributes)* $($item)* };
}

/// `name: "script" [keys; pause] => "line"`, the attributes, and the policy. With `blocking`, both doors are gone through in
/// synchronous code too, where nothing can be stopped: its line may be another one. State is named like the test, and the
/// same for all doors, so that a configuration that is not the same is a conflict among the events.
macro_rules! doors {
    ($k:ident $($test:ident: $script:literal [$($key:literal)*; $pause:literal] => $line:literal $(, blocking $blocking:literal $([$($cooperative:tt)*])?)?;
        $attributes:tt { $($policy:tt)* })*) => {$(
        #[test]
        fn $test() -> Invalid {
            attributed! { [] $attributes
                async fn ask($k: u32, body: &Body) -> Answer {
                    let _ = $k;
                    body.run().await
                }
            }

            let (name, keys) = (stringify!($test), &[$($key),*]);
            let door = $($policy)*;
            let attributed = asynchronously(name, 1, $script, keys, $pause, ask);
            assert_eq!(attributed.line(), $line);
            let called = asynchronously(name, 2, $script, keys, $pause, async |key, body| door.through(key, body).await);
            assert_eq!(called, attributed);

            $({
                attributed! { [$($($cooperative)*)?] $attributes
                    fn ask($k: u32, body: &Body) -> Answer {
                        let _ = $k;
                        body.run_blocking()
                    }
                }

                let attributed = blocking(name, 3, $script, keys, $pause, ask);
                assert_eq!(attributed.line(), $blocking);
                let called = blocking(name, 4, $script, keys, $pause, |key, body| door.through_blocking(key, body));
                assert_eq!(called, attributed);
            })?
                        Ok(())
        }
    )*};
}

static SMALL: RetryBudget = RetryBudget::new("small").ratio(0.0).min_per_second(0).capacity(2);

fn squares(state: &RetryState<'_, TestError>) -> Duration {
    secs(u64::from(state.attempt * state.attempt))
}

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

#[expect(clippy::unnecessary_wraps, reason = "a fallback returns what its function returns")]
fn canned(_: TestError) -> Answer {
    Ok(99)
}

fn is_kept(answer: &Answer) -> bool {
    !matches!(answer, Err(TestError::Transient))
}

doors! { key
    a_policy_without_layers_only_calls: "F" [1 1; 0] => "F 2 | 0 0 | 0 | ", blocking "F 2 | 0 0 | 0 | ";
    { #[allow(clippy::unused_async, reason = "none is there")] }
    { Policy::named("ask")? }

    a_retry_calls_again_after_growing_delays: "F F F F S" [1; 0] => "F | 0 1 3 7 | 7 | retry retry retry",
        blocking "F | 0 1 3 7 | 7 | retry retry retry";
    { #[retry(jitter = false)] }
    { Policy::named("ask")? >> policy::retry().no_jitter().build()? }

    a_retry_counts_all_executions_with_linear_delays: "F F F F F S" [1; 0] => "F | 0 2 6 12 20 | 20 | retry retry retry retry",
        blocking "F | 0 2 6 12 20 | 20 | retry retry retry retry";
    { #[retry(attempts = 5, backoff = "linear", base_delay = "2s", jitter = false)] }
    { Policy::named("ask")? >> policy::retry().attempts(5).linear().base_delay(secs(2)).no_jitter().build()? }

    a_retry_honours_the_cap_the_factor_and_the_time_it_may_take:
        "F F F F F S" [1; 0] => "F | 0 1 4 8 12 | 12 | retry retry retry retry",
        blocking "F | 0 1 4 8 12 | 12 | retry retry retry retry";
    { #[retry(max = 9, factor = 3, max_delay = "4s", max_elapsed = "15s", jitter = false)] }
    { Policy::named("ask")?
        >> policy::retry().max(9).factor(3.0).max_delay(secs(4)).max_elapsed(secs(15)).no_jitter().build()? }

    a_fibonacci_backoff_chooses_its_delays: "F F F F S" [1; 0] => "5 | 0 1 3 6 11 | 11 | retry retry retry retry",
        blocking "5 | 0 1 3 6 11 | 11 | retry retry retry retry";
    { #[retry(max = 4, backoff = "fibonacci", jitter = false)] }
    { Policy::named("ask")? >> policy::retry().max(4).fibonacci().no_jitter().build()? }

    a_backoff_function_sees_the_attempt: "F F F S" [1; 0] => "4 | 0 1 5 14 | 14 | retry retry retry",
        blocking "4 | 0 1 5 14 | 14 | retry retry retry";
    { #[retry(max = 3, backoff = squares)] }
    { Policy::named("ask")? >> policy::retry().max(3).backoff(squares).build()? }

    a_retry_asks_its_predicates: "F S P" [1 1; 0] => "F 4 | 0 0 0 0 | 0 | retry retry",
        blocking "F 4 | 0 0 0 0 | 0 | retry retry";
    { #[retry(backoff = "none", when = TestError::is_transient, when_ok = is_small)] }
    { Policy::named("ask")? >> policy::retry().no_delay().when(TestError::is_transient).when_ok(is_small).build()? }

    a_hint_is_a_floor: "R F S" [1; 0] => "3 | 0 2 3 | 3 | retry retry", blocking "3 | 0 2 3 | 3 | retry retry";
    { #[retry(backoff = "constant", jitter = false, retry_after = hint)] }
    { Policy::named("ask")? >> policy::retry().constant().no_jitter().retry_after(hint).build()? }

    a_budget_that_is_empty_ends_the_retrying: "F F F F" [1 1; 0] => "F F | 0 0 0 0 | 0 | retry retry retry.budget",
        blocking "F F | 0 0 0 0 | 0 | retry retry retry.budget";
    { #[retry(max = 2, backoff = "none", budget = SMALL)] }
    { Policy::named("ask")? >> policy::retry().max(2).no_delay().shared_budget(&SMALL).build()? }

    a_named_budget_is_shared: "F F S" [1; 0] => "3 | 0 0 0 | 0 | retry retry", blocking "3 | 0 0 0 | 0 | retry retry";
    { #[retry(backoff = "none", budget = "a_named_budget_is_shared")] }
    { Policy::named("ask")? >> policy::retry().no_delay().budget("a_named_budget_is_shared").build()? }

    a_timeout_ends_each_attempt_or_the_whole: "H 2F 9S" [1; 0] => "T | 0 4 7 | 10 | timeout retry retry timeout";
    { #[timeout(secs = 10)] #[retry(backoff = "constant", jitter = false)] #[timeout(secs = 3)] }
    { Policy::named("ask")?
        >> policy::timeout(secs(10))?
        >> policy::retry().constant().no_jitter().build()?
        >> policy::timeout(secs(3))? }

    a_retry_fits_into_the_deadline_around_it: "F 5F F F" [1; 0] => "F | 0 1 8 | 8 | retry retry",
        blocking "F | 0 1 8 | 8 | retry retry" [#[timeout(secs = 10, mode = "cooperative")] #[retry(max = 9, jitter = false)]];
    { #[timeout(secs = 10)] #[retry(max = 9, jitter = false)] }
    { Policy::named("ask")? >> policy::timeout(secs(10))? >> policy::retry().max(9).no_jitter().build()? }

    a_breaker_opens_probes_and_closes: "F F S S" [1 1 1 1 1; 6] => "F F O 3 4 | 0 6 18 24 | 24 | breaker.open breaker.half_open breaker.close",
        blocking "F F O 3 4 | 0 6 18 24 | 24 | breaker.open breaker.half_open breaker.close";
    { #[circuit_breaker(name = "a_breaker_opens_probes_and_closes", failure_threshold = 2, recovery = "10s", success_threshold = 1)] }
    { Policy::named("ask")?
        >> policy::circuit_breaker("a_breaker_opens_probes_and_closes")
            .failure_threshold(2).recovery(secs(10)).success_threshold(1).build()? }

    a_breaker_grows_patient: "F F S S S" [1 1 1 1 1 1 1; 10] => "F F O 3 4 5 6 | 0 10 30 40 50 60 | 60 | breaker.open breaker.half_open breaker.open breaker.half_open breaker.close",
        blocking "F F O 3 4 5 6 | 0 10 30 40 50 60 | 60 | breaker.open breaker.half_open breaker.open breaker.half_open breaker.close";
    { #[circuit_breaker(
        name = "a_breaker_grows_patient", failure_threshold = 1, recovery = "10s", recovery_factor = 9.0,
        max_recovery = "15s", half_open_max = 2, probe_lease = "30s",
    )] }
    { Policy::named("ask")?
        >> policy::circuit_breaker("a_breaker_grows_patient").failure_threshold(1).recovery(secs(10))
            .recovery_factor(9.0).max_recovery(secs(15)).half_open_max(2).probe_lease(secs(30)).build()? }

    a_breaker_judges_a_window_of_calls: "S F F F" [1 1 1 1 1; 0] => "1 F F F O | 0 0 0 0 | 0 | breaker.open",
        blocking "1 F F F O | 0 0 0 0 | 0 | breaker.open";
    { #[circuit_breaker(name = "a_breaker_judges_a_window_of_calls", window = 4, failure_rate = 0.75, min_calls = 4)] }
    { Policy::named("ask")?
        >> policy::circuit_breaker("a_breaker_judges_a_window_of_calls")
            .window(4).failure_rate(0.75).min_calls(4).build()? }

    a_breaker_judges_slow_calls_of_a_time: "1S 3S 3S" [1 1 1 1; 0] => "1 2 3 O | 0 1 4 | 7 | breaker.open",
        blocking "1 2 3 O | 0 1 4 | 7 | breaker.open";
    { #[circuit_breaker(
        name = "a_breaker_judges_slow_calls_of_a_time", window = "60s", failure_rate = 0.5, min_calls = 3,
        slow_call = "2s", slow_rate = 0.6,
    )] }
    { Policy::named("ask")?
        >> policy::circuit_breaker("a_breaker_judges_slow_calls_of_a_time").window_time(secs(60)).failure_rate(0.5)
            .min_calls(3).slow_call(secs(2)).slow_rate(0.6).build()? }

    a_breaker_asks_what_counts: "R F P R F R R" [1 1 1 1 1 1 1 1; 0] => "F F F F F F F O | 0 0 0 0 0 0 0 | 0 | breaker.open",
        blocking "F F F F F F F O | 0 0 0 0 0 0 0 | 0 | breaker.open";
    { #[circuit_breaker(
        name = "a_breaker_asks_what_counts", failure_threshold = 3,
        when = |error| !error.is_permanent(), ignore = TestError::is_transient
    )] }
    { Policy::named("ask")?
        >> policy::circuit_breaker("a_breaker_asks_what_counts").failure_threshold(3)
            .when(|error: &TestError| !error.is_permanent()).ignore(TestError::is_transient).build()? }

    a_rejection_under_a_retry_fails_fast: "F F F" [1 1; 0] => "O O | 0 1 | 2 | retry breaker.open retry",
        blocking "O O | 0 1 | 2 | retry breaker.open retry";
    { #[retry(max = 5, backoff = "constant", jitter = false)]
      #[circuit_breaker(name = "a_rejection_under_a_retry_fails_fast", failure_threshold = 2)] }
    { Policy::named("ask")?
        >> policy::retry().max(5).constant().no_jitter().build()?
        >> policy::circuit_breaker("a_rejection_under_a_retry_fails_fast").failure_threshold(2).build()? }

    a_rate_limit_rejects_and_says_when: "S" [1 1 1 1; 1] => "1 2 L 3 | 0 1 3 | 3 | rate_limit",
        blocking "1 2 L 3 | 0 1 3 | 3 | rate_limit";
    { #[rate_limit(name = "a_rate_limit_rejects_and_says_when", max = 2, per = "6s")] }
    { Policy::named("ask")? >> policy::rate_limit("a_rate_limit_rejects_and_says_when").max(2).per(secs(6)).build()? }

    a_rate_limit_waits_for_its_turn: "S" [1 1 1; 0] => "1 2 3 | 0 5 10 | 10 | ", blocking "1 2 3 | 0 5 10 | 10 | ";
    { #[rate_limit(name = "a_rate_limit_waits_for_its_turn", max = 2, per = "10s", burst = 1, wait = "5s")] }
    { Policy::named("ask")?
        >> policy::rate_limit("a_rate_limit_waits_for_its_turn").max(2).per(secs(10)).burst(1).wait(secs(5)).build()? }

    a_fallback_answers_in_steps: "F P S" [1 1 1; 0] => "99 F 3 | 0 0 0 | 0 | fallback fallback",
        blocking "99 F 3 | 0 0 0 | 0 | fallback fallback";
    { #[fallback(|error| Err(error), |error| canned(error), when = TestError::is_transient)] }
    { Policy::named("ask")? >> policy::fallback(Err).or(canned).when(TestError::is_transient) }

    a_fallback_may_have_to_be_awaited: "F S" [1 1; 0] => "99 2 | 0 1 | 1 | fallback fallback";
    { #[fallback(|error| Err(error), |error| later(error))] }
    { Policy::named("ask")? >> policy::fallback(Err).or_async(later) }

    a_cache_keeps_values_and_no_errors: "F S S" [1 1 1 2 1; 0] => "F 2 2 3 2 | 0 0 0 | 0 | cache.miss cache.miss cache.hit cache.miss cache.hit",
        blocking "F 2 2 3 2 | 0 0 0 | 0 | cache.miss cache.miss cache.hit cache.miss cache.hit";
    { #[cached(name = "a_cache_keeps_values_and_no_errors", key = key, max_size = 10)] }
    { policy::cached("a_cache_keeps_values_and_no_errors").max_size(10).build()? >> Policy::named("ask")? }

    a_cache_gives_an_old_value_for_an_error: "S F S" [1 1 1 1; 7] => "1 1 1 3 | 0 14 21 | 21 | cache.miss cache.hit cache.miss cache.stale cache.miss",
        blocking "1 1 1 3 | 0 14 21 | 21 | cache.miss cache.hit cache.miss cache.stale cache.miss";
    { #[cached(name = "a_cache_gives_an_old_value_for_an_error", key = key, ttl = 10, stale_if_error = "60s")] }
    { policy::cached("a_cache_gives_an_old_value_for_an_error").ttl(secs(10)).stale_if_error(secs(60)).build()?
        >> Policy::named("ask")? }

    a_cache_keeps_the_errors_it_is_told_to: "F P S" [1 1 1 1; 4] => "F F F 3 | 0 4 12 | 12 | cache.miss cache.miss cache.hit cache.miss",
        blocking "F F F 3 | 0 4 12 | 12 | cache.miss cache.miss cache.hit cache.miss";
    { #[cached(name = "a_cache_keeps_the_errors_it_is_told_to", key = key, negative_ttl = "5s", when = is_kept)] }
    { policy::cached("a_cache_keeps_the_errors_it_is_told_to").negative_ttl(secs(5)).when(is_kept).build()?
        >> Policy::named("ask")? }

    a_cache_weighs_its_values: "S" [1 2 1; 0] => "1 2 1 | 0 0 | 0 | cache.miss cache.miss cache.hit",
        blocking "1 2 1 | 0 0 | 0 | cache.miss cache.miss cache.hit";
    { #[cached(name = "a_cache_weighs_its_values", key = key, max_weight = 100, weigh = weigh)] }
    { policy::cached("a_cache_weighs_its_values").max_weight(100, weigh).build()? >> Policy::named("ask")? }

    what_is_degraded_is_not_kept: "F S S" [1 1 1; 0] => "99 2 2 | 0 0 | 0 | cache.miss fallback cache.miss cache.hit",
        blocking "99 2 2 | 0 0 | 0 | cache.miss fallback cache.miss cache.hit";
    { #[cached(name = "what_is_degraded_is_not_kept", key = key)] #[fallback(|error| canned(error))] }
    { policy::cached("what_is_degraded_is_not_kept").build()? >> Policy::named("ask")? >> policy::fallback(canned) }

    the_stack_of_the_readme: "F H F F F" [1 1 2; 0] => "99 99 99 | 0 1 33 37 37 | 38 | cache.miss retry timeout retry retry fallback cache.miss breaker.open retry fallback cache.miss fallback";
    { #[cached(name = "the_stack_of_the_readme", ttl = 3600, max_size = 10_000, key = key)]
      #[timeout(secs = 120)]
      #[fallback(|error| canned(error))]
      #[retry(max = 3, jitter = false)]
      #[circuit_breaker(name = "the_stack_of_the_readme")]
      #[bulkhead(name = "the_stack_of_the_readme", max = 10, queue = 5, allow(counted_rejections))]
      #[rate_limit(name = "the_stack_of_the_readme", max = 100, per = "1m", allow(counted_rejections))]
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

    the_stack_of_the_readme_on_a_thread: "F F F F F" [1 1 2; 0] => "99 99 99 | 0 1 3 7 7 | 8 | cache.miss retry retry retry fallback cache.miss breaker.open retry fallback cache.miss fallback",
        blocking "99 99 99 | 0 1 3 7 7 | 8 | cache.miss retry retry retry fallback cache.miss breaker.open retry fallback cache.miss fallback"
        [#[cached(name = "the_stack_of_the_readme_on_a_thread", ttl = 3600, max_size = 10_000, key = key)]
         #[timeout(secs = 120, mode = "cooperative")]
         #[fallback(|error| canned(error))]
         #[retry(max = 3, jitter = false)]
         #[circuit_breaker(name = "the_stack_of_the_readme_on_a_thread")]
         #[bulkhead(name = "the_stack_of_the_readme_on_a_thread", max = 10, queue = 5, allow(counted_rejections))]
         #[timeout(secs = 30, mode = "cooperative")]];
    { #[cached(name = "the_stack_of_the_readme_on_a_thread", ttl = 3600, max_size = 10_000, key = key)]
      #[timeout(secs = 120)]
      #[fallback(|error| canned(error))]
      #[retry(max = 3, jitter = false)]
      #[circuit_breaker(name = "the_stack_of_the_readme_on_a_thread")]
      #[bulkhead(name = "the_stack_of_the_readme_on_a_thread", max = 10, queue = 5, allow(counted_rejections))]
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

async fn later(error: TestError) -> Answer {
    tokio::time::sleep(secs(1)).await;
    canned(error)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what a cache gives")]
fn weigh(_: &u32, value: &u32) -> u64 {
    u64::from(*value) * 10
}

// What a script does not show

/// One place, one in the queue: five at the same time are two that run, one after the other, and three that are rejected.
#[tokio::test(start_paused = true)]
async fn a_bulkhead_lets_in_and_rejects_alike() -> Invalid {
    #[bulkhead(name = "crowded", max = 1, queue = 1, wait = "10s")]
    async fn ask(takes: Duration) -> Answer {
        tokio::time::sleep(takes).await;
        Ok(1)
    }

    let door: Policy<u32, TestError> =
        Policy::new() >> policy::bulkhead("crowded").max(1).queue(1).wait(secs(10)).build()?;
    let through = async |takes| {
        let body = || async move {
            tokio::time::sleep(takes).await;
            Ok(1)
        };
        door.call(body).await
    };
    for (takes, letters) in [(secs(2), "SSBBB"), (secs(11), "SBBBB")] {
        let recorder = Recorder::start();
        let attributed = join_all((0..5).map(|_| ask(takes))).await;
        let full = recorder.named("bulkhead.full").len();
        let called = join_all((0..5).map(|_| through(takes))).await;
        assert_eq!(attributed.iter().map(common::letter).collect::<String>(), letters);
        assert_eq!((called, recorder.named("bulkhead.full").len()), (attributed, 2 * full));
        assert_eq!(recorder.events().len(), 2 * full, "one bulkhead, one configuration");
    }
    let left = Bulkhead::named("crowded").expect("called").snapshot();
    assert_eq!((left.in_flight, left.waiting), (0, 0));
    Ok(())
}

#[test]
fn a_thread_in_a_bulkhead_finds_it_full_when_it_comes_again() -> Invalid {
    let door: Policy<u32, TestError> = Policy::new() >> policy::bulkhead("again").max(1).build()?;
    let again = door.call_blocking(|| Ok(u32::from(common::letter(&door.call_blocking(|| Ok(1))))));
    assert_eq!(again, Ok(u32::from('B')));
    assert_eq!(door.call_blocking(|| Ok(1)), Ok(1));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_rejection_of_a_bulkhead_or_a_rate_limit_under_a_retry_fails_fast() -> Invalid {
    let limited: Policy<u32, TestError> = Policy::new()
        >> policy::retry().no_jitter().build()?
        >> policy::rate_limit("twice").max(1).per(secs(60)).build()?;
    assert_eq!(limited.call(async || Ok(1)).await, Ok(1));
    let (answer, report) = observe(limited.call(async || Ok(1))).await;
    assert_eq!((common::letter(&answer), report.attempts, report.elapsed), ('L', 1, Duration::ZERO));
    assert_eq!(RateLimiter::named("twice").expect("called").snapshot().rejected, 1);
    Ok(())
}

/// `#[circuit_breaker(name = "both")]` and `policy::circuit_breaker("both")` are one breaker; so are two policies.
#[test]
fn state_is_shared_by_name_with_the_attributes() -> Invalid {
    #[circuit_breaker(name = "both", failure_threshold = 2)]
    fn ask(answer: Answer) -> Answer {
        answer
    }

    let recorder = Recorder::start();
    let name = ["bo", "th"].concat();
    let door: Policy<u32, TestError> =
        Policy::new() >> policy::circuit_breaker(name.clone()).failure_threshold(2).build()?;
    let other: Policy<u32, TestError> = Policy::new() >> policy::circuit_breaker(name).recovery(secs(5)).build()?;
    assert_eq!((ask(FAILED), door.call_blocking(|| FAILED)), (FAILED, FAILED));
    assert_eq!(resilience::CircuitBreaker::named("both").map(CircuitBreaker::state), Some(BreakerState::Open));
    assert!(common::is_open(&ask(Ok(1))) && common::is_open(&door.call_blocking(|| Ok(1))));
    assert_eq!(recorder.names(), ["breaker.open"]);

    assert!(common::is_open(&other.call_blocking(|| Ok(1))));
    let conflicts = recorder.named("breaker.conflict");
    assert!(conflicts[0].field("first").starts_with(file!()) && conflicts[0].field("second").starts_with(file!()));
    assert_ne!(conflicts[0].field("first"), conflicts[0].field("second"));
    Ok(())
}

#[test]
fn two_configurations_of_a_cache_are_a_conflict() -> Invalid {
    let recorder = Recorder::start();
    let one: CachedPolicy<u32, u32, TestError> = policy::cached("disputed").max_size(1).build()? >> Policy::new();
    let other: CachedPolicy<u32, u32, TestError> = policy::cached("disputed").max_size(2).build()? >> Policy::new();
    assert_eq!((one.call_for_blocking(&1, || Ok(7)), other.call_for_blocking(&1, || FAILED)), (Ok(7), Ok(7)));
    assert_eq!(recorder.names(), ["cache.miss", "cache.conflict", "cache.hit"]);
    Ok(())
}

/// Retries do not multiply, whichever door the inner one has.
#[tokio::test(start_paused = true)]
async fn what_a_retry_further_in_has_given_up_is_not_retried() -> Invalid {
    static CALLS: Counter = Counter::new();

    #[retry(max = 2, backoff = "none")]
    async fn attributed() -> Answer {
        CALLS.up();
        FAILED
    }
    #[retry(max = 2, backoff = "none")]
    fn attributed_blocking() -> Answer {
        CALLS.up();
        FAILED
    }
    #[retry(max = 3, backoff = "none")]
    async fn around(door: &Policy<u32, TestError>) -> Answer {
        door.call(async || {
            CALLS.up();
            FAILED
        })
        .await
    }

    let three: Policy<u32, TestError> = Policy::new() >> policy::retry().max(2).no_delay().build()?;
    let nested: Policy<u32, TestError> = Policy::new() >> policy::retry().max(1).no_delay().nested(true).build()?;
    let counted = |before: u32| CALLS.get() - before;

    let before = CALLS.get();
    assert_eq!((three.call(attributed).await, counted(before)), (FAILED, 3), "an attribute inside of a policy");
    let before = CALLS.get();
    assert_eq!((three.call_blocking(attributed_blocking), counted(before)), (FAILED, 3));
    let before = CALLS.get();
    assert_eq!((around(&three).await, counted(before)), (FAILED, 3), "a policy inside of an attribute");
    let before = CALLS.get();
    assert_eq!((nested.call(attributed).await, counted(before)), (FAILED, 6), "unless it is told to");
    let before = CALLS.get();
    assert_eq!((nested.call_blocking(attributed_blocking), counted(before)), (FAILED, 6));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_deadline_is_seen_inside_and_the_tighter_one_applies() -> Invalid {
    #[timeout(secs = 3)]
    async fn around(door: &Policy<u32, TestError>) -> Answer {
        door.call(async || {
            tokio::time::sleep(secs(1)).await;
            Ok(u32::try_from(remaining().unwrap_or_default().as_secs()).unwrap_or(0))
        })
        .await
    }

    let door: Policy<u32, TestError> = Policy::new() >> policy::timeout(secs(9))?;
    assert_eq!((around(&door).await, remaining()), (Ok(2), None));
    assert_eq!(door.call(async || pending().await).await, Err(Error::Timeout { limit: secs(9) }.into()));
    let clock = ManualClock::install();
    let late = door.call_blocking(|| {
        clock.advance(secs(9));
        resilience::checkpoint().map(|()| 1).map_err(Into::into)
    });
    assert_eq!((late, remaining()), (Err(Error::Timeout { limit: Duration::ZERO }.into()), None));
    Ok(())
}

#[test]
fn an_error_says_what_it_means_when_the_layer_asks_for_it() -> Invalid {
    let clock = ManualClock::install();
    let calls = Counter::new();
    let retried = |error: TestError| -> Result<(u32, Duration), InvalidPolicy> {
        let door: Policy<u32, Classified> =
            Policy::new() >> policy::retry().max(2).constant().no_jitter().classified().build()?;
        let (before, began) = (calls.get(), clock.elapsed());
        let answer = door.call_blocking(|| {
            calls.up();
            Err(Classified(error.clone()))
        });
        assert_eq!(answer, Err(Classified(error)));
        Ok((calls.get() - before, clock.elapsed().saturating_sub(began)))
    };
    assert_eq!(retried(TestError::Transient)?, (3, secs(2)));
    assert_eq!(retried(TestError::Permanent)?, (1, Duration::ZERO));
    assert_eq!(retried(TestError::RateLimited(secs(7)))?, (3, secs(14)));

    let door: Policy<u32, Classified> =
        Policy::new() >> policy::circuit_breaker("classified").failure_threshold(1).classified().build()?;
    for (error, state) in [(TestError::Permanent, BreakerState::Closed), (TestError::Transient, BreakerState::Open)] {
        let _failed = door.call_blocking(|| Err(Classified(error.clone())));
        assert_eq!(resilience::CircuitBreaker::named("classified").map(CircuitBreaker::state), Some(state));
    }
    Ok(())
}

#[test]
fn a_hook_sees_each_pause() -> Invalid {
    let clock = ManualClock::install();
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = std::sync::Arc::clone(&seen);
    let door: Policy<u32, TestError> = Policy::new()
        >> policy::retry()
            .max(2)
            .no_jitter()
            .on_retry(move |state: &RetryState<'_, TestError>| {
                log.lock().expect("one thread").push((state.attempt, state.delay, state.error.cloned()));
            })
            .build()?;
    assert_eq!(door.call_blocking(|| FAILED), FAILED);
    let transient = Some(TestError::Transient);
    assert_eq!(*seen.lock().expect("one thread"), [(1, secs(1), transient.clone()), (2, secs(2), transient)]);
    assert_eq!(clock.elapsed(), secs(3));
    Ok(())
}

// Single-flight

#[tokio::test(start_paused = true)]
async fn concurrent_misses_run_the_operation_once() -> Invalid {
    let calls = Counter::new();
    let door: CachedPolicy<String, u32, TestError> = policy::cached("flights").share_errors().build()? >> Policy::new();
    let ask = async |key: &str, answer: Answer| {
        let body = || {
            calls.up();
            let answer = answer.clone();
            async {
                tokio::time::sleep(secs(1)).await;
                answer
            }
        };
        door.call_for(key, body).await
    };
    assert_eq!(join_all((0..5).map(|_| ask("good", Ok(1)))).await, vec![Ok(1); 5]);
    assert_eq!(join_all((0..5).map(|_| ask("bad", FAILED))).await, vec![FAILED; 5]);
    assert_eq!(calls.get(), 2, "an error that is shared is that of one call");

    let handle = resilience::Cache::named("flights").expect("called");
    assert_eq!((handle.len(), handle.stats().loads, handle.invalidate("good")), (1, 2, Ok(true)));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_error_that_is_not_shared_makes_each_caller_try() -> Invalid {
    let calls = Counter::new();
    let door: CachedPolicy<u32, u32, TestError> = policy::cached("each its own").build()? >> Policy::new();
    let ask = async || {
        let body = async || {
            calls.up();
            tokio::task::yield_now().await;
            FAILED
        };
        door.call_for(&1, body).await
    };
    assert_eq!(join_all((0..3).map(|_| ask())).await, vec![FAILED; 3]);
    assert_eq!(calls.get(), 3);
    Ok(())
}

// Cancellation and panics

/// Dropped after 0, 1, 2 .. polls, a call through all layers leaves nothing behind.
#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_at_any_poll_leaves_nothing_behind() -> Invalid {
    let door: CachedPolicy<usize, u32, TestError> = policy::cached("dropped").build()?
        >> Policy::new()
        >> policy::timeout(secs(60))?
        >> policy::retry().max(1).no_jitter().build()?
        >> policy::circuit_breaker("dropped").failure_threshold(1000).build()?
        >> policy::bulkhead("dropped").max(1).queue(1).build()?
        >> policy::rate_limit("dropped").max(1).per(millis(10)).wait(secs(1)).build()?
        >> policy::timeout(secs(30))?;
    let bodies = Counter::new();
    for polls in 0..1000 {
        let body = || {
            let attempt = bodies.up();
            async move {
                tokio::time::sleep(millis(5)).await;
                if attempt == 0 { Ok(1) } else { FAILED }
            }
        };
        let whole = poll_at_most(polls, door.call_for(&polls, body)).await.is_some();
        assert_eq!(remaining(), None, "after {polls} polls");
        let left = resilience::Bulkhead::named("dropped").map(Bulkhead::snapshot);
        assert_eq!(left.map_or((0, 0), |left| (left.in_flight, left.waiting)), (0, 0), "after {polls} polls");
        let waiting = RateLimiter::named("dropped").map_or(0, |limiter| limiter.snapshot().waiting);
        assert_eq!(waiting, 0, "after {polls} polls");
        // Whoever comes next leads, and does not wait for the call that has gone.
        let next = tokio::time::timeout(secs(5), door.call_for(&polls, async || Ok(7))).await;
        assert_eq!(next, Ok(Ok(7)), "after {polls} polls");
        if whole {
            assert!(polls > 3, "it waits in several places");
            return Ok(());
        }
    }
    unreachable!("it does not end");
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_is_dropped_or_panics_gives_its_place_back() -> Invalid {
    let door: Policy<u32, TestError> =
        Policy::new() >> policy::circuit_breaker("probed").failure_threshold(1).recovery(secs(1)).build()?;
    assert_eq!(door.call(async || FAILED).await, FAILED);
    tokio::time::sleep(secs(1)).await;
    assert!(poll_at_most(1, door.call(async || pending().await)).await.is_none());
    let probes = || resilience::CircuitBreaker::named("probed").map(|breaker| breaker.snapshot().probes);
    assert_eq!(probes(), Some(0));
    let panicked = AssertUnwindSafe(door.call(async || panic!("of the body"))).catch_unwind().await;
    assert!(panicked.is_err());
    assert_eq!(probes(), Some(0));
    assert_eq!(door.call(async || Ok(1)).await, Ok(1));
    Ok(())
}

#[test]
fn a_panic_goes_through_and_leaves_nothing_behind() -> Invalid {
    let door: Policy<u32, TestError> = Policy::new()
        >> policy::timeout(secs(60))?
        >> policy::fallback(|_| Ok(0))
        >> policy::retry().no_delay().build()?
        >> policy::bulkhead("panicked").max(1).build()?;
    let calls = Counter::new();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        door.call_blocking(|| {
            calls.up();
            panic!("of the body")
        })
    }));
    assert!(panicked.is_err());
    assert_eq!((calls.get(), remaining()), (1, None), "no retry, no fallback, no deadline");
    assert_eq!(door.call_blocking(|| Ok(1)), Ok(1));
    Ok(())
}

// Types

/// Neither value, error nor key has to be `Send` for it.
#[test]
fn the_future_of_a_call_is_send_when_the_operation_is() -> Invalid {
    const fn is_send<T: Send>(value: T) -> T {
        value
    }
    #[derive(Debug)]
    struct Local(#[expect(dead_code, reason = "what counts is that it is not `Send`")] Rc<u32>);

    impl From<Error> for Local {
        fn from(_: Error) -> Self {
            Self(Rc::new(0))
        }
    }

    fn layers() -> Result<Policy<Rc<u32>, Local, AsyncOnly>, InvalidPolicy> {
        let small = |_: &Local| true;
        Ok(Policy::new()
            >> policy::timeout(secs(120))?
            >> policy::fallback_async(|_: Local| async { Ok(Rc::new(1)) }).when(small)
            >> policy::retry().max(3).when(small).budget("sent").build()?
            >> policy::circuit_breaker("sent").when(small).build()?
            >> policy::bulkhead("sent").max(10).queue(5).build()?
            >> policy::rate_limit("sent").max(100).wait(secs(1)).build()?
            >> policy::timeout(secs(30))?)
    }

    let _layers = is_send(&layers()?);
    let text = "borrowed".to_owned();
    let cached: CachedPolicy<String, String, Local> =
        policy::cached("sent").stale_if_error(secs(1)).ttl(secs(1)).build()?
            >> Policy::new()
            >> policy::retry().build()?
            >> policy::timeout(secs(1))?;
    drop(is_send(cached.call_for("key", || async {
        tokio::task::yield_now().await;
        Ok(text.clone())
    })));
    let door = layers()?;
    drop(is_send(door.call(|| async { Err(Local(Rc::new(1))) })));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_policy_is_shared_by_tasks_and_clones() -> Invalid {
    let door: Policy<u32, TestError> = Policy::new() >> policy::retry().max(2).build()? >> policy::timeout(secs(1))?;
    let tasks = (0..3).map(|number| {
        let door = door.clone();
        tokio::spawn(async move { door.call(async || Ok(number)).await })
    });
    let answers: Vec<Answer> = join_all(tasks).await.into_iter().flatten().collect();
    assert_eq!(answers, [Ok(0), Ok(1), Ok(2)]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_operation_may_change_what_it_captures_and_need_not_be_send() -> Invalid {
    let door: Policy<u32, TestError> = Policy::new() >> policy::retry().max(2).build()?;
    let (mut calls, local) = (0, Rc::new(9));
    let answer = door.call(|| {
        calls += 1;
        let (call, local) = (calls, Rc::clone(&local));
        async move { if call < 3 { FAILED } else { Ok(*local) } }
    });
    assert_eq!((answer.await, calls), (Ok(9), 3));
    Ok(())
}

// Bad values

fn problems<T>(built: Result<T, InvalidPolicy>) -> String {
    let invalid = built.map(drop).expect_err("a bad value");
    let text = invalid.to_string();
    assert!(text.starts_with(&format!("invalid {} in a policy: ", invalid.layer())), "{text}");
    invalid.problems().join("\n")
}

#[test]
fn a_bad_value_is_an_error_that_names_it_and_no_panic() {
    type E = TestError;
    let zero = Duration::ZERO;
    assert_eq!(problems(policy::timeout::<u32, E>(zero)), "a timeout of zero can only fail");
    assert_eq!(problems(Policy::<u32, E>::named(" ")), "the name is empty; state is found, and shared, by its name");

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
         a `backoff` function chooses the whole delay, so that other words about it do nothing; keep one of them\n\
         the name is empty; state is found, and shared, by its name"
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
         `recovery_factor` must be between 1 and 1e9\nthe name is empty; state is found, and shared, by its name"
    );
    let window = policy::circuit_breaker::<E>("bad").window(u32::MAX).window_time(zero).failure_threshold(1);
    let window = window.failure_rate(f64::NAN).min_calls(0).slow_rate(-1.0).max_recovery(secs(1));
    assert_eq!(
        problems(window.build::<u32>()),
        "a `window` holds between 1 and 100000 calls\na `window` of time must be longer than zero\n\
         `failure_rate` must be above 0 and at most 1\n`min_calls` must be at least 1\n\
         `slow_rate` must be above 0 and at most 1\n\
         `failure_threshold` and a window are two ways to open; keep one of them\n\
         a window is of calls or of time; keep one of them\n\
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
        "`max` is missing: how many calls may run at the same time; add `.max(10)`\n\
         `wait` is for calls in the queue, and `queue` is zero\n\
         the name is empty; state is found, and shared, by its name"
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
         `stale_while_revalidate` lets one caller refresh a value, and `coalesce(false)` lets all; remove one of them\n\
         `negative_ttl` needs `when` to say which errors are worth keeping, or an outage would be kept too\n\
         the name is empty; state is found, and shared, by its name"
    );
    assert_eq!(
        problems(policy::cached::<u32, u32, E>("bad").stale_if_error(secs(1)).build()),
        "this is about the end of a `ttl`, and without one nothing ends; add `.ttl(..)`"
    );
}

#[test]
fn the_largest_values_are_no_problem() -> Invalid {
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
fn a_policy_without_a_name_is_called_by_its_place() {
    let recorder = Recorder::start();
    let (door, line): (Policy<u32, TestError>, u32) = (Policy::new(), line!());
    let door = door >> policy::fallback(canned);
    assert_eq!(door.name(), format!("{}:{line}", file!()));
    assert_eq!(door.call_blocking(|| FAILED), Ok(99));
    assert_eq!(recorder.events()[0].field("function"), door.name());
}
