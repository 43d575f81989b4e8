//! Calls that wait for a turn that the store has given them.

use resilience::testing::FakeStore;
use resilience::{cached, rate_limit, timeout};

use crate::common::{Answer, millis, poll_at_most, secs};
use crate::{MINUTE, Window, connect, hint, other_process, snapshot};

#[tokio::test(start_paused = true)]
async fn a_call_waits_for_its_turn_behind_those_of_other_processes() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "turns", max = 6, per = "1m", burst = 1, wait = "25s", store = SHARED)]
    async fn call() -> Answer {
        Ok(7)
    }

    let other = other_process(&connect(&SHARED));
    let window = Window { burst: 1, ..Window::new("turns", 6, MINUTE) };
    assert!(window.passes(other, 1).await);
    let start = tokio::time::Instant::now();
    let calls = async {
        let (first, second, third) = tokio::join!(call(), call(), call());
        assert_eq!((first, second, hint(&third)), (Ok(7), Ok(7), Some(secs(30))), "the third would wait too long");
        start.elapsed()
    };
    let watch = async {
        tokio::time::sleep(secs(5)).await;
        snapshot("turns").waiting
    };
    assert_eq!(tokio::join!(calls, watch), (secs(20), 2));
    assert_eq!(snapshot("turns").waiting, 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_leaves_gives_its_turn_back() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "leaves", max = 6, per = "1m", burst = 1, wait = "1m", store = SHARED)]
    async fn call() -> Answer {
        Ok(7)
    }

    let other = other_process(&connect(&SHARED));
    assert_eq!(call().await, Ok(7));
    assert_eq!(poll_at_most(1, call()).await, None, "it waits");
    assert_eq!(snapshot("leaves").waiting, 0);
    let window = Window { burst: 1, ..Window::new("leaves", 6, MINUTE) };
    tokio::time::sleep(secs(10)).await;
    assert!(window.passes(other, 1).await, "as if the second had not been there");
}

/// At each await: a request whose answer nobody reads stays charged, and anything else is given back.
#[tokio::test(start_paused = true)]
async fn a_call_dropped_at_any_poll_leaves_nothing_behind() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "dropped", max = 6, per = "1m", burst = 2, wait = "1m", store = SHARED)]
    async fn call() -> Answer {
        Ok(7)
    }

    let engine = connect(&SHARED);
    let other = other_process(&engine);
    let window = Window { burst: 2, ..Window::new("dropped", 6, MINUTE) };
    engine.delay(millis(5));
    assert_eq!(poll_at_most(1, call()).await, None, "during the request");
    assert_eq!(window.left(other).await, 1, "it has been carried out");
    let during_its_wait = async {
        tokio::select! {
            answer = call() => panic!("{answer:?}"),
            () = tokio::time::sleep(secs(2)) => {}
        }
    };
    during_its_wait.await;
    engine.delay(millis(0));
    assert_eq!(snapshot("dropped").waiting, 0);
    tokio::time::sleep(secs(18)).await;
    assert_eq!(window.left(other).await, 2, "the turn has come back");
}

#[tokio::test(start_paused = true)]
async fn a_turn_after_the_deadline_is_not_waited_for() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[timeout(secs = 5)]
    #[rate_limit(name = "deadlines", max = 6, per = "1m", burst = 1, wait = "4s", store = SHARED)]
    async fn inner() -> Answer {
        Ok(7)
    }
    #[timeout(secs = 2)]
    async fn outer() -> Answer {
        inner().await
    }

    connect(&SHARED);
    assert_eq!(inner().await, Ok(7));
    tokio::time::sleep(secs(7)).await;
    let start = tokio::time::Instant::now();
    assert_eq!(hint(&outer().await), Some(secs(3)), "rejected at once, since two seconds are left");
    assert_eq!(start.elapsed(), secs(0));
    assert_eq!(inner().await, Ok(7), "after three seconds");
    assert_eq!(start.elapsed(), secs(3));
}

/// A caller with more time would have had its turn.
#[tokio::test(start_paused = true)]
async fn a_rejection_for_the_deadline_of_its_caller_is_not_kept() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[cached(negative_ttl = "1h", when = |_| true)]
    #[rate_limit(name = "turns of others", max = 1, per = "1m", wait = "5m", store = SHARED)]
    async fn ask(id: u32) -> Answer {
        Ok(id)
    }
    #[timeout(secs = 10)]
    async fn hurried(id: u32) -> Answer {
        ask(id).await
    }

    connect(&SHARED);
    assert_eq!(ask(1).await, Ok(1));
    assert_eq!(hint(&hurried(2).await), Some(MINUTE));
    assert_eq!(ask(2).await, Ok(2), "after a minute");
}
