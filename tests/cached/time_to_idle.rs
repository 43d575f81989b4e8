//! An entry that nobody reads is gone.

use std::time::Duration;

use resilience::policy::{self, CachedPolicy, InvalidPolicy};
use resilience::{Cache, EntryError, Policy, cached};

use crate::MINUTE;
use crate::common::{Answer, Counter, TestError, awaiting, millis, secs};

#[sync_and_async::test]
async fn an_entry_that_is_not_read_is_gone_after_time_to_idle() {
    macro_rules! lives {
        ($($key:ident = $value:expr),*) => {
            [$({
                #[cached(skip(script), $key = $value)]
                async fn call(script: &Script<'_>) -> Answer {
                    script.run().await
                }
                let clock = Clock::start();
                let script = Script::fails(0, &clock);
                let mut pause = 0;
                while call(&script).await == Ok(1) {
                    pause += 250;
                    clock.sleep(millis(pause)).await;
                    assert!(pause < 200_000, "it does not end");
                }
                pause
            }),*]
        };
    }
    let lives = lives!(time_to_idle = "5s", time_to_idle = MINUTE, time_to_idle_secs = 7, time_to_idle_ms = 1_250);
    assert_eq!(lives, [5_000, 60_000, 7_000, 1_250]);
}

#[sync_and_async::test]
async fn a_read_begins_the_idle_time_anew_and_does_not_extend_the_ttl() {
    #[cached(skip(script), ttl = 20, time_to_idle = "5s")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    for second in [0, 4, 8, 12, 16, 20, 24] {
        assert_eq!(call(&script).await, Ok(if second < 20 { 1 } else { 2 }), "after {second} s");
        clock.sleep(secs(4)).await;
    }
    clock.sleep(secs(1)).await;
    assert_eq!(call(&script).await, Ok(3), "idle for 5 s, and younger than its `ttl`");
}

#[sync_and_async::test]
async fn each_entry_has_an_idle_time_of_its_own() {
    #[cached(skip(calls), time_to_idle = "10s")]
    async fn call(number: u32, calls: &Counter) -> u32 {
        pause().await;
        calls.up();
        number
    }

    let (clock, calls) = (Clock::start(), Counter::new());
    for _ in 0..4 {
        assert_eq!((call(1, &calls).await, call(2, &calls).await), (1, 2));
        clock.sleep(secs(9)).await;
    }
    assert_eq!((call(1, &calls).await, calls.get()), (1, 2));
    clock.sleep(secs(9)).await;
    assert_eq!((call(1, &calls).await, calls.get()), (1, 2));
    assert_eq!((call(2, &calls).await, calls.get()), (2, 3), "not read for 18 s");
}

#[tokio::test(start_paused = true)]
async fn handles_do_not_keep_an_entry_from_being_idle() {
    #[cached(name = "time to idle: handles", time_to_idle = "10s")]
    async fn call(number: u32) -> Answer {
        Ok(number)
    }

    let clock = awaiting::Clock::start();
    assert_eq!(call(1).await, Ok(1));
    let cache = Cache::named("time to idle: handles").expect("called");
    assert_eq!(cache.insert(&2_u32, 7_u32), Ok(()));
    clock.sleep(secs(9)).await;
    assert_eq!(cache.keys::<u32>().map(|keys| keys.len()), Ok(2));
    assert_eq!((cache.peek::<u32, u32>(&1), cache.peek::<u32, u32>(&2)), (Ok(Some(1)), Ok(Some(7))));
    assert_eq!(call(2).await, Ok(7), "read by a call");
    clock.sleep(secs(1)).await;
    assert_eq!((cache.keys::<u32>(), cache.peek::<u32, u32>(&1)), (Ok(vec![2]), Ok(None)));
    assert_eq!(cache.insert(&1_u32, 8_u32), Ok(()), "an inserted entry begins anew");
    clock.sleep(secs(9)).await;
    assert_eq!((cache.peek::<u32, u32>(&1), cache.keys::<u32>()), (Ok(Some(8)), Ok(vec![1])));
}

#[sync_and_async::test]
async fn a_stale_value_is_gone_when_nobody_has_read_it() {
    #[cached(skip(script), ttl = 10, stale_if_error = "1h", time_to_idle = "15s")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::of("SFFFF", &clock);
    assert_eq!(call(&script).await, Ok(1));
    for _ in 0..3 {
        clock.sleep(secs(14)).await;
        assert_eq!(call(&script).await, Ok(1), "stale, and read by those who get it");
    }
    clock.sleep(secs(15)).await;
    assert_eq!(call(&script).await, Err(TestError::Transient));
}

#[tokio::test(start_paused = true)]
async fn a_value_that_is_served_while_it_is_refreshed_is_read() {
    #[cached(key = (), ttl = 10, stale_while_revalidate = "1h", time_to_idle = "15s")]
    async fn call(calls: &Counter) -> Answer {
        if calls.up() == 1 { Ok(1) } else { std::future::pending().await }
    }

    let calls = Counter::new();
    assert_eq!(call(&calls).await, Ok(1));
    tokio::time::sleep(secs(14)).await;
    let mut refresh = Box::pin(call(&calls));
    assert!(futures_util::FutureExt::now_or_never(refresh.as_mut()).is_none(), "it refreshes");
    for _ in 0..3 {
        assert_eq!(call(&calls).await, Ok(1));
        tokio::time::sleep(secs(14)).await;
    }
    tokio::time::sleep(secs(1)).await;
    let waits = tokio::time::timeout(secs(1), call(&calls)).await;
    assert!(waits.is_err(), "nobody has read it for 15 s");
}

#[sync_and_async::test]
async fn an_error_that_is_kept_may_be_idle_too() {
    #[cached(skip(script), negative_ttl = "1h", when = |_| true, time_to_idle = "5s")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::of("FFS", &clock);
    for _ in 0..3 {
        assert!(call(&script).await.is_err());
        clock.sleep(secs(4)).await;
    }
    assert_eq!(script.calls(), 1);
    clock.sleep(secs(1)).await;
    assert_eq!((call(&script).await.is_err(), script.calls()), (true, 2));
}

#[sync_and_async::test]
async fn a_weighed_cache_may_have_idle_entries() {
    #[cached(
        name = "time to idle: weighed", skip(calls), max_weight = 100, weigh = |_, text: &String| text.len() as u64,
        time_to_idle = "5s", ttl = |text| secs(text.len() as u64 * 10)
    )]
    async fn call(length: usize, calls: &Counter) -> String {
        pause().await;
        calls.up();
        "x".repeat(length)
    }

    let (clock, calls) = (Clock::start(), Counter::new());
    for length in [1, 98, 1] {
        assert_eq!(call(length, &calls).await.len(), length);
    }
    assert_eq!(calls.get(), 2, "98 is more than what an entry may weigh");
    clock.sleep(secs(5)).await;
    assert_eq!((call(1, &calls).await.len(), calls.get()), (1, 3));
    let cache = Cache::named("time to idle: weighed").expect("called");
    assert_eq!(cache.insert(&2_usize, "xx".to_owned()), Err(EntryError::Weighed));
}

#[tokio::test(start_paused = true)]
async fn a_policy_drops_idle_entries() -> Result<(), InvalidPolicy> {
    let plain: CachedPolicy<u32, u32, TestError> =
        policy::cached("time to idle: policy").time_to_idle(secs(5)).build()? >> Policy::new();
    let weighed: CachedPolicy<u32, u32, TestError> =
        policy::cached("time to idle: weighed policy").time_to_idle(secs(5)).max_weight(9, |_, _| 1).build()?
            >> Policy::new();
    for (door, name) in [(&plain, "time to idle: policy"), (&weighed, "time to idle: weighed policy")] {
        let calls = Counter::new();
        let ask = || door.call_for(&1, async || Ok(calls.up()));
        for _ in 0..3 {
            assert_eq!(ask().await, Ok(1));
            tokio::time::sleep(secs(4)).await;
        }
        tokio::time::sleep(secs(1)).await;
        assert_eq!(ask().await, Ok(2));
        assert_eq!(door.call_for_blocking(&1, || Ok(9)), Ok(2));
        assert_eq!(Cache::named(name).expect("called").len(), 1);
    }
    let inserted = Cache::named("time to idle: policy").expect("called").peek::<u32, u32>(&1);
    assert!(inserted.is_err(), "a policy stores results of its own form");
    let none = policy::cached::<u32, u32, TestError>("time to idle: zero").time_to_idle(Duration::ZERO).build();
    assert!(none.is_err_and(|error| error.to_string().contains("`time_to_idle` of zero keeps nothing")));
    Ok(())
}
