//! A failure for which a retry further in has used up its attempts is not retried again, and no other failure.

use std::error::Error;
use std::io;
use std::sync::Arc;

use anyhow::Context;
use resilience::{circuit_breaker, fallback, retry, timeout};

use crate::common::{Counter, awaiting};
use crate::errors::{App, Boxed, Known, Outer, Transparent};

macro_rules! passed_on {
    ($($name:ident: $inner:ty, $down:expr => $outer:ty, $pass:expr;)*) => {$(
        #[sync_and_async::test]
        async fn $name() {
            #[retry(max = 2, backoff = "none")]
            async fn inner(calls: &Counter) -> Result<u32, $inner> {
                calls.up();
                pause().await;
                Err($down)
            }
            #[retry(max = 3, backoff = "none")]
            async fn outer(calls: &Counter) -> Result<u32, $outer> {
                let answer = inner(calls).await;
                let pass: fn(Result<u32, $inner>) -> Result<u32, $outer> = $pass;
                pass(answer)
            }
            #[retry(max = 1, backoff = "none", nested = true)]
            async fn nested(calls: &Counter) -> Result<u32, $outer> {
                let answer = inner(calls).await;
                let pass: fn(Result<u32, $inner>) -> Result<u32, $outer> = $pass;
                pass(answer)
            }

            let calls = Counter::new();
            assert!(outer(&calls).await.is_err());
            assert_eq!(calls.get(), 3);
            assert!(nested(&calls).await.is_err());
            assert_eq!(calls.get(), 3 + 6);
        }
    )*};
}

passed_on! {
    retries_of_an_enum_do_not_multiply: App, App::Down => App, |answer| answer;
    retries_of_a_classified_enum_do_not_multiply: Known, Known::Down => Known, |answer| answer;
    retries_of_an_enum_in_another_do_not_multiply: App, App::Down => Outer, |answer: Result<u32, App>| Ok(answer?);
    retries_of_a_transparent_error_do_not_multiply: App, App::Down => Transparent, |answer: Result<u32, App>| Ok(answer?);
    retries_of_anyhow_do_not_multiply: anyhow::Error, anyhow::anyhow!("down") => anyhow::Error, |answer| answer;
    retries_of_anyhow_with_context_do_not_multiply: anyhow::Error, anyhow::anyhow!("down") => anyhow::Error,
        |answer: anyhow::Result<u32>| answer.context("asking");
    retries_of_eyre_do_not_multiply: eyre::Report, eyre::eyre!("down") => eyre::Report, |answer| answer;
    retries_of_eyre_with_context_do_not_multiply: eyre::Report, eyre::eyre!("down") => eyre::Report,
        |answer: eyre::Result<u32>| eyre::WrapErr::wrap_err(answer, "asking");
    retries_of_an_enum_in_eyre_do_not_multiply: App, App::Down => eyre::Report,
        |answer: Result<u32, App>| eyre::WrapErr::wrap_err(answer.map_err(Outer::from), "asking");
    retries_of_a_boxed_error_do_not_multiply: Boxed, App::Down.into() => Boxed, |answer| answer;
    retries_of_a_shared_error_do_not_multiply: App, App::Down => Arc<App>, |answer: Result<u32, App>| answer.map_err(Arc::new);
    retries_of_a_shared_dynamic_error_do_not_multiply: App, App::Down => Arc<dyn Error + Send + Sync>,
        |answer: Result<u32, App>| answer.map_err(|error| Arc::new(error) as _);
    retries_of_an_error_in_io_do_not_multiply: App, App::Down => io::Error,
        |answer: Result<u32, App>| answer.map_err(io::Error::other);
    retries_of_an_error_of_the_system_do_not_multiply: io::Error, io::Error::from_raw_os_error(111) => io::Error, |answer| answer;
    retries_of_an_error_that_only_says_so_do_not_multiply: std::fmt::Error, std::fmt::Error => std::fmt::Error,
        |answer| answer;
    retries_of_an_error_in_two_pointers_do_not_multiply: Arc<App>, Arc::new(App::Down) => Box<Arc<App>>,
        |answer: Result<u32, Arc<App>>| answer.map_err(Box::new);
    retries_of_an_error_of_one_thread_do_not_multiply: App, App::Down => Box<dyn Error>, |answer: Result<u32, App>| Ok(answer?);
    retries_of_an_enum_in_anyhow_do_not_multiply: App, App::Down => anyhow::Error,
        |answer: Result<u32, App>| answer.map_err(Outer::from).context("asking");
}

#[sync_and_async::test]
async fn text_has_no_identity_and_is_retried() {
    #[retry(max = 1, backoff = "none")]
    async fn inner(calls: &Counter) -> Result<u32, String> {
        calls.up();
        Err("down".to_owned())
    }
    #[retry(max = 1, backoff = "none")]
    async fn outer(calls: &Counter) -> Result<u32, String> {
        inner(calls).await
    }

    let calls = Counter::new();
    assert!(outer(&calls).await.is_err());
    assert_eq!(calls.get(), 4);
}

#[sync_and_async::test]
async fn a_failure_that_was_handled_says_nothing_about_the_next_one() {
    #[retry(max = 1, backoff = "none")]
    async fn report_metrics() -> Result<u32, App> {
        pause().await;
        Err(App::Other("metrics"))
    }
    #[fallback(value = 0)]
    #[retry(max = 1, backoff = "none")]
    async fn answered() -> Result<u32, App> {
        pause().await;
        Err(App::Down)
    }
    async fn primary(calls: &Counter) -> Result<u32, App> {
        pause().await;
        if calls.up() == 1 { Err(App::Down) } else { Ok(7) }
    }
    #[retry(max = 3, backoff = "none")]
    async fn ignores(calls: &Counter) -> Result<u32, App> {
        let _ = report_metrics().await;
        primary(calls).await
    }
    #[retry(max = 3, backoff = "none")]
    async fn replaces(calls: &Counter) -> Result<u32, App> {
        let zero = report_metrics().await.unwrap_or(0);
        primary(calls).await.map(|value| value + zero)
    }
    #[retry(max = 3, backoff = "none")]
    async fn tries_another(calls: &Counter) -> Result<u32, App> {
        match report_metrics().await {
            Ok(value) => Ok(value),
            Err(_) => primary(calls).await,
        }
    }
    #[retry(max = 3, backoff = "none")]
    async fn has_a_fallback(calls: &Counter) -> Result<u32, App> {
        let zero = answered().await?;
        primary(calls).await.map(|value| value + zero)
    }

    for answer in [
        ignores(&Counter::new()).await,
        replaces(&Counter::new()).await,
        tries_another(&Counter::new()).await,
        has_a_fallback(&Counter::new()).await,
    ] {
        assert_eq!(answer, Ok(7));
    }
}

#[sync_and_async::test]
async fn a_retried_call_in_a_destructor_says_nothing_about_the_failure_of_the_body() {
    #[retry(max = 1, backoff = "none")]
    fn flush() -> Result<(), App> {
        Err(App::Other("disk full"))
    }
    struct Flushes;
    impl Drop for Flushes {
        fn drop(&mut self) {
            let _ = flush();
        }
    }
    #[retry(max = 3, backoff = "none")]
    async fn call(calls: &Counter) -> Result<u32, App> {
        let _flushes = Flushes;
        pause().await;
        if calls.up() == 1 { Err(App::Down) } else { Ok(7) }
    }

    assert_eq!(call(&Counter::new()).await, Ok(7));
}

/// Nor does it when a layer that knows the failure stands between: the breaker counts it, and learns nothing.
#[sync_and_async::test]
async fn a_breaker_makes_nothing_sure_that_was_not() {
    #[retry(max = 1, backoff = "none")]
    fn flush() -> Option<()> {
        None
    }
    struct Flushes;
    impl Drop for Flushes {
        fn drop(&mut self) {
            let _ = flush();
        }
    }
    #[retry(max = 2, backoff = "none")]
    #[circuit_breaker(failure_threshold = 100)]
    async fn drops(calls: &Counter) -> Result<u32, App> {
        let _flushes = Flushes;
        pause().await;
        if calls.up() < 3 { Err(App::Down) } else { Ok(1) }
    }
    #[retry(max = 1, backoff = "none")]
    async fn says(calls: &Counter) -> Result<u32, String> {
        calls.up();
        pause().await;
        Err("down".to_owned())
    }
    #[circuit_breaker(failure_threshold = 100)]
    async fn names(calls: &Counter) -> Result<u32, App> {
        says(calls).await.map_err(|_| App::Down)
    }
    #[retry(max = 2, backoff = "none")]
    async fn asks(calls: &Counter) -> Result<u32, App> {
        names(calls).await
    }

    assert_eq!(drops(&Counter::new()).await, Ok(1));
    let calls = Counter::new();
    assert_eq!(asks(&calls).await, Err(App::Down));
    assert_eq!(calls.get(), 2 * 3, "text is no identity, and does not become one");
}

#[tokio::test(start_paused = true)]
async fn a_lost_arm_of_select_says_nothing_about_the_failure_of_the_other() {
    #[retry(max = 1, backoff = "none")]
    async fn loses() -> Result<u32, App> {
        tokio::task::yield_now().await;
        Err(App::Other("lost"))
    }
    #[retry(max = 3, backoff = "none")]
    async fn call(calls: &Counter) -> Result<u32, App> {
        tokio::select! {
            biased;
            () = async {
                let _ = loses().await;
                std::future::pending::<()>().await;
            } => unreachable!("pending"),
            () = tokio::time::sleep(std::time::Duration::from_millis(1)) => {}
        }
        if calls.up() == 1 { Err(App::Down) } else { Ok(7) }
    }

    assert_eq!(call(&Counter::new()).await, Ok(7));
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_recognised_after_the_call_has_waited() {
    #[retry(max = 1, backoff = "none")]
    async fn inner(calls: &Counter) -> Result<u32, App> {
        calls.up();
        Err(App::Down)
    }
    #[retry(max = 3, backoff = "none")]
    #[timeout(secs = 60)]
    async fn outer(calls: &Counter) -> Result<u32, App> {
        let answer = inner(calls).await;
        tokio::time::sleep(crate::common::secs(5)).await;
        answer
    }

    let calls = Counter::new();
    assert_eq!((outer(&calls).await, calls.get()), (Err(App::Down), 2));
}

/// A fact belongs to its call, whatever other tasks of the thread do meanwhile.
#[tokio::test(start_paused = true)]
async fn many_tasks_of_one_thread_know_their_own_failures_alone() {
    #[retry(max = 1, backoff = "none")]
    async fn inner(calls: &Counter, number: u64) -> Result<u32, App> {
        calls.up();
        tokio::time::sleep(std::time::Duration::from_millis(number % 7)).await;
        Err(App::Down)
    }
    #[retry(max = 3, backoff = "none")]
    async fn outer(calls: &Counter, number: u64) -> Result<u32, App> {
        let answer = inner(calls, number).await;
        tokio::task::yield_now().await;
        answer
    }
    #[retry(max = 3, backoff = "none")]
    async fn alone(calls: &Counter, number: u64) -> Result<u32, App> {
        tokio::time::sleep(std::time::Duration::from_millis(number % 5)).await;
        calls.up();
        Err(App::Down)
    }

    let _clock = awaiting::Clock::start();
    let tasks: Vec<_> = (0..200)
        .flat_map(|number| {
            [
                tokio::spawn(async move {
                    let calls = Counter::new();
                    let _ = outer(&calls, number).await;
                    (calls.get(), 2)
                }),
                tokio::spawn(async move {
                    let calls = Counter::new();
                    let _ = alone(&calls, number).await;
                    (calls.get(), 4)
                }),
            ]
        })
        .collect();
    for task in tasks {
        let (calls, expected) = task.await.expect("no panic");
        assert_eq!(calls, expected);
    }
}

/// The mark of a retry that gives up for want of time or because the error is not worth it.
#[sync_and_async::test]
async fn an_error_that_is_not_worth_a_retry_may_be_worth_one_further_out() {
    #[retry(max = 1, backoff = "none", when = |_| false)]
    async fn inner(calls: &Counter) -> Result<u32, App> {
        calls.up();
        Err(App::Down)
    }
    #[retry(max = 3, backoff = "none")]
    async fn outer(calls: &Counter) -> Result<u32, App> {
        inner(calls).await
    }

    let calls = Counter::new();
    assert_eq!((outer(&calls).await, calls.get()), (Err(App::Down), 4));
}

#[sync_and_async::test]
async fn a_hook_that_fails_says_nothing_about_the_next_attempt() {
    #[retry(max = 1, backoff = "none")]
    fn report() -> Result<u32, App> {
        Err(App::Down)
    }
    #[retry(max = 2, base_delay = "1s", on_retry = |_| drop(report()))]
    async fn call(calls: &Counter) -> Result<u32, App> {
        pause().await;
        if calls.up() == 3 { Ok(7) } else { Err(App::Down) }
    }

    let (_clock, calls) = (Clock::start(), Counter::new());
    assert_eq!(call(&calls).await, Ok(7));
}
