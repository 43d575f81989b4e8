//! What decides while the store does not answer.

use resilience::testing::FakeStore;
use resilience::{Error, rate_limit, timeout};

use crate::common::{Answer, Recorder, TestError, letter, millis, secs};
use crate::{Window, connect, hint, other_process, snapshot};

fn changes(recorder: &Recorder) -> Vec<&'static str> {
    recorder.names().into_iter().filter(|name| name.starts_with("store.")).collect()
}

#[tokio::test(start_paused = true)]
async fn the_share_of_this_process_decides_during_an_outage() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "by share", max = 40, per = "1m", store = SHARED, instances = 4)]
    async fn call() -> Answer {
        Ok(7)
    }

    let engine = connect(&SHARED);
    let recorder = Recorder::start();
    engine.stop();
    assert_eq!(letters!(12, call().await), "SSSSSSSSSSLL", "a quarter of 40");
    assert_eq!(hint(&call().await), Some(secs(6)), "ten a minute");
    engine.start();
    tokio::time::sleep(secs(1)).await;
    assert_eq!(letters!(12, call().await), "S".repeat(12), "the whole limit again");
    assert_eq!(changes(&recorder), ["store.away", "store.connected"], "one event a change");
}

#[tokio::test(start_paused = true)]
async fn the_share_knows_what_has_passed_before_the_outage() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "warm", max = 40, per = "1m", store = SHARED, instances = 4)]
    async fn call() -> Answer {
        Ok(7)
    }

    let engine = connect(&SHARED);
    assert_eq!(letters!(7, call().await), "S".repeat(7));
    engine.stop();
    assert_eq!(letters!(5, call().await), "SSSLL");

    tokio::time::sleep(secs(600)).await;
    engine.start();
    assert_eq!(letters!(30, call().await), "S".repeat(30), "more than its share, while the others are idle");
    engine.stop();
    tokio::time::sleep(secs(6)).await;
    assert_eq!(letters!(2, call().await), "SL", "that leaves no debt beyond an empty share");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_not_connected_is_an_outage() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "not connected", max = 4, per = "1m", store = SHARED, instances = 2)]
    async fn call() -> Answer {
        Ok(7)
    }

    let recorder = Recorder::start();
    assert_eq!(letters!(4, call().await), "SSLL");
    assert_eq!(changes(&recorder), ["store.away"]);
    assert_eq!(snapshot("not connected").shared.map(|shared| shared.is_available), Some(false));
}

#[tokio::test(start_paused = true)]
async fn a_closed_limit_without_a_connection_says_to_come_back_in_a_second() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "closed from the start", max = 4, per = "1m", store = SHARED, on_outage = "closed")]
    async fn call() -> Answer {
        Ok(7)
    }

    let rejected = call().await.expect_err("it is not connected");
    assert_eq!(rejected.retry_after(), Some(secs(1)), "{rejected:?}");
    assert_eq!(snapshot("closed from the start").rejected, 1);
}

#[tokio::test(start_paused = true)]
async fn open_lets_every_call_pass_and_closed_none() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "open", max = 2, per = "1m", store = SHARED, on_outage = "open")]
    async fn open() -> Answer {
        Ok(7)
    }
    #[rate_limit(name = "closed", max = 2, per = "1m", store = SHARED, on_outage = "closed")]
    async fn closed() -> Answer {
        Ok(7)
    }

    let engine = connect(&SHARED);
    engine.stop();
    assert_eq!(letters!(9, open().await), "S".repeat(9));

    let recorder = Recorder::start();
    let rejected = closed().await.expect_err("the engine is away");
    let TestError::Resilience(error) = rejected else { panic!("{rejected:?}") };
    assert!(matches!(error, Error::StoreAway { .. }), "{error:?}");
    assert_eq!((error.code(), error.is_retryable(), error.retry_after()), ("store_away", true, Some(secs(1))));
    assert_eq!(error.to_string(), "rate limit `closed` rejects all calls while its store is away, next attempt in 1s");
    let event = &recorder.named("rate_limit.store_away")[0];
    assert_eq!((event.field("limiter"), event.field("retry_after_ms")), ("closed", "1000"));

    engine.start();
    tokio::time::sleep(secs(1)).await;
    assert_eq!(letters!(3, closed().await), "SSL");
    assert_eq!(letters!(3, open().await), "SSL");
}

#[tokio::test(start_paused = true)]
async fn a_slow_or_frozen_engine_costs_20_ms_and_soon_nothing() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "frozen", max = 100, per = "1m", store = SHARED)]
    async fn call() -> Answer {
        Ok(7)
    }

    let engine = connect(&SHARED);
    let took = async || {
        let start = tokio::time::Instant::now();
        assert_eq!(call().await, Ok(7));
        start.elapsed()
    };
    engine.delay(millis(19));
    assert_eq!(took().await, millis(19), "slow, and in time");
    engine.delay(millis(0));
    engine.freeze();
    let times = [took().await, took().await, took().await, took().await, took().await];
    assert_eq!(times.map(|time| time.as_millis()), [20, 20, 20, 0, 0], "it is asked once a second");
    tokio::time::sleep(secs(1)).await;
    engine.thaw();
    assert_eq!(took().await, millis(0));
    assert_eq!(snapshot("frozen").shared.map(|shared| shared.is_available), Some(true));
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_deadline_is_near_goes_on_without_an_answer() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[timeout(ms = 10)]
    #[rate_limit(name = "deadline", max = 100, per = "1m", store = SHARED)]
    async fn call() -> Answer {
        tokio::time::sleep(millis(4)).await;
        Ok(7)
    }

    let engine = connect(&SHARED);
    engine.freeze();
    for _ in 0..5 {
        assert_eq!(letter(&call().await), 'S', "half of the time is left for the body");
    }
    assert_eq!(engine.requests(), 5, "a call in a hurry says nothing about the engine");
}

#[tokio::test(start_paused = true)]
async fn a_call_above_the_share_takes_it_all_and_leaves_a_debt() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "large", max = 40, per = "40s", cost = units, store = SHARED, instances = 4)]
    async fn call(units: u64) -> Answer {
        Ok(7)
    }

    let engine = connect(&SHARED);
    engine.stop();
    assert_eq!(call(30).await, Ok(7), "three times what passes at once in the share of this process");
    assert_eq!(hint(&call(1).await), Some(secs(84)), "20 units of debt and one more, at one unit in four seconds");
}

#[tokio::test(start_paused = true)]
async fn what_passed_during_an_outage_is_not_given_back_to_the_store() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "settled later", max = 10, per = "1h", cost = 5, settle = |_| 1, store = SHARED)]
    async fn call() -> Answer {
        Ok(7)
    }

    let engine = connect(&SHARED);
    let other = other_process(&engine);
    let window = Window::new("settled later", 10, secs(3_600));
    assert!(window.passes(other, 6).await);
    engine.stop();
    assert_eq!(call().await, Ok(7));
    engine.start();
    assert_eq!(snapshot("settled later").available, 9, "it is settled in the share of this process");
    assert_eq!(window.left(other).await, 4);
}

#[tokio::test(start_paused = true)]
async fn what_a_call_above_the_share_has_not_taken_comes_back() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "large guess", max = 40, per = "40s", cost = 30, settle = |took| u64::from(*took), store = SHARED, instances = 4)]
    async fn call(took: u32) -> Result<u32, TestError> {
        Ok(took)
    }

    let engine = connect(&SHARED);
    engine.stop();
    assert_eq!(call(6).await, Ok(6));
    assert_eq!(snapshot("large guess").available, 4, "of the ten of this process, and no debt is left");
}

#[tokio::test(start_paused = true)]
async fn what_an_open_limit_lets_pass_counts_in_the_share_of_this_process() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "open and counted", max = 10, per = "1h", store = SHARED, on_outage = "open")]
    async fn call() -> Answer {
        Ok(7)
    }

    let engine = connect(&SHARED);
    engine.stop();
    assert_eq!(letters!(4, call().await), "SSSS");
    assert_eq!(snapshot("open and counted").available, 6);
}
