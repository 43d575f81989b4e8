//! What happens to a rejected call.

use resilience::{bulkhead, circuit_breaker, fallback, retry};

use crate::common::{Answer, Elapsed, Recorder, TestError, alone, secs};
use crate::{full, snapshot};

#[sync_and_async::test]
async fn a_rejection_is_not_retried_unless_when_says_so() {
    let _alone = alone();
    #[bulkhead(max = 1, name = "retried")]
    async fn holder(asks: bool) -> Answer {
        if asks { boxed(asked()).await } else { boxed(call()).await }
    }
    #[retry(max = 3, jitter = false)]
    #[bulkhead(max = 1, name = "retried")]
    async fn call() -> Answer {
        pause().await;
        Ok(7)
    }
    #[retry(max = 3, jitter = false, when = TestError::is_full)]
    #[bulkhead(max = 1, name = "retried")]
    async fn asked() -> Answer {
        pause().await;
        Ok(7)
    }

    let clock = Clock::start();
    assert_eq!((holder(false).await, clock.elapsed()), (full("retried"), secs(0)));
    assert_eq!((holder(true).await, clock.elapsed()), (full("retried"), secs(1 + 2 + 4)));
}

#[sync_and_async::test]
async fn a_failure_of_the_body_is_still_retried() {
    #[retry(max = 3, backoff = "none")]
    #[bulkhead(max = 1)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(2, &clock);
    assert_eq!(call(&script).await, Ok(3));
}

#[sync_and_async::test]
async fn an_outer_fallback_answers_a_rejection() {
    #[fallback(value = 99)]
    #[bulkhead(max = 1)]
    async fn call(depth: u32) -> Answer {
        pause().await;
        if depth == 0 { boxed(call(1)).await } else { Ok(depth) }
    }
    assert_eq!(call(0).await, Ok(99));
}

#[sync_and_async::test]
async fn an_outer_breaker_does_not_count_a_rejection() {
    #[circuit_breaker(failure_threshold = 1)]
    #[bulkhead(max = 1)]
    async fn call(again: bool) -> Answer {
        pause().await;
        if again { boxed(call(false)).await } else { Ok(7) }
    }

    let _clock = Clock::start();
    assert_eq!(letters!(1, call(true).await), "B");
    assert_eq!(letters!(1, call(false).await), "S");
}

#[sync_and_async::test]
async fn each_rejection_emits_an_event_with_the_name_and_nothing_else() {
    let _alone = alone();
    #[bulkhead(max = 1, name = "events")]
    async fn call(secret: u32) -> Answer {
        pause().await;
        if secret == 4711 { boxed(call(4712)).await } else { Ok(secret) }
    }

    let recorder = Recorder::start();
    assert_eq!(call(1).await, Ok(1));
    assert_eq!(recorder.names(), <[&str; 0]>::default());
    assert_eq!(call(4711).await, full("events"));
    let events = recorder.events();
    assert_eq!(recorder.names(), ["bulkhead.full"]);
    assert_eq!(
        (events[0].field("bulkhead"), events[0].fields.len()),
        ("events", 4),
        "and the function, the name of the event and the message"
    );
    assert!(!format!("{events:?}").contains("471"));
}

#[test]
fn conflicting_configurations_of_one_name_emit_an_error_event_and_the_first_applies() {
    #[bulkhead(max = 3, name = "conflict")]
    fn one() -> Answer {
        Ok(1)
    }
    #[bulkhead(max = 4, name = "conflict")]
    fn other() -> Answer {
        Ok(2)
    }
    #[bulkhead(max = 3, name = "conflict")]
    fn agrees() -> Answer {
        Ok(3)
    }

    let recorder = Recorder::start();
    assert_eq!([one(), agrees()], [Ok(1), Ok(3)]);
    assert_eq!(recorder.names(), <[&str; 0]>::default());
    assert_eq!([other(), other().or(Ok(2))], [Ok(2), Ok(2)]);
    let events = recorder.named("bulkhead.conflict");
    assert_eq!((events.len(), snapshot("conflict").max), (1, 3), "told at the first call");
    let places = ["first", "second"].map(|place| events[0].field(place));
    assert_eq!((events[0].level, events[0].field("bulkhead")), (tracing::Level::ERROR, "conflict"));
    assert!(
        places.iter().all(|place| place.starts_with(concat!(file!(), ":"))) && places[0] != places[1],
        "{places:?}"
    );
}
