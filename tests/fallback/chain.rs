//! Alternatives are tried in order when the wrapped call fails.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use futures_util::FutureExt;
use resilience::fallback;

use crate::common::{Answer, Counter, Recorder, TestError, awaiting};

#[sync_and_async::test]
async fn a_call_that_succeeds_needs_no_fallback() {
    async fn second(_: &Script<'_>, uses: &Counter) -> Answer {
        Ok(uses.up())
    }
    #[fallback(second, |_| Ok(uses.up()), value = uses.up())]
    async fn call(script: &Script<'_>, uses: &Counter) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let (recorder, uses) = (Recorder::start(), Counter::new());
    assert_eq!(call(&Script::fails(0, &clock), &uses).await, Ok(1));
    assert_eq!((uses.get(), recorder.events()), (0, vec![]));
}

#[sync_and_async::test]
async fn fallbacks_are_tried_in_order_until_one_answers() {
    async fn first(_: &Script<'_>, log: &RefCell<Vec<u32>>) -> Answer {
        log.borrow_mut().push(1);
        Err(TestError::Transient)
    }
    async fn second(script: &Script<'_>, log: &RefCell<Vec<u32>>) -> Answer {
        log.borrow_mut().push(2);
        script.run().await
    }
    async fn third(_: &Script<'_>, _: &RefCell<Vec<u32>>) -> Answer {
        unreachable!("the second has answered")
    }
    #[fallback(first, second, third)]
    async fn call(script: &Script<'_>, log: &RefCell<Vec<u32>>) -> Answer {
        log.borrow_mut().push(0);
        script.run().await
    }

    let clock = Clock::start();
    let log = RefCell::default();
    assert_eq!(call(&Script::fails(1, &clock), &log).await, Ok(2));
    assert_eq!(log.take(), [0, 1, 2]);
}

#[sync_and_async::test]
async fn the_last_error_is_returned_unchanged_when_all_fallbacks_fail() {
    async fn first(errors: &[Arc<str>; 3]) -> Result<u32, Arc<str>> {
        pause().await;
        Err(Arc::clone(&errors[1]))
    }
    #[fallback(first, |_| Err(Arc::clone(&errors[2])))]
    async fn call(errors: &[Arc<str>; 3]) -> Result<u32, Arc<str>> {
        pause().await;
        Err(Arc::clone(&errors[0]))
    }

    let errors = ["down"; 3].map(Arc::from);
    let error = call(&errors).await.expect_err("all fail");
    assert!(Arc::ptr_eq(&error, &errors[2]));
    assert_eq!(errors.each_ref().map(Arc::strong_count), [1, 1, 2], "nobody else has kept one");
}

#[sync_and_async::test]
async fn none_is_answered_by_a_fallback() {
    async fn second(script: &Script<'_>) -> Option<u32> {
        script.run().await.ok()
    }
    #[fallback(second, |()| None, value = 99)]
    async fn call(script: &Script<'_>) -> Option<u32> {
        script.run().await.ok()
    }

    let clock = Clock::start();
    for (failures, expected) in [(0, 1), (1, 2), (2, 99)] {
        assert_eq!(call(&Script::fails(failures, &clock)).await, Some(expected));
    }
}

#[sync_and_async::test]
async fn a_value_is_evaluated_only_when_needed() {
    #[fallback(value = made.up() + offset)]
    async fn call(script: &Script<'_>, made: &Counter, offset: u32) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let made = Counter::new();
    assert_eq!(call(&Script::fails(0, &clock), &made, 100).await, Ok(1));
    assert_eq!(made.get(), 0);
    assert_eq!(call(&Script::fails(1, &clock), &made, 100).await, Ok(101));
    assert_eq!(made.get(), 1);
}

#[sync_and_async::test]
async fn a_value_is_tried_last_wherever_it_is_written() {
    async fn second(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[fallback(value = 99, second)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    assert_eq!(call(&Script::fails(1, &clock)).await, Ok(2));
    assert_eq!(call(&Script::fails(2, &clock)).await, Ok(99));
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_not_answered_by_a_fallback() {
    #[fallback(value = 99)]
    async fn call(panics: bool) -> Answer {
        awaiting::pause().await;
        assert!(!panics, "told to panic");
        Err(TestError::Transient)
    }

    assert!(AssertUnwindSafe(call(true)).catch_unwind().await.is_err());
    assert_eq!(call(false).await, Ok(99));
}

#[test]
fn a_synchronous_panic_is_not_answered_by_a_fallback() {
    #[fallback(value = 99)]
    fn call(panics: bool) -> Answer {
        assert!(!panics, "told to panic");
        Err(TestError::Transient)
    }

    assert!(catch_unwind(|| call(true)).is_err());
    assert_eq!(call(false), Ok(99));
}
