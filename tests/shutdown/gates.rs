//! Callers that wait at a gate are rejected, and nobody begins to wait.

use std::thread;

use resilience::policy::InvalidPolicy;
use resilience::testing::{Script, record};
use resilience::{
    Bulkhead, Error, Policy, RateLimiter, begin_shutdown, bulkhead, circuit_breaker, policy, rate_limit, retry,
    shutdown,
};
use tokio::time::Instant;

use crate::common::{Process, millis, secs};
use crate::run;

type Service = Script<u32, Error>;

fn slow() -> Service {
    Script::new().ok_times(9, 1).delayed(secs(5))
}

fn rejected(name: &'static str) -> Result<u32, Error> {
    Err(Error::ShuttingDown { name: name.into() })
}

#[bulkhead(name = "shutdown places", max = 1, queue = 9, allow(unbounded_wait))]
async fn place(service: &Service) -> Result<u32, Error> {
    service.call().await
}

#[bulkhead(name = "shutdown places with a wait", max = 1, queue = 9, wait = "1h")]
async fn place_within(service: &Service) -> Result<u32, Error> {
    service.call().await
}

#[rate_limit(name = "shutdown turns", max = 1, per = "1h", wait = "9h")]
async fn turn(service: &Service) -> Result<u32, Error> {
    service.call().await
}

#[rate_limit(name = "shutdown costs", max = 1, per = "1h", wait = "9h", cost = 1_u64)]
async fn turn_with_cost(service: &Service) -> Result<u32, Error> {
    service.call().await
}

/// The call that holds the place finishes, and the one that waits is rejected.
macro_rules! one_of_two_waits {
    ($name:literal, $call:expr) => {
        run(async {
            let (service, began) = (slow(), Instant::now());
            let first = $call(&service);
            let second = async {
                let out = record($call(&service)).await;
                (out, began.elapsed())
            };
            let (first, ((second, events), waited), report) = tokio::join!(first, second, async {
                tokio::time::sleep(secs(1)).await;
                shutdown(secs(30)).await
            });
            assert_eq!((first, second, service.calls()), (Ok(1), rejected($name), 1));
            assert!(waited < secs(2), "{waited:?}");
            assert_eq!(events.names(), ["shutdown.rejected"]);
            assert_eq!(events[0]["name"], $name);
            assert!(events[0]["function"].as_str().is_some_and(|function| !function.is_empty()));
            assert_eq!((report.woken, report.left), (1, 0));
        });
    };
}

#[test]
fn the_queue_of_a_bulkhead_is_rejected_and_the_call_inside_finishes() {
    one_of_two_waits!("shutdown places", place);
    one_of_two_waits!("shutdown places with a wait", place_within);
}

#[test]
fn callers_who_wait_for_their_turn_are_rejected_and_give_it_back() {
    one_of_two_waits!("shutdown turns", turn);
    one_of_two_waits!("shutdown costs", turn_with_cost);
    let waiting = RateLimiter::named("shutdown turns").map(|limiter| limiter.snapshot().waiting);
    assert_eq!(waiting, Some(0));
}

fn policies() -> Result<[Policy<u32, Error>; 2], InvalidPolicy> {
    let place = policy::bulkhead("shutdown policy places").max(1).queue(9).build()?;
    let turn = policy::rate_limit("shutdown policy turns").max(1).per(secs(3600)).wait(secs(9 * 3600)).build()?;
    Ok([Policy::named("placed")? >> place, Policy::named("in turn")? >> turn])
}

#[test]
fn a_policy_rejects_who_waits_in_it() {
    let [place, turn] = policies().expect("they are valid");
    one_of_two_waits!("shutdown policy places", async |service: &Service| place.call(|| service.call()).await);
    one_of_two_waits!("shutdown policy turns", async |service: &Service| turn.call(|| service.call()).await);
}

#[test]
fn threads_that_wait_are_rejected() {
    #[bulkhead(name = "shutdown seats", max = 1, queue = 9, allow(unbounded_wait))]
    fn seat(enter: impl FnOnce()) -> Result<u32, Error> {
        enter();
        Ok(1)
    }
    #[rate_limit(name = "shutdown tickets", max = 1, per = "1h", wait = "9h")]
    fn ticket() -> Result<u32, Error> {
        Ok(1)
    }

    let _process = Process::start();
    assert_eq!(ticket(), Ok(1));
    let (entered, is_inside) = std::sync::mpsc::channel();
    let (leave, may_leave) = std::sync::mpsc::channel::<()>();
    thread::scope(|scope| {
        let first = scope.spawn(move || {
            seat(move || {
                entered.send(()).expect("the test listens");
                may_leave.recv().expect("the test sends");
            })
        });
        is_inside.recv().expect("it has a seat");
        let (second, third) = (scope.spawn(|| seat(|| ())), scope.spawn(ticket));
        let waits = || Bulkhead::named("shutdown seats").is_some_and(|seats| seats.snapshot().waiting == 1);
        let is_due = || RateLimiter::named("shutdown tickets").is_some_and(|tickets| tickets.snapshot().waiting == 1);
        while !waits() || !is_due() {
            thread::sleep(millis(1));
        }
        begin_shutdown();
        assert_eq!(second.join().expect("no panic"), rejected("shutdown seats"));
        assert_eq!(third.join().expect("no panic"), rejected("shutdown tickets"));
        leave.send(()).expect("the first call waits");
        assert_eq!(first.join().expect("no panic"), Ok(1));
    });
}

#[test]
fn whoever_needs_no_wait_passes_and_who_would_wait_is_rejected_at_once() {
    run(async {
        begin_shutdown();
        let (service, began) = (slow(), Instant::now());
        let (first, second) = tokio::join!(place(&service), place(&service));
        assert_eq!((first, second), (Ok(1), rejected("shutdown places")));
        assert_eq!((turn(&service).await, turn(&service).await), (Ok(1), rejected("shutdown turns")));
        assert_eq!(began.elapsed(), secs(10), "two bodies");
    });
}

#[test]
fn the_layers_around_take_the_rejection_for_one() {
    #[circuit_breaker(name = "shutdown breaker", failure_threshold = 1)]
    #[retry(max = 3, base_delay = "1h", max_delay = "2h", jitter = false, allow(unbounded_retry))]
    #[bulkhead(name = "shutdown guarded", max = 1, queue = 9, allow(unbounded_wait))]
    async fn guarded(service: &Service) -> Result<u32, Error> {
        service.call().await
    }
    run(async {
        begin_shutdown();
        let service = slow();
        let (first, second) = tokio::join!(guarded(&service), guarded(&service));
        assert_eq!((first, second), (Ok(1), rejected("shutdown guarded")));
        let state = resilience::CircuitBreaker::named("shutdown breaker").map(|breaker| breaker.state());
        assert_eq!(state, Some(resilience::BreakerState::Closed), "it says nothing about the service");
    });
}

#[test]
fn the_pause_for_a_breaker_that_recovers_ends() {
    #[retry(max = 3, base_delay = "1h", max_delay = "2h", allow(unbounded_retry), jitter = false)]
    #[circuit_breaker(name = "shutdown recovering", failure_threshold = 1, recovery = "30m")]
    async fn recovering(service: &Script<u32, Error>) -> Result<u32, Error> {
        service.call().await
    }
    run(async {
        let limit = secs(1);
        let service = Script::new().fail_times(9, move || Error::Timeout { limit, elapsed: limit });
        let (answer, report) = tokio::join!(recovering(&service), async {
            tokio::time::sleep(secs(60)).await;
            shutdown(secs(30)).await
        });
        assert_eq!((answer, service.calls(), report.woken), (Err(Error::Timeout { limit, elapsed: limit }), 1, 1));
    });
}
