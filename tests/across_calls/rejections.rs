//! A retry recognises the rejection of a called function, whatever error carries it.

use std::time::Duration;

use anyhow::Context;
use resilience::{bulkhead, checkpoint, circuit_breaker, fallback, rate_limit, retry, timeout};

use crate::common::{Counter, Elapsed, awaiting, blocking, secs};
use crate::errors::{App, Boxed, Known, Outer, TIMED_OUT, Transparent};

// A name, the called function's result, its `map_err`, a failure, the caller's result, how it passes the failure on.
macro_rules! passed_on {
    ($($name:ident: $inner:ty $([$($map_err:tt)*])?, $down:expr => $outer:ty, $pass:expr;)*) => {$(
        mod $name {
            use super::*;

            #[sync_and_async::test]
            async fn a_rejection_by_a_breaker_is_not_retried() {
                #[circuit_breaker(failure_threshold = 1, recovery = "1h" $(, $($map_err)*)?)]
                async fn inner() -> $inner {
                    pause().await;
                    $down
                }
                #[retry(max = 3)]
                async fn outer(calls: &Counter) -> $outer {
                    calls.up();
                    let answer = inner().await;
                    let pass: fn($inner) -> $outer = $pass;
                    pass(answer)
                }

                let (clock, calls) = (Clock::start(), Counter::new());
                let _down = inner().await;
                let _rejected = outer(&calls).await;
                assert_eq!((calls.get(), clock.elapsed()), (1, secs(0)));
            }

            #[sync_and_async::test]
            async fn a_rejection_by_a_rate_limit_is_not_retried() {
                #[rate_limit(max = 1, per = "1h" $(, $($map_err)*)?)]
                async fn inner() -> $inner {
                    pause().await;
                    $down
                }
                #[retry(max = 3)]
                async fn outer(calls: &Counter) -> $outer {
                    calls.up();
                    let answer = inner().await;
                    let pass: fn($inner) -> $outer = $pass;
                    pass(answer)
                }

                let (clock, calls) = (Clock::start(), Counter::new());
                let _admitted = inner().await;
                let _rejected = outer(&calls).await;
                assert_eq!((calls.get(), clock.elapsed()), (1, secs(0)));
            }

            #[sync_and_async::test]
            async fn a_rejection_by_a_full_bulkhead_is_not_retried() {
                #[bulkhead(max = 1 $(, $($map_err)*)?)]
                async fn inner(calls: Option<&Counter>) -> $inner {
                    if let Some(calls) = calls {
                        let _rejected = boxed(outer(calls)).await;
                    }
                    $down
                }
                #[retry(max = 3)]
                async fn outer(calls: &Counter) -> $outer {
                    calls.up();
                    let answer = boxed(inner(None)).await;
                    let pass: fn($inner) -> $outer = $pass;
                    pass(answer)
                }

                let (clock, calls) = (Clock::start(), Counter::new());
                let _in_the_bulkhead = inner(Some(&calls)).await;
                assert_eq!((calls.get(), clock.elapsed()), (1, secs(0)));
            }

            #[test]
            fn a_body_without_a_thread_is_not_retried() {
                #[timeout(ms = 1, mode = "thread", max_abandoned = 1 $(, $($map_err)*)?)]
                fn inner() -> $inner {
                    std::thread::sleep(Duration::from_millis(300));
                    $down
                }
                #[retry(max = 3)]
                fn outer(calls: &Counter) -> $outer {
                    calls.up();
                    let answer = inner();
                    let pass: fn($inner) -> $outer = $pass;
                    pass(answer)
                }

                let calls = Counter::new();
                let _left_behind = inner();
                let _rejected = outer(&calls);
                assert_eq!(calls.get(), 1);
            }
        }
    )*};
}

passed_on! {
    a_classified_enum: Result<u32, Known>, Err(Known::Down) => Result<u32, Known>, |answer| answer;
    an_enum: Result<u32, App>, Err(App::Down) => Result<u32, App>, |answer| answer;
    an_enum_made_from_another: Result<u32, App>, Err(App::Down) => Result<u32, Outer>, |answer: Result<_, App>| Ok(answer?);
    a_transparent_error: Result<u32, App>, Err(App::Down) => Result<u32, Transparent>, |answer: Result<_, App>| Ok(answer?);
    anyhow_throughout: anyhow::Result<u32>, Err(App::Down.into()) => anyhow::Result<u32>, |answer| answer;
    anyhow_with_context: anyhow::Result<u32>, Err(App::Down.into()) => anyhow::Result<u32>,
        |answer: anyhow::Result<u32>| answer.context("asking").with_context(|| "again");
    anyhow_made_from_an_enum: Result<u32, App>, Err(App::Down) => anyhow::Result<u32>, |answer: Result<u32, App>| answer.context("asking");
    an_enum_in_an_enum_in_anyhow: Result<u32, App>, Err(App::Down) => anyhow::Result<u32>,
        |answer: Result<u32, App>| answer.map_err(Outer::from).context("asking");
    eyre_throughout: eyre::Result<u32>, Err(App::Down.into()) => eyre::Result<u32>, |answer| answer;
    eyre_with_context: eyre::Result<u32>, Err(App::Down.into()) => eyre::Result<u32>,
        |answer: eyre::Result<u32>| eyre::WrapErr::wrap_err(eyre::WrapErr::wrap_err(answer, "asking"), "again");
    an_enum_in_an_enum_in_eyre: Result<u32, App>, Err(App::Down) => eyre::Result<u32>,
        |answer: Result<u32, App>| eyre::WrapErr::wrap_err(answer.map_err(Outer::from), "asking");
    a_boxed_error: Result<u32, Boxed>, Err(App::Down.into()) => Result<u32, Boxed>, |answer| answer;
    a_boxed_enum: Result<u32, App>, Err(App::Down) => Result<u32, Box<dyn std::error::Error>>, |answer: Result<_, App>| Ok(answer?);
    an_option: Option<u32>, None => Option<u32>, |answer| answer;
    an_option_of_a_result: Option<u32>, None => Result<u32, App>, |answer: Option<u32>| answer.ok_or(App::Other("none"));
    the_error_of_the_library: Result<u32, resilience::Error>, Err(TIMED_OUT) => Result<u32, resilience::Error>, |answer| answer;
    the_error_of_the_library_in_an_enum: Result<u32, resilience::Error>, Err(TIMED_OUT) => Result<u32, App>,
        |answer: Result<_, resilience::Error>| Ok(answer?);
    text: Result<u32, String> [map_err = |error| error.to_string()], Err("down".to_owned()) => Result<u32, String>, |answer| answer;
    an_error_converted_by_hand: Result<u32, App>, Err(App::Down) => Result<u32, Outer>, |answer: Result<_, App>| answer.map_err(|error| match error {
        App::Resilience(rejection) => Outer::Resilience(rejection),
        error => Outer::Storage(error),
    });
    an_error_of_its_own_for_rejections: Result<u32, App> [map_err = |_| App::Other("busy")], Err(App::Down) => Result<u32, App>, |answer| answer;
}

#[tokio::test(start_paused = true)]
async fn a_rejection_that_is_passed_on_later_is_recognised_by_its_error() {
    #[circuit_breaker(failure_threshold = 1, recovery = "1h")]
    async fn inner() -> Result<u32, App> {
        Err(App::Down)
    }
    #[retry(max = 3)]
    async fn outer(calls: &Counter) -> Result<u32, Outer> {
        calls.up();
        let answer = inner().await;
        tokio::time::sleep(secs(1)).await;
        Ok(answer?)
    }

    let (clock, calls) = (awaiting::Clock::start(), Counter::new());
    assert_eq!(inner().await, Err(App::Down));
    assert!(outer(&calls).await.is_err());
    assert_eq!((calls.get(), clock.elapsed()), (1, secs(1)));
}

#[tokio::test(start_paused = true)]
async fn without_an_identity_a_rejection_is_known_in_its_poll_alone() {
    #[rate_limit(max = 1, per = "1h")]
    async fn limited() -> Option<u32> {
        Some(1)
    }
    #[retry(max = 3, backoff = "none")]
    async fn outer(calls: &Counter) -> Option<u32> {
        calls.up();
        let answer = limited().await;
        tokio::task::yield_now().await;
        answer
    }

    let calls = Counter::new();
    assert_eq!((limited().await, outer(&calls).await, calls.get()), (Some(1), None, 4));
}

#[sync_and_async::test]
async fn a_rejection_that_ends_within_the_delay_is_waited_for() {
    #[circuit_breaker(failure_threshold = 1, success_threshold = 1, recovery = "3s")]
    async fn inner(up: bool) -> Result<u32, App> {
        pause().await;
        if up { Ok(7) } else { Err(App::Down) }
    }
    #[retry(max = 3, backoff = "constant", base_delay = "5s")]
    async fn outer(calls: &Counter) -> Result<u32, Outer> {
        calls.up();
        Ok(inner(true).await?)
    }

    let (clock, calls) = (Clock::start(), Counter::new());
    for _ in 0..50 {
        assert_eq!(inner(false).await, Err(App::Down));
        let start = clock.elapsed();
        assert_eq!(outer(&calls).await, Ok(7), "jitter never ends the pause before the gate opens");
        let took = clock.elapsed().saturating_sub(start);
        assert!(secs(3) <= took && took <= secs(5), "{took:?}");
    }
}

#[sync_and_async::test]
async fn a_handled_rejection_says_nothing_about_a_later_failure() {
    #[rate_limit(max = 1, per = "1h")]
    async fn limited() -> Result<u32, App> {
        Ok(1)
    }
    #[retry(max = 3, backoff = "none")]
    async fn another_variant(calls: &Counter) -> Result<u32, App> {
        let _ = limited().await;
        if calls.up() == 1 { Err(App::Down) } else { Ok(7) }
    }
    #[retry(max = 3, backoff = "none")]
    async fn another_type(calls: &Counter) -> anyhow::Result<u32> {
        let _ = limited().await;
        if calls.up() == 1 { Err(anyhow::anyhow!("own")) } else { Ok(7) }
    }
    #[bulkhead(max = 1)]
    async fn fine() -> Option<u32> {
        Some(1)
    }
    #[retry(max = 3, backoff = "none")]
    async fn text_after_another_layer(calls: &Counter) -> Result<u32, String> {
        let _ = limited().await;
        let _ = fine().await;
        if calls.up() == 1 { Err("own".to_owned()) } else { Ok(7) }
    }

    assert_eq!(limited().await, Ok(1));
    assert_eq!(another_variant(&Counter::new()).await, Ok(7));
    assert_eq!(another_type(&Counter::new()).await.ok(), Some(7));
    assert_eq!(text_after_another_layer(&Counter::new()).await, Ok(7));
}

#[sync_and_async::test]
async fn when_may_ask_for_the_retry_of_a_rejection_of_a_called_function() {
    #[circuit_breaker(failure_threshold = 1, success_threshold = 1, recovery = "10s")]
    async fn inner(up: bool) -> Result<u32, App> {
        pause().await;
        if up { Ok(7) } else { Err(App::Down) }
    }
    #[retry(max = 9, backoff = "constant", base_delay = "4s", jitter = false, when = |_| true)]
    async fn outer(calls: &Counter) -> Result<u32, App> {
        calls.up();
        inner(true).await
    }

    let (clock, calls) = (Clock::start(), Counter::new());
    assert_eq!(inner(false).await, Err(App::Down));
    assert_eq!(outer(&calls).await, Ok(7));
    assert_eq!((calls.get(), clock.elapsed()), (4, secs(12)));
}

/// The defaults, and a service that is down.
#[sync_and_async::test]
async fn a_fallback_above_answers_at_once_while_the_service_is_down() {
    #[circuit_breaker]
    async fn complete() -> Result<u32, App> {
        pause().await;
        Err(App::Down)
    }
    #[fallback(value = 42)]
    #[retry]
    async fn ask() -> Result<u32, Outer> {
        Ok(complete().await?)
    }

    let clock = Clock::start();
    for call in 0..5 {
        let start = clock.elapsed();
        assert_eq!(ask().await, Ok(42));
        let took = clock.elapsed().saturating_sub(start);
        assert!(if call < 2 { took <= secs(7) } else { took == secs(0) }, "call {call} took {took:?}");
    }
}

#[test]
fn a_rejection_on_a_thread_of_its_own_comes_back() {
    #[circuit_breaker(failure_threshold = 1, recovery = "1h")]
    fn guarded() -> Result<u32, App> {
        Err(App::Down)
    }
    #[retry(max = 3)]
    #[timeout(secs = 60, mode = "thread")]
    fn same(calls: std::sync::Arc<Counter>) -> Result<u32, Outer> {
        calls.up();
        Ok(guarded()?)
    }
    #[retry(max = 3)]
    #[timeout(secs = 60, mode = "thread")]
    fn without_an_identity(calls: std::sync::Arc<Counter>) -> Option<u32> {
        calls.up();
        guarded().ok()
    }

    let calls = std::sync::Arc::new(Counter::new());
    assert_eq!(guarded(), Err(App::Down));
    assert!(same(std::sync::Arc::clone(&calls)).is_err());
    assert_eq!(without_an_identity(std::sync::Arc::clone(&calls)), None);
    assert_eq!(calls.get(), 2);
}

#[test]
fn a_limit_that_ends_a_call_is_no_rejection_whatever_was_rejected_before() {
    #[rate_limit(max = 1, per = "1h")]
    fn limited() -> Option<u32> {
        Some(1)
    }
    #[retry(max = 2, backoff = "none")]
    #[timeout(secs = 1, mode = "cooperative")]
    fn ask(clock: &blocking::Clock, calls: &Counter) -> Option<u32> {
        calls.up();
        let _handled = limited();
        clock.sleep(secs(2));
        checkpoint().ok()?;
        Some(1)
    }

    let (clock, calls) = (blocking::Clock::start(), Counter::new());
    assert_eq!(limited(), Some(1));
    assert_eq!(ask(&clock, &calls), None);
    assert_eq!(calls.get(), 3, "a timeout is retried");
}

#[sync_and_async::test]
async fn a_fallback_that_returns_the_error_passes_it_on_and_one_that_does_not_has_handled_it() {
    #[circuit_breaker(failure_threshold = 1, recovery = "1h")]
    async fn guarded() -> Result<u32, App> {
        pause().await;
        Err(App::Down)
    }
    #[fallback(|error| if matches!(error, Outer::Storage(App::Resilience(_))) { Err(error) } else { Ok(7) })]
    async fn returns_it() -> Result<u32, Outer> {
        Ok(guarded().await?)
    }
    #[fallback(|_error| Err("replaced".into()))]
    async fn replaces_it() -> Result<u32, Boxed> {
        Ok(guarded().await?)
    }
    #[retry(max = 3)]
    async fn ask(calls: &Counter) -> anyhow::Result<u32> {
        calls.up();
        Ok(returns_it().await?)
    }
    #[retry(max = 3, backoff = "none")]
    async fn ask_another(calls: &Counter) -> Result<u32, Boxed> {
        calls.up();
        replaces_it().await
    }
    #[retry(max = 3, backoff = "none")]
    async fn fails_with_the_text_of_an_answered_failure(calls: &Counter) -> Result<u32, Outer> {
        let answer = returns_it().await?;
        if calls.up() == 1 { Err(Outer::Storage(App::Down)) } else { Ok(answer) }
    }

    let (clock, calls) = (Clock::start(), Counter::new());
    assert_eq!(fails_with_the_text_of_an_answered_failure(&calls).await.map_err(drop), Err(()), "rejected");
    assert_eq!(calls.get(), 1, "the failure that was answered is another");
    assert!(ask(&calls).await.is_err());
    assert_eq!((calls.get(), clock.elapsed()), (2, secs(0)));
    assert!(ask_another(&calls).await.is_err());
    assert_eq!(calls.get(), 2 + 4);
}
