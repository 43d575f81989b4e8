#![deny(warnings)]
//! What `#[timeout]` promises.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;

use std::cell::Cell;
use std::future::{Future, pending};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::awaiting::{Clock, Script, pause};
use common::{Answer, Counter, Elapsed, Recorder, TestError, blocking, is_timeout, millis, secs};
use futures_util::FutureExt;
use resilience::{Error, checkpoint, deadline, fallback, remaining, retry, timeout};
use tokio::time::{Instant, sleep};

fn timed_out(limit: Duration) -> TestError {
    Error::Timeout { limit }.into()
}

// The limit

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_end_is_dropped_exactly_at_the_limit() {
    const LIMIT: Duration = Duration::from_millis(700);

    macro_rules! fires_after {
        ($(($($limit:tt)*))*) => {
            [$({
                #[timeout($($limit)*)]
                async fn call() -> Answer {
                    pending().await
                }
                let clock = Clock::start();
                let answer = call().await;
                assert_eq!(answer, Err(timed_out(clock.elapsed())), "the error tells the limit");
                clock.elapsed().as_millis()
            }),*]
        };
    }
    let fired = fires_after!((secs = 3)(ms = 500)("1m30s")("250ms")(LIMIT)(Duration::from_secs(2)));
    assert_eq!(fired, [3000, 500, 90_000, 250, 700, 2000]);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_ends_before_the_limit_is_left_alone() {
    #[timeout(secs = 2)]
    async fn call(time: Duration) -> Answer {
        sleep(time).await;
        Ok(7)
    }

    let clock = Clock::start();
    assert_eq!(call(millis(1999)).await, Ok(7));
    assert_eq!(clock.elapsed(), millis(1999));
    assert!(is_timeout(&call(millis(2001)).await));
    assert_eq!(clock.elapsed(), millis(3999));
}

/// T01 to T08: by their limit and the time of the body.
#[tokio::test(start_paused = true)]
async fn the_error_of_the_body_comes_through_when_it_comes_in_time() {
    #[timeout(ms = 500)]
    async fn call(time: Duration, error: Arc<str>) -> Result<u32, AnyError> {
        sleep(time).await;
        Err(AnyError::Own(error))
    }

    #[derive(Debug, thiserror::Error)]
    enum AnyError {
        #[error("{0}")]
        Own(Arc<str>),
        #[error(transparent)]
        Resilience(#[from] Error),
    }

    let error: Arc<str> = "down".into();
    match call(millis(10), Arc::clone(&error)).await {
        Err(AnyError::Own(same)) => assert!(Arc::ptr_eq(&same, &error), "unchanged"),
        other => panic!("{other:?}"),
    }
    match call(millis(1000), error).await {
        Err(AnyError::Resilience(error)) => assert_eq!((error.code(), error.is_retryable()), ("timeout", true)),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn the_body_is_gone_when_the_call_returns() {
    #[timeout(secs = 1)]
    async fn call(guard: Rc<()>) -> Answer {
        pending::<()>().await;
        drop(guard);
        Ok(7)
    }

    let guard = Rc::new(());
    assert!(is_timeout(&call(Rc::clone(&guard)).await));
    assert_eq!(Rc::strong_count(&guard), 1);
}

/// What the body has open (a span, a lock) is closed when the user's code hears of the timeout.
#[tokio::test(start_paused = true)]
async fn the_failure_is_made_when_the_body_is_gone() {
    struct Body;

    impl Drop for Body {
        fn drop(&mut self) {
            tracing::info!(name: "dropped", target: "resilience", "");
        }
    }

    #[derive(Debug)]
    struct GaveUp;

    impl From<Error> for GaveUp {
        fn from(_: Error) -> Self {
            tracing::info!(name: "made", target: "resilience", "");
            Self
        }
    }

    macro_rules! seen {
        ($(#[$attribute:meta])*) => {{
            $(#[$attribute])*
            async fn call() -> Result<u32, GaveUp> {
                let _body = Body;
                pending().await
            }
            let recorder = Recorder::start();
            assert!(call().await.is_err());
            recorder.names()
        }};
    }
    let order = ["timeout", "dropped", "made"];
    assert_eq!(seen!(#[timeout(secs = 1)]), order);
    assert_eq!(seen!(#[timeout(secs = 1, map_err = GaveUp::from)]), order);
    assert_eq!(seen!(#[timeout(secs = 5)] #[retry(when = |_| false)] #[timeout(secs = 1)]), order, "in an attempt");
    assert_eq!(seen!(#[timeout(secs = 1)] #[retry]), order, "around the leaf");
}

#[tokio::test(start_paused = true)]
async fn a_timeout_of_an_option_is_none() {
    #[timeout(secs = 1)]
    async fn call(time: Duration) -> Option<u32> {
        sleep(time).await;
        Some(7)
    }

    assert_eq!(call(millis(10)).await, Some(7));
    assert_eq!(call(secs(10)).await, None);
}

#[tokio::test(start_paused = true)]
async fn every_error_made_from_ours_can_carry_a_timeout() {
    type Boxed = Box<dyn std::error::Error + Send + Sync>;

    #[timeout(secs = 1)]
    async fn own() -> Result<u32, Error> {
        pending().await
    }
    #[timeout(secs = 1)]
    async fn anyhow() -> anyhow::Result<u32> {
        pending().await
    }
    #[timeout(secs = 1)]
    async fn boxed() -> Result<u32, Boxed> {
        pending().await
    }

    let expected = Error::Timeout { limit: secs(1) };
    assert_eq!(own().await, Err(expected.clone()));
    assert_eq!(anyhow().await.expect_err("pending").downcast_ref(), Some(&expected));
    assert_eq!(boxed().await.expect_err("pending").downcast_ref(), Some(&expected));
}

#[tokio::test(start_paused = true)]
async fn map_err_does_without_a_conversion() {
    #[derive(Debug, PartialEq)]
    struct GaveUp(Error);

    #[timeout(secs = 1, map_err = GaveUp)]
    async fn path() -> Result<u32, GaveUp> {
        pending().await
    }
    #[timeout(secs = 1, map_err = |error| error.code())]
    async fn closure() -> Result<u32, &'static str> {
        pending().await
    }

    assert_eq!(path().await, Err(GaveUp(Error::Timeout { limit: secs(1) })));
    assert_eq!(closure().await, Err("timeout"));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_is_an_event() {
    #[timeout(ms = 1500)]
    async fn call(time: Duration) -> Answer {
        sleep(time).await;
        Ok(7)
    }

    let recorder = Recorder::start();
    assert_eq!(call(secs(1)).await, Ok(7));
    assert_eq!(recorder.events(), []);
    assert!(is_timeout(&call(secs(2)).await));
    let [event] = &recorder.events()[..] else { panic!("{:?}", recorder.events()) };
    assert_eq!((event.name, event.level, event.field("limit_ms")), ("timeout", tracing::Level::WARN, "1500"));
    assert!(event.field("function").ends_with("::call"), "{event:?}");
}

#[tokio::test(start_paused = true)]
async fn a_function_that_returns_a_future_is_limited_too() {
    #[timeout(secs = 1)]
    fn call(time: Duration) -> impl Future<Output = Answer> {
        sleep(time).map(|()| Ok(7))
    }

    assert_eq!(call(millis(10)).await, Ok(7));
    assert!(is_timeout(&call(secs(10)).await));
}

// Limits within limits

#[tokio::test(start_paused = true)]
async fn of_two_limits_the_smaller_one_fires() {
    // Constants: of two literals, the larger one inside is a compile error.
    const SHORT: Duration = Duration::from_secs(1);
    const LONG: Duration = Duration::from_secs(10);

    #[timeout(LONG)]
    #[timeout(SHORT)]
    async fn short_inside() -> Answer {
        pending().await
    }
    #[timeout(SHORT)]
    #[timeout(LONG)]
    async fn short_outside() -> Answer {
        pending().await
    }

    let clock = Clock::start();
    let recorder = Recorder::start();
    assert_eq!(short_inside().await, Err(timed_out(secs(1))));
    assert_eq!(clock.elapsed(), secs(1));
    assert_eq!(short_outside().await, Err(timed_out(secs(1))));
    assert_eq!(clock.elapsed(), secs(2));
    assert_eq!(recorder.names(), ["timeout"; 2], "once a call");
}

#[tokio::test(start_paused = true)]
async fn a_nested_call_gets_no_more_than_the_calling_function_has_left() {
    #[timeout(secs = 5)]
    async fn inner() -> Answer {
        pending().await
    }
    #[timeout(secs = 10)]
    async fn outer(before: Duration) -> Answer {
        sleep(before).await;
        inner().await
    }

    let clock = Clock::start();
    assert_eq!(outer(secs(2)).await, Err(timed_out(secs(5))));
    assert_eq!(clock.elapsed(), secs(7));
    assert_eq!(outer(secs(8)).await, Err(timed_out(secs(2))), "what was left of the ten");
    assert_eq!(clock.elapsed(), secs(17));
}

#[tokio::test(start_paused = true)]
async fn a_limit_never_reaches_beyond_the_deadline_around_it() {
    #[timeout(secs = 1)]
    async fn inner() -> Result<Option<Duration>, Error> {
        // The clock moves while this body has the thread.
        tokio::time::advance(millis(1500)).await;
        Ok(remaining())
    }
    #[timeout(secs = 10)]
    async fn outer() -> Answer {
        sleep(secs(8)).await;
        assert!(inner().await.is_ok_and(|left| left <= Some(millis(500))));
        assert_eq!(remaining(), Some(millis(500)));
        Ok(7)
    }

    assert_eq!(outer().await, Ok(7));
}

#[tokio::test(start_paused = true)]
async fn a_timed_out_attempt_is_retried() {
    #[retry(max = 3, backoff = "constant", jitter = false)]
    #[timeout(secs = 2)]
    async fn call(script: &Script<'_>) -> Answer {
        match script.next() {
            Err(_) => pending().await,
            answer => answer,
        }
    }

    let clock = Clock::start();
    let script = Script::fails(2, &clock);
    assert_eq!(call(&script).await, Ok(3));
    assert_eq!(script.starts(), [secs(0), secs(3), secs(6)]);
}

/// RT1, RT2.
#[tokio::test(start_paused = true)]
async fn the_last_attempt_decides_between_timeout_and_error() {
    #[retry(max = 1, backoff = "none")]
    #[timeout(ms = 500)]
    async fn call(times: [u64; 2], script: &Script<'_>) -> Answer {
        let answer = script.next();
        sleep(millis(times[script.calls() - 1])).await;
        answer
    }

    let clock = Clock::start();
    for (times, expected) in [
        ([1000, 1000], timed_out(millis(500))),
        ([10, 10], TestError::Transient),
        ([1000, 10], TestError::Transient),
        ([10, 1000], timed_out(millis(500))),
    ] {
        let script = Script::fails(9, &clock);
        assert_eq!(call(times, &script).await, Err(expected));
        assert_eq!(script.calls(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_above_a_retry_holds_for_all_attempts_together() {
    #[timeout(secs = 10)]
    #[retry(max = 9, backoff = "none")]
    #[timeout(secs = 4)]
    async fn call(script: &Script<'_>) -> Answer {
        script.next().ok();
        pending().await
    }

    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    assert!(is_timeout(&call(&script).await));
    assert_eq!(script.starts(), [secs(0), secs(4), secs(8)]);
    assert_eq!(clock.elapsed(), secs(10));
}

#[tokio::test(start_paused = true)]
async fn each_attempt_has_the_whole_limit_below_the_retry() {
    #[retry(max = 2, backoff = "none")]
    #[timeout(secs = 4)]
    async fn call(script: &Script<'_>) -> Answer {
        assert_eq!(remaining(), Some(secs(4)));
        sleep(secs(3)).await;
        assert_eq!(remaining(), Some(secs(1)));
        script.run().await
    }

    let clock = Clock::start();
    assert_eq!(call(&Script::fails(2, &clock)).await, Ok(3));
}

// The deadline

#[tokio::test(start_paused = true)]
async fn the_deadline_is_read_in_every_nested_call_and_nowhere_else() {
    fn synchronous() -> Option<Duration> {
        remaining()
    }
    async fn asynchronous() -> Option<Duration> {
        sleep(secs(1)).await;
        synchronous()
    }
    #[timeout(secs = 30)]
    async fn call() -> Answer {
        let end = Instant::now() + secs(30);
        assert_eq!((synchronous(), deadline()), (Some(secs(30)), Some(end)));
        assert_eq!(asynchronous().await, Some(secs(29)));
        sleep(secs(9)).await;
        assert_eq!((synchronous(), deadline()), (Some(secs(20)), Some(end)), "it stands, the time left shrinks");
        Ok(7)
    }

    assert_eq!((remaining(), deadline()), (None, None));
    assert_eq!(call().await, Ok(7));
    assert_eq!((remaining(), deadline()), (None, None));
}

#[tokio::test(start_paused = true)]
async fn the_deadline_is_there_before_the_body_first_waits() {
    #[timeout(secs = 30)]
    async fn call() -> Result<Option<Duration>, Error> {
        Ok(remaining())
    }

    assert_eq!(call().await, Ok(Some(secs(30))));
}

#[tokio::test(start_paused = true)]
async fn an_inner_deadline_is_gone_after_its_call() {
    #[timeout(secs = 5)]
    async fn inner() -> Result<Option<Duration>, Error> {
        sleep(secs(1)).await;
        Ok(remaining())
    }
    #[timeout(secs = 60)]
    async fn outer() -> Answer {
        assert_eq!(inner().await, Ok(Some(secs(4))));
        assert_eq!(remaining(), Some(secs(59)));
        assert_eq!(inner().await, Ok(Some(secs(4))));
        assert_eq!(remaining(), Some(secs(58)));
        Ok(7)
    }

    assert_eq!(outer().await, Ok(7));
}

#[tokio::test(start_paused = true)]
async fn joined_futures_see_the_deadline_around_them_and_each_its_own() {
    #[timeout(secs = 5)]
    async fn limited() -> Result<Option<Duration>, Error> {
        pause().await;
        Ok(remaining())
    }
    async fn unlimited() -> Result<Option<Duration>, Error> {
        pause().await;
        Ok(remaining())
    }
    #[timeout(secs = 60)]
    async fn call() -> Answer {
        let (first, second, third) = tokio::join!(limited(), unlimited(), limited());
        assert_eq!((first, second, third), (Ok(Some(secs(5))), Ok(Some(secs(60))), Ok(Some(secs(5)))));
        Ok(7)
    }

    assert_eq!(call().await, Ok(7));
}

#[tokio::test(start_paused = true)]
async fn a_spawned_task_or_thread_has_no_deadline() {
    #[timeout(secs = 30)]
    async fn call() -> Answer {
        assert!(remaining().is_some());
        let task = tokio::spawn(async {
            let first = remaining();
            pause().await;
            (first, remaining())
        });
        assert_eq!(task.await.ok(), Some((None, None)));
        assert_eq!(std::thread::spawn(remaining).join().ok(), Some(None));
        Ok(7)
    }

    assert_eq!(call().await, Ok(7));
}

#[tokio::test(start_paused = true)]
async fn tasks_that_take_turns_on_a_thread_do_not_see_each_others_deadline() {
    #[timeout(secs = 10)]
    async fn short() -> Result<(), Error> {
        for _ in 0..100 {
            assert_eq!(remaining(), Some(secs(10)));
            pause().await;
        }
        Ok(())
    }
    #[timeout(secs = 20)]
    async fn long() -> Result<(), Error> {
        for _ in 0..100 {
            assert_eq!(remaining(), Some(secs(20)));
            pause().await;
        }
        Ok(())
    }
    async fn none() -> Result<(), Error> {
        for _ in 0..100 {
            assert_eq!(remaining(), None);
            pause().await;
        }
        Ok(())
    }

    let tasks = [tokio::spawn(short()), tokio::spawn(none()), tokio::spawn(long()), tokio::spawn(short())];
    for task in tasks {
        assert_eq!(task.await.ok(), Some(Ok(())));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_task_that_moves_between_threads_takes_its_deadline_along() {
    #[timeout(secs = 10_000)]
    async fn short() -> Result<(), Error> {
        for _ in 0..200 {
            assert!(remaining().is_some_and(|left| left > secs(9000) && left <= secs(10_000)));
            pause().await;
        }
        Ok(())
    }
    #[timeout(secs = 20_000)]
    async fn long() -> Result<(), Error> {
        for _ in 0..200 {
            assert!(remaining().is_some_and(|left| left > secs(19_000)));
            pause().await;
        }
        short().await
    }

    let mut tasks: Vec<_> = (0..50).map(|_| tokio::spawn(short())).collect();
    tasks.extend((0..50).map(|_| tokio::spawn(long())));
    for task in tasks {
        assert_eq!(task.await.ok(), Some(Ok(())));
    }
}

#[tokio::test(start_paused = true)]
async fn checkpoint_ends_work_that_is_too_late() {
    #[timeout(secs = 1)]
    async fn call(over: &Cell<bool>) -> Answer {
        checkpoint()?;
        pause().await;
        checkpoint()?;
        // The clock moves while this body has the thread.
        tokio::time::advance(secs(2)).await;
        over.set(checkpoint().is_err());
        checkpoint()?;
        Ok(7)
    }

    let over = Cell::new(false);
    assert!(is_timeout(&call(&over).await));
    assert!(over.get());
    assert_eq!(checkpoint(), Ok(()), "no deadline outside");
}

#[tokio::test(start_paused = true)]
async fn a_panic_takes_the_deadline_away() {
    #[timeout(secs = 1)]
    async fn call() -> Answer {
        pause().await;
        assert!(remaining().is_none(), "told to panic");
        Ok(7)
    }

    assert!(AssertUnwindSafe(call()).catch_unwind().await.is_err());
    assert_eq!(remaining(), None);
}

// The edges of time

#[tokio::test(start_paused = true)]
async fn no_limit_is_too_long() {
    macro_rules! all_end {
        ($($limit:expr)*) => {$({
            #[timeout($limit)]
            async fn call() -> Answer {
                assert!(remaining().is_none_or(|left| left > secs(1)));
                let _ = deadline();
                assert_eq!(checkpoint(), Ok(()));
                sleep(secs(1)).await;
                nested().await
            }
            assert_eq!(call().await, Ok(7), "{:?}", $limit);
        })*};
    }

    #[timeout(secs = 5)]
    async fn nested() -> Answer {
        assert_eq!(remaining(), Some(secs(5)));
        sleep(secs(1)).await;
        Ok(7)
    }

    let clock = Clock::start();
    all_end!(
        Duration::MAX
        Duration::from_nanos(u64::MAX)
        Duration::from_millis(u64::MAX)
        Duration::from_secs(u64::MAX)
        Duration::from_secs(u64::MAX >> 1)
        Duration::from_secs((1 << 63) + 1)
        Duration::from_secs(1 << 62)
        Duration::from_secs(1 << 44)
        Duration::from_secs(1 << 34)
        Duration::from_secs(1 << 33)
        Duration::from_secs(1 << 32)
        Duration::from_millis((1 << 36) - 1)
        Duration::from_millis(1 << 36)
        Duration::from_millis((1 << 36) + 1)
    );
    assert_eq!(clock.elapsed(), secs(28));
}

#[tokio::test(start_paused = true)]
async fn a_short_limit_fires_too() {
    #[timeout(Duration::from_nanos(1))]
    async fn call() -> Answer {
        pending().await
    }

    let clock = Clock::start();
    assert!(is_timeout(&call().await));
    assert!(clock.elapsed() <= millis(2), "tokio's timer rounds up");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_always_ready_and_spends_the_budget_of_its_task_still_times_out() {
    #[timeout(secs = 1)]
    async fn call(steps: &Counter) -> Answer {
        let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
        loop {
            sender.send(()).map_err(|_| TestError::Permanent)?;
            receiver.recv().await.ok_or(TestError::Permanent)?;
            steps.up();
        }
    }

    let clock = Clock::start();
    let time = tokio::spawn(async {
        for _ in 0..20 {
            tokio::time::advance(millis(100)).await;
        }
    });
    let steps = Counter::new();
    assert!(is_timeout(&call(&steps).await));
    assert!(steps.get() > 100 && clock.elapsed() <= secs(2), "{steps:?} {:?}", clock.elapsed());
    assert!(time.await.is_ok());
}

#[test]
fn a_body_that_is_ready_at_once_needs_no_runtime() {
    #[timeout(secs = 1)]
    async fn call() -> Result<Option<Duration>, Error> {
        Ok(remaining())
    }
    #[timeout(secs = 10)]
    #[retry(max = 3, backoff = "none")]
    #[timeout(secs = 1)]
    async fn retried(calls: &Counter) -> Answer {
        if calls.up() < 3 { Err(TestError::Transient) } else { Ok(7) }
    }

    assert!(call().now_or_never().is_some_and(|left| left.is_ok_and(|left| left.is_some())));
    assert_eq!(retried(&Counter::new()).now_or_never(), Some(Ok(7)));
}

#[test]
fn a_body_that_waits_for_something_else_than_time_ends_in_time_too() {
    #[timeout(secs = 1)]
    async fn call(answer: tokio::sync::oneshot::Receiver<u32>) -> Answer {
        answer.await.map_err(|_| TestError::Permanent)
    }

    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime");
    let (sender, answer) = tokio::sync::oneshot::channel();
    runtime.spawn(async move {
        pause().await;
        sender.send(7)
    });
    assert_eq!(runtime.block_on(call(answer)), Ok(7));
    let (_kept, never) = tokio::sync::oneshot::channel();
    assert!(is_timeout(&runtime.block_on(call(never))));
}

// Synchronous functions

#[test]
fn a_cooperative_deadline_is_read_by_the_body_and_the_functions_it_calls() {
    fn nested() -> Option<Duration> {
        remaining()
    }
    #[timeout(secs = 30, mode = "cooperative")]
    fn call(clock: &blocking::Clock) -> Answer {
        assert_eq!(nested(), Some(secs(30)));
        clock.sleep(secs(10));
        assert_eq!(nested(), Some(secs(20)));
        clock.sleep(secs(21));
        assert_eq!(nested(), Some(secs(0)));
        Ok(7)
    }

    let clock = blocking::Clock::start();
    assert_eq!(remaining(), None);
    assert_eq!(call(&clock), Ok(7), "what the body returns is returned, however late");
    assert_eq!(remaining(), None);
}

#[test]
fn a_cooperative_body_ends_at_its_next_checkpoint() {
    #[timeout(secs = 3, mode = "cooperative")]
    fn call(clock: &blocking::Clock, chunks: &Counter) -> Answer {
        for _ in 0..10 {
            checkpoint()?;
            chunks.up();
            clock.sleep(secs(1));
        }
        Ok(7)
    }

    let (clock, chunks) = (blocking::Clock::start(), Counter::new());
    assert!(is_timeout(&call(&clock, &chunks)));
    assert_eq!((chunks.get(), clock.elapsed()), (3, secs(3)));
}

#[test]
fn a_jump_of_the_clock_ends_a_cooperative_body_and_a_step_back_does_not_hurt_it() {
    #[timeout(secs = 3, mode = "cooperative")]
    fn call(clock: &blocking::Clock) -> Answer {
        clock.step_back(secs(3600));
        checkpoint()?;
        clock.sleep(secs(8 * 3600));
        checkpoint()?;
        Ok(7)
    }

    assert!(is_timeout(&call(&blocking::Clock::start())));
}

#[test]
fn of_two_cooperative_limits_the_smaller_one_counts() {
    #[timeout(secs = 5, mode = "cooperative")]
    fn inner() -> Result<Option<Duration>, Error> {
        Ok(remaining())
    }
    #[timeout(secs = 10, mode = "cooperative")]
    fn outer(clock: &blocking::Clock, before: Duration) -> Result<Option<Duration>, Error> {
        clock.sleep(before);
        let left = inner()?;
        assert_eq!(remaining(), Some(secs(10).abs_diff(before)), "the own deadline is back");
        Ok(left)
    }

    let clock = blocking::Clock::start();
    assert_eq!(outer(&clock, secs(1)), Ok(Some(secs(5))));
    assert_eq!(outer(&clock, secs(8)), Ok(Some(secs(2))));
}

#[test]
fn a_panic_takes_a_cooperative_deadline_away() {
    #[timeout(secs = 3, mode = "cooperative")]
    fn call() -> Answer {
        assert!(remaining().is_none(), "told to panic");
        Ok(7)
    }

    assert!(catch_unwind(call).is_err());
    assert_eq!(remaining(), None);
}

#[tokio::test(start_paused = true)]
async fn a_synchronous_function_inside_of_an_asynchronous_limit_is_under_it() {
    #[timeout(secs = 60, mode = "cooperative")]
    fn inner() -> Result<Option<Duration>, Error> {
        Ok(remaining())
    }
    #[timeout(secs = 10)]
    async fn outer() -> Result<Option<Duration>, Error> {
        sleep(secs(4)).await;
        inner()
    }

    assert_eq!(inner(), Ok(Some(secs(60))));
    assert_eq!(outer().await, Ok(Some(secs(6))));
}

// Of the real clock

#[tokio::test]
async fn a_real_limit_takes_its_time() {
    #[timeout(ms = 5)]
    async fn call() -> Answer {
        pending().await
    }

    let start = std::time::Instant::now();
    assert!(is_timeout(&call().await));
    assert!(start.elapsed() >= millis(5));
}

#[test]
fn a_real_cooperative_limit_takes_its_time() {
    #[timeout(ms = 5, mode = "cooperative")]
    fn call() -> Answer {
        loop {
            checkpoint()?;
        }
    }

    let start = std::time::Instant::now();
    assert!(is_timeout(&call()));
    assert!(start.elapsed() >= millis(5));
}

/// A layer's deadline is in force between the leaves of its stack too, and nowhere while the call waits.
#[tokio::test(start_paused = true)]
async fn between_two_waits_the_deadline_is_there_and_while_one_lasts_nobody_else_sees_it() {
    static SEEN: Mutex<Vec<Option<Duration>>> = Mutex::new(Vec::new());
    fn see() {
        SEEN.lock().unwrap().push(remaining());
    }
    #[expect(clippy::unnecessary_wraps, reason = "a fallback returns what its function returns")]
    fn spare() -> Answer {
        see();
        Ok(7)
    }
    #[timeout(secs = 10)]
    #[fallback(spare)]
    #[timeout(secs = 5)]
    #[retry(max = 1, base_delay = "1s", backoff = "constant", jitter = false, on_retry = |_| see())]
    async fn ask() -> Answer {
        sleep(secs(1)).await;
        Err(timed_out(secs(0)))
    }

    let others = async {
        for _ in 0..6 {
            assert_eq!(remaining(), None);
            sleep(millis(500)).await;
        }
    };
    assert_eq!(tokio::join!(ask(), others).0, Ok(7));
    assert_eq!(*SEEN.lock().unwrap(), [Some(secs(4)), Some(secs(7))], "before the pause, and after the last attempt");
    assert_eq!(remaining(), None);
}

#[tokio::test(start_paused = true)]
async fn what_an_expression_awaits_is_limited_too() {
    async fn slow() -> u32 {
        sleep(secs(5)).await;
        7
    }
    #[timeout(secs = 1)]
    #[fallback(value = slow().await, allow(late_fallback))]
    async fn ask() -> Answer {
        Err(timed_out(secs(0)))
    }
    #[timeout(secs = 9)]
    #[fallback(value = slow().await, allow(late_fallback))]
    async fn wait() -> Answer {
        Err(timed_out(secs(0)))
    }

    let other = async {
        sleep(millis(500)).await;
        remaining()
    };
    assert_eq!(tokio::join!(ask(), other), (Err(timed_out(secs(1))), None));
    assert_eq!(wait().await, Ok(7));
    assert_eq!(remaining(), None);
}

/// Two limits that end together: the inner one says so, and what comes after it has no time left.
#[tokio::test(start_paused = true)]
async fn after_the_time_of_both_limits_nothing_waits_any_longer() {
    async fn spare() -> Answer {
        pending().await
    }
    #[timeout(ms = 1500)]
    #[fallback(spare)]
    #[timeout(secs = 1)]
    #[retry(max = 1, backoff = "none")]
    async fn ask() -> Answer {
        pending().await
    }
    #[timeout(secs = 1)]
    async fn around() -> Answer {
        ask().await
    }

    let clock = Clock::start();
    assert_eq!(ask().await, Err(timed_out(millis(1500))));
    assert_eq!(clock.elapsed(), millis(1500));
    assert_eq!(around().await, Err(timed_out(secs(1))));
    assert_eq!(clock.elapsed(), millis(2500));
}

// On a thread of its own. A body waits for a channel, never for the clock.

mod thread {
    use super::*;
    use resilience::{circuit_breaker, fallback, observe_blocking, retry};
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::sync::{Arc, Mutex, PoisonError};

    /// Holds bodies back until the test lets them go.
    #[derive(Clone)]
    struct Gate(Arc<Mutex<Receiver<()>>>);

    fn gate() -> (Sender<()>, Gate) {
        let (open, wait) = channel();
        (open, Gate(Arc::new(Mutex::new(wait))))
    }

    impl Gate {
        fn wait(&self) {
            let _open = self.0.lock().unwrap_or_else(PoisonError::into_inner).recv();
        }
    }

    #[test]
    fn a_body_that_is_done_in_time_returns_its_value_error_and_panic() {
        #[timeout(secs = 60, mode = "thread")]
        fn call(text: String) -> Result<usize, TestError> {
            match &*text {
                "fail" => Err(TestError::Transient),
                "panic" => panic!("told to"),
                "return" => return Ok(0),
                text => Ok(text.len()),
            }
        }

        assert_eq!(call("four".into()), Ok(4));
        assert_eq!(call("return".into()), Ok(0));
        assert_eq!(call("fail".into()), Err(TestError::Transient));
        let panic = catch_unwind(|| call("panic".into())).expect_err("the body panics");
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"told to"));
    }

    #[test]
    fn the_caller_is_back_at_the_limit_and_the_body_goes_on() {
        #[timeout(ms = 5, mode = "thread")]
        fn call(gate: Gate, done: Sender<bool>) -> Result<(), Error> {
            gate.wait();
            let late = checkpoint().is_err();
            let _listening = done.send(late);
            Ok(())
        }

        let ((open, gate), (done, listen)) = (gate(), channel());
        let start = std::time::Instant::now();
        assert_eq!(call(gate, done), Err(Error::Timeout { limit: millis(5) }));
        assert!(start.elapsed() >= millis(5));
        open.send(()).expect("the body is still there");
        assert_eq!(listen.recv(), Ok(true), "it sees that it is too late");
    }

    #[test]
    fn the_number_of_bodies_left_behind_is_bounded() {
        #[timeout(ms = 1, mode = "thread", max_abandoned = 2)]
        fn call(gate: Gate, done: Sender<()>) -> Result<(), Error> {
            gate.wait();
            drop(done);
            Ok(())
        }

        let (open, gate) = gate();
        let (done, all_done) = channel();
        for _ in 0..2 {
            assert_eq!(call(gate.clone(), done.clone()).map_err(|error| error.code()), Err("timeout"));
        }
        let rejected = call(gate.clone(), done.clone()).expect_err("two are left behind");
        assert_eq!((rejected.code(), rejected.is_retryable()), ("no_thread", true));
        assert!(rejected.to_string().ends_with("2 bodies of earlier calls still run past their limit"), "{rejected}");
        drop((open, done));
        assert!(all_done.recv().is_err(), "both have ended");
        // Their threads still have to say so.
        while call(gate.clone(), channel().0).is_err_and(|error| error.code() == "no_thread") {
            std::thread::yield_now();
        }
    }

    #[test]
    fn the_smaller_of_two_limits_counts_on_the_thread_too() {
        #[timeout(secs = 60, mode = "cooperative")]
        fn outer() -> Result<Option<Duration>, Error> {
            inner()
        }

        #[timeout(secs = 3600, mode = "thread")]
        fn inner() -> Result<Option<Duration>, Error> {
            Ok(remaining())
        }

        assert!(outer().is_ok_and(|left| left.is_some_and(|left| left <= secs(60) && left > secs(30))));
    }

    #[test]
    fn every_attempt_has_a_thread_and_the_arguments_of_the_caller() {
        #[fallback(value = Vec::new())]
        #[retry(max = 2, backoff = "none")]
        #[circuit_breaker(failure_threshold = 9)]
        #[timeout(secs = 60, mode = "thread")]
        fn call(mut words: Vec<String>, calls: Arc<Mutex<Vec<usize>>>) -> Result<Vec<String>, TestError> {
            words.push("more".into());
            let mut calls = calls.lock().unwrap_or_else(PoisonError::into_inner);
            calls.push(words.len());
            if calls.len() < 3 { Err(TestError::Transient) } else { Ok(words) }
        }

        let calls = Arc::new(Mutex::new(Vec::new()));
        let (words, report) = observe_blocking(|| call(vec!["one".into()], Arc::clone(&calls)));
        assert_eq!(words.map(|words| words.len()), Ok(2));
        assert_eq!(*calls.lock().unwrap_or_else(PoisonError::into_inner), [2, 2, 2]);
        assert_eq!((report.attempts, report.degraded), (3, false));
    }

    /// What happens on the thread belongs to the call: its report, its retries, and what may be cached.
    #[test]
    fn what_the_layers_on_the_thread_have_done_is_known_outside() {
        #[resilience::cached(name = "kept off the thread")]
        #[timeout(secs = 60, mode = "thread")]
        #[fallback(value = 7, allow(late_fallback))]
        #[retry(max = 1, backoff = "none")]
        fn substitute(id: u32) -> Result<u32, TestError> {
            if id == 0 { Err(TestError::Transient) } else { Ok(id) }
        }

        #[resilience::cached(name = "a substitute in a called function")]
        #[timeout(secs = 60, mode = "thread")]
        fn around_a_substitute() -> Result<u32, TestError> {
            spare()
        }

        #[fallback(value = 7)]
        fn spare() -> Result<u32, TestError> {
            Err(TestError::Transient)
        }

        #[retry(max = 5, backoff = "none")]
        #[timeout(secs = 60, mode = "thread")]
        fn outer(calls: Arc<std::sync::atomic::AtomicU32>) -> Result<u32, TestError> {
            inner(&calls)
        }

        #[retry(max = 1, backoff = "none")]
        fn inner(calls: &std::sync::atomic::AtomicU32) -> Result<u32, TestError> {
            calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            Err(TestError::Transient)
        }

        let (answer, report) = observe_blocking(|| substitute(0));
        assert_eq!((answer, report.attempts, report.fallbacks), (Ok(7), 2, 1));
        assert_eq!(resilience::Cache::named("kept off the thread").map(resilience::Cache::len), Some(0), "degraded");
        assert_eq!(around_a_substitute(), Ok(7));
        assert_eq!(resilience::Cache::named("a substitute in a called function").map(resilience::Cache::len), Some(0));
        let calls = Arc::default();
        assert_eq!(outer(Arc::clone(&calls)), Err(TestError::Transient));
        assert_eq!(calls.load(std::sync::atomic::Ordering::SeqCst), 2, "retried at one layer only");
    }

    #[test]
    fn methods_and_generic_functions_run_on_a_thread() {
        struct Client {
            greeting: String,
        }

        impl Client {
            #[timeout(secs = 60, mode = "thread")]
            fn greet(self: Arc<Self>, name: &'static str) -> Option<String> {
                Some(format!("{} {name}", self.greeting))
            }
        }

        #[timeout(secs = 60, mode = "thread", map_err = |error: Error| error.to_string())]
        fn show<T: std::fmt::Debug + Send + 'static, const N: usize>(all: [T; N]) -> Result<String, String> {
            Ok(format!("{all:?}"))
        }

        let client = Arc::new(Client { greeting: "hello".into() });
        assert_eq!(client.greet("you").as_deref(), Some("hello you"));
        assert_eq!(show([1, 2]).as_deref(), Ok("[1, 2]"));
        assert_eq!(show(["x"]).as_deref(), Ok("[\"x\"]"));
    }
}
