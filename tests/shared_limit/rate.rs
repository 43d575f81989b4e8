//! Processes that share a store pass one rate together.

use resilience::rate_limit;
use resilience::testing::FakeStore;

use crate::common::{Answer, Random, millis, secs};
use crate::{MINUTE, Window, connect, hint, other_process, snapshot};

#[tokio::test(start_paused = true)]
async fn two_processes_pass_one_rate_together() {
    static SHARED: FakeStore = FakeStore::new("shop");
    const MAX: u64 = 20;
    #[rate_limit(name = "together", max = 20, per = "1s", burst = 10, store = SHARED)]
    async fn call() -> Answer {
        Ok(7)
    }

    let other = other_process(&connect(&SHARED));
    let window = Window { burst: 10, ..Window::new("together", MAX, secs(1)) };
    let (start, mut random, mut passed) = (tokio::time::Instant::now(), Random::new(3), 0);
    while start.elapsed() < secs(30) {
        if random.below(2) == 0 {
            passed += u64::from(call().await.is_ok());
        } else {
            passed += u64::from(window.passes(other, 1).await);
        }
        let most = 10 + start.elapsed().as_millis() * u128::from(MAX) / 1_000;
        assert!(u128::from(passed) <= most, "{passed} of {most} after {:?}", start.elapsed());
        tokio::time::sleep(millis(random.below(30))).await;
    }
    assert!(passed >= 10 + 29 * MAX, "nothing is lost: {passed}");
}

#[tokio::test(start_paused = true)]
async fn a_rejection_has_the_true_wait_and_spares_the_engine_until_then() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "true wait", max = 6, per = "1m", burst = 1, store = SHARED)]
    async fn call() -> Answer {
        Ok(7)
    }

    let engine = connect(&SHARED);
    let other = other_process(&engine);
    let window = Window { burst: 1, ..Window::new("true wait", 6, MINUTE) };
    assert!(window.passes(other, 1).await, "the other process takes the only one");
    assert_eq!(hint(&call().await), Some(secs(10)));
    let before = engine.requests();
    tokio::time::sleep(secs(4)).await;
    for _ in 0..100 {
        assert_eq!(hint(&call().await), Some(secs(6)));
    }
    assert_eq!(engine.requests(), before, "it is known until when the limit is full");
    assert_eq!(snapshot("true wait").rejected, 101);
    tokio::time::sleep(secs(6)).await;
    assert_eq!(call().await, Ok(7));
    assert_eq!(engine.requests(), before + 1);
}

#[tokio::test(start_paused = true)]
async fn the_clock_of_the_engine_may_be_an_hour_ahead() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "ahead", max = 6, per = "1m", burst = 1, store = SHARED)]
    async fn call() -> Answer {
        Ok(7)
    }

    let engine = connect(&SHARED);
    engine.advance(secs(3_600));
    assert_eq!(call().await, Ok(7));
    assert_eq!(hint(&call().await), Some(secs(10)), "times are durations");
    tokio::time::sleep(secs(10)).await;
    assert_eq!(call().await, Ok(7));
}

#[tokio::test(start_paused = true)]
async fn a_flushed_engine_lets_a_burst_pass_again_and_no_more() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "flushed", max = 3, per = "1m", store = SHARED)]
    async fn call() -> Answer {
        Ok(7)
    }

    let engine = connect(&SHARED);
    assert_eq!(letters!(4, call().await), "SSSL");
    engine.flush();
    assert_eq!(letters!(1, call().await), "L", "this process remembers the rejection");
    tokio::time::sleep(secs(20)).await;
    assert_eq!(letters!(4, call().await), "SSSL", "one burst more than the rate");
}

/// Documented: the units of a call whose answer is lost stay charged, and a request that the network
/// repeats is charged twice. Both let fewer calls pass, never more.
#[tokio::test(start_paused = true)]
async fn lost_answers_and_repeated_requests_let_no_more_calls_pass() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "lost", max = 10, per = "1h", store = SHARED)]
    async fn call() -> Answer {
        Ok(7)
    }

    let engine = connect(&SHARED);
    let other = other_process(&engine);
    engine.lose_answers(1);
    assert_eq!(call().await, Ok(7), "its own share admits it");
    engine.repeat(2);
    assert_eq!(letters!(2, call().await), "SS");
    let window = Window::new("lost", 10, secs(3_600));
    assert_eq!(window.left(other).await, 5);
}

#[tokio::test(start_paused = true)]
async fn a_call_above_the_burst_is_rejected_for_good_and_asks_nobody() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "too dear", max = 10, per = "1m", cost = units, store = SHARED)]
    async fn call(units: u64) -> Answer {
        Ok(7)
    }

    let engine = connect(&SHARED);
    let rejected = call(11).await.expect_err("it never passes");
    assert_eq!(
        rejected.to_string(),
        "rate limit `too dear` never admits a cost of 11, because at most 10 may pass at once"
    );
    assert_eq!(engine.requests(), 0);
    assert_eq!(call(10).await, Ok(7));
    assert_eq!((hint(&call(1).await), hint(&call(3).await)), (Some(secs(6)), Some(secs(18))), "by its cost");
    assert_eq!(engine.requests(), 2, "the larger one is known to be rejected");
}
