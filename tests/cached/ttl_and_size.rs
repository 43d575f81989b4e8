//! How long entries live, and how many are kept.

use std::time::Duration;

use resilience::cached;

use crate::common::{Answer, Counter, Elapsed, Script, TestError, blocking, millis, secs};

#[sync_and_async::test]
async fn an_entry_without_a_ttl_stays() {
    #[cached(skip(script))]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!(call(&script).await, Ok(1));
    clock.sleep(secs(86_400 * 365)).await;
    assert_eq!(call(&script).await, Ok(1));
}

#[sync_and_async::test]
async fn an_entry_lives_exactly_as_long_as_its_ttl() {
    const TIME: Duration = Duration::from_secs(40);

    macro_rules! lives {
        ($($key:ident = $value:expr),*) => {
            [$({
                #[cached(skip(script), $key = $value)]
                async fn call(script: &Script<'_>) -> Answer {
                    script.run().await
                }
                let clock = Clock::start();
                let script = Script::fails(0, &clock);
                let mut time = 0;
                while call(&script).await == Ok(1) {
                    clock.sleep(millis(125)).await;
                    time += 125;
                    assert!(time < 200_000, "it does not end");
                }
                time
            }),*]
        };
    }
    let lives = lives!(ttl = 3, ttl = 2 * 10, ttl = "1m30s", ttl = TIME, ttl_secs = 7, ttl_ms = 250);
    assert_eq!(lives, [3_000, 20_000, 90_000, 40_000, 7_000, 250]);
}

/// BUG-E15.
#[sync_and_async::test]
async fn the_ttl_starts_when_the_value_is_ready() {
    #[cached(skip(clock, script), ttl = 3)]
    async fn call(clock: &Clock, script: &Script<'_>) -> Answer {
        let answer = script.run().await;
        clock.sleep(secs(5)).await;
        answer
    }

    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!((call(&clock, &script).await, clock.elapsed()), (Ok(1), secs(5)));
    clock.sleep(millis(2999)).await;
    assert_eq!(call(&clock, &script).await, Ok(1), "not born expired");
    clock.sleep(millis(1)).await;
    assert_eq!(call(&clock, &script).await, Ok(2));
}

#[sync_and_async::test]
async fn a_hit_does_not_extend_the_ttl_and_a_new_value_restarts_it() {
    #[cached(skip(script), ttl = 10)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    for expected in [1, 1, 1, 1, 2, 2, 2, 2, 3] {
        assert_eq!(call(&script).await, Ok(expected));
        clock.sleep(millis(2500)).await;
    }
}

/// BUG-E16.
#[sync_and_async::test]
async fn no_ttl_and_no_size_is_too_large() {
    #[cached(skip(script), ttl = Duration::MAX, max_size = 4_294_967_295, allow(huge_cache))]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!([call(&script).await, call(&script).await], [Ok(1), Ok(1)]);
    clock.sleep(secs(1 << 30)).await;
    assert_eq!(call(&script).await, Ok(1));
}

/// BUG-E18.
#[sync_and_async::test]
async fn max_size_bounds_the_number_of_entries() {
    macro_rules! kept {
        ($($size:literal)*) => {$({
            #[cached(skip(calls), max_size = $size)]
            async fn call(number: u32, calls: &Counter) -> u32 {
                pause().await;
                calls.up();
                number
            }
            let calls = Counter::new();
            for number in 0..3 * $size {
                assert_eq!(call(number, &calls).await, number);
                assert_eq!(call(number, &calls).await, number);
            }
            assert_eq!(calls.get(), 3 * $size, "the newest is kept");
            for number in (0..3 * $size).rev() {
                assert_eq!(call(number, &calls).await, number);
            }
            let kept = 6 * $size - calls.get();
            assert!((1..=$size).contains(&kept), "{kept} of {}", $size);
        })*};
    }
    kept!(1 2 3 10 100 1001);
}

#[sync_and_async::test]
async fn max_weight_bounds_the_total_weight() {
    const ROOM: u64 = 100;

    fn letters(_: &str, text: &str) -> u64 {
        text.len() as u64
    }
    macro_rules! kept {
        ($($weigh:expr, $room:expr;)*) => {$({
            #[cached(skip(calls), weigh = $weigh, max_weight = $room)]
            async fn call(text: &str, calls: &Counter) -> Result<String, TestError> {
                pause().await;
                calls.up();
                Ok(text.to_owned())
            }
            let calls = Counter::new();
            for length in [97, 10, 20, 30, 39] {
                let text = "x".repeat(length);
                for _ in 0..2 {
                    assert_eq!(call(&text, &calls).await.as_deref(), Ok(&*text));
                }
            }
            assert_eq!(calls.get(), 5, "each was kept");
            for length in [10, 20, 30, 39] {
                assert!(call(&"x".repeat(length), &calls).await.is_ok());
            }
            assert_eq!(calls.get(), 5, "and they fit together");
            for _ in 0..3 {
                assert!(call(&"x".repeat(98), &calls).await.is_ok());
            }
            assert_eq!(calls.get(), 8, "too heavy");
            assert!(call(&"x".repeat(20), &calls).await.is_ok());
            assert_eq!(calls.get(), 8, "and has driven out nothing");
        })*};
    }
    kept! {
        letters, 100;
        |_, text| text.len() as u64, ROOM;
        |key, _| key.len() as u64, 50 + 50;
    }
}

#[sync_and_async::test]
async fn weigh_sees_the_stored_key_and_value() {
    #[cached(weigh = |(text, number), value: &u32| text.len() as u64 + u64::from(*number) + u64::from(*value), max_weight = 11)]
    async fn several(text: &str, number: u32) -> Option<u32> {
        pause().await;
        CALLS.up();
        Some(3)
    }
    #[cached(weigh = |(), _| 1, max_weight = 1)]
    async fn none() -> u32 {
        pause().await;
        CALLS.up()
    }

    static CALLS: Counter = Counter::new();
    for _ in 0..2 {
        several("abc", 4).await;
    }
    assert_eq!(CALLS.get(), 1);
    for _ in 0..2 {
        several("abc", 5).await;
    }
    assert_eq!(CALLS.get(), 3, "one too much");
    assert_eq!([none().await, none().await], [4, 4]);
}

#[sync_and_async::test]
async fn weigh_may_be_a_method() {
    struct Shelf {
        per_letter: u64,
    }

    impl Shelf {
        fn weigh(&self, _: &str, text: &str) -> u64 {
            self.per_letter * text.len() as u64
        }

        fn letters(_: &str, text: &str) -> u64 {
            text.len() as u64
        }

        #[cached(key = text, weigh = self.weigh, max_weight = 11)]
        async fn field(&self, text: &str) -> String {
            pause().await;
            CALLS.up();
            text.to_owned()
        }

        #[cached(key = text, weigh = Self::letters, max_weight = 11)]
        async fn path(&self, text: &str) -> String {
            pause().await;
            CALLS.up();
            text.to_owned()
        }
    }

    static CALLS: Counter = Counter::new();
    let shelf = Shelf { per_letter: 2 };
    for text in ["aaaaa", "aaaaa", "aaaaaa", "aaaaaa"] {
        shelf.field(text).await;
    }
    assert_eq!(CALLS.get(), 3);
    for text in ["aaaaaaaaaa", "aaaaaaaaaa", "aaaaaaaaaaa", "aaaaaaaaaaa"] {
        shelf.path(text).await;
    }
    assert_eq!(CALLS.get(), 6);
}

#[sync_and_async::test]
async fn weigh_applies_to_stale_values_and_cached_errors() {
    #[cached(
        skip(script), ttl = 60, stale_if_error = "1h", negative_ttl = "5s", weigh = |(), answer| u64::from(answer.is_err()),
        max_weight = 10, when = |answer| !matches!(answer, Err(TestError::Transient))
    )]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::new(&clock, |call| match call {
        1 => Err(TestError::Permanent),
        2 => Ok(2),
        _ => Err(TestError::Transient),
    });
    assert_eq!([call(&script).await, call(&script).await], [Err(TestError::Permanent), Err(TestError::Permanent)]);
    clock.sleep(secs(5)).await;
    assert_eq!(call(&script).await, Ok(2));
    clock.sleep(secs(60)).await;
    assert_eq!((call(&script).await, script.calls()), (Ok(2), 3));
}

/// BUG-E18, BUG-F1.
#[test]
fn the_store_never_grows_beyond_max_size() {
    macro_rules! bounded {
        ($($name:literal $size:literal)*) => {$({
            #[cached(name = $name, max_size = $size)]
            fn call(number: usize) -> usize {
                number
            }
            for number in 0..$size * 4 {
                call(number);
            }
            let cache = resilience::Cache::named($name).expect("called");
            assert!(cache.len() <= $size, "{} entries of {}", cache.len(), $size);
            assert!(cache.len() * 2 >= $size, "{} entries of {}", cache.len(), $size);
            assert!(cache.stats().evictions >= $size * 3);
        })*};
    }
    bounded!("bound.1" 1 "bound.2" 2 "bound.7" 7 "bound.33" 33 "bound.100" 100 "bound.500" 500 "bound.1001" 1001);
    bounded!("bound.1999" 1999 "bound.5000" 5000);
}

/// BUG-E17.
#[test]
fn a_clock_that_steps_back_is_harmless() {
    #[cached(skip(script), ttl = 10)]
    fn call(script: &blocking::Script<'_>) -> Answer {
        script.run()
    }

    let clock = blocking::Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!(call(&script), Ok(1));
    clock.step_back(secs(3600));
    assert_eq!(call(&script), Ok(1));
    clock.sleep(secs(3609));
    assert_eq!(call(&script), Ok(1));
    clock.sleep(secs(1));
    assert_eq!(call(&script), Ok(2));
}
