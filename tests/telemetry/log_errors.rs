//! Errors of the user appear in events where an attribute says `log_errors = true`, and nowhere else.

use std::fmt;
use std::panic::catch_unwind;

use crate::common::{Counter, Recorder, secs};
use resilience::policy::{self, CachedPolicy};
use resilience::testing::ManualClock;
use resilience::{BreakerState, Policy, cached, circuit_breaker, fallback, retry};

/// Displays only that sending failed; the reason is its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum SendError {
    #[error("cannot send")]
    Rejected(#[source] Rejected),
    #[error(transparent)]
    Resilience(Stopped),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("connection refused")]
struct Rejected;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("stopped")]
struct Stopped;

impl From<resilience::Error> for SendError {
    fn from(_: resilience::Error) -> Self {
        Self::Resilience(Stopped)
    }
}

const REJECTED: SendError = SendError::Rejected(Rejected);

/// Implements neither `Error` nor `Clone`.
struct Code(u16);

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "code {}", self.0)
    }
}

impl From<resilience::Error> for Code {
    fn from(_: resilience::Error) -> Self {
        Self(0)
    }
}

/// The name and the error of each event that has an error.
fn told(recorder: &Recorder) -> Vec<String> {
    let events = recorder.events();
    let shown = events.iter().filter(|event| event.fields.contains_key("error"));
    shown.map(|event| format!("{}: {}", event.name, event.field("error"))).collect()
}

/// An event includes the sources of an error, because the cause is in them.
#[sync_and_async::test]
async fn a_retry_logs_the_error_of_each_retried_attempt() {
    #[retry(max = 2, backoff = "none", log_errors = true)]
    async fn send() -> Result<u32, SendError> {
        pause().await;
        Err(REJECTED)
    }

    #[retry(max = 2, backoff = "none", log_errors = false)]
    async fn silent() -> Result<u32, SendError> {
        pause().await;
        Err(REJECTED)
    }

    let recorder = Recorder::start();
    assert_eq!(send().await, Err(REJECTED));
    assert_eq!(told(&recorder), ["retry: cannot send: connection refused"; 2]);
    assert_eq!(silent().await, Err(REJECTED));
    assert_eq!((recorder.named("retry").len(), told(&recorder).len()), (4, 2));
}

#[sync_and_async::test]
async fn log_errors_combines_with_every_other_setting_of_a_retry() {
    #[retry(
        max = 1,
        backoff = |state| secs(u64::from(state.attempt)),
        when = |code| code.0 == 503,
        when_ok = |value| *value == 0,
        retry_after = |_| Some(secs(2)),
        on_retry = |_| (),
        log_errors = true
    )]
    async fn ask(answers: &[Result<u32, Code>], calls: &Counter) -> Result<u32, Code> {
        pause().await;
        match &answers[calls.up() as usize - 1] {
            Ok(value) => Ok(*value),
            Err(Code(code)) => Err(Code(*code)),
        }
    }

    let (_clock, recorder) = (Clock::start(), Recorder::start());
    assert_eq!(ask(&[Err(Code(503)), Ok(1)], &Counter::new()).await.ok(), Some(1));
    assert_eq!(told(&recorder), ["retry: code 503"]);
    assert_eq!(ask(&[Ok(0), Ok(1)], &Counter::new()).await.ok(), Some(1));
    assert_eq!((recorder.names().len(), told(&recorder).len()), (2, 1), "a value is no error");
    assert!(ask(&[Err(Code(400))], &Counter::new()).await.is_err());
    assert_eq!(recorder.named("retry").len(), 2, "not retried");
}

#[sync_and_async::test]
async fn a_fallback_logs_the_error_that_each_step_answers() {
    #[fallback(second, |error: Code| Err(Code(error.0 + 1)), value = 4, log_errors = true)]
    async fn first() -> Result<u32, Code> {
        pause().await;
        Err(Code(1))
    }

    async fn second() -> Result<u32, Code> {
        pause().await;
        Err(Code(2))
    }

    let recorder = Recorder::start();
    assert_eq!(first().await.ok(), Some(4));
    assert_eq!(told(&recorder), ["fallback: code 1", "fallback: code 2", "fallback: code 3"]);
}

#[sync_and_async::test]
async fn a_breaker_logs_the_error_that_opens_it() {
    #[circuit_breaker(failure_threshold = 2, ignore = |code| code.0 == 404, log_errors = true)]
    async fn ask(code: u16) -> Result<u32, Code> {
        pause().await;
        Err(Code(code))
    }

    let recorder = Recorder::start();
    for code in [500, 404, 503, 504] {
        assert!(ask(code).await.is_err());
    }
    assert_eq!(told(&recorder), ["breaker.open: code 503"]);
}

#[sync_and_async::test]
async fn a_breaker_logs_classified_errors() {
    #[circuit_breaker(failure_threshold = 1, map_err = |_| std::io::Error::other("open"), log_errors = true)]
    async fn ask() -> Result<u32, std::io::Error> {
        pause().await;
        Err(std::io::Error::from(std::io::ErrorKind::TimedOut))
    }

    let recorder = Recorder::start();
    assert!(ask().await.is_err());
    assert_eq!(told(&recorder), ["breaker.open: timed out"]);
}

#[sync_and_async::test]
async fn a_cache_logs_the_error_that_a_stale_value_covers() {
    #[cached(ttl = 1, stale_if_error = "1h", skip(up), log_errors = true)]
    async fn ask(up: bool) -> Result<u32, SendError> {
        pause().await;
        if up { Ok(1) } else { Err(REJECTED) }
    }

    let (clock, recorder) = (Clock::start(), Recorder::start());
    assert_eq!(ask(true).await, Ok(1));
    clock.sleep(secs(1)).await;
    assert_eq!(ask(false).await, Ok(1));
    assert_eq!(told(&recorder), ["cache.stale: cannot send: connection refused"]);
}

/// `anyhow` formats its own chain.
#[sync_and_async::test]
async fn type_erased_errors_are_logged_with_their_sources() {
    #[retry(max = 1, backoff = "none", log_errors = true)]
    async fn ask() -> anyhow::Result<u32> {
        pause().await;
        Err(anyhow::Error::new(Rejected).context("cannot ask"))
    }

    #[retry(max = 1, backoff = "none", log_errors = true)]
    async fn boxed_up() -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
        pause().await;
        Err(Rejected.into())
    }

    let recorder = Recorder::start();
    assert!(ask().await.is_err() && boxed_up().await.is_err());
    assert_eq!(told(&recorder), ["retry: cannot ask: connection refused", "retry: connection refused"]);
}

#[sync_and_async::test]
async fn generic_errors_are_logged_as_their_bounds_allow() {
    #[retry(max = 1, backoff = "none", log_errors = true)]
    async fn shown<E: fmt::Display>(make: &impl Fn() -> E) -> Result<u32, E> {
        pause().await;
        Err(make())
    }

    #[fallback(value = 1, log_errors = true)]
    async fn explained<E: std::error::Error>(make: &impl Fn() -> E) -> Result<u32, E> {
        pause().await;
        Err(make())
    }

    let recorder = Recorder::start();
    assert!(shown(&|| REJECTED).await.is_err() && explained(&|| REJECTED).await.is_ok());
    assert_eq!(told(&recorder), ["retry: cannot send", "fallback: cannot send: connection refused"]);
}

#[sync_and_async::test]
async fn every_attribute_of_a_stack_logs_its_errors() {
    #[cached(ttl = 1, stale_if_error = "1h", skip(up), log_errors = true)]
    #[fallback(|error| Err(error), log_errors = true)]
    #[retry(max = 1, backoff = "none", log_errors = true)]
    #[circuit_breaker(failure_threshold = 2, log_errors = true)]
    async fn ask(up: bool) -> Result<u32, SendError> {
        pause().await;
        if up { Ok(1) } else { Err(REJECTED) }
    }

    let (clock, recorder) = (Clock::start(), Recorder::start());
    assert_eq!(ask(true).await, Ok(1));
    clock.sleep(secs(1)).await;
    assert_eq!(ask(false).await, Ok(1));
    let names: Vec<_> =
        told(&recorder).iter().filter_map(|told| told.split_once(": ").map(|(name, _)| name.to_owned())).collect();
    assert_eq!(names, ["retry", "breaker.open", "fallback", "cache.stale"]);
}

#[tokio::test(start_paused = true)]
async fn a_policy_logs_errors() {
    let scenario = |name: &'static str| -> Result<CachedPolicy<u32, u32, SendError>, policy::InvalidPolicy> {
        Ok(policy::cached(name).ttl(secs(1)).stale_if_error(secs(60)).log_errors().build()?
            >> Policy::new()
            >> policy::fallback(Err).log_errors()
            >> policy::retry().max(1).no_delay().log_errors().build()?
            >> policy::circuit_breaker(name).failure_threshold(2).log_errors().build()?)
    };
    let expected = ["retry", "breaker.open", "fallback", "cache.stale"]
        .map(|name| format!("{name}: cannot send: connection refused"));

    let awaited = scenario("log_errors: awaited").expect("good settings");
    let recorder = Recorder::start();
    assert_eq!(awaited.call_for(&1, || async { Ok(1) }).await, Ok(1));
    tokio::time::advance(secs(1)).await;
    assert_eq!(awaited.call_for(&1, || async { Err(REJECTED) }).await, Ok(1));
    assert_eq!(told(&recorder), expected);

    let blocking = scenario("log_errors: blocking").expect("good settings");
    let (clock, recorder) = (ManualClock::install(), Recorder::start());
    assert_eq!(blocking.call_for_blocking(&1, || Ok(1)), Ok(1));
    clock.advance(secs(1));
    assert_eq!(blocking.call_for_blocking(&1, || Err(REJECTED)), Ok(1));
    assert_eq!(told(&recorder), expected);
}

/// `anyhow::Error` does not implement `Error`, and `String` neither.
#[tokio::test(start_paused = true)]
async fn a_policy_logs_other_errors_with_a_function() {
    let show = |error: &anyhow::Error| format!("{error:#}");
    let scenario = |name: &'static str| -> Result<Policy<u32, anyhow::Error>, policy::InvalidPolicy> {
        Ok(Policy::new()
            >> policy::fallback(Err).log_errors_with(show)
            >> policy::retry().max(1).no_delay().log_errors_with(show).build()?
            >> policy::circuit_breaker(name).failure_threshold(2).log_errors_with(show).build()?)
    };
    let fail = || Err(anyhow::anyhow!("connection refused").context("cannot send"));
    let expected = ["retry", "breaker.open", "fallback"].map(|name| format!("{name}: cannot send: connection refused"));

    let awaited = scenario("log_errors_with: awaited").expect("good settings");
    let recorder = Recorder::start();
    assert!(awaited.call(|| async { fail() }).await.is_err());
    assert_eq!(told(&recorder), expected);

    let blocking = scenario("log_errors_with: blocking").expect("good settings");
    let recorder = Recorder::start();
    assert!(blocking.call_blocking(fail).is_err());
    assert_eq!(told(&recorder), expected);
}

/// An error may contain what a caller has sent.
/// BUG-F6.
#[test]
fn without_log_errors_no_event_contains_an_error() {
    const SECRET: &str = "hunter2";

    #[cached(ttl = 1, stale_if_error = "1h", skip(up))]
    #[fallback(spare, |error: anyhow::Error| Err(error), when = |_| true)]
    #[retry(max = 1, backoff = "none")]
    #[circuit_breaker(failure_threshold = 2)]
    fn ask(up: bool) -> anyhow::Result<u32> {
        if up { Ok(1) } else { Err(anyhow::anyhow!(SECRET)) }
    }

    fn spare(_: bool) -> anyhow::Result<u32> {
        Err(anyhow::anyhow!(SECRET))
    }

    let (clock, recorder) = (ManualClock::install(), Recorder::start());
    assert_eq!(ask(true).ok(), Some(1));
    clock.advance(secs(1));
    assert_eq!(ask(false).ok(), Some(1), "the old value");
    let names = recorder.names();
    for name in ["retry", "breaker.open", "fallback", "cache.stale"] {
        assert!(names.contains(&name), "{names:?}");
    }
    let fields = recorder.events().into_iter().flat_map(|event| event.fields);
    assert_eq!(fields.filter(|(name, value)| *name == "error" || value.contains(SECRET)).count(), 0);
}

/// Events are emitted outside all locks and after every decision.
#[test]
fn an_error_that_panics_in_display_leaves_nothing_behind() {
    struct Loud;

    impl fmt::Display for Loud {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("shown")
        }
    }

    impl From<resilience::Error> for Loud {
        fn from(_: resilience::Error) -> Self {
            Self
        }
    }

    #[cached(ttl = 1, stale_if_error = "1h", skip(up), log_errors = true)]
    fn kept(up: bool) -> Result<u32, Loud> {
        if up { Ok(1) } else { Err(Loud) }
    }

    #[circuit_breaker(name = "log_errors: loud", failure_threshold = 1, log_errors = true)]
    fn guarded() -> Result<u32, Loud> {
        Err(Loud)
    }

    let panics = |call: fn() -> Option<u32>| catch_unwind(call).is_err();
    let (clock, _recorder) = (ManualClock::install(), Recorder::start());
    assert_eq!(kept(true).ok(), Some(1));
    clock.advance(secs(1));
    assert!(panics(|| kept(false).ok()), "nobody would see the panic otherwise");
    assert!(panics(|| kept(false).ok()), "the flight of the first call is over");
    assert_eq!(kept(true).ok(), Some(1));

    assert!(panics(|| guarded().ok()));
    let breaker = resilience::CircuitBreaker::named("log_errors: loud").expect("called above");
    assert_eq!(breaker.state(), BreakerState::Open, "it had opened before it told");
    assert_eq!(guarded().ok(), None);
}
