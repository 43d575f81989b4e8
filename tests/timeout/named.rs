//! The limit that fires is the limit that is named.

use std::future::pending;
use std::time::Duration;

use resilience::testing::ManualClock;
use resilience::{Error, Policy, checkpoint, policy, remaining, retry, timeout};
use tokio::time::{advance, sleep};

use crate::common::{Answer, Recorder, TestError, millis, secs};
use crate::timed_out;

/// The function and the limit of each event.
fn told(recorder: &Recorder) -> Vec<(String, String)> {
    let last = |path: &str| path.rsplit("::").next().unwrap_or(path).to_owned();
    recorder
        .named("timeout")
        .iter()
        .map(|event| (last(event.field("function")), event.field("limit_ms").to_owned()))
        .collect()
}

fn named(function: &str, limit: Duration) -> Vec<(String, String)> {
    vec![(function.to_owned(), limit.as_millis().to_string())]
}

#[tokio::test(start_paused = true)]
async fn the_error_and_the_event_name_the_callers_limit_when_it_ends_the_call() {
    #[timeout(ms = 300)]
    async fn outer() -> Answer {
        sleep(millis(79)).await;
        inner().await
    }
    #[timeout("30s")]
    async fn inner() -> Answer {
        pending().await
    }
    #[timeout(ms = 300)]
    async fn ready_before() -> Answer {
        inner().await
    }

    let recorder = Recorder::start();
    let late = outer().await;
    assert_eq!(late, Err(timed_out(millis(300))));
    assert_eq!(late.unwrap_err().to_string(), "timed out after 300ms");
    assert_eq!(told(&recorder), named("outer", millis(300)));
    assert_eq!(ready_before().await, Err(timed_out(millis(300))), "both limits start at once");
    assert_eq!(told(&recorder)[1..], named("ready_before", millis(300)));
    assert_eq!(inner().await, Err(timed_out(secs(30))));
    assert_eq!(told(&recorder)[2..], named("inner", secs(30)), "alone");
}

#[tokio::test(start_paused = true)]
async fn the_tightest_of_three_limits_is_named_wherever_it_stands() {
    macro_rules! ends_with {
        ($($outer:literal $middle:literal $inner:literal => $function:literal $limit:literal;)*) => {$({
            #[timeout(ms = $outer)]
            async fn outer() -> Answer {
                middle().await
            }
            #[timeout(ms = $middle)]
            async fn middle() -> Answer {
                sleep(millis(10)).await;
                inner().await
            }
            #[timeout(ms = $inner)]
            async fn inner() -> Answer {
                sleep(millis(10)).await;
                pending().await
            }
            let recorder = Recorder::start();
            assert_eq!(outer().await, Err(timed_out(millis($limit))));
            assert_eq!(told(&recorder), named($function, millis($limit)));
        })*};
    }
    ends_with! {
        300 2000 3000 => "outer" 300;
        3000 300 2000 => "middle" 300;
        3000 2000 300 => "inner" 300;
        300 300 300 => "outer" 300;
        3000 300 300 => "middle" 300;
        300 3000 2000 => "outer" 300;
    }
}

#[tokio::test(start_paused = true)]
async fn layers_between_two_limits_do_not_change_the_name() {
    const SHORT: Duration = Duration::from_millis(300);

    #[timeout(SHORT)]
    #[retry(max = 3, backoff = "none")]
    #[timeout("200ms")]
    async fn one_stack() -> Answer {
        pending().await
    }
    #[timeout(SHORT)]
    async fn outer() -> Answer {
        match retried().await {
            Err(error) => Err(error),
            Ok(_) => unreachable!("it never answers"),
        }
    }
    #[retry(max = 3, backoff = "none")]
    async fn retried() -> Answer {
        limited().await
    }
    #[timeout("200ms")]
    async fn limited() -> Answer {
        pending().await
    }

    let recorder = Recorder::start();
    assert_eq!(one_stack().await, Err(timed_out(SHORT)));
    assert_eq!(outer().await, Err(timed_out(SHORT)));
    let (first, last) = (told(&recorder)[..2].to_vec(), told(&recorder)[2..].to_vec());
    assert_eq!(first, [named("one_stack", millis(200)), named("one_stack", SHORT)].concat());
    assert_eq!(last, [named("limited", millis(200)), named("outer", SHORT)].concat());
}

#[test]
fn a_checkpoint_names_the_limit_that_is_over() {
    #[timeout(ms = 300, mode = "cooperative")]
    fn outer(clock: &ManualClock) -> Answer {
        clock.advance(millis(79));
        inner(clock)
    }
    #[timeout("30s", mode = "cooperative")]
    fn inner(clock: &ManualClock) -> Answer {
        clock.advance(millis(220));
        checkpoint()?;
        clock.advance(secs(40));
        checkpoint()?;
        Ok(7)
    }

    let (clock, recorder) = (ManualClock::install(), Recorder::start());
    let elapsed = millis(79 + 220) + secs(40);
    assert_eq!(outer(&clock), Err(Error::Timeout { limit: millis(300), elapsed }.into()));
    assert_eq!(inner(&clock), Err(Error::Timeout { limit: secs(30), elapsed: secs(40) + millis(220) }.into()));
    assert_eq!(told(&recorder), [named("outer", millis(300)), named("inner", secs(30))].concat());
}

#[tokio::test(start_paused = true)]
async fn a_checkpoint_in_the_first_poll_of_an_asynchronous_limit_names_it() {
    #[timeout(ms = 300)]
    async fn outer() -> Answer {
        assert_eq!(remaining(), Some(millis(300)), "asking starts the limit");
        advance(secs(1)).await;
        checkpoint()?;
        Ok(7)
    }

    let recorder = Recorder::start();
    assert_eq!(outer().await, Err(Error::Timeout { limit: millis(300), elapsed: secs(1) }.into()));
    assert_eq!(told(&recorder), named("outer", millis(300)));
}

#[test]
fn a_thread_names_the_callers_limit() {
    #[timeout(ms = 30, mode = "cooperative")]
    fn outer() -> Answer {
        inner()
    }
    #[timeout("30s", mode = "thread")]
    fn inner() -> Answer {
        loop {
            std::thread::park_timeout(millis(1));
            checkpoint()?;
        }
    }

    let recorder = Recorder::start();
    let late = outer();
    let expected = |error: &TestError| matches!(error, TestError::Resilience(Error::Timeout { limit, .. }) if *limit == millis(30));
    assert!(late.as_ref().is_err_and(expected), "{late:?}");
    assert_eq!(told(&recorder)[..1], named("outer", millis(30)));
}

#[tokio::test(start_paused = true)]
async fn a_policy_and_a_function_name_each_others_limits() {
    #[timeout("30s")]
    async fn inner() -> Answer {
        pending().await
    }
    #[timeout(ms = 300)]
    async fn outer(door: &Policy<u32, TestError>) -> Answer {
        door.call(async || pending().await).await
    }

    let limit = |name: &'static str, limit| -> Result<Policy<u32, TestError>, policy::InvalidPolicy> {
        Ok(Policy::named(name)? >> policy::timeout(limit)?)
    };
    let recorder = Recorder::start();
    let short = limit("short", millis(300)).unwrap();
    assert_eq!(short.call(async || inner().await).await, Err(timed_out(millis(300))));
    drop(short);
    let long = limit("long", secs(30)).unwrap();
    assert_eq!(outer(&long).await, Err(timed_out(millis(300))));
    let both = limit("both", secs(2)).unwrap() >> policy::timeout(secs(9)).unwrap();
    assert_eq!(both.call(async || pending().await).await, Err(timed_out(secs(2))));
    let told = told(&recorder);
    let all = [named("short", millis(300)), named("outer", millis(300)), named("both", secs(2))];
    assert_eq!(told, all.concat());

    let clock = ManualClock::install();
    let late = long.call_blocking(|| {
        clock.advance(secs(31));
        checkpoint().map(|()| 1).map_err(TestError::from)
    });
    assert_eq!(late, Err(Error::Timeout { limit: secs(30), elapsed: secs(31) }.into()));
}
