//! Caches.

use resilience::cached;

use crate::Seen;
use crate::common::{Answer, secs};

#[sync_and_async::test]
async fn a_cache_reports_hits_misses_loads_and_stale_values() {
    #[cached(ttl = "10s", stale_if_error = "60s", skip(script))]
    async fn ask(id: u32, script: &Script<'_>) -> Answer {
        script.run().await.map(|_| id)
    }

    let (seen, clock) = (Seen::default(), Clock::start());
    let _local = seen.here();
    let script = Script::of("S F F", &clock);
    assert_eq!(ask(1, &script).await, Ok(1));
    assert_eq!((ask(1, &script).await, ask(1, &script).await), (Ok(1), Ok(1)));
    clock.sleep(secs(10)).await;
    assert_eq!(ask(1, &script).await, Ok(1), "the old value");
    assert!(ask(2, &script).await.is_err(), "there is none");
    assert_eq!(
        seen.lines_of(&["cache_h", "cache_l", "cache_m", "cache_s", "calls_total"]),
        [
            "cache_hits_total{ask} 2",
            "cache_loads_total{ask} 3",
            "cache_misses_total{ask} 3",
            "cache_stale_total{ask,failed} 1",
            "calls_total{ask,error,unclassified} 1",
            "calls_total{ask,ok} 4",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_value_returned_during_a_refresh_is_stale() {
    #[cached(name = "metrics: refreshed", ttl = "10s", stale_while_revalidate = "60s")]
    async fn ask() -> Answer {
        tokio::time::sleep(secs(1)).await;
        Ok(1)
    }

    let seen = Seen::default();
    let _local = seen.here();
    // Two at once run the body once, and both have found nothing.
    let (_first, _second) = tokio::join!(ask(), ask());
    tokio::time::advance(secs(10)).await;
    let (_refreshes, _meanwhile) = tokio::join!(ask(), ask());
    assert_eq!(
        seen.lines_of(&["cache"]),
        [
            "cache_entries{metrics: refreshed} 1",
            "cache_loads_total{metrics: refreshed} 2",
            "cache_misses_total{metrics: refreshed} 4",
            "cache_stale_total{metrics: refreshed,revalidating} 1",
        ]
    );
}

#[sync_and_async::test]
async fn answers_that_are_not_stored_count_by_the_reason() {
    #[cached(name = "metrics: skipped", ttl = |_| std::time::Duration::ZERO)]
    async fn ask(id: u32) -> Answer {
        Ok(id)
    }

    #[cached(name = "metrics: skipped", when = |_| false)]
    async fn other(id: u32) -> Answer {
        Ok(id)
    }

    let seen = Seen::default();
    let _local = seen.here();
    assert_eq!((ask(1).await, ask(1).await, other(1).await), (Ok(1), Ok(1), Ok(1)));
    assert_eq!(
        seen.lines_of(&["cache_skipped"]),
        ["cache_skipped_total{metrics: skipped,ttl} 2", "cache_skipped_total{metrics: skipped,when} 1"]
    );
}

#[test]
fn a_cache_reports_entries_and_evictions() {
    #[cached(name = "metrics: entries", max_size = 2)]
    fn small(id: u32) -> u32 {
        id
    }

    /// Two stores with one name.
    #[cached(name = "metrics: entries")]
    fn large<T: Clone + Eq + std::hash::Hash + Send + Sync + 'static>(id: T) -> T {
        id
    }

    let seen = Seen::default();
    let _local = seen.here();
    let entries = || seen.told("cache_entries", "metrics: entries").value.to_string();
    for id in 0..5 {
        assert_eq!((small(id), large(id), large(f64::from(id).to_string())).0, id);
    }
    let handle = resilience::Cache::named("metrics: entries").expect("called above");
    assert_eq!((entries(), handle.len()), ("12".to_owned(), 12));
    assert_eq!(seen.told("cache_evictions_total", "metrics: entries").value.to_string(), "3");
    assert_eq!(handle.stats().evictions, 3);
    assert_eq!(handle.invalidate(&4_u32), Ok(true));
    assert_eq!(entries(), handle.len().to_string());
    handle.clear();
    assert_eq!(entries(), "0");
}

#[tokio::test(start_paused = true)]
async fn a_shared_cache_reports_what_the_store_has() {
    use resilience::testing::{FakeEngine, FakeStore};

    static SHARED: FakeStore = FakeStore::new("shop");

    #[cached(name = "metrics: shared", ttl = "1h", store = SHARED, near = "1s")]
    async fn ask(id: u32) -> Answer {
        Ok(id)
    }

    let (seen, engine) = (Seen::default(), FakeEngine::new());
    let _local = seen.here();
    SHARED.connect(&engine);
    assert_eq!(ask(1).await, Ok(1));
    tokio::time::advance(secs(1)).await;
    assert_eq!((ask(1).await, ask(1).await), (Ok(1), Ok(1)));
    let key = engine.cached_keys().pop().expect("stored");
    engine.set_value("shop", &key.borrow(), b"garbage".to_vec());
    tokio::time::advance(secs(1)).await;
    assert_eq!(ask(1).await, Ok(1));
    assert_eq!(
        seen.lines_of(&["cache"]),
        [
            "cache_entries{metrics: shared} 1",
            "cache_far_total{metrics: shared,hit} 1",
            "cache_far_total{metrics: shared,miss} 2",
            "cache_hits_total{metrics: shared} 1",
            "cache_loads_total{metrics: shared} 2",
            "cache_misses_total{metrics: shared} 3",
            "cache_unreadable_total{metrics: shared} 1",
        ]
    );
}
