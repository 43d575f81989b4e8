//! What may be shared, sent and captured.

use std::cell::Cell;
use std::rc::Rc;

use futures_util::future::join_all;
use resilience::policy::{self, AsyncOnly, CachedPolicy, InvalidPolicy};
use resilience::{Error, Policy};

use crate::common::{Answer, TestError, secs};
use crate::{FAILED, Invalid};

/// Neither the value nor the error has to be `Sync`, and the key not even `Send`. A pause keeps the result for a
/// shutdown, so value and error are `Send`.
#[test]
fn the_future_of_a_call_is_send_when_the_operation_is() -> Invalid {
    const fn is_send<T: Send>(value: T) -> T {
        value
    }
    #[derive(Debug)]
    struct Local(#[expect(dead_code, reason = "what counts is that it is not `Sync`")] Cell<u32>);

    impl From<Error> for Local {
        fn from(_: Error) -> Self {
            Self(Cell::new(0))
        }
    }

    fn layers() -> Result<Policy<Cell<u32>, Local, AsyncOnly>, InvalidPolicy> {
        let small = |_: &Local| true;
        Ok(Policy::new()
            >> policy::timeout(secs(120))?
            >> policy::fallback_async(|_: Local| async { Ok(Cell::new(1)) }).when(small)
            >> policy::retry().max(3).when(small).budget("sent").build()?
            >> policy::circuit_breaker("sent").when(small).build()?
            >> policy::bulkhead("sent").max(10).queue(5).build()?
            >> policy::rate_limit("sent").max(100).wait(secs(1)).build()?
            >> policy::timeout(secs(30))?)
    }

    let _layers = is_send(&layers()?);
    let text = "borrowed".to_owned();
    let cached: CachedPolicy<String, String, Local> =
        policy::cached("sent").stale_if_error(secs(1)).ttl(secs(1)).build()?
            >> Policy::new()
            >> policy::retry().build()?
            >> policy::timeout(secs(1))?;
    drop(is_send(cached.call_for("key", || async {
        tokio::task::yield_now().await;
        Ok(text.clone())
    })));
    let door = layers()?;
    drop(is_send(door.call(|| async { Err(Local(Cell::new(1))) })));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_policy_is_shared_by_tasks_and_clones() -> Invalid {
    let door: Policy<u32, TestError> = Policy::new() >> policy::retry().max(2).build()? >> policy::timeout(secs(1))?;
    let tasks = (0..3).map(|number| {
        let door = door.clone();
        tokio::spawn(async move { door.call(async || Ok(number)).await })
    });
    let answers: Vec<Answer> = join_all(tasks).await.into_iter().flatten().collect();
    assert_eq!(answers, [Ok(0), Ok(1), Ok(2)]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_operation_may_change_what_it_captures_and_need_not_be_send() -> Invalid {
    let door: Policy<u32, TestError> = Policy::new() >> policy::retry().max(2).build()?;
    let (mut calls, local) = (0, Rc::new(9));
    let answer = door.call(|| {
        calls += 1;
        let (call, local) = (calls, Rc::clone(&local));
        async move { if call < 3 { FAILED } else { Ok(*local) } }
    });
    assert_eq!((answer.await, calls), (Ok(9), 3));
    Ok(())
}
