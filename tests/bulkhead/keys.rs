//! One bulkhead per key.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilience::{KeyedBulkheads, KeyedBulkheadsSnapshot, bulkhead, retry};
use tokio::time::sleep;

use crate::Crowd;
use crate::common::{Answer, Counter, Recorder, TestError, alone, awaiting, poll_at_most, secs};

fn keyed(name: &str) -> KeyedBulkheadsSnapshot {
    KeyedBulkheads::named(name).expect("its function has been called").snapshot()
}

#[sync_and_async::test]
async fn each_key_has_its_own_permits() {
    #[bulkhead(max = 1, key = tenant)]
    async fn call(tenant: &str, next: &[&str]) -> Answer {
        pause().await;
        match next {
            [next, rest @ ..] => boxed(call(next, rest)).await,
            [] => Ok(7),
        }
    }

    assert_eq!(call("a", &["b", "c"]).await, Ok(7));
    assert_eq!(letters!(1, call("a", &["b", "a"]).await), "B");
    assert_eq!(call("a", &["c"]).await, Ok(7), "free again");
}

#[sync_and_async::test]
async fn a_shared_and_a_keyed_bulkhead_work_on_one_function() {
    #[bulkhead(max = 3)]
    #[bulkhead(max = 2, key = tenant)]
    async fn call(tenant: u32, next: &[u32]) -> Answer {
        pause().await;
        match next {
            [next, rest @ ..] => boxed(call(*next, rest)).await,
            [] => Ok(7),
        }
    }

    assert_eq!(letters!(1, call(1, &[1, 2]).await), "S");
    assert_eq!(letters!(1, call(1, &[1, 1]).await), "B", "the third of one tenant");
    assert_eq!(letters!(1, call(1, &[2, 3, 4]).await), "B", "the fourth of all");
    assert_eq!(letters!(1, call(1, &[1, 2]).await), "S", "nothing is left taken");
}

#[sync_and_async::test]
async fn a_key_expression_borrows_the_arguments_of_the_body() {
    struct Shop {
        region: u32,
    }

    impl Shop {
        #[retry(max = 1, backoff = "none")]
        #[bulkhead(max = 1, queue = 1, wait = "1s", key = (self.region, name.to_lowercase()))]
        async fn call(
            &self,
            name: String,
            next: Option<(&Self, String)>,
            failed: &Counter,
        ) -> Result<String, TestError> {
            pause().await;
            if failed.up() == 1 {
                return Err(TestError::Transient);
            }
            match next {
                Some((shop, next)) => boxed(shop.call(next, None, failed)).await.map(|answer| name + &answer),
                None => Ok(name),
            }
        }
    }

    let (_clock, one, other) = (Clock::start(), Shop { region: 1 }, Shop { region: 2 });
    let own = |text: &str| text.to_owned();
    assert_eq!(one.call(own("A"), Some((&one, own("b"))), &Counter::new()).await, Ok(own("Ab")));
    assert_eq!(one.call(own("A"), Some((&other, own("a"))), &Counter::new()).await, Ok(own("Aa")));
    let same = one.call(own("A"), Some((&one, own("a"))), &Counter::new()).await;
    assert!(same.is_err_and(|error| error.is_full()));
}

/// BUG-F1, BUG-F2.
#[sync_and_async::test]
async fn max_keys_bounds_the_bulkheads_and_never_evicts_one_in_use() {
    #[bulkhead(max = 1, key = tenant, max_keys = 10, name = "flood")]
    async fn call(tenant: u32, script: &Script<'_>) -> Answer {
        if tenant != 1 {
            return script.run().await;
        }
        for stranger in 100..1000 {
            assert!(boxed(call(stranger, script)).await.is_ok());
            assert!(keyed("flood").keys <= 10);
        }
        boxed(call(1, script)).await
    }

    let _alone = alone();
    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!((letters!(1, call(1, &script).await), keyed("flood").shared), ("B".into(), 0), "its place was taken");
    assert_eq!((keyed("flood").keys, keyed("flood").in_flight), (10, 0));
}

#[sync_and_async::test]
async fn keys_beyond_max_keys_share_one_bulkhead() {
    #[bulkhead(max = 1, key = depth, max_keys = 3, name = "no room")]
    async fn call(depth: u32) -> Answer {
        pause().await;
        boxed(call(depth + 1)).await.or(Ok(depth))
    }

    let _alone = alone();
    let recorder = Recorder::start();
    let before = KeyedBulkheads::named("no room").map_or(0, |bulkheads| bulkheads.snapshot().shared);
    assert_eq!(call(1).await, Ok(4), "three of their own, and one that is shared");
    let seen = keyed("no room");
    assert_eq!((seen.keys, seen.max_keys, seen.in_flight, seen.shared - before), (3, 3, 0, 2));
    assert!(recorder.names().contains(&"bulkhead.full"));
    let events = recorder.named("bulkhead.keys_full");
    assert!(before > 0 || events.len() == 2, "at the first and the second of them");
    assert!(events.iter().all(|event| event.field("bulkhead") == "no room" && event.field("max_keys") == "3"));
}

#[tokio::test(start_paused = true)]
async fn a_keyed_call_dropped_at_any_poll_releases_its_permit_or_leaves_the_queue() {
    #[bulkhead(max = 1, queue = 3, wait = "1m", key = tenant, name = "dropped by key")]
    async fn call(tenant: String) -> Answer {
        awaiting::pause().await;
        sleep(secs(1)).await;
        Ok(u32::try_from(tenant.len()).unwrap())
    }

    for polls in 0..9 {
        let mut holder = Box::pin(call("a".to_owned()));
        assert_eq!(poll_at_most(1, &mut holder).await, None);
        let (dropped, behind) = (poll_at_most(polls, call("a".to_owned())), call("a".to_owned()));
        let (held, _, behind) = tokio::join!(holder, dropped, behind);
        let seen = keyed("dropped by key");
        assert_eq!((held, behind, seen.in_flight, seen.waiting), (Ok(1), Ok(1), 0, 0), "after {polls} polls");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_key_ever_exceeds_its_limit() {
    static CROWDS: [Crowd; 4] = [const { Crowd { now: AtomicU32::new(0), most: AtomicU32::new(0) } }; 4];

    #[bulkhead(max = 2, queue = 1000, key = key, max_keys = 4, name = "crowds")]
    async fn call(key: usize) -> Answer {
        let _present = CROWDS.get(key).map(Crowd::enter);
        for _ in 0..key % 3 {
            awaiting::pause().await;
        }
        Ok(7)
    }

    let tasks: Vec<_> = (0..2000).map(|number| tokio::spawn(call(number % 4))).collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), Ok(7));
    }
    let seen = keyed("crowds");
    assert_eq!((seen.keys, seen.in_flight, seen.waiting, seen.rejected, seen.shared), (4, 0, 0, 0, 0));
    assert!(CROWDS.iter().all(|crowd| (1..=2).contains(&crowd.most.load(SeqCst))), "{CROWDS:?}");
}
