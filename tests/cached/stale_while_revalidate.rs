//! One caller refreshes an expired entry while the others get the old value.

use futures_util::FutureExt;
use futures_util::future::join_all;
use resilience::cached;
use tokio::time::sleep;

use crate::MINUTE;
use crate::common::{Answer, Counter, Elapsed, Script, Watchdog, awaiting, blocking, millis, poll_at_most, secs};

/// BUG-E30: there is one refresh, however many calls arrive during it.
#[tokio::test(start_paused = true)]
async fn one_caller_refreshes_and_the_others_get_the_stale_value_immediately() {
    let _watchdog = Watchdog::start();
    #[cached(skip(script), ttl = 60, stale_while_revalidate = "30s")]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        let answer = script.next();
        sleep(secs(10)).await;
        answer
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!((call(&script).await, clock.elapsed()), (Ok(1), secs(10)));
    sleep(secs(60)).await;
    let others = async {
        awaiting::pause().await;
        for _ in 0..5 {
            assert_eq!(join_all((0..100).map(|_| call(&script))).await, vec![Ok(1); 100]);
            sleep(secs(1)).await;
        }
        clock.elapsed()
    };
    assert_eq!(tokio::join!(call(&script), others), (Ok(2), secs(75)));
    assert_eq!((call(&script).await, script.calls()), (Ok(2), 2));
}

#[tokio::test(start_paused = true)]
async fn a_stale_value_is_returned_exactly_as_long_as_stale_while_revalidate() {
    let _watchdog = Watchdog::start();
    macro_rules! lasts {
        ($($key:ident = $value:expr),*) => {
            [$({
                #[cached(skip(script), ttl = 1, $key = $value)]
                async fn call(script: &awaiting::Script<'_>) -> Answer {
                    let answer = script.next();
                    if answer != Ok(1) {
                        sleep(secs(1000)).await;
                    }
                    answer
                }
                let clock = awaiting::Clock::start();
                let script = Script::fails(0, &clock);
                assert_eq!(call(&script).await, Ok(1));
                sleep(secs(1)).await;
                let mut refresher = Box::pin(call(&script));
                assert_eq!(poll_at_most(1, &mut refresher).await, None);
                let mut time = 0;
                while call(&script).now_or_never() == Some(Ok(1)) {
                    sleep(millis(125)).await;
                    time += 125;
                    assert!(time < 200_000, "it does not end");
                }
                time
            }),*]
        };
    }
    let lasts = lasts!(
        stale_while_revalidate = "1m30s",
        stale_while_revalidate = MINUTE,
        stale_while_revalidate_secs = 7,
        stale_while_revalidate_ms = 250
    );
    assert_eq!(lasts, [90_000, 60_000, 7_000, 250]);
}

/// BUG-E1.
#[tokio::test(start_paused = true)]
async fn the_next_caller_refreshes_when_the_refresher_is_dropped() {
    let _watchdog = Watchdog::start();
    #[cached(skip(script), ttl = 60, stale_while_revalidate = "1h")]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        script.run().await
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!(call(&script).await, Ok(1));
    sleep(secs(60)).await;
    let mut refresher = Box::pin(call(&script));
    assert_eq!(poll_at_most(1, &mut refresher).await, None);
    assert_eq!(call(&script).await, Ok(1));
    drop(refresher);
    assert_eq!([call(&script).await, call(&script).await], [Ok(3), Ok(3)]);
}

/// The first thread runs the body, and the others do not wait for it.
#[test]
fn threads_get_the_stale_value_while_one_refreshes() {
    static RUNS: Counter = Counter::new();
    static REFRESHING: std::sync::Barrier = std::sync::Barrier::new(2);

    #[cached(ttl_ms = 1, stale_while_revalidate = "1h")]
    fn call() -> u32 {
        let run = RUNS.up();
        if run == 2 {
            REFRESHING.wait();
            REFRESHING.wait();
        }
        run
    }

    blocking::ends(|| {
        assert_eq!(call(), 1);
        std::thread::scope(|scope| {
            let refresher = scope.spawn(|| {
                loop {
                    match call() {
                        1 => std::thread::yield_now(),
                        run => break run,
                    }
                }
            });
            REFRESHING.wait();
            assert_eq!([call(), call()], [1, 1]);
            REFRESHING.wait();
            assert_eq!(refresher.join().ok(), Some(2));
        });
    });
}

#[sync_and_async::test]
async fn a_lone_caller_after_the_ttl_gets_the_new_value() {
    #[cached(skip(script), ttl = 60, stale_while_revalidate = "1h")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::of("SFS", &clock);
    assert_eq!(call(&script).await, Ok(1));
    clock.sleep(MINUTE).await;
    assert_eq!(call(&script).await, Ok(1), "the old one in place of an outage");
    assert_eq!(call(&script).await, Ok(3));
}

#[sync_and_async::test]
async fn a_body_that_calls_its_own_key_while_refreshing_gets_the_stale_value() {
    #[cached(skip(script), ttl = 60, stale_while_revalidate = "1h")]
    async fn call(depth: u32, script: &Script<'_>) -> Answer {
        let answer = script.run().await;
        if script.calls() > 1 { boxed(call(depth, script)).await.map(|old| old * 100) } else { answer }
    }

    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!(call(1, &script).await, Ok(1));
    clock.sleep(MINUTE).await;
    assert_eq!((call(1, &script).await, script.calls()), (Ok(100), 2));
}
