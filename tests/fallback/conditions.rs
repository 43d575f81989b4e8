//! Which errors are answered, and the event of each use.

use resilience::fallback;

use crate::common::{Answer, Recorder, TestError};

/// BUG-D13.
#[sync_and_async::test]
async fn when_selects_which_errors_are_answered() {
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
async fn when_also_applies_to_the_error_of_each_fallback() {
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

/// BUG-D14.
#[sync_and_async::test]
async fn each_use_emits_an_event() {
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
    let (warn, debug) = (tracing::Level::WARN, tracing::Level::DEBUG);
    assert_eq!(
        seen,
        [("fallback", warn, "1"), ("fallback", debug, "2"), ("fallback", debug, "3")],
        "one warning a second"
    );
    assert!(events.iter().all(|event| event.field("function").ends_with("::call")), "{events:?}");
}
