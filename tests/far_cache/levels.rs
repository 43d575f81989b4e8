//! Near, far, and the body.

use resilience::Cache;
use resilience::testing::FakeEngine;
use tokio::time::{Instant, sleep};

use crate::common::{Recorder, millis, secs};
use crate::{HOUR, NEAR, Source, Text, all, processes};

#[tokio::test(start_paused = true)]
async fn a_value_of_one_process_is_a_hit_of_the_others() {
    let engine = FakeEngine::new();
    processes!(engine: one two; name = "a hit of the others", ttl = 3600);
    let source = Source::new("answer");
    assert_eq!(one::get(1, &source).await.as_deref(), Ok("answer 1"));
    source.set(Ok("another"));
    assert_eq!(two::get(1, &source).await.as_deref(), Ok("answer 1"));
    assert_eq!(source.loads(), 1);
    let stats = Cache::named("a hit of the others").expect("called").stats();
    assert_eq!((stats.misses, stats.loads, stats.far_hits, stats.far_misses), (2, 1, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_near_hit_asks_nobody() {
    let engine = FakeEngine::new();
    processes!(engine: one; name = "asks nobody", ttl = 3600);
    let source = Source::new("answer");
    for _ in 0..100 {
        assert_eq!(one::get(1, &source).await.as_deref(), Ok("answer 1"));
    }
    assert_eq!((engine.requests(), source.loads()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn cold_keys_are_loaded_once_a_process_at_most_and_warm_keys_never() {
    const KEYS: u32 = 1000;
    let engine = FakeEngine::new();
    processes!(engine: one two three; name = "a thousand keys", ttl = 3600, max_size = 10_000);
    let source = Source::slow("answer", millis(50));
    let callers = (0..KEYS).flat_map(|key| [(0, key), (1, key), (2, key), (0, key)]);
    let calls = callers.map(|(process, key)| {
        let source = &source;
        async move {
            match process {
                0 => one::get(key, source).await,
                1 => two::get(key, source).await,
                _ => three::get(key, source).await,
            }
        }
    });
    let answers: Vec<Text> = all(calls).await;
    assert!(answers.iter().all(Result::is_ok));
    assert!(source.most_loads() <= 3, "{} loads of one key", source.most_loads());

    let warm = Source::new("never");
    for wait in [secs(0), NEAR, NEAR] {
        sleep(wait).await;
        for key in 0..KEYS {
            let answer = format!("answer {key}");
            assert_eq!(one::get(key, &warm).await.as_ref(), Ok(&answer));
            assert_eq!(two::get(key, &warm).await.as_ref(), Ok(&answer));
            assert_eq!(three::get(key, &warm).await.as_ref(), Ok(&answer));
        }
    }
    assert_eq!(warm.loads(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_flight_of_one_process_asks_once_and_loads_once() {
    let engine = FakeEngine::new();
    engine.delay(millis(10));
    processes!(engine: one; name = "one flight", ttl = 3600);
    let source = Source::slow("answer", millis(50));
    let answers = all((0..50).map(|_| one::get(1, &source))).await;
    assert!(answers.iter().all(|answer| answer.as_deref() == Ok("answer 1")));
    assert_eq!((engine.requests(), source.loads()), (1, 1));

    // A far hit wakes those who wait, too.
    sleep(NEAR).await;
    let answers = all((0..50).map(|_| one::get(1, &source))).await;
    assert!(answers.iter().all(|answer| answer.as_deref() == Ok("answer 1")));
    assert_eq!((engine.requests(), source.loads()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn an_entry_lives_near_for_near_at_most_and_far_for_its_ttl() {
    let engine = FakeEngine::new();
    processes!(engine: one; name = "lives", ttl = 100, near = "10s");
    let (source, begin) = (Source::new("answer"), Instant::now());
    let mut asked = Vec::new();
    while begin.elapsed() < secs(101) {
        let before = engine.requests();
        assert!(one::get(1, &source).await.is_ok());
        if engine.requests() > before {
            asked.push(begin.elapsed().as_secs());
        }
        sleep(secs(1)).await;
    }
    assert_eq!(asked, (0..=10).map(|tens| tens * 10).collect::<Vec<_>>());
    assert_eq!(source.loads(), 2, "again when the `ttl` is over");
}

#[tokio::test(start_paused = true)]
async fn a_copy_of_another_process_ends_with_the_value() {
    let engine = FakeEngine::new();
    processes!(engine: one two; name = "ends with the value", ttl = 40);
    let source = Source::new("answer");
    assert!(one::get(1, &source).await.is_ok());
    sleep(secs(35)).await;
    assert!(two::get(1, &source).await.is_ok());
    source.set(Ok("newer"));
    sleep(secs(4)).await;
    assert_eq!(two::get(1, &source).await.as_deref(), Ok("answer 1"));
    sleep(secs(1)).await;
    assert_eq!(two::get(1, &source).await.as_deref(), Ok("newer 1"), "40 s after it was stored");
}

#[tokio::test(start_paused = true)]
async fn the_clock_of_a_process_does_not_matter() {
    let engine = FakeEngine::new();
    processes!(engine: one two; name = "clocks", ttl = 3600);
    let source = Source::new("answer");
    assert!(one::get(1, &source).await.is_ok());
    // The engine is an hour ahead of all processes, from now on.
    engine.advance(secs(3595));
    assert!(two::get(1, &source).await.is_ok());
    assert_eq!(source.loads(), 1);
    sleep(secs(5)).await;
    assert!(two::get(1, &source).await.is_ok());
    assert_eq!(source.loads(), 2, "the engine says how old it is");
}

#[tokio::test(start_paused = true)]
async fn without_a_ttl_a_value_stays() {
    let engine = FakeEngine::new();
    processes!(engine: one two; name = "stays");
    let source = Source::new("answer");
    assert!(one::get(1, &source).await.is_ok());
    sleep(HOUR * 1000).await;
    assert!(two::get(1, &source).await.is_ok() && one::get(1, &source).await.is_ok());
    assert_eq!(source.loads(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_jittered_ttl_holds_far_too() {
    let engine = FakeEngine::new();
    processes!(engine: one two; name = "jittered", ttl = 1000, ttl_jitter = 0.5, max_size = 10_000);
    let source = Source::new("answer");
    for key in 0..100 {
        assert!(one::get(key, &source).await.is_ok());
    }
    sleep(secs(750)).await;
    for key in 0..100 {
        assert!(two::get(key, &source).await.is_ok());
    }
    let again = source.loads() - 100;
    assert!((20..80).contains(&again), "{again} of 100 after three quarters");
}

#[tokio::test(start_paused = true)]
async fn a_hit_and_a_miss_of_the_store_are_told() {
    let engine = FakeEngine::new();
    processes!(engine: one two; name = "told", ttl = 3600);
    let source = Source::new("answer");
    let recorder = Recorder::start();
    let _ = (one::get(1, &source).await, two::get(1, &source).await, two::get(1, &source).await);
    assert_eq!(recorder.names(), ["cache.miss", "cache.far_miss", "cache.miss", "cache.far_hit", "cache.hit"]);
}
