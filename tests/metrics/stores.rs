//! What is decided with a store, and without it.

use resilience::store::{SharedStore, Update};
use resilience::testing::{FakeEngine, FakeStore};
use resilience::{RateLimiter, bulkhead, cached, rate_limit};

use crate::Seen;
use crate::common::{Answer, secs};

/// Everything that has a store tells each of its words.
pub async fn with_a_store() {
    static SHARED: FakeStore = FakeStore::new("rows");
    #[cached(name = "metrics: rows of a store", ttl = "1h", store = SHARED, near = "1s")]
    #[rate_limit(name = "metrics: rows of a store", max = 4, per = "1h", store = SHARED, lease = 3)]
    #[bulkhead(name = "metrics: rows of a store", max = 4, store = SHARED)]
    async fn call(id: u32) -> Answer {
        Ok(id)
    }

    let engine = FakeEngine::new();
    SHARED.connect(&engine);
    let _answers = (call(1).await, call(2).await);
    engine.stop();
    let _answer = call(3).await;
    RateLimiter::named("metrics: rows of a store").expect("called above").reset();
}

#[tokio::test(start_paused = true)]
async fn a_shared_limit_reports_who_has_decided() {
    static SHARED: FakeStore = FakeStore::new("decided");
    #[rate_limit(name = "metrics: decided", max = 4, per = "1h", store = SHARED, lease = 3)]
    async fn call() -> Answer {
        Ok(1)
    }

    let (seen, engine) = (Seen::default(), FakeEngine::new());
    let _local = seen.here();
    SHARED.connect(&engine);
    assert_eq!(letters!(7, call().await), "SSSSLLL");
    engine.stop();
    RateLimiter::named("metrics: decided").expect("called above").reset();
    assert_eq!(letters!(6, call().await), "SSSSLL");
    assert_eq!(
        seen.lines_of(&["rate_limit_d", "store"]),
        [
            "rate_limit_decisions_total{metrics: decided,lease} 2",
            "rate_limit_decisions_total{metrics: decided,memory} 2",
            "rate_limit_decisions_total{metrics: decided,process} 6",
            "rate_limit_decisions_total{metrics: decided,store} 3",
            "store_available{decided} 0",
            // The reset, and its message.
            "store_dropped_updates_total{decided} 2",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_shared_bulkhead_reports_who_has_decided() {
    static SHARED: FakeStore = FakeStore::new("places");
    #[bulkhead(name = "metrics: places", max = 2, store = SHARED)]
    async fn call() -> Answer {
        tokio::time::sleep(secs(1)).await;
        Ok(1)
    }

    let (seen, engine) = (Seen::default(), FakeEngine::new());
    let _local = seen.here();
    SHARED.connect(&engine);
    let (first, second, third) = tokio::join!(call(), call(), call());
    assert_eq!((first, second), (Ok(1), Ok(1)));
    assert!(third.is_err_and(|error| error.is_full()), "this process has no place");
    engine.stop();
    assert_eq!(call().await, Ok(1));
    let decided =
        ["bulkhead_decisions_total{metrics: places,process} 1", "bulkhead_decisions_total{metrics: places,store} 2"];
    assert_eq!(seen.lines_of(&["bulkhead_d"]), decided);
}

#[tokio::test(start_paused = true)]
async fn a_store_reports_whether_it_is_there_and_what_it_has_dropped() {
    static SHARED: FakeStore = FakeStore::new("there");
    #[cached(name = "metrics: there", ttl = "1h", store = SHARED, near = "1s")]
    async fn call(id: u32) -> Answer {
        Ok(id)
    }

    let (seen, engine) = (Seen::default(), FakeEngine::new());
    let _local = seen.here();
    let available = || seen.told("store_available", "there").value.to_string();
    SHARED.connect(&engine);
    assert_eq!((call(1).await, available()), (Ok(1), "1".to_owned()));
    engine.stop();
    for id in 2..7 {
        assert_eq!(call(id).await, Ok(id));
    }
    assert_eq!(available(), "0");
    assert_eq!(seen.told("cache_far_total", "metrics: there,away").value.to_string(), "5");
    SHARED.update(Update::Clear { name: "metrics: there".to_owned() });
    assert_eq!(seen.told("store_dropped_updates_total", "there").value.to_string(), "0", "it waits");
    engine.start();
    tokio::time::advance(secs(1)).await;
    assert_eq!((call(7).await, available()), (Ok(7), "1".to_owned()));
}
