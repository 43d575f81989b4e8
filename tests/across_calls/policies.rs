//! A policy around an annotated function, and the reverse.

use std::cell::Cell;
use std::time::Duration;

use anyhow::Context;
use resilience::policy::{CachedPolicy, KeyedPolicy};
use resilience::testing::ManualClock;
use resilience::{Category, Classify, Policy, circuit_breaker, policy, rate_limit, retry};

use crate::common::{Counter, secs};
use crate::errors::{App, Boxed, Outer};

type Invalid = Result<(), policy::InvalidPolicy>;

#[circuit_breaker(failure_threshold = 1, recovery = "1h")]
fn guarded() -> Result<u32, App> {
    Err(App::Down)
}

#[test]
fn a_policy_recognises_the_rejection_of_a_function() -> Invalid {
    let same: Policy<u32, App> = Policy::new() >> policy::retry().max(3).build()?;
    let other: Policy<u32, Outer> = Policy::new() >> policy::retry().max(3).build()?;
    let text: Policy<u32, String> = Policy::new() >> policy::retry().max(3).build()?;
    let (clock, calls) = (ManualClock::install(), Cell::new(0));
    let count = || calls.set(calls.get() + 1);
    let _down = guarded();
    assert!(
        same.call_blocking(|| {
            count();
            guarded()
        })
        .is_err()
    );
    assert!(
        other
            .call_blocking(|| {
                count();
                Ok(guarded()?)
            })
            .is_err()
    );
    assert!(
        text.call_blocking(|| {
            count();
            guarded().map_err(|error| error.to_string())
        })
        .is_err()
    );
    assert_eq!((calls.get(), clock.elapsed()), (3, Duration::ZERO));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_awaited_policy_recognises_the_rejection_of_a_function() -> Invalid {
    #[circuit_breaker(failure_threshold = 1, recovery = "1h")]
    async fn guarded() -> Result<u32, App> {
        tokio::task::yield_now().await;
        Err(App::Down)
    }

    let ask: Policy<u32, App> = Policy::new() >> policy::retry().max(3).build()?;
    let (start, calls) = (tokio::time::Instant::now(), Counter::new());
    assert_eq!(guarded().await, Err(App::Down));
    let answer = ask
        .call(|| {
            calls.up();
            guarded()
        })
        .await;
    assert!(answer.is_err());
    assert_eq!((calls.get(), start.elapsed()), (1, Duration::ZERO));
    Ok(())
}

#[test]
fn a_function_recognises_the_rejection_of_a_policy() -> Invalid {
    #[retry(max = 3)]
    fn same(ask: &Policy<u32, App>, calls: &Counter) -> Result<u32, App> {
        calls.up();
        ask.call_blocking(|| Err(App::Down))
    }
    #[retry(max = 3)]
    fn other(ask: &Policy<u32, App>, calls: &Counter) -> Result<u32, Outer> {
        calls.up();
        Ok(ask.call_blocking(|| Err(App::Down))?)
    }

    let ask: Policy<u32, App> = Policy::new()
        >> policy::circuit_breaker("policy: below a function").failure_threshold(1).recovery(secs(3600)).build()?;
    let (clock, calls) = (ManualClock::install(), Counter::new());
    assert_eq!(same(&ask, &calls), Err(App::Down), "the failure that opened it");
    assert!(same(&ask, &calls).is_err_and(|error| matches!(error, App::Resilience(_))));
    assert!(other(&ask, &calls).is_err());
    assert_eq!((calls.get(), clock.elapsed()), (3, Duration::ZERO));
    Ok(())
}

#[test]
fn a_policy_does_not_wait_for_its_own_breaker() -> Invalid {
    let ask: Policy<u32, App> = Policy::new()
        >> policy::retry().no_jitter().build()?
        >> policy::circuit_breaker("policy: opens").failure_threshold(2).build()?;
    let (clock, calls) = (ManualClock::install(), Cell::new(0));
    let answer = ask.call_blocking(|| {
        calls.set(calls.get() + 1);
        Err(App::Down)
    });
    assert_eq!((answer, calls.get(), clock.elapsed()), (Err(App::Down), 2, secs(1)));
    Ok(())
}

#[test]
fn retries_of_policies_and_functions_do_not_multiply() -> Invalid {
    #[retry(max = 1, backoff = "none")]
    fn retried(calls: &Counter) -> Result<u32, App> {
        calls.up();
        Err(App::Down)
    }
    #[retry(max = 3, backoff = "none")]
    fn around(ask: &Policy<u32, App>, calls: &Counter) -> Result<u32, App> {
        ask.call_blocking(|| {
            calls.up();
            Err(App::Down)
        })
    }

    let inner: Policy<u32, App> = Policy::new() >> policy::retry().max(1).no_delay().build()?;
    let outer: Policy<u32, App> = Policy::new() >> policy::retry().max(3).no_delay().build()?;
    let calls = Counter::new();
    assert!(outer.call_blocking(|| retried(&calls)).is_err());
    assert_eq!(calls.get(), 2, "a policy around a function");
    assert!(around(&inner, &calls).is_err());
    assert_eq!(calls.get(), 4, "a function around a policy");
    let body = || {
        calls.up();
        Err(App::Down)
    };
    assert!(outer.call_blocking(|| inner.call_blocking(body)).is_err());
    assert_eq!(calls.get(), 6, "a policy around a policy");
    Ok(())
}

#[test]
fn a_policys_failure_that_was_handled_says_nothing_about_the_next_one() -> Invalid {
    #[retry(max = 1, backoff = "none")]
    fn report_metrics() -> Result<u32, App> {
        Err(App::Other("metrics"))
    }
    let ask: Policy<u32, App> = Policy::new() >> policy::retry().max(3).no_delay().build()?;
    let calls = Cell::new(0);
    let answer = ask.call_blocking(|| {
        let _ = report_metrics();
        calls.set(calls.get() + 1);
        if calls.get() == 1 { Err(App::Down) } else { Ok(7) }
    });
    assert_eq!((answer, calls.get()), (Ok(7), 2));
    Ok(())
}

/// An error whose values differ in their text alone.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("{0}")]
struct Text(&'static str);

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("{0}")]
struct ClassifiedText(&'static str);

impl Classify for ClassifiedText {
    fn category(&self) -> Category {
        Category::Transient
    }
}

macro_rules! handled {
    ($($name:ident: $error:ty, $of:expr;)*) => {$(
        #[test]
        fn $name() -> Invalid {
            fn body(calls: &Counter) -> Result<u32, $error> {
                if calls.up() == 1 { Err($of("own")) } else { Ok(7) }
            }
            #[retry(max = 1, backoff = "none")]
            fn report_metrics() -> Result<u32, $error> {
                Err($of("metrics"))
            }
            #[retry(max = 3, backoff = "none")]
            fn around(inner: &Policy<u32, $error>, calls: &Counter) -> Result<u32, $error> {
                let _ = inner.call_blocking(|| Err($of("metrics")));
                body(calls)
            }

            let inner: Policy<u32, $error> = Policy::new() >> policy::retry().max(1).no_delay().build()?;
            let outer: Policy<u32, $error> = Policy::new() >> policy::retry().max(3).no_delay().build()?;
            let (of_function, of_policy, in_function) = (Counter::new(), Counter::new(), Counter::new());
            let answers = [
                outer.call_blocking(|| {
                    let _ = report_metrics();
                    body(&of_function)
                }),
                outer.call_blocking(|| {
                    let _ = inner.call_blocking(|| Err($of("metrics")));
                    body(&of_policy)
                }),
                around(&inner, &in_function),
            ];
            assert_eq!(answers.map(Result::ok), [Some(7); 3]);
            Ok(())
        }
    )*};
}

handled! {
    a_handled_error_of_the_same_type_is_another_failure: Text, Text;
    a_handled_error_of_the_same_classified_type_is_another_failure: ClassifiedText, ClassifiedText;
    a_handled_error_of_the_same_variant_is_another_failure: App, App::Other;
    a_handled_error_of_anyhow_is_another_failure: anyhow::Error, anyhow::Error::msg;
    a_handled_boxed_error_is_another_failure: Boxed, Boxed::from;
}

/// The same of policies with a key and with a cache.
#[test]
fn a_handled_rejection_of_another_type_hides_no_failure_from_a_breaker() -> Invalid {
    #[rate_limit(max = 1, per = "1h")]
    fn limited() -> Result<u32, App> {
        Ok(1)
    }
    fn body() -> Result<u32, Outer> {
        let _ = limited();
        Err(Outer::Storage(App::Down))
    }

    let breaker = |name| policy::circuit_breaker(name).failure_threshold(2).recovery(secs(3600));
    let plain: Policy<u32, Outer> = Policy::new() >> breaker("counts: plain").build()?;
    let keyed: KeyedPolicy<u32, u32, Outer> = Policy::new() >> breaker("counts: keyed").key::<u32>().build()?;
    let cached: CachedPolicy<u32, u32, Outer> =
        policy::cached("counts: cached").build()? >> (Policy::new() >> breaker("counts: in a cache").build()?);
    let _clock = ManualClock::install();
    let _passes = limited();
    for _ in 0..2 {
        let answers =
            [plain.call_blocking(body), keyed.call_for_blocking(&1, body), cached.call_for_blocking(&1, body)];
        assert_eq!(answers, [(); 3].map(|()| Err(Outer::Storage(App::Down))));
    }
    let rejected = [plain.call_blocking(body), keyed.call_for_blocking(&1, body), cached.call_for_blocking(&1, body)];
    assert!(rejected.iter().all(|answer| matches!(answer, Err(Outer::Resilience(_)))), "{rejected:?}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_a_policy_knows_survives_a_wait() -> Invalid {
    async fn passes_on_later<E>(answer: Result<u32, E>) -> Result<u32, E> {
        tokio::time::sleep(secs(1)).await;
        answer
    }
    #[retry(max = 3, backoff = "none")]
    async fn same(inner: &Policy<u32, App>, calls: &Counter) -> Result<u32, App> {
        passes_on_later(inner.call(async || Err(App::Other(if calls.up() == 1 { "one" } else { "more" }))).await).await
    }
    #[retry(max = 3, backoff = "none")]
    async fn with_context(inner: &Policy<u32, anyhow::Error>, calls: &Counter) -> Result<u32, anyhow::Error> {
        let answer = inner.call(async || Err(anyhow::Error::msg(calls.up()))).await;
        passes_on_later(answer.context("asking")).await
    }

    let inner: Policy<u32, App> = Policy::new() >> policy::retry().max(1).no_delay().build()?;
    let boxed: Policy<u32, anyhow::Error> = Policy::new() >> policy::retry().max(1).no_delay().build()?;
    let (calls, boxed_calls) = (Counter::new(), Counter::new());
    assert!(same(&inner, &calls).await.is_err());
    assert!(with_context(&boxed, &boxed_calls).await.is_err());
    assert_eq!((calls.get(), boxed_calls.get()), (2, 2));
    Ok(())
}
