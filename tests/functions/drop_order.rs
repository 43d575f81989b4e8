//! When arguments are dropped.

use std::sync::{Arc, Mutex};

use resilience::{bulkhead, circuit_breaker, fallback, timeout};
use tokio::task::yield_now;

use crate::Fault;

/// Records its drop.
#[derive(Clone)]
struct Noisy(&'static str, Arc<Mutex<Vec<&'static str>>>);

impl Drop for Noisy {
    fn drop(&mut self) {
        self.1.lock().unwrap().push(self.0);
    }
}

macro_rules! twins {
    ($($(#[$meta:meta])* $name:ident)*) => {
        $(
            $(#[$meta])*
            async fn $name(a: Noisy, _: Noisy, (b, _): (Noisy, Noisy), _c: Noisy, d: Noisy) -> Option<&'static str> {
                let local = Noisy("local", Arc::clone(&a.1));
                yield_now().await;
                drop(d.1.lock());
                (b.0 == "b").then_some(local.0)
            }
        )*
    };
}

twins! {
    plain
    #[timeout(secs = 1)]
    limited
    #[timeout(secs = 1)] #[circuit_breaker] #[timeout(ms = 500)]
    stacked
    #[bulkhead(max = 9)]
    admitted
    #[fallback(|()| None)]
    answered
    #[fallback(value = "nobody")] #[circuit_breaker]
    answered_by_a_value
}

#[allow(clippy::needless_pass_by_value, reason = "they are dropped")]
fn plain_sync(a: Noisy, _: Noisy, (b, _): (Noisy, Noisy), _c: Noisy) -> Option<&'static str> {
    let local = Noisy("local", Arc::clone(&a.1));
    (b.0 == "b").then_some(local.0)
}

#[allow(clippy::needless_pass_by_value, reason = "they are dropped")]
#[circuit_breaker]
fn limited_sync(a: Noisy, _: Noisy, (b, _): (Noisy, Noisy), _c: Noisy) -> Option<&'static str> {
    let local = Noisy("local", Arc::clone(&a.1));
    (b.0 == "b").then_some(local.0)
}

fn noisy(log: &Arc<Mutex<Vec<&'static str>>>, name: &'static str) -> Noisy {
    Noisy(name, Arc::clone(log))
}

async fn order<F: Future>(call: impl FnOnce(Noisy, Noisy, (Noisy, Noisy), Noisy, Noisy) -> F) -> Vec<&'static str> {
    let log = Arc::default();
    let [a, wild, b, inner, c, d] = ["a", "_", "b", "(_)", "_c", "d"].map(|name| noisy(&log, name));
    call(a, wild, (b, inner), c, d).await;
    log.lock().unwrap().clone()
}

/// BUG-H4.
#[tokio::test(start_paused = true)]
async fn arguments_of_a_body_that_runs_at_most_once_are_dropped_in_the_order_of_the_plain_function() {
    let expected = order(plain).await;
    assert_eq!(order(limited).await, expected);
    assert_eq!(order(stacked).await, expected);
    assert_eq!(order(admitted).await, expected);
    assert_eq!(order(answered).await, expected);
    assert_eq!(order(answered_by_a_value).await, expected);

    let blocking = |f: fn(_, _, _, _) -> _| move |a, b, c, d, _| std::future::ready(f(a, b, c, d));
    assert_eq!(order(blocking(limited_sync)).await, order(blocking(plain_sync)).await);
}

/// A letter and a card.
struct Envelope(Noisy, Noisy);

impl Envelope {
    async fn plain(self, stamp: Noisy, opens: bool) -> Option<u32> {
        yield_now().await;
        if opens {
            drop(self.1);
            return Some(1);
        }
        let _kept = stamp;
        drop(self.0.1.lock());
        None
    }

    #[fallback(|()| Some(2))]
    async fn answered(self, stamp: Noisy, opens: bool) -> Option<u32> {
        yield_now().await;
        if opens {
            drop(self.1);
            return Some(1);
        }
        let _kept = stamp;
        drop(self.0.1.lock());
        None
    }
}

#[tokio::test]
async fn a_method_that_moves_on_one_path_drops_the_rest_as_the_plain_method_does() {
    for opens in [true, false] {
        let [plain, answered] = [Arc::default(), Arc::default()];
        let envelope = |log| (Envelope(noisy(log, "letter"), noisy(log, "card")), noisy(log, "stamp"));
        let (left, stamp) = envelope(&plain);
        left.plain(stamp, opens).await;
        let (right, stamp) = envelope(&answered);
        assert_eq!(right.answered(stamp, opens).await, Some(if opens { 1 } else { 2 }));
        assert_eq!(*answered.lock().unwrap(), *plain.lock().unwrap(), "opens: {opens}");
    }
}

/// Not `Clone`.
struct Sealed(u32);

#[fallback(|_| Ok(1))]
fn of_an_unnamed_argument(_: Sealed, Sealed(number): Sealed) -> Result<u32, Fault> {
    if number > 7 { Ok(number) } else { Err(Fault::Down) }
}

#[fallback(|_| Ok(1))]
async fn of_an_unnamed_argument_later(_: Sealed, (Sealed(number), _): (Sealed, Sealed)) -> Result<u32, Fault> {
    yield_now().await;
    if number > 7 { Ok(number) } else { Err(Fault::Down) }
}

#[tokio::test]
async fn a_closure_without_a_parameter_needs_no_copy_of_an_unnamed_argument() {
    assert_eq!(of_an_unnamed_argument(Sealed(1), Sealed(8)), Ok(8));
    assert_eq!(of_an_unnamed_argument_later(Sealed(1), (Sealed(2), Sealed(3))).await, Ok(1));
}
