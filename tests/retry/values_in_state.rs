//! Backoff functions and `on_retry` see the value that `when_ok` asked about.

use std::cell::RefCell;
use std::fmt::Debug;
use std::sync::Mutex;
use std::time::Duration;

use resilience::{Policy, RetryState, RetryStateOf, policy, retry};

use crate::common::{Answer, Counter, Elapsed, TestError, awaiting, blocking, secs};

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the form of a predicate")]
const fn is_low(value: &u32) -> bool {
    *value < 4
}

/// As many seconds as the value says, and a minute after an error.
fn by_value(state: &RetryStateOf<'_, u32, TestError>) -> Duration {
    state.value.map_or(secs(60), |value| secs(u64::from(*value) * 10))
}

fn by_any_value<T: Into<u64> + Copy, E>(state: &RetryStateOf<'_, T, E>) -> Duration {
    state.value.map_or(secs(60), |value| secs((*value).into() * 10))
}

fn without_value(state: &RetryState<'_, TestError>) -> Duration {
    secs(u64::from(state.attempt))
}

fn without_value_of_any<E: Debug>(state: &RetryState<'_, E>) -> Duration {
    if state.error.is_some() { secs(60) } else { secs(u64::from(state.attempt)) }
}

#[sync_and_async::test]
async fn a_backoff_function_may_take_the_value() {
    macro_rules! starts {
        ($clock:ident: $($backoff:expr;)*) => {
            [$({
                #[retry(max = 3, max_delay = "1h", when_ok = is_low, backoff = $backoff)]
                async fn call(script: &Script<'_>) -> Answer {
                    script.run().await
                }
                let (script, begin) = (Script::of("SFSS", &$clock), $clock.elapsed());
                assert_eq!(call(&script).await, Ok(4));
                script.starts().into_iter().map(|start| (start - begin).as_secs()).collect::<Vec<_>>()
            }),*]
        };
    }
    let clock = Clock::start();
    let starts = starts! {clock:
        by_value;
        by_any_value;
        |state| by_value(state);
        |state| state.value.map_or(secs(60), |value| secs(u64::from(*value) * 10));
        |state: &RetryStateOf<'_, u32, TestError>| by_value(state);
        |state: &RetryStateOf<'_, _, _>| by_any_value::<u32, TestError>(state);
    };
    assert_eq!(starts, [const { [0, 10, 70, 100] }; 6]);
    let starts = starts! {clock:
        without_value;
        |state| without_value(state);
        |state: &RetryState<'_, TestError>| without_value(state);
        |state: &RetryState<'_, _>| secs(state.attempt.into());
    };
    assert_eq!(starts, [const { [0, 1, 3, 6] }; 4], "the state alone");
    assert_eq!(
        starts! {clock: without_value_of_any; |state| without_value_of_any(state); },
        [const { [0, 1, 61, 64] }; 2]
    );
}

#[sync_and_async::test]
async fn on_retry_may_take_the_value() {
    struct Client {
        seen: Mutex<Vec<Option<u32>>>,
        margin: u32,
    }

    impl Client {
        fn note(&self, state: &RetryStateOf<'_, u32, TestError>) {
            assert_eq!(state.value.is_none(), state.error.is_some());
            assert_eq!(state.max_attempts, 4);
            self.seen.lock().expect("no panic").push(state.value.copied());
        }

        fn note_attempt(&self, state: &RetryState<'_, TestError>) {
            self.seen.lock().expect("no panic").push(Some(state.attempt));
        }

        fn is_low(&self, value: &u32) -> bool {
            *value < self.margin
        }

        #[retry(max = 3, backoff = "none", when_ok = self.is_low, on_retry = self.note)]
        async fn by_method(&self, script: &Script<'_>) -> Answer {
            script.run().await
        }

        #[retry(max = 3, backoff = "none", when_ok = is_low, on_retry = |state| self.note(state))]
        async fn by_closure(&self, script: &Script<'_>) -> Answer {
            script.run().await
        }

        #[retry(max = 3, backoff = "none", when_ok = is_low, on_retry = |state: &RetryStateOf<'_, u32, TestError>| {
            self.note(state);
        })]
        async fn by_typed_closure(&self, script: &Script<'_>) -> Answer {
            script.run().await
        }

        #[retry(max = 3, backoff = "none", when_ok = is_low, on_retry = self.note_attempt)]
        async fn without_value(&self, script: &Script<'_>) -> Answer {
            script.run().await
        }
    }

    let (clock, client) = (Clock::start(), Client { seen: Mutex::default(), margin: 4 });
    let script = || Script::of("SFSS", &clock);
    let seen = || std::mem::take(&mut *client.seen.lock().expect("no panic"));
    assert_eq!((client.by_method(&script()).await, seen()), (Ok(4), vec![Some(1), None, Some(3)]));
    assert_eq!((client.by_closure(&script()).await, seen()), (Ok(4), vec![Some(1), None, Some(3)]));
    assert_eq!((client.by_typed_closure(&script()).await, seen()), (Ok(4), vec![Some(1), None, Some(3)]));
    assert_eq!((client.without_value(&script()).await, seen()), (Ok(4), vec![Some(1), Some(2), Some(3)]));
}

#[sync_and_async::test]
async fn the_value_of_an_option_is_seen_too() {
    #[retry(
        max = 3, backoff = |state| state.value.map_or(secs(1), |value| secs(u64::from(*value) * 10)),
        when_ok = is_low, on_retry = |state| seen.borrow_mut().push(state.value.copied())
    )]
    async fn call(script: &Script<'_>, seen: &RefCell<Vec<Option<u32>>>) -> Option<u32> {
        script.run().await.ok()
    }

    let (clock, seen) = (Clock::start(), RefCell::default());
    let script = Script::of("SFSS", &clock);
    assert_eq!(call(&script, &seen).await, Some(4));
    assert_eq!((seen.take(), clock.elapsed()), (vec![Some(1), None, Some(3)], secs(10 + 1 + 30)));
}

#[tokio::test(start_paused = true)]
async fn an_asynchronous_hook_may_take_the_value() {
    async fn wait(state: &RetryStateOf<'_, u32, TestError>) {
        tokio::time::sleep(state.value.map_or(secs(60), |value| secs(u64::from(*value) * 10))).await;
    }

    async fn wait_by_attempt<E>(state: &RetryState<'_, E>) {
        tokio::time::sleep(secs(state.attempt.into())).await;
    }

    macro_rules! elapsed {
        ($($hook:expr;)*) => {
            [$({
                #[retry(max = 2, backoff = "none", when_ok = is_low, on_retry = $hook)]
                async fn call(calls: &Counter) -> Answer {
                    Ok(calls.up() + 1)
                }
                let (clock, calls) = (awaiting::Clock::start(), Counter::new());
                let call = tokio::spawn(async move { call(&calls).await });
                assert_eq!(call.await.expect("no panic"), Ok(4));
                clock.elapsed().as_secs()
            }),*]
        };
    }
    let by_value = elapsed! {
        wait;
        |state| wait(state);
        async |state| wait(state).await;
        async |state: &RetryStateOf<'_, u32, TestError>| wait(state).await;
    };
    assert_eq!(by_value, [20 + 30; 4]);
    let by_attempt = elapsed! {
        wait_by_attempt;
        |state| wait_by_attempt(state);
        async |state| wait_by_attempt(state).await;
        async |state: &RetryState<'_, TestError>| wait_by_attempt(state).await;
    };
    assert_eq!(by_attempt, [1 + 2; 4]);
}

fn with_values() -> Result<Policy<u32, TestError>, policy::InvalidPolicy> {
    let retry = policy::retry().max(3).when_ok(is_low).backoff_with_value(by_value);
    let retry = retry.on_retry_with_value(|state: &RetryStateOf<'_, u32, TestError>| {
        assert_eq!(state.delay, by_value(state));
    });
    Ok(Policy::new() >> retry.build()?)
}

const fn letter(call: u32) -> Answer {
    if call == 2 { Err(TestError::Transient) } else { Ok(call) }
}

#[tokio::test(start_paused = true)]
async fn functions_of_a_policy_see_the_value() -> Result<(), policy::InvalidPolicy> {
    let (ask, calls, clock) = (with_values()?, Counter::new(), awaiting::Clock::start());
    assert_eq!(ask.call(|| async { letter(calls.up()) }).await, Ok(4));
    assert_eq!(clock.elapsed(), secs(10 + 60 + 30));
    Ok(())
}

#[test]
fn functions_of_a_blocking_policy_see_the_value() -> Result<(), policy::InvalidPolicy> {
    let (ask, calls, clock) = (with_values()?, Counter::new(), blocking::Clock::start());
    assert_eq!(ask.call_blocking(|| letter(calls.up())), Ok(4));
    assert_eq!(clock.elapsed(), secs(10 + 60 + 30));
    Ok(())
}
