//! One rate limit per key.

use futures_util::future::join_all;
use resilience::{KeyedRateLimiters, KeyedRateLimitersSnapshot, rate_limit, retry};

use crate::FAILED;
use crate::common::{Answer, Counter, Elapsed, Recorder, alone, awaiting, millis, poll_at_most, secs};

fn keyed(name: &str) -> KeyedRateLimitersSnapshot {
    KeyedRateLimiters::named(name).expect("its function has been called").snapshot()
}

#[sync_and_async::test]
async fn each_key_has_its_own_limit() {
    #[rate_limit(max = 2, key = client)]
    async fn call(client: &str) -> Answer {
        pause().await;
        Ok(7)
    }

    let clock = Clock::start();
    assert_eq!(letters!(3, call("a").await) + &letters!(3, call("b").await), "SSLSSL");
    clock.sleep(millis(500)).await;
    assert_eq!(letters!(2, call("b").await) + &letters!(2, call("a").await), "SLSL");
}

#[sync_and_async::test]
async fn a_key_expression_borrows_the_arguments_of_the_body() {
    #[retry(max = 1, base_delay = "1s", jitter = false)]
    #[rate_limit(max = 1, wait = "1ms", key = (path.len(), client))]
    async fn call(client: String, path: Vec<u8>, calls: &Counter) -> Answer {
        pause().await;
        drop((client, path));
        if calls.up() == 1 { FAILED } else { Ok(calls.get()) }
    }

    let clock = Clock::start();
    let calls = Counter::new();
    assert_eq!((call("a".to_owned(), vec![1], &calls).await, clock.elapsed()), (Ok(2), secs(1)));
    assert_eq!(call("a".to_owned(), vec![1, 2], &calls).await, Ok(3));
    assert_eq!(call("b".to_owned(), vec![1], &calls).await, Ok(4));
}

/// BUG-F1, BUG-F2: A flood of keys does not reset a limiter that rejects, and does not lock out other keys.
#[sync_and_async::test]
async fn max_keys_bounds_the_limiters_and_never_evicts_one_that_rejects() {
    #[rate_limit(max = 2, per = "1h", key = client, max_keys = 10, name = "flood")]
    async fn call(client: u32) -> Answer {
        pause().await;
        Ok(7)
    }

    let (_alone, clock) = (alone(), Clock::start());
    // As long as it takes after the other ending of this scenario.
    while KeyedRateLimiters::named("flood").is_some_and(|limiters| limiters.snapshot().used_up > 0) {
        clock.sleep(secs(3600)).await;
    }
    clock.sleep(secs(3600)).await;
    assert_eq!(letters!(3, call(1).await), "SSL");
    for stranger in 100..1000 {
        assert_eq!(letters!(1, call(stranger).await), "S");
        assert!(keyed("flood").keys <= 10);
    }
    assert_eq!(letters!(1, call(1).await), "L", "still rejected");
    clock.sleep(secs(1800)).await;
    assert_eq!(letters!(2, call(1).await), "SL");
}

#[sync_and_async::test]
async fn keys_beyond_max_keys_share_one_limit() {
    #[rate_limit(max = 1, per = "1h", key = client, max_keys = 3)]
    async fn call(client: u32) -> Answer {
        pause().await;
        Ok(7)
    }

    let (clock, recorder) = (Clock::start(), Recorder::start());
    let mut letters = String::new();
    for client in 0..8 {
        letters += &letters!(1, call(client).await);
    }
    assert_eq!(letters, "SSSSLLLL", "three of their own, and one that is shared");
    assert_eq!(recorder.named("rate_limit.keys_full").len(), 3, "at the first, the second and the fourth of them");
    clock.sleep(secs(3600)).await;
    assert_eq!(letters!(1, call(9).await), "S", "those of the first three may be forgotten now");
}

#[tokio::test(start_paused = true)]
async fn waiting_calls_keep_their_limiter() {
    #[rate_limit(max = 1, wait = "1m", key = client, max_keys = 2, name = "waiting by key")]
    async fn call(client: u32) -> Answer {
        awaiting::pause().await;
        Ok(client)
    }

    let clock = awaiting::Clock::start();
    let calls = join_all([1, 1, 1, 2, 2].map(call));
    let flood = async {
        for stranger in 10..100 {
            let _answer = poll_at_most(1, call(stranger)).await;
        }
        assert_eq!(keyed("waiting by key").waiting, 3);
    };
    assert_eq!(tokio::join!(calls, flood).0, [Ok(1), Ok(1), Ok(1), Ok(2), Ok(2)]);
    assert_eq!((clock.elapsed(), keyed("waiting by key").waiting), (secs(2), 0));
}

#[sync_and_async::test]
async fn a_limit_that_has_all_its_tokens_makes_way_before_one_that_lacks_some() {
    #[rate_limit(max = 10, per = "1h", key = client, max_keys = 2)]
    async fn call(client: u32) -> Answer {
        pause().await;
        Ok(7)
    }

    let clock = Clock::start();
    for [full, lacking, first] in [[1, 2, 2], [3, 4, 3]] {
        assert_eq!(letters!(1, call(first).await), "S", "the older one of the two");
        clock.sleep(secs(3600)).await;
        assert_eq!(letters!(9, call(lacking).await), "SSSSSSSSS");
        clock.sleep(secs(60)).await;
        assert_eq!(letters!(1, call(full).await), "S", "used after the other one");
        clock.sleep(secs(7 * 60)).await;
        assert_eq!(letters!(1, call(100 + full).await), "S", "takes the place of the full one");
        assert_eq!(letters!(3, call(lacking).await), "SSL", "it has not been forgotten");
        clock.sleep(secs(3 * 3600)).await;
    }
}
