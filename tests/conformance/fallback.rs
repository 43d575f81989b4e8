//! Fallbacks. A handler is a closure or a method, a fallback function is a path.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;

use resilience::{fallback, retry};

use crate::common::{self, Answer, Counter, TestError, awaiting};

const FAILED: Answer = Err(TestError::Transient);

/// MP-F01, MP-F02.
#[sync_and_async::test]
async fn a_fallback_answers_when_the_retries_are_exhausted() {
    #[fallback(|_error| Ok(34))]
    #[retry(max = 1, backoff = "none")]
    async fn once(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[fallback(|_error| Ok(34))]
    #[retry(max = 2, backoff = "none")]
    async fn twice(script: &Script<'_>) -> Answer {
        script.run().await
    }
    let clock = Clock::start();
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!((once(&script).await, script.calls()), (Ok(34), 2));
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!((twice(&script).await, script.calls()), (Ok(34), 3));
}

/// MP-F03.
#[sync_and_async::test]
async fn a_fallback_sees_the_state_of_its_instance() {
    struct Service {
        last: Counter,
    }
    impl Service {
        #[fallback(self.handler)]
        #[retry(max = 1, backoff = "none")]
        async fn call(&self, script: &Script<'_>) -> Answer {
            script.run().await
        }

        fn handler(&self, _: &Script<'_>) -> Answer {
            Ok(self.last.up() + 33)
        }
    }
    let clock = Clock::start();
    let script = Script::always(TestError::Transient, &clock);
    let service = Service { last: Counter::new() };
    assert_eq!((service.call(&script).await, service.call(&script).await), (Ok(34), Ok(35)));
}

/// MP-F04.
#[sync_and_async::test]
async fn a_fallback_sees_the_failure_and_the_arguments() {
    #[fallback(|error| Err(TestError::RateLimited(common::secs(u64::from(number) + u64::from(error == TestError::Transient)))))]
    #[retry(max = 2, backoff = "none")]
    async fn call(number: u32, script: &Script<'_>) -> Answer {
        script.run().await
    }
    let clock = Clock::start();
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!(call(41, &script).await, Err(TestError::RateLimited(common::secs(42))));
    assert_eq!(script.calls(), 3);
}

/// MP-F07, MP-F08.
#[sync_and_async::test]
async fn a_fallback_function_gets_the_same_arguments() {
    async fn spare(name: &str, kind: String, _: &Script<'_>) -> Result<String, TestError> {
        pause().await;
        Ok(format!("{name} {kind}"))
    }
    #[fallback(spare)]
    #[retry(max = 1, backoff = "none")]
    async fn call(name: &str, kind: String, script: &Script<'_>) -> Result<String, TestError> {
        drop(kind);
        script.run().await.map(|_| name.to_owned())
    }
    let clock = Clock::start();
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!(call("a", "b".to_owned(), &script).await, Ok("a b".to_owned()));
    assert_eq!(script.calls(), 2);
}

/// MP-F09, MP-F10.
#[sync_and_async::test]
async fn a_fallback_needs_no_other_policy() {
    fn spare(_: &Script<'_>) -> Answer {
        Ok(7)
    }
    #[fallback(|_error| Ok(34))]
    async fn handler(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[fallback(spare)]
    async fn function(script: &Script<'_>) -> Answer {
        script.run().await
    }
    let clock = Clock::start();
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!((handler(&script).await, script.calls()), (Ok(34), 1));
    assert_eq!((function(&script).await, script.calls()), (Ok(7), 2));
}

/// MP-F11, MP-F12.
#[sync_and_async::test]
async fn a_fallback_answers_for_a_failed_future() {
    #[fallback(value = "Fallback")]
    async fn call(script: &Script<'_>) -> Result<&'static str, TestError> {
        pause().await;
        script.run().await.map(|_| "Success")
    }
    let clock = Clock::start();
    let script = Script::fails(1, &clock);
    assert_eq!((call(&script).await, call(&script).await), (Ok("Fallback"), Ok("Success")));
}

/// MP-FL1: A fallback is a path, which the compiler resolves.
#[sync_and_async::test]
async fn every_kind_of_function_may_be_a_fallback() {
    trait Spare<T> {
        async fn of_the_trait(&self, value: &T) -> Option<usize>;

        fn by_default(&self, _: &T) -> Option<usize> {
            Some(2)
        }
    }
    struct Service;
    impl Service {
        #[fallback(Self::associated)]
        async fn one(&self, value: &u8) -> Option<usize> {
            pause().await;
            value.checked_add(255).map(usize::from)
        }

        #[allow(clippy::trivially_copy_pass_by_ref, reason = "the arguments of the function")]
        fn associated(_: &u8) -> Option<usize> {
            Some(1)
        }

        #[fallback(self.by_default)]
        async fn two(&self, value: &u8) -> Option<usize> {
            pause().await;
            value.checked_add(255).map(usize::from)
        }

        #[fallback(self.of_the_trait)]
        async fn three(&self, value: &u8) -> Option<usize> {
            pause().await;
            value.checked_add(255).map(usize::from)
        }
    }
    impl Spare<u8> for Service {
        async fn of_the_trait(&self, value: &u8) -> Option<usize> {
            pause().await;
            Some(usize::from(*value) + 2)
        }
    }
    fn generic<T: Clone>(values: &[T], _: Box<T>) -> Option<usize> {
        Some(values.to_vec().len())
    }
    #[fallback(generic)]
    async fn slices<T: Clone + PartialEq>(values: &[T], wanted: Box<T>) -> Option<usize> {
        pause().await;
        values.iter().position(|value| value == &*wanted)
    }
    assert_eq!((Service.one(&1).await, Service.two(&1).await, Service.three(&1).await), (Some(1), Some(2), Some(3)));
    assert_eq!((slices(&["a", "b"], Box::new("b")).await, slices(&["a"], Box::new("b")).await), (Some(1), Some(1)));
}

type Later = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// MP-F14, MP-F15: a returned future that fails later is not a failure of the function.
#[tokio::test]
async fn a_returned_future_of_a_plain_function_is_a_value() {
    #[fallback(|_error| Ok(Box::pin(async { Answer::Ok(34) }) as Later))]
    fn call(fails: bool, executions: &Cell<u32>) -> Result<Later, TestError> {
        executions.set(executions.get() + 1);
        if fails { Err(TestError::Transient) } else { Ok(Box::pin(async { FAILED })) }
    }
    let executions = Cell::new(0);
    assert_eq!(call(true, &executions).expect("the fallback's").await, Ok(34), "F14");
    assert_eq!(call(false, &executions).expect("the body's").await, FAILED, "F15");
    assert_eq!(executions.get(), 2);
    awaiting::pause().await;
}
