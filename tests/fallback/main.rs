#![deny(warnings)]
//! What `#[fallback]` promises.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use common::{Answer, Counter, Elapsed, Parcel, Recorder, Script, TestError, awaiting, blocking, secs};
use futures_util::FutureExt;
use resilience::{Error, circuit_breaker, fallback, remaining, retry, timeout};

// The chain

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
async fn when_all_fail_the_last_error_comes_back_unchanged() {
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
async fn nothing_is_a_failure_to_fall_back_from() {
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
async fn a_value_answers_and_is_made_only_when_it_is_needed() {
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
async fn a_value_is_the_last_to_be_asked_wherever_it_is_written() {
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
async fn a_panic_is_no_failure_to_fall_back_from() {
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
fn a_panic_of_a_synchronous_function_is_no_failure_to_fall_back_from() {
    #[fallback(value = 99)]
    fn call(panics: bool) -> Answer {
        assert!(!panics, "told to panic");
        Err(TestError::Transient)
    }

    assert!(catch_unwind(|| call(true)).is_err());
    assert_eq!(call(false), Ok(99));
}

// What a fallback gets to see

#[sync_and_async::test]
async fn a_fallback_gets_the_same_arguments() {
    type Seen = RefCell<Vec<(String, u32, Vec<u8>)>>;

    async fn second(name: &str, number: u32, list: Vec<u8>, seen: &Seen, scratch: &mut u32) -> Answer {
        pause().await;
        *scratch += 1;
        seen.borrow_mut().push((name.to_owned(), number, list));
        Err(TestError::Permanent)
    }
    #[fallback(second, |_| { third(name, number, list, seen, scratch) })]
    async fn call(name: &str, mut number: u32, mut list: Vec<u8>, seen: &Seen, scratch: &mut u32) -> Answer {
        pause().await;
        // The others start from the values of the caller.
        number += 1;
        list.push(9);
        *scratch += 1;
        seen.borrow_mut().push((name.to_owned(), number, list));
        Err(TestError::Transient)
    }
    fn third(name: &str, number: u32, list: Vec<u8>, seen: &Seen, scratch: &mut u32) -> Answer {
        *scratch += 1;
        seen.borrow_mut().push((name.to_owned(), number, list));
        Ok(7)
    }

    let (seen, mut scratch) = (RefCell::default(), 0);
    assert_eq!(call("a", 1, vec![1], &seen, &mut scratch).await, Ok(7));
    let original = ("a".to_owned(), 1, vec![1]);
    assert_eq!(seen.take(), [("a".to_owned(), 2, vec![1, 9]), original.clone(), original]);
    assert_eq!(scratch, 3, "what is borrowed exclusively is borrowed by one after the other");
}

#[sync_and_async::test]
async fn a_closure_sees_the_error_and_the_arguments() {
    #[fallback(|error| if error.is_transient() { Ok(question.len() as u64 + extra) } else { Err(error) })]
    async fn call(question: &str, extra: u64, script: &Script<'_>) -> Result<u64, TestError> {
        script.run().await.map(u64::from)
    }

    let clock = Clock::start();
    assert_eq!(call("four", 10, &Script::fails(1, &clock)).await, Ok(14));
    let script = Script::always(TestError::Permanent, &clock);
    assert_eq!(call("four", 10, &script).await, Err(TestError::Permanent));
}

#[sync_and_async::test]
async fn a_closure_after_another_fallback_sees_the_error_of_that_one() {
    async fn second(_: &Script<'_>) -> Result<u64, TestError> {
        Err(TestError::RateLimited(secs(9)))
    }
    #[fallback(second, |error| Ok(error.retry_after().map_or(0, |wait| wait.as_secs())))]
    async fn call(script: &Script<'_>) -> Result<u64, TestError> {
        script.run().await.map(u64::from)
    }

    let clock = Clock::start();
    assert_eq!(call(&Script::fails(1, &clock)).await, Ok(9));
}

#[sync_and_async::test]
async fn a_method_falls_back_on_methods() {
    struct Client {
        base: u32,
        uses: u32,
    }

    impl Client {
        async fn small(&self, number: u32) -> Answer {
            pause().await;
            Ok(self.base + number)
        }

        async fn remember(&mut self, number: u32) -> Answer {
            pause().await;
            self.uses += 1;
            Ok(self.uses + number)
        }

        async fn free(number: u32) -> Answer {
            pause().await;
            Ok(number)
        }

        #[fallback(self.small)]
        async fn shared(&self, number: u32) -> Answer {
            pause().await;
            Err(TestError::Transient)
        }

        #[fallback(self.remember)]
        async fn exclusive(&mut self, number: u32) -> Answer {
            pause().await;
            self.uses += 10;
            Err(TestError::Transient)
        }

        #[fallback(|_| Self::free(self.base + number))]
        async fn closure(&self, number: u32) -> Answer {
            pause().await;
            Err(TestError::Transient)
        }
    }

    let mut client = Client { base: 100, uses: 0 };
    assert_eq!(client.shared(1).await, Ok(101));
    assert_eq!(client.exclusive(1).await, Ok(12));
    assert_eq!(client.closure(1).await, Ok(101));
}

#[sync_and_async::test]
async fn a_fallback_may_be_generic_or_a_function_of_a_type() {
    struct Small;

    impl Small {
        async fn ask(number: u32) -> Result<String, TestError> {
            pause().await;
            Ok(format!("small {number}"))
        }
    }
    async fn show<T: std::fmt::Display>(value: T) -> Result<String, TestError> {
        pause().await;
        Ok(value.to_string())
    }
    #[fallback(Small::ask)]
    async fn to_type(number: u32) -> Result<String, TestError> {
        pause().await;
        Err(TestError::Transient)
    }
    #[fallback(show::<u32>)]
    async fn to_generic(number: u32) -> Result<String, TestError> {
        pause().await;
        Err(TestError::Transient)
    }

    assert_eq!(to_type(7).await, Ok("small 7".to_owned()));
    assert_eq!(to_generic(7).await, Ok("7".to_owned()));
}

// Which errors

#[sync_and_async::test]
async fn when_limits_it_to_some_errors() {
    #[fallback(value = 99, when = TestError::is_transient)]
    async fn path(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[fallback(value = 99, when = |error| !error.is_transient())]
    async fn closure(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let recorder = Recorder::start();
    let transient = Script::always(TestError::Transient, &clock);
    let permanent = Script::always(TestError::Permanent, &clock);
    assert_eq!([path(&transient).await, path(&permanent).await], [Ok(99), Err(TestError::Permanent)]);
    assert_eq!([closure(&transient).await, closure(&permanent).await], [Err(TestError::Transient), Ok(99)]);
    assert_eq!(recorder.names(), ["fallback"; 2], "an error that comes through is no use of it");
}

#[sync_and_async::test]
async fn when_is_asked_about_the_error_of_each_fallback_too() {
    async fn second(_: &Script<'_>) -> Answer {
        Err(TestError::Permanent)
    }
    #[fallback(second, value = 99, when = TestError::is_transient)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    assert_eq!(call(&Script::fails(1, &clock)).await, Err(TestError::Permanent));
}

// Never silent

#[sync_and_async::test]
async fn each_use_is_an_event() {
    async fn second(_: &Script<'_>) -> Answer {
        Err(TestError::Transient)
    }
    #[fallback(second, |error| if error.is_open() { Ok(0) } else { Err(error) }, value = 99)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let recorder = Recorder::start();
    assert_eq!(call(&Script::fails(1, &clock)).await, Ok(99));
    let events = recorder.events();
    let seen: Vec<_> = events.iter().map(|event| (event.name, event.level, event.field("step"))).collect();
    let warn = tracing::Level::WARN;
    assert_eq!(seen, [("fallback", warn, "1"), ("fallback", warn, "2"), ("fallback", warn, "3")]);
    assert!(events.iter().all(|event| event.field("function").ends_with("::call")), "{events:?}");
}

// With other policies

/// F01, F02, F08.
#[sync_and_async::test]
async fn a_fallback_above_a_retry_answers_when_the_retries_are_used_up() {
    async fn second(_: &Script<'_>, name: &str) -> Answer {
        Ok(name.len().try_into().unwrap_or_default())
    }
    macro_rules! executions {
        ($($max:literal)*) => {
            [$({
                #[fallback(second)]
                #[retry(max = $max, backoff = "none")]
                async fn call(script: &Script<'_>, name: &str) -> Answer {
                    script.run().await
                }
                let clock = Clock::start();
                let script = Script::fails(9, &clock);
                assert_eq!(call(&script, "four").await, Ok(4));
                script.calls()
            }),*]
        };
    }
    assert_eq!(executions!(1 2), [2, 3]);
}

#[sync_and_async::test]
async fn a_fallback_with_policies_of_its_own_keeps_to_them() {
    #[retry(max = 2, backoff = "constant", jitter = false)]
    async fn second(_: &Script<'_>, small: &Script<'_>) -> Answer {
        small.run().await
    }
    #[fallback(second, value = 99)]
    #[retry(max = 1, backoff = "none")]
    async fn call(large: &Script<'_>, small: &Script<'_>) -> Answer {
        large.run().await
    }

    let clock = Clock::start();
    let (large, small) = (Script::fails(9, &clock), Script::fails(2, &clock));
    assert_eq!(call(&large, &small).await, Ok(3));
    assert_eq!((large.calls(), small.calls(), clock.elapsed()), (2, 3, secs(2)));
    let small = Script::fails(9, &clock);
    assert_eq!(call(&large, &small).await, Ok(99));
    assert_eq!(small.calls(), 3);
}

#[sync_and_async::test]
async fn a_fallback_below_a_retry_lets_through_what_when_does_not_take() {
    #[retry(max = 3, backoff = "none")]
    #[fallback(value = 99, when = TestError::is_permanent)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!((call(&script).await, script.calls()), (Err(TestError::Transient), 4));
    let script = Script::always(TestError::Permanent, &clock);
    assert_eq!((call(&script).await, script.calls()), (Ok(99), 1));
}

#[sync_and_async::test]
async fn a_rejection_is_a_failure_to_fall_back_from() {
    #[fallback(|error| if error.is_open() { Ok(99) } else { Err(error) })]
    #[circuit_breaker(failure_threshold = 1)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(9, &clock);
    assert_eq!([call(&script).await, call(&script).await], [Err(TestError::Transient), Ok(99)]);
    assert_eq!(script.calls(), 1);
}

// What it asks of the arguments

#[sync_and_async::test]
async fn an_argument_is_cloned_only_for_a_use_after_which_another_may_follow() {
    async fn second(parcel: Parcel<'_>, script: &Script<'_>) -> Answer {
        drop(parcel);
        script.run().await
    }
    #[fallback(second, second, value = 99)]
    async fn call(parcel: Parcel<'_>, script: &Script<'_>) -> Answer {
        drop(parcel);
        script.run().await
    }

    let clock = Clock::start();
    for (failures, clones) in [(0, 1), (1, 2), (2, 2), (3, 2)] {
        let counter = Counter::new();
        assert!(call(Parcel::new(&counter), &Script::fails(failures, &clock)).await.is_ok());
        assert_eq!(counter.get(), clones, "after {failures} failures: the last use moves");
    }
}

#[sync_and_async::test]
async fn the_last_attempt_of_a_retry_leaves_the_argument_to_the_fallback_above() {
    async fn second(parcel: Parcel<'_>, _: &Script<'_>) -> Answer {
        Ok(u32::try_from(parcel.content.len()).unwrap_or_default())
    }
    #[fallback(second)]
    #[retry(max = 2, backoff = "none")]
    async fn call(mut parcel: Parcel<'_>, script: &Script<'_>) -> Answer {
        parcel.content.push(7);
        script.run().await
    }

    let clock = Clock::start();
    for (failures, expected, clones) in [(0, 1, 1), (2, 3, 3), (3, 0, 3)] {
        let counter = Counter::new();
        assert_eq!(call(Parcel::new(&counter), &Script::fails(failures, &clock)).await, Ok(expected));
        assert_eq!(counter.get(), clones, "after {failures} failures");
    }
}

#[sync_and_async::test]
async fn an_argument_that_no_fallback_takes_need_not_be_cloned() {
    struct Unique(u32);

    async fn second(unique: &Unique, _: &Script<'_>) -> Answer {
        Ok(unique.0)
    }
    #[fallback(value = 99)]
    async fn by_value(unique: Unique, script: &Script<'_>) -> Answer {
        script.run().await.map(|call| call + unique.0)
    }
    #[fallback(|_| script.next())]
    async fn not_named(unique: Unique, script: &Script<'_>) -> Answer {
        script.run().await.map(|call| call + unique.0)
    }
    #[fallback(second)]
    async fn by_reference(unique: &Unique, script: &Script<'_>) -> Answer {
        script.run().await.map(|call| call + unique.0)
    }

    let clock = Clock::start();
    let script = Script::fails(2, &clock);
    assert_eq!(by_value(Unique(7), &script).await, Ok(99));
    assert_eq!(not_named(Unique(7), &script).await, Ok(3));
    let script = Script::fails(9, &clock);
    assert_eq!(by_reference(&Unique(7), &script).await, Ok(7));
}

// Synchronous answers in asynchronous functions

#[tokio::test(start_paused = true)]
async fn an_asynchronous_function_may_fall_back_on_a_synchronous_one() {
    fn canned(_: &awaiting::Script<'_>) -> Answer {
        Err(TestError::Permanent)
    }
    async fn later(script: &awaiting::Script<'_>) -> Answer {
        tokio::time::sleep(secs(1)).await;
        script.run().await
    }
    fn boxed<'a>(script: &'a awaiting::Script<'_>) -> std::pin::Pin<Box<dyn Future<Output = Answer> + 'a>> {
        Box::pin(later(script))
    }
    #[fallback(canned, later, boxed, |_| async { script.run().await }, |_| Err(TestError::Permanent), value = 99)]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        script.run().await
    }

    let clock = awaiting::Clock::start();
    for (failures, expected) in [(0, 1), (1, 2), (2, 3), (3, 4), (4, 99)] {
        assert_eq!(call(&Script::fails(failures, &clock)).await, Ok(expected));
    }
}

#[tokio::test(start_paused = true)]
async fn a_fallback_is_under_the_limit_above_it_and_not_under_the_one_below() {
    async fn slow(_: &awaiting::Script<'_>) -> Answer {
        assert_eq!(remaining(), Some(secs(9)));
        tokio::time::sleep(secs(5)).await;
        assert_eq!(remaining(), Some(secs(4)));
        tokio::time::sleep(secs(5)).await;
        Ok(7)
    }
    #[timeout(secs = 10)]
    #[fallback(slow)]
    #[timeout(secs = 1)]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        script.run().await?;
        std::future::pending().await
    }

    let clock = awaiting::Clock::start();
    let answer = call(&Script::fails(0, &clock)).await;
    assert_eq!(answer, Err(Error::Timeout { limit: secs(10) }.into()));
    assert_eq!(clock.elapsed(), secs(10));
}

#[test]
fn a_synchronous_fallback_is_under_the_deadline_above_it() {
    fn slow(clock: &blocking::Clock) -> Option<Duration> {
        clock.sleep(secs(3));
        remaining()
    }
    #[timeout(secs = 10, mode = "cooperative")]
    #[fallback(slow)]
    fn call(clock: &blocking::Clock) -> Option<Duration> {
        clock.sleep(secs(1));
        None
    }

    assert_eq!(call(&blocking::Clock::start()), Some(secs(6)));
}
