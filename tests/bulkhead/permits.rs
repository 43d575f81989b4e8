//! A bulkhead admits a fixed number of concurrent calls.

use std::future::pending;
use std::time::Duration;

use resilience::{Bulkhead, bulkhead, fallback, retry};
use tokio::time::sleep;

use crate::common::{Answer, Counter, Elapsed, TestError, alone, awaiting, millis, secs};
use crate::{full, snapshot, state};

const FAILED: Answer = Err(TestError::Transient);

#[sync_and_async::test]
async fn admits_exactly_max_concurrent_calls() {
    macro_rules! seen {
        ($($max:literal)*) => {
            [$({
                #[bulkhead(max = $max)]
                async fn call(depth: u32) -> Answer {
                    pause().await;
                    boxed(call(depth + 1)).await.or(Ok(depth))
                }
                call(1).await
            }),*]
        };
    }
    assert_eq!(seen!(1 2 3 7), [1, 2, 3, 7].map(Ok), "the next one is turned away, and its body does not run");
}

#[sync_and_async::test]
async fn a_rejection_returns_the_error_or_none() {
    let _alone = alone();
    #[bulkhead(max = 1, name = "told")]
    async fn result(again: bool) -> Answer {
        pause().await;
        if again { boxed(result(false)).await } else { Ok(7) }
    }
    #[bulkhead(max = 1)]
    async fn option(again: bool) -> Option<u32> {
        pause().await;
        if again { boxed(option(false)).await } else { Some(7) }
    }
    #[bulkhead(max = 1, map_err = |error| error.code())]
    async fn mapped(again: bool) -> Result<u32, &'static str> {
        pause().await;
        if again { boxed(mapped(false)).await } else { Ok(7) }
    }

    assert_eq!((result(true).await, result(false).await), (full("told"), Ok(7)));
    assert_eq!((option(true).await, option(false).await), (None, Some(7)));
    assert_eq!((mapped(true).await, mapped(false).await), (Err("bulkhead_full"), Ok(7)));
    assert_eq!(full("told").map_err(|error| error.to_string()), Err("bulkhead `told` is full".to_owned()));
}

/// BUG-B2, BUG-B3.
#[sync_and_async::test]
async fn releases_the_permit_however_the_body_ends() {
    let _alone = alone();
    #[bulkhead(max = 1, name = "ended")]
    async fn call(script: &Script<'_>) -> Answer {
        assert_eq!(state("ended"), (1, 0));
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::of("SFFS", &clock);
    for expected in ["S", "F", "F", "S"] {
        assert_eq!(letters!(1, call(&script).await), expected, "the error of the body as it is");
        assert_eq!(state("ended"), (0, 0));
    }
}

#[sync_and_async::test]
async fn functions_with_one_name_share_permits_and_others_do_not() {
    let _alone = alone();
    #[bulkhead(max = 1, name = "shared places")]
    async fn one(script: &Script<'_>) -> Answer {
        boxed(other(script)).await
    }
    #[bulkhead(max = 1, name = "shared places")]
    async fn other(script: &Script<'_>) -> Answer {
        boxed(script.run()).await
    }
    #[bulkhead(max = 1)]
    async fn unnamed(script: &Script<'_>) -> Answer {
        boxed(unnamed_too(script)).await
    }
    #[bulkhead(max = 1)]
    async fn unnamed_too(script: &Script<'_>) -> Answer {
        boxed(script.run()).await
    }

    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!((one(&script).await, other(&script).await), (full("shared places"), Ok(1)));
    assert_eq!(unnamed(&script).await, Ok(2));
}

#[sync_and_async::test]
async fn accepts_constants_for_every_number() {
    let _alone = alone();
    const MAX: u32 = 2;
    const QUEUE: u32 = 1;
    const WAIT: Duration = Duration::from_secs(3);

    #[bulkhead(max = MAX, queue = QUEUE, wait = WAIT, name = "constants")]
    async fn call(depth: u32) -> Answer {
        pause().await;
        boxed(call(depth + 1)).await.or(Ok(depth))
    }

    let clock = Clock::start();
    assert_eq!((call(1).await, clock.elapsed()), (Ok(2), secs(3)));
    assert_eq!(snapshot("constants").max, 2);
}

#[test]
fn methods_of_two_types_have_separate_bulkheads() {
    struct One;
    struct Two;

    impl One {
        #[bulkhead(max = 1)]
        fn method() -> Option<u32> {
            Two::method()
        }
    }

    impl Two {
        #[bulkhead(max = 2)]
        fn method() -> Option<u32> {
            Bulkhead::named(&format!("{}::method", std::any::type_name::<Self>()))
                .map(|bulkhead| bulkhead.snapshot().max)
        }
    }

    assert_eq!(One::method(), Some(2));
    assert_eq!(snapshot(&format!("{}::method", std::any::type_name::<One>())).max, 1);
}

#[tokio::test(start_paused = true)]
async fn releases_the_permit_when_the_body_ends_and_not_when_its_future_is_dropped() {
    #[bulkhead(max = 1)]
    async fn call() -> Answer {
        awaiting::pause().await;
        Ok(7)
    }

    let mut done = Box::pin(call());
    assert_eq!((&mut done).await, Ok(7));
    assert_eq!(call().await, Ok(7));
    drop(done);
}

/// BUG-B3.
#[tokio::test(start_paused = true)]
async fn releases_the_permit_before_outer_layers_continue() {
    async fn spare(calls: &Counter) -> Answer {
        assert_eq!(state("layers"), (0, 0));
        awaiting::pause().await;
        calls.up();
        FAILED
    }
    #[retry(max = 2, jitter = false, on_retry = |_| assert_eq!(state("layers"), (0, 0)))]
    #[fallback(spare, when = |_| { assert_eq!(state("layers"), (0, 0)); true })]
    #[bulkhead(max = 1, name = "layers")]
    async fn call(calls: &Counter) -> Answer {
        assert_eq!(state("layers"), (1, 0));
        calls.up();
        FAILED
    }

    let (first, second) = (Counter::new(), Counter::new());
    let later = async {
        sleep(millis(500)).await;
        call(&second).await
    };
    assert_eq!(tokio::join!(call(&first), later), (FAILED, FAILED));
    assert_eq!((first.get(), second.get()), (6, 6), "none was turned away while the other paused");
}

#[test]
fn adds_little_to_the_size_of_a_future() {
    #[bulkhead(max = 1, queue = 1, wait = "1s")]
    async fn waits() -> Option<u8> {
        pending().await
    }
    #[bulkhead(max = 1)]
    async fn rejects() -> Option<u8> {
        pending().await
    }
    let (waits, rejects) = (size_of_val(&waits()), size_of_val(&rejects()));
    // The guard that counts the call, and the gauge of the place.
    let counted = if cfg!(feature = "metrics") { 56 } else { 0 };
    assert!(rejects <= 64 + counted && waits <= 160 + counted, "{rejects} and {waits} bytes");
}
