//! A destructor of a thread-local calls annotated functions, which work there as everywhere.
//!
//! Those of the crate, of `std` and of tokio may be gone by then. A panic in such a destructor aborts the process, so each of
//! these tests ends the whole program when it fails.

use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::sync::mpsc::{Sender, channel};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use resilience::{
    IdempotencyKey, Policy, attempt, bulkhead, cached, circuit_breaker, deadline, fallback, idempotency_key, observe,
    observe_blocking, policy, rate_limit, retry, timeout,
};

use crate::{Counter, Failure, Resilience, millis};

struct AtTheEnd(fn(), Sender<()>);

impl Drop for AtTheEnd {
    fn drop(&mut self) {
        (self.0)();
        self.1.send(()).expect("the test waits");
    }
}

thread_local! {
    static AT_THE_END: RefCell<Option<AtTheEnd>> = const { RefCell::new(None) };
}

/// Destructors run in the order of first use, or against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FirstUse {
    Before,
    After,
    OnlyInTheDestructor,
}

fn works_in_a_destructor(call: fn()) {
    for first_use in [FirstUse::Before, FirstUse::After, FirstUse::OnlyInTheDestructor] {
        let (done, is_done) = channel();
        let thread = std::thread::spawn(move || {
            if first_use == FirstUse::Before {
                call();
            }
            AT_THE_END.set(Some(AtTheEnd(call, done)));
            if first_use == FirstUse::After {
                call();
            }
        });
        thread.join().expect("no panic");
        is_done.recv().expect("the destructor has run");
    }
}

/// The result of a future that never waits.
fn at_once<T>(call: impl Future<Output = T>) -> T {
    match pin!(call).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => unreachable!("it does not wait"),
    }
}

#[test]
fn a_retry() {
    #[retry(max = 2, base_delay = "1ms", max_elapsed = "40s")]
    fn ask(calls: &Counter) -> Result<u32, Failure> {
        let call = calls.up();
        if call < 3 { Err(Failure::Down) } else { Ok(call) }
    }

    #[retry(max = 1, backoff = "none", budget = "destructors")]
    async fn ask_at_once(calls: &Counter) -> Option<u32> {
        let call = calls.up();
        (call > 1).then_some(call)
    }

    works_in_a_destructor(|| {
        assert_eq!(ask(&Counter::new()), Ok(3));
        assert_eq!(at_once(ask_at_once(&Counter::new())), Some(2));
    });
}

#[test]
fn the_attempt_and_its_key() {
    #[timeout(secs = 40, mode = "cooperative")]
    #[retry(max = 1, backoff = "none")]
    fn ask(first: &Cell<Option<IdempotencyKey>>) -> Result<(u32, bool), Failure> {
        let (key, attempt) = (idempotency_key(), attempt());
        let before = first.replace(Some(key)).ok_or(Failure::Down)?;
        assert_eq!(before, key, "all attempts of a call have one key");
        Ok((attempt, deadline().is_some()))
    }

    works_in_a_destructor(|| {
        assert_eq!(ask(&Cell::new(None)), Ok((2, true)));
        assert_eq!((attempt(), deadline()), (1, None));
        assert_ne!(idempotency_key(), idempotency_key(), "outside of a call each is another one");
    });
}

#[test]
fn a_timeout() {
    #[timeout(secs = 40, mode = "cooperative")]
    fn ask() -> Result<bool, Failure> {
        resilience::checkpoint()?;
        Ok(resilience::remaining().is_some())
    }

    #[timeout(ms = 20, mode = "cooperative")]
    fn late() -> Result<(), Failure> {
        loop {
            resilience::checkpoint()?;
            std::thread::sleep(millis(5));
        }
    }

    #[timeout(secs = 40, mode = "thread")]
    fn on_a_thread() -> Result<bool, Failure> {
        ask()
    }

    #[timeout(secs = 40)]
    async fn ask_at_once() -> Result<u32, Failure> {
        Ok(7)
    }

    works_in_a_destructor(|| {
        assert_eq!((ask(), on_a_thread(), at_once(ask_at_once())), (Ok(true), Ok(true), Ok(7)));
        assert!(matches!(late(), Err(Failure::Resilience(Resilience::Timeout { .. }))));
    });
}

#[test]
fn a_circuit_breaker() {
    #[circuit_breaker(failure_threshold = 1, recovery = "1h", key = id)]
    fn ask(id: u32, is_up: bool) -> Result<(), Failure> {
        if is_up { Ok(()) } else { Err(Failure::Down) }
    }

    #[circuit_breaker(window = "1m", failure_rate = 0.5, min_calls = 100)]
    async fn ask_at_once() -> Result<u32, Failure> {
        Ok(7)
    }

    static IDS: Counter = Counter::new();

    works_in_a_destructor(|| {
        let id = IDS.up();
        assert_eq!((ask(id, true), ask(id, false)), (Ok(()), Err(Failure::Down)));
        assert!(matches!(ask(id, true), Err(Failure::Resilience(Resilience::CircuitOpen { .. }))));
        assert_eq!(at_once(ask_at_once()), Ok(7));
        assert!(!resilience::snapshot().breakers.is_empty());
    });
}

#[test]
fn a_bulkhead() {
    #[bulkhead(max = 1, queue = 1, wait = "20ms", key = depth.is_multiple_of(2))]
    fn ask(depth: u32) -> Result<u32, Failure> {
        match depth {
            0 => Ok(0),
            _ => ask(depth - 1),
        }
    }

    works_in_a_destructor(|| {
        assert_eq!(ask(1), Ok(0));
        assert!(matches!(ask(2), Err(Failure::Resilience(Resilience::BulkheadFull { .. }))));
    });
}

#[test]
fn a_rate_limit() {
    #[rate_limit(max = 1, per = "20ms", burst = 1, wait = "40s")]
    fn ask() -> Result<u32, Failure> {
        Ok(7)
    }

    #[rate_limit(max = 1_000, cost = size, settle = |used| *used, learn = true)]
    fn learn(size: u32) -> Result<u64, Failure> {
        Ok(size.into())
    }

    works_in_a_destructor(|| {
        assert_eq!((ask(), ask()), (Ok(7), Ok(7)));
        assert_eq!(learn(3), Ok(3));
    });
}

#[test]
fn a_cache() {
    #[cached(ttl = 3600, ttl_jitter = 0.5, stale_while_revalidate = "1h", skip(loads))]
    fn ask(key: u32, loads: &Counter) -> Result<u32, Failure> {
        loads.up();
        Ok(key)
    }

    #[cached(negative_ttl = "1h", when = |_| true, time_to_idle = "50m")]
    async fn ask_at_once(key: u32) -> Option<u32> {
        let _ = key;
        None
    }

    static KEYS: Counter = Counter::new();

    works_in_a_destructor(|| {
        let (key, loads) = (KEYS.up(), Counter::new());
        assert_eq!((ask(key, &loads), ask(key, &loads), loads.get()), (Ok(key), Ok(key), 1));
        assert_eq!((at_once(ask_at_once(key)), at_once(ask_at_once(key))), (None, None));
    });
}

#[test]
fn a_cache_that_waits_for_another_thread() {
    #[cached(skip(inside))]
    fn slow(key: u32, inside: &Sender<()>) -> u32 {
        inside.send(()).expect("the caller waits");
        std::thread::sleep(millis(50));
        key
    }

    static KEYS: Counter = Counter::new();

    works_in_a_destructor(|| {
        let (key, (inside, is_inside)) = (KEYS.up(), channel());
        let other = std::thread::spawn(move || slow(key, &inside));
        is_inside.recv().expect("it runs");
        assert_eq!(slow(key, &channel().0), key);
        assert_eq!(other.join().expect("no panic"), key);
    });
}

#[test]
fn a_fallback() {
    #[fallback(other, value = 7)]
    fn ask() -> Result<u32, Failure> {
        Err(Failure::Down)
    }

    fn other() -> Result<u32, Failure> {
        Err(Failure::Down)
    }

    works_in_a_destructor(|| assert_eq!(ask(), Ok(7)));
}

#[test]
fn an_observer() {
    #[fallback(value = 7)]
    #[retry(max = 1, base_delay = "1ms")]
    fn ask() -> Option<u32> {
        None
    }

    works_in_a_destructor(|| {
        assert_eq!(observe_blocking(ask).0, Some(7));
        assert_eq!(at_once(observe(async { ask() })).0, Some(7));
    });
}

#[test]
fn a_whole_stack() {
    #[fallback(value = 7)]
    #[cached(ttl = 3600, ttl_jitter = 0.1, stale_if_error = "1h")]
    #[bulkhead(max = 10)]
    #[retry(max = 1, base_delay = "1ms")]
    #[rate_limit(max = 1_000_000, per = "1s")]
    #[circuit_breaker(failure_threshold = 1000)]
    #[timeout(secs = 40, mode = "cooperative")]
    fn ask(key: u32) -> Result<u32, Failure> {
        Err(Failure::Down).or(if key.is_multiple_of(2) { Ok(key) } else { Err(Failure::Down) })
    }

    works_in_a_destructor(|| assert_eq!((ask(1), ask(2), ask(2)), (Ok(7), Ok(2), Ok(2))));
}

#[test]
fn a_policy() {
    fn policy() -> Result<Policy<u32, Failure>, policy::InvalidPolicy> {
        Ok(Policy::named("destructor")?
            >> policy::timeout(Duration::from_secs(40))?
            >> policy::retry().max(1).base_delay(millis(1)).build()?
            >> policy::circuit_breaker("destructor").failure_threshold(1000).build()?
            >> policy::bulkhead("destructor").max(10).build()?
            >> policy::rate_limit("destructor").max(1_000_000).per(Duration::from_secs(1)).build()?)
    }

    works_in_a_destructor(|| {
        let (policy, calls) = (policy().expect("valid"), Counter::new());
        let work = || if calls.up() < 2 { Err(Failure::Down) } else { Ok(7) };
        assert_eq!(policy.call_blocking(work), Ok(7));

        let policy = policy::cached::<u32, _, _>("destructor").ttl(Duration::from_secs(60)).ttl_jitter(0.5).build();
        let policy = policy.expect("valid") >> Policy::<u32, Failure>::new();
        assert_eq!(policy.call_for_blocking(&1, || Ok(7)), Ok(7));
    });
}
