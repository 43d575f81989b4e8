//! A value that takes long to load is loaded again before it expires.

use resilience::testing::FakeEngine;
use tokio::time::{Instant, sleep};

use crate::common::{TestError, millis, secs};
use crate::{Source, processes};

#[tokio::test(start_paused = true)]
async fn one_caller_loads_again_before_the_end_and_the_others_do_not_wait() {
    let engine = FakeEngine::new();
    processes!(engine: one two; name = "early", ttl = 600);
    let source = Source::slow("older", secs(500));
    assert!(one::get(1, &source).await.is_ok());
    // It would be luck of one in 500,000 not to draw the refresh.
    sleep(millis(599_999)).await;
    source.set(Ok("newer"));
    let begin = Instant::now();
    let others = async {
        sleep(millis(0)).await;
        let answer = two::get(1, &source).await;
        (answer, begin.elapsed())
    };
    let (refreshed, (other, waited)) = tokio::join!(two::get(1, &source), others);
    assert_eq!((refreshed.as_deref(), begin.elapsed()), (Ok("newer 1"), secs(500)));
    assert_eq!((other.as_deref(), waited), (Ok("older 1"), secs(0)));
    assert_eq!(source.loads(), 2);
    assert_eq!(one::get(1, &source).await.as_deref(), Ok("newer 1"));
}

#[tokio::test(start_paused = true)]
async fn a_failed_refresh_leaves_the_value_that_is_still_fresh() {
    let engine = FakeEngine::new();
    processes!(engine: one two; name = "early and failed", ttl = 600);
    let source = Source::slow("older", secs(500));
    assert!(one::get(1, &source).await.is_ok());
    sleep(millis(599_999)).await;
    source.set(Err(TestError::Transient));
    assert_eq!(two::get(1, &source).await.as_deref(), Ok("older 1"));
    assert_eq!(source.loads(), 2);
    assert_eq!(two::get(1, &source).await, Err(TestError::Transient), "it has expired");
}

#[tokio::test(start_paused = true)]
async fn a_value_that_loads_at_once_is_never_loaded_early() {
    let engine = FakeEngine::new();
    processes!(engine: one two; name = "at once", ttl = 60);
    let source = Source::new("answer");
    assert!(one::get(1, &source).await.is_ok());
    sleep(millis(59_999)).await;
    assert!(two::get(1, &source).await.is_ok());
    assert_eq!(source.loads(), 1);
}

#[tokio::test(start_paused = true)]
async fn many_processes_load_about_once_at_the_end() {
    const KEYS: u32 = 200;
    let engine = FakeEngine::new();
    processes!(engine: one two three; name = "spread", ttl = 600, near = "2s");
    let source = Source::slow("answer", millis(10));
    for key in 0..KEYS {
        assert!(one::get(key, &source).await.is_ok());
    }
    sleep(secs(590)).await;
    for _ in 0..120 {
        for key in 0..KEYS {
            let _ = (one::get(key, &source).await, two::get(key, &source).await, three::get(key, &source).await);
        }
        sleep(millis(100)).await;
    }
    let loads = f64::from(source.loads() - KEYS) / f64::from(KEYS);
    assert!((1.0..1.2).contains(&loads), "{loads} loads for a key");
}
