//! An answer in whose making a substitute was asked for is not stored.

use resilience::policy::{self, InvalidPolicy};
use resilience::{Policy, cached, fallback, retry};
use tokio::time::sleep;

use crate::MINUTE;
use crate::common::{Answer, Counter, Recorder, Script as Plan, TestError, Watchdog, awaiting, secs};

#[sync_and_async::test]
async fn a_substitute_without_content_says_nothing() {
    #[fallback(value = ())]
    async fn report(script: &Script<'_>) -> Result<(), TestError> {
        script.run().await.map(drop)
    }
    #[fallback(value = ())]
    async fn touch(script: &Script<'_>) -> Option<()> {
        script.run().await.ok().map(drop)
    }
    #[cached(skip(script, down))]
    async fn call(script: &Script<'_>, down: &Script<'_>) -> Answer {
        assert!(report(down).await.is_ok() && touch(down).await.is_some());
        script.run().await
    }

    let clock = Clock::start();
    let (script, down) = (Plan::fails(0, &clock), Plan::always(TestError::Transient, &clock));
    for _ in 0..100 {
        assert_eq!(call(&script, &down).await, Ok(1));
    }
    assert_eq!(script.calls(), 1);
}

#[sync_and_async::test]
async fn a_call_that_failed_in_spite_of_its_substitutes_marks_no_later_answer() {
    #[fallback(|error| Err(error), when = TestError::is_transient)]
    async fn hopeless(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[fallback(value = 99)]
    async fn canned(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[cached(skip(script))]
    async fn fails_in_a_cache(script: &Script<'_>) -> Answer {
        canned(script).await?;
        script.run().await
    }
    #[cached(skip(script, down))]
    async fn call(case: u32, script: &Script<'_>, down: &Script<'_>) -> Answer {
        let other = if case == 1 { hopeless(down).await } else { fails_in_a_cache(down).await };
        assert_eq!(other, Err(TestError::Transient));
        script.run().await
    }

    let clock = Clock::start();
    let down = Plan::always(TestError::Transient, &clock);
    for case in [1, 2] {
        let script = Plan::fails(0, &clock);
        assert_eq!([call(case, &script, &down).await, call(case, &script, &down).await], [Ok(1), Ok(1)]);
        assert_eq!(script.calls(), 1, "case {case}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_substitute_that_has_lost_a_race_marks_no_answer() {
    let _watchdog = Watchdog::start();
    async fn slow_substitute(_: &awaiting::Script<'_>) -> Answer {
        sleep(secs(10)).await;
        Ok(99)
    }
    #[fallback(slow_substitute)]
    async fn loses(script: &awaiting::Script<'_>) -> Answer {
        script.run().await
    }
    #[cached(skip(script, down))]
    async fn call(script: &awaiting::Script<'_>, down: &awaiting::Script<'_>) -> Answer {
        tokio::select! {
            answer = loses(down) => answer,
            answer = async { sleep(secs(1)).await; script.run().await } => answer,
        }
    }

    let clock = awaiting::Clock::start();
    let (script, down) = (Plan::fails(0, &clock), Plan::always(TestError::Transient, &clock));
    assert_eq!([call(&script, &down).await, call(&script, &down).await], [Ok(1), Ok(1)]);
    assert_eq!(script.calls(), 1);
}

/// The value is dropped after the body, when another one replaces it.
#[sync_and_async::test]
async fn a_destructor_after_the_body_marks_no_answer() {
    #[fallback(value = 99)]
    fn canned() -> Answer {
        Err(TestError::Transient)
    }
    #[derive(Debug, Clone)]
    struct Cleanup(u32);
    impl Drop for Cleanup {
        fn drop(&mut self) {
            assert_eq!(canned(), Ok(99));
        }
    }
    #[cached(skip(script), ttl = 10)]
    async fn inner(script: &Script<'_>) -> Cleanup {
        Cleanup(script.run().await.unwrap_or(0))
    }
    #[cached(key = (), ttl = 20, weigh = weigh, max_weight = 10)]
    async fn weighed(script: &Script<'_>) -> u32 {
        script.run().await.unwrap_or(0)
    }
    fn weigh(_: &(), value: &u32) -> u64 {
        u64::from(*value + canned().unwrap_or(0)).min(1)
    }
    #[cached(skip(script), ttl = 30)]
    async fn outer(script: &Script<'_>) -> u32 {
        weighed(script).await
    }

    let clock = Clock::start();
    let script = Plan::fails(0, &clock);
    assert_eq!([outer(&script).await, outer(&script).await], [1, 1]);
    assert_eq!(script.calls(), 1, "`weigh` is no part of the answer");
    assert_eq!(inner(&script).await.0, 2);
}

/// The reverse: whatever the retry has tried before, the last attempt decides.
#[sync_and_async::test]
async fn a_substitute_in_a_failed_attempt_of_the_stack_does_not_count() {
    #[fallback(value = 99)]
    async fn canned(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[cached(skip(script, down))]
    #[retry(max = 1, backoff = "none")]
    async fn call(script: &Script<'_>, down: &Script<'_>) -> Answer {
        if script.calls() == 0 {
            canned(down).await?;
        }
        script.run().await
    }

    let clock = Clock::start();
    let (script, down) = (Plan::fails(1, &clock), Plan::always(TestError::Transient, &clock));
    assert_eq!([call(&script, &down).await, call(&script, &down).await], [Ok(2), Ok(2)]);
    assert_eq!(script.calls(), 2);
}

#[sync_and_async::test]
async fn an_answer_that_another_cache_keeps_as_a_substitute_stays_one() {
    #[cached(skip(script), ttl = 60, cache_degraded = true, stale_while_revalidate = "1h")]
    #[fallback(value = 99)]
    async fn inner(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[cached(skip(script), ttl = 3600)]
    async fn outer(script: &Script<'_>) -> Answer {
        inner(script).await
    }

    let clock = Clock::start();
    let script = Plan::of("FS", &clock);
    assert_eq!(inner(&script).await, Ok(99), "kept there");
    for _ in 0..3 {
        assert_eq!((outer(&script).await, script.calls()), (Ok(99), 1), "a hit on a substitute");
    }
    clock.sleep(MINUTE).await;
    assert_eq!((outer(&script).await, outer(&script).await, script.calls()), (Ok(2), Ok(2), 2));
    clock.sleep(MINUTE).await;
    assert_eq!((outer(&script).await, script.calls()), (Ok(2), 2), "and an answer is kept");
}

#[sync_and_async::test]
async fn each_answer_that_is_not_stored_emits_an_event_with_the_reason() {
    #[cached(name = "skipped: degraded", skip(script))]
    #[fallback(value = 99)]
    async fn degraded(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[cached(name = "skipped: when", skip(script), when = |_| false)]
    async fn when(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[cached(name = "skipped: invalidated", skip(script))]
    async fn invalidated(script: &Script<'_>) -> Answer {
        resilience::Cache::named("skipped: invalidated").expect("called").clear();
        script.run().await
    }
    #[cached(name = "skipped: weight", skip(script), max_weight = 10, weigh = |(), _| 11)]
    async fn weight(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[cached(name = "skipped: never", skip(script), negative_ttl = "1s", when = Result::is_ok)]
    async fn stored(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let (fails, works) = (Plan::always(TestError::Transient, &clock), Plan::fails(0, &clock));
    let recorder = Recorder::start();
    let _ = (degraded(&fails).await, when(&works).await, invalidated(&works).await, weight(&works).await);
    let _ = (stored(&fails).await, stored(&works).await);
    let skipped: Vec<_> = recorder.named("cache.skipped");
    let told: Vec<_> = skipped.iter().map(|event| (event.field("cache"), event.field("reason"))).collect();
    assert_eq!(
        told,
        [
            ("skipped: degraded", "degraded"),
            ("skipped: when", "when"),
            ("skipped: invalidated", "invalidated"),
            ("skipped: weight", "weight"),
        ],
        "an error is no answer"
    );
}

/// The policy's own fallbacks, and those of the functions that it calls.
#[tokio::test(start_paused = true)]
async fn a_policy_stores_no_substitute_either() -> Result<(), InvalidPolicy> {
    let _watchdog = Watchdog::start();
    let calls = Counter::new();
    let fails = || {
        calls.up();
        Err(TestError::Transient)
    };
    let canned = |name: &'static str, keep: bool| -> Result<policy::CachedPolicy<u32, u32, TestError>, InvalidPolicy> {
        let fallback = policy::fallback(Err).or(|_: TestError| Ok(99));
        Ok(policy::cached(name).cache_degraded(keep).build()? >> Policy::new() >> fallback)
    };
    for (door, bodies) in [(canned("substitutes: not kept", false)?, 3), (canned("substitutes: kept", true)?, 1)] {
        for key in [1, 2] {
            let before = calls.get();
            for _ in 0..3 {
                let answer = if key == 1 {
                    door.call_for(&key, async || fails()).await
                } else {
                    door.call_for_blocking(&key, fails)
                };
                assert_eq!(answer, Ok(99));
            }
            assert_eq!(calls.get() - before, bodies);
        }
    }

    let hopeless: policy::CachedPolicy<u32, u32, TestError> =
        policy::cached("substitutes: hopeless").build()? >> Policy::new() >> policy::fallback(Err);
    let inner: Policy<u32, TestError> = Policy::new() >> policy::fallback(Err);
    let outer: policy::CachedPolicy<u32, u32, TestError> =
        policy::cached("substitutes: outer").build()? >> Policy::new();
    assert_eq!(hopeless.call_for(&1, async || fails()).await, Err(TestError::Transient));
    let before = calls.get();
    for _ in 0..3 {
        let answer = outer.call_for(&1, async || {
            assert_eq!(inner.call(async || fails()).await, Err(TestError::Transient));
            Ok(7)
        });
        assert_eq!(answer.await, Ok(7));
    }
    assert_eq!(calls.get() - before, 1, "the substitute has failed");
    Ok(())
}
