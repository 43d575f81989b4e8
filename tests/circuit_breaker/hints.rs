//! How long a breaker stays open: at least for the hint of the failure that opened it, an error or a value; and how a
//! rate judges probes.

#![allow(clippy::redundant_closure, clippy::redundant_closure_for_method_calls, reason = "closures are tested as such")]

use std::time::Duration;

use resilience::testing::ManualClock;
use resilience::{BreakerState, CircuitBreaker, Policy, circuit_breaker, policy};

use crate::TestError;
use crate::common::{Classified, secs};

type Hinted = Result<u32, Classified>;

fn busy() -> Classified {
    Classified(TestError::Transient)
}

fn wait(seconds: u64) -> Classified {
    Classified(TestError::RateLimited(secs(seconds)))
}

/// The time until an open breaker probes, in whole seconds.
fn left(rejection: &Hinted) -> u64 {
    match rejection {
        Err(Classified(TestError::Resilience(error))) => error.retry_after().map_or(0, |left| left.as_secs()),
        other => panic!("{other:?} is no rejection"),
    }
}

#[sync_and_async::test]
async fn a_breaker_stays_open_for_the_hint_of_the_failure_that_opened_it() {
    #[circuit_breaker(failure_threshold = 2, recovery = "10s")]
    async fn long(answer: Hinted) -> Hinted {
        answer
    }

    #[circuit_breaker(failure_threshold = 2, recovery = "10s")]
    async fn short(answer: Hinted) -> Hinted {
        answer
    }

    #[circuit_breaker(failure_threshold = 2, recovery = "10s")]
    async fn earlier(answer: Hinted) -> Hinted {
        answer
    }

    #[circuit_breaker(failure_threshold = 1, recovery = "10s", when = |_| true)]
    async fn predicate(answer: Hinted) -> Hinted {
        answer
    }

    let _clock = Clock::start();
    assert_eq!((long(Err(busy())).await, long(Err(wait(30))).await), (Err(busy()), Err(wait(30))));
    assert_eq!(left(&long(Ok(1)).await), 30);
    assert_eq!((short(Err(busy())).await, short(Err(wait(3))).await), (Err(busy()), Err(wait(3))));
    assert_eq!(left(&short(Ok(1)).await), 10, "never shorter than `recovery`");
    assert_eq!((earlier(Err(wait(30))).await, earlier(Err(busy())).await), (Err(wait(30)), Err(busy())));
    assert_eq!(left(&earlier(Ok(1)).await), 10, "only the failure that opens");
    assert_eq!(predicate(Err(wait(30))).await, Err(wait(30)));
    assert_eq!(left(&predicate(Ok(1)).await), 30);
}

#[sync_and_async::test]
async fn a_hint_keeps_a_breaker_open_for_max_recovery_or_an_hour_at_most() {
    #[circuit_breaker(failure_threshold = 1, recovery = "10s", recovery_factor = 2.0, max_recovery = "20s")]
    async fn limited(answer: Hinted) -> Hinted {
        answer
    }

    #[circuit_breaker(failure_threshold = 1, recovery = "10s")]
    async fn unlimited(answer: Hinted) -> Hinted {
        answer
    }

    let _clock = Clock::start();
    assert!(limited(Err(wait(30))).await.is_err());
    assert_eq!(left(&limited(Ok(1)).await), 20);
    let never = Classified(TestError::RateLimited(Duration::MAX));
    assert!(unlimited(Err(never)).await.is_err());
    assert_eq!(left(&unlimited(Ok(1)).await), 3600);
}

#[sync_and_async::test]
async fn a_failed_probe_with_a_hint_waits_for_it() {
    #[circuit_breaker(window = 2, failure_rate = 0.5, min_calls = 1, recovery = "10s", success_threshold = 1)]
    async fn ask(answer: Hinted) -> Hinted {
        answer
    }

    let clock = Clock::start();
    assert!(ask(Err(busy())).await.is_err());
    clock.sleep(secs(10)).await;
    assert_eq!(ask(Err(wait(60))).await, Err(wait(60)), "the probe");
    assert_eq!(left(&ask(Ok(1)).await), 60);
    clock.sleep(secs(60)).await;
    assert_eq!((ask(Ok(1)).await, ask(Ok(1)).await), (Ok(1), Ok(1)));
}

#[sync_and_async::test]
async fn half_open_calls_judges_probes_by_the_rate() {
    #[circuit_breaker(window = 4, failure_rate = 0.5, min_calls = 1, recovery = "10s", half_open_calls = 4)]
    async fn ask(answer: Hinted) -> Hinted {
        answer
    }

    let clock = Clock::start();
    assert!(ask(Err(busy())).await.is_err());
    clock.sleep(secs(10)).await;
    assert_eq!((ask(Ok(1)).await, ask(Err(busy())).await, ask(Ok(1)).await), (Ok(1), Err(busy()), Ok(1)));
    assert_eq!(ask(Err(busy())).await, Err(busy()), "two of four");
    assert_eq!(left(&ask(Ok(1)).await), 10);
    clock.sleep(secs(10)).await;
    for answer in [Err(busy()), Ok(1), Ok(1), Ok(1)] {
        assert_eq!(ask(answer.clone()).await, answer);
    }
    assert_eq!((ask(Ok(1)).await, ask(Ok(1)).await), (Ok(1), Ok(1)), "one of four: it is closed");
    clock.sleep(secs(1)).await;
    assert!(ask(Err(busy())).await.is_err());
}

#[test]
fn a_static_breaker_takes_half_open_calls() {
    static BREAKER: CircuitBreaker =
        CircuitBreaker::new("hints::static").window(2).failure_rate(1.0).min_calls(1).half_open_calls(2);
    assert!(BREAKER.admit().map(resilience::Permit::fail).is_ok());
    assert_eq!(BREAKER.state(), BreakerState::Open);
}

#[test]
fn probes_are_judged_when_as_many_as_half_open_calls_have_ended() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("hints::judged")
        .window(4)
        .failure_rate(0.5)
        .min_calls(1)
        .half_open_calls(4)
        .recovery(secs(10));
    let clock = ManualClock::install();
    assert!(BREAKER.admit().map(resilience::Permit::fail).is_ok());
    clock.advance(secs(10));
    for end in [resilience::Permit::fail, resilience::Permit::succeed, resilience::Permit::succeed] {
        assert!(BREAKER.admit().map(end).is_ok());
        assert_eq!(BREAKER.state(), BreakerState::HalfOpen);
    }
    assert!(BREAKER.admit().map(resilience::Permit::succeed).is_ok());
    assert_eq!(BREAKER.state(), BreakerState::Closed);
}

#[derive(Debug, Clone, PartialEq)]
struct Response {
    status: u16,
    retry_after: Option<Duration>,
}

impl Response {
    const fn is_refused(&self) -> bool {
        matches!(self.status, 429 | 503)
    }
}

type Page<E> = Result<Response, E>;

#[expect(clippy::unnecessary_wraps, reason = "as the client returns it")]
const fn page<E>(status: u16, seconds: u64) -> Page<E> {
    Ok(Response { status, retry_after: Some(secs(seconds)) })
}

/// The seconds for which its first rejection asks.
fn left_of<E: Into<TestError>>(rejection: Page<E>) -> u64 {
    match rejection.map_err(Into::into) {
        Err(TestError::Resilience(error)) => error.retry_after().map_or(0, |left| left.as_secs()),
        other => panic!("{other:?} is no rejection"),
    }
}

impl From<Classified> for TestError {
    fn from(Classified(error): Classified) -> Self {
        error
    }
}

fn of_error(error: &TestError) -> Option<Duration> {
    error.retry_after()
}

fn of_page(answer: &Page<TestError>) -> Option<Duration> {
    match answer {
        Ok(response) => response.retry_after,
        Err(error) => error.retry_after(),
    }
}

fn of_any<E>(answer: &Page<E>) -> Option<Duration> {
    answer.as_ref().ok()?.retry_after
}

#[sync_and_async::test]
async fn a_value_with_a_hint_that_opens_a_breaker_keeps_it_open_for_the_hint() {
    macro_rules! left {
        ($($error:ty, $($retry_after:expr)? => $fails:expr;)*) => {
            [$({
                #[circuit_breaker(
                    failure_threshold = 2, recovery = "10s", when_ok = Response::is_refused $(, retry_after = $retry_after)?
                )]
                async fn ask(answer: Page<$error>) -> Page<$error> {
                    answer
                }
                assert_eq!(ask(page(503, 1)).await, page(503, 1), "the value comes back untouched");
                let failure: Page<$error> = $fails;
                assert_eq!(ask(failure.clone()).await, failure);
                left_of(ask(page(200, 0)).await)
            }),*]
        };
    }
    let _clock = Clock::start();
    let left = left! {
        TestError, of_page => page(503, 30);
        TestError, of_page => page(429, 3);
        TestError, of_page => Err(TestError::RateLimited(secs(40)));
        TestError, |answer: &Page<TestError>| of_page(answer) => page(503, 10);
        TestError, |answer: &Result<Response, TestError>| of_page(answer) => page(503, 50);
        TestError, |answer: &Result<Response, TestError>| of_page(answer) => Err(TestError::RateLimited(secs(60)));
        Classified, of_any => page(503, 70);
        Classified, of_any::<Classified> => Err(Classified(TestError::RateLimited(secs(80))));
        TestError, of_error => page(503, 90);
        TestError, of_error => Err(TestError::RateLimited(secs(100)));
        TestError, |error| error.retry_after() => Err(TestError::RateLimited(secs(110)));
        TestError, |_| None => Err(TestError::RateLimited(secs(120)));
        Classified, => page(503, 130);
        Classified, => Err(Classified(TestError::RateLimited(secs(140))));
    };
    let expected = [30, 10, 40, 10, 50, 60, 70, 10, 10, 100, 110, 10, 10, 140];
    assert_eq!(left, expected, "a function replaces what the classification knows");
}

#[sync_and_async::test]
async fn a_probe_whose_value_has_a_hint_waits_for_it_in_methods_and_options() {
    // Each form has one of its own, because they run at the same time.
    static OPTIONS: CircuitBreaker = CircuitBreaker::new("hints::options")
        .failure_threshold(1)
        .recovery(secs(10))
        .max_recovery(secs(60))
        .recovery_factor(2.0);

    struct Client {
        margin: Duration,
    }

    impl Client {
        fn is_refused(&self, response: &Response) -> bool {
            response.is_refused() && !self.margin.is_zero()
        }

        fn hint(answer: &Page<TestError>) -> Option<Duration> {
            of_page(answer)
        }

        #[circuit_breaker(
            failure_threshold = 1, recovery = "10s", success_threshold = 1, when_ok = self.is_refused, retry_after = Self::hint
        )]
        async fn ask(&self, answer: Page<TestError>) -> Page<TestError> {
            answer
        }

        #[circuit_breaker(
            shared = OPTIONS,
            when_ok = Response::is_refused,
            retry_after = |answer: &Option<Response>| Some(answer.as_ref()?.retry_after? + self.margin)
        )]
        async fn find(&self, answer: Option<Response>) -> Option<Response> {
            answer
        }
    }

    let (clock, client) = (Clock::start(), Client { margin: secs(5) });
    assert_eq!(client.ask(Err(TestError::Transient)).await, Err(TestError::Transient));
    clock.sleep(secs(10)).await;
    assert_eq!(client.ask(page(503, 60)).await, page(503, 60), "the probe");
    assert_eq!(left_of(client.ask(page(200, 0)).await), 60);
    clock.sleep(secs(60)).await;
    assert_eq!((client.ask(page(200, 99)).await, client.ask(page(200, 0)).await), (page(200, 99), page(200, 0)));

    let breaker = || OPTIONS.snapshot().retry_after;
    let found = |seconds| page::<()>(503, seconds).ok();
    assert_eq!(client.find(found(20)).await, found(20));
    assert_eq!((breaker(), client.find(None).await), (Some(secs(25)), None));
    clock.sleep(secs(25)).await;
    assert_eq!(client.find(found(3600)).await, found(3600));
    assert_eq!(breaker(), Some(secs(60)), "up to `max_recovery`");
}

/// A hint counts where the failure is counted: in the breaker that it opens, and in no other.
#[sync_and_async::test]
async fn the_hint_of_a_value_below_another_breaker_is_its_own() {
    static OUTER: CircuitBreaker = CircuitBreaker::new("hints::outer").failure_threshold(1).recovery(secs(10));
    static INNER: CircuitBreaker = CircuitBreaker::new("hints::inner").failure_threshold(1).recovery(secs(10));

    #[circuit_breaker(shared = OUTER, when_ok = Response::is_refused)]
    #[circuit_breaker(shared = INNER, when_ok = Response::is_refused, retry_after = of_page)]
    async fn ask(answer: Page<TestError>) -> Page<TestError> {
        answer
    }

    let _clock = Clock::start();
    for breaker in [&OUTER, &INNER] {
        breaker.reset();
    }
    assert_eq!(ask(page(503, 30)).await, page(503, 30));
    assert_eq!((OUTER.snapshot().retry_after, INNER.snapshot().retry_after), (Some(secs(10)), Some(secs(30))));
}

#[tokio::test(start_paused = true)]
async fn a_policy_heeds_the_hints_of_values_and_errors() -> Result<(), policy::InvalidPolicy> {
    let builder = || policy::circuit_breaker::<TestError>("hints::values").failure_threshold(1).recovery(secs(10));
    let whole: Policy<Response, TestError> = Policy::new()
        >> builder().when_ok(Response::is_refused).retry_after(|_| None).retry_after_result(of_page).build()?;
    let by_error: Policy<Response, TestError> =
        Policy::new() >> builder().retry_after(of_error).when_ok(Response::is_refused).build()?;
    let keyed: policy::KeyedPolicy<u32, Response, TestError> = Policy::new()
        >> policy::circuit_breaker("hints::keyed")
            .failure_threshold(1)
            .when_ok(Response::is_refused)
            .retry_after_result(of_page)
            .key::<u32>()
            .build()?;

    let breaker = || CircuitBreaker::named("hints::values").expect("called");
    let cases: [(&Policy<Response, TestError>, Page<TestError>, u64); 4] = [
        (&whole, page(503, 30), 30),
        (&whole, Err(TestError::RateLimited(secs(40))), 40),
        (&by_error, page(503, 50), 10),
        (&by_error, Err(TestError::RateLimited(secs(60))), 60),
    ];
    for (policy, failure, seconds) in cases {
        assert_eq!(policy.call(|| async { failure.clone() }).await, failure);
        assert_eq!(left_of(policy.call(|| async { page(200, 0) }).await), seconds);
        breaker().reset();
        assert_eq!(policy.call_blocking(|| failure.clone()), failure);
        assert_eq!(left_of(policy.call_blocking(|| page(200, 0))), seconds);
        breaker().reset();
    }
    assert_eq!(keyed.call_for(&1, || async { page(503, 90) }).await, page(503, 90));
    assert_eq!(left_of(keyed.call_for(&1, || async { page(200, 0) }).await), 90);
    assert_eq!(keyed.call_for(&2, || async { page(200, 0) }).await, page(200, 0));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_policy_heeds_hints_and_judges_probes_alike() -> Result<(), policy::InvalidPolicy> {
    let ask: Policy<u32, Classified> = Policy::new()
        >> policy::circuit_breaker("hints::policy")
            .window(4)
            .failure_rate(0.5)
            .min_calls(1)
            .half_open_calls(2)
            .recovery(secs(10))
            .classified()
            .build()?;
    assert!(ask.call(|| async { Err(wait(30)) }).await.is_err());
    assert_eq!(left(&ask.call(|| async { Ok(1) }).await), 30);
    tokio::time::sleep(secs(30)).await;
    assert_eq!(ask.call(|| async { Ok(1) }).await, Ok(1));
    assert_eq!(ask.call(|| async { Err(busy()) }).await, Err(busy()));
    assert_eq!(left(&ask.call(|| async { Ok(1) }).await), 10);

    let invalid = policy::circuit_breaker::<Classified>("x").half_open_calls(2).success_threshold(2).build::<u32>();
    assert_eq!(invalid.map_or_else(|error| error.problems().len(), |_| 0), 2);
    Ok(())
}
