//! A function computes the `ttl` of each value.

#![allow(clippy::redundant_closure, clippy::redundant_closure_for_method_calls, reason = "closures are tested as such")]

use std::time::Duration;

use resilience::policy::{self, CachedPolicy, InvalidPolicy};
use resilience::{Cache, EntryError, Policy, cached};

use crate::common::{Answer, Counter, Recorder, TestError, Watchdog, millis, secs};

/// Lives for as many seconds as its value says.
#[derive(Debug, Clone, PartialEq)]
struct Token(u64);

impl Token {
    fn life(&self) -> Duration {
        secs(self.0)
    }
}

fn life(token: &Token) -> Duration {
    token.life()
}

fn life_of<T: Clone + Into<u64>>(value: &T) -> Duration {
    secs(value.clone().into())
}

fn life_of_text(text: &str) -> Duration {
    secs(text.len() as u64)
}

#[sync_and_async::test]
async fn each_value_lives_as_long_as_its_function_says() {
    macro_rules! lives {
        ($($output:ty, $ttl:expr => $value:expr;)*) => {
            [$({
                #[cached(skip(calls), ttl = $ttl)]
                async fn call(calls: &Counter) -> $output {
                    pause().await;
                    calls.up();
                    $value
                }
                let (clock, calls) = (Clock::start(), Counter::new());
                let mut time = 0;
                while { let _ = call(&calls).await; calls.get() == 1 } {
                    clock.sleep(millis(250)).await;
                    time += 250;
                    assert!(time < 100_000, "it does not end");
                }
                time
            }),*]
        };
    }
    let lives = lives! {
        Result<Token, TestError>, life => Ok(Token(3));
        Result<Token, TestError>, Token::life => Ok(Token(4));
        Result<Token, String>, |token: &Token| secs(token.0) => Ok(Token(5));
        Result<Token, anyhow::Error>, |token| token.life() => Ok(Token(6));
        Option<Token>, |token| token.life() => Some(Token(7));
        Option<Token>, life => Some(Token(8));
        Token, life => Token(9);
        Token, |token| secs(token.0) => Token(10);
        u32, life_of => 11;
        Result<u32, TestError>, life_of => Ok(12);
        Option<String>, life_of_text => Some("13 letters...".to_owned());
    };
    assert_eq!(lives, [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13].map(|seconds| seconds * 1000));
}

#[sync_and_async::test]
async fn a_method_is_a_function_and_a_name_in_capitals_a_constant() {
    struct Api {
        margin: u64,
        calls: Counter,
    }

    impl Api {
        const LIFE: Duration = secs(20);

        fn life(token: &Token) -> Duration {
            token.life()
        }

        fn life_without_margin(&self, token: &Token) -> Duration {
            secs(token.0 - self.margin)
        }

        #[cached(skip(self), ttl = Self::life)]
        async fn of_type(&self) -> Result<Token, TestError> {
            pause().await;
            self.calls.up();
            Ok(Token(10))
        }

        #[cached(skip(self), ttl = self.life_without_margin)]
        async fn of_self(&self) -> Result<Token, TestError> {
            pause().await;
            self.calls.up();
            Ok(Token(10))
        }

        #[cached(skip(self), ttl = Self::LIFE)]
        async fn constant(&self) -> Result<Token, TestError> {
            pause().await;
            self.calls.up();
            Ok(Token(10))
        }

        #[cached(skip(self), ttl = |token| Self::life(token) + secs(self.margin))]
        async fn closure(&self) -> Result<Token, TestError> {
            pause().await;
            self.calls.up();
            Ok(Token(10))
        }
    }

    macro_rules! lives {
        ($($name:ident)*) => {[$({
            let (clock, api) = (Clock::start(), Api { margin: 7, calls: Counter::new() });
            let calls = &api.calls;
            let mut time = 0;
            while api.$name().await.is_ok() && calls.get() == 1 {
                clock.sleep(millis(250)).await;
                time += 250;
                assert!(time < 100_000, "it does not end");
            }
            time
        }),*]};
    }
    assert_eq!(lives!(of_type of_self constant closure), [10_000, 3_000, 20_000, 17_000]);
}

#[sync_and_async::test]
async fn a_value_with_a_ttl_of_zero_is_not_stored_and_ends_the_one_before() {
    #[cached(name = "ttl of values: zero", skip(script), ttl = |value| secs(u64::from(*value % 3)), stale_if_error = "1h")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let (clock, recorder) = (Clock::start(), Recorder::start());
    let script = Script::of("SSSFSF", &clock);
    assert_eq!((call(&script).await, call(&script).await), (Ok(1), Ok(1)));
    clock.sleep(secs(1)).await;
    assert_eq!((call(&script).await, recorder.named("cache.skipped").len()), (Ok(2), 0));
    clock.sleep(secs(2)).await;
    assert_eq!(call(&script).await, Ok(3), "not stored");
    let skipped = recorder.named("cache.skipped");
    assert_eq!((skipped.len(), skipped[0].field("reason")), (1, "ttl"));
    assert_eq!(call(&script).await, Err(TestError::Transient), "the value before it is no longer right");
    assert_eq!(call(&script).await, Ok(5));
    clock.sleep(secs(2)).await;
    assert_eq!(call(&script).await, Ok(5), "stale");
}

#[sync_and_async::test]
async fn no_ttl_that_a_function_returns_is_too_long() {
    #[cached(skip(script), ttl = |_| Duration::MAX, stale_if_error = Duration::MAX, ttl_jitter = 1.0, time_to_idle = Duration::MAX)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[cached(skip(script), ttl = |_| Duration::MAX)]
    async fn plain(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    assert!(call(&script).await.is_ok());
    let first = plain(&script).await;
    clock.sleep(secs(1 << 30)).await;
    assert_eq!(plain(&script).await, first);
}

#[sync_and_async::test]
async fn a_computed_ttl_goes_with_all_that_follows_its_end() {
    #[cached(
        skip(script), ttl = |value| secs(u64::from(*value) * 10), stale_if_error = "5s", negative_ttl = "3s",
        when = |answer| *answer != Err(TestError::Transient)
    )]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::new(&clock, |call| match call {
        2 => Err(TestError::Transient),
        4 => Err(TestError::Permanent),
        call => Ok(call),
    });
    assert_eq!(call(&script).await, Ok(1));
    clock.sleep(secs(14)).await;
    assert_eq!(call(&script).await, Ok(1), "stale, 4 s after its end");
    assert_eq!(call(&script).await, Ok(3), "a success replaces it");
    clock.sleep(secs(29)).await;
    assert_eq!(call(&script).await, Ok(3));
    clock.sleep(secs(1)).await;
    let error = Err(TestError::Permanent);
    assert_eq!([call(&script).await, call(&script).await], [error.clone(), error]);
    clock.sleep(secs(3)).await;
    assert_eq!(call(&script).await, Ok(5), "an error has `negative_ttl`");
}

#[tokio::test(start_paused = true)]
async fn waiting_callers_get_a_value_that_is_not_stored() {
    #[cached(key = (), ttl = |_| Duration::ZERO)]
    async fn call(calls: &Counter) -> Answer {
        tokio::time::sleep(secs(1)).await;
        Ok(calls.up())
    }

    let _watchdog = Watchdog::start();
    let calls = Counter::new();
    let answers = futures_util::future::join_all((0..5).map(|_| call(&calls))).await;
    assert_eq!((answers, calls.get()), (vec![Ok(1); 5], 1));
    assert_eq!(call(&calls).await, Ok(2));
}

#[test]
fn a_handle_gives_each_value_a_ttl_of_its_own() {
    #[cached(name = "ttl of values: handle", ttl = life)]
    fn token(id: u64) -> Token {
        Token(id)
    }

    let clock = resilience::testing::ManualClock::install();
    assert_eq!(token(5), Token(5));
    let tokens = Cache::named("ttl of values: handle").expect("called");
    let refused = tokens.insert(&6_u64, Token(60));
    assert_eq!(refused, Err(EntryError::NoTtl));
    assert!(refused.is_err_and(|error| error.to_string().contains("insert_for")));
    assert_eq!(tokens.insert_for(&6_u64, Token(60), secs(4)), Ok(()));
    clock.advance(secs(3));
    assert_eq!((token(6), token(5)), (Token(60), Token(5)));
    clock.advance(secs(1));
    assert_eq!(token(6), Token(6), "loaded");
    assert_eq!(tokens.insert_for(&6_u64, Token(60), Duration::ZERO), Ok(()));
    assert_eq!((tokens.peek::<_, Token>(&6_u64), token(6)), (Ok(None), Token(6)));
    assert_eq!(tokens.insert_for(&6_u64, Token(60), Duration::MAX), Ok(()));
    clock.advance(secs(1 << 30));
    assert_eq!(token(6), Token(60));
    assert!(matches!(tokens.insert_for(&6_u64, 7_u8, secs(1)), Err(EntryError::Value { .. })));
    assert!(matches!(tokens.insert_for("six", Token(1), secs(1)), Err(EntryError::Key(_))));
}

#[tokio::test(start_paused = true)]
async fn a_policy_computes_the_ttl_of_each_value() -> Result<(), InvalidPolicy> {
    let calls = Counter::new();
    let door: CachedPolicy<u32, Token, TestError> =
        policy::cached("ttl of values: policy").ttl_with(life).stale_if_error(secs(5)).build()? >> Policy::new();
    let by_closure: CachedPolicy<u32, Token, TestError> =
        policy::cached("ttl of values: closure").ttl_with(|token: &Token| token.life()).build()? >> Policy::new();
    for door in [door, by_closure] {
        let calls = &calls;
        let ask = |seconds| {
            door.call_for(&1, move || {
                calls.up();
                async move { Ok(Token(seconds)) }
            })
        };
        let before = calls.get();
        assert_eq!((ask(3).await, ask(9).await, calls.get() - before), (Ok(Token(3)), Ok(Token(3)), 1));
        tokio::time::sleep(secs(3)).await;
        assert_eq!((ask(0).await, ask(4).await, calls.get() - before), (Ok(Token(0)), Ok(Token(4)), 3));
        assert_eq!((ask(9).await, calls.get() - before), (Ok(Token(4)), 3));
    }
    let both = policy::cached::<u32, Token, TestError>("ttl of values: both").ttl(secs(1)).ttl_with(life).build();
    let message = both.map(drop).expect_err("two times").to_string();
    assert!(message.contains("`ttl_with` computes it for each; keep one of them"), "{message}");
    Ok(())
}

#[test]
fn a_policy_on_a_thread_computes_the_ttl_of_each_value() -> Result<(), InvalidPolicy> {
    let clock = resilience::testing::ManualClock::install();
    let door: CachedPolicy<u32, Token, TestError> =
        policy::cached("ttl of values: blocking").ttl_with(life).build()? >> Policy::new();
    let mut calls = 0;
    let mut ask = |seconds| {
        let answer = door.call_for_blocking(&1, || {
            calls += 1;
            Ok(Token(seconds))
        });
        (answer, calls)
    };
    assert_eq!([ask(3), ask(9)], [(Ok(Token(3)), 1), (Ok(Token(3)), 1)]);
    clock.advance(secs(3));
    assert_eq!([ask(0), ask(2), ask(9)], [(Ok(Token(0)), 2), (Ok(Token(2)), 3), (Ok(Token(2)), 3)]);
    Ok(())
}
