//! A future under all attributes behaves like any other future.

use std::cell::RefCell;
use std::rc::Rc;

use resilience::{bulkhead, circuit_breaker, fallback, retry, timeout};
use tokio::sync::Notify;
use tokio::task::{LocalSet, yield_now};

use crate::common::{Answer, TestError, awaiting, poll_at_most};

const FAILED: Answer = Err(TestError::Transient);

macro_rules! under_all {
    ($(async fn $name:ident($($arguments:tt)*) -> $result:ty $body:block)*) => {$(
        #[fallback(|error| Err(error))]
        #[retry(max = 1, backoff = "none", when = |_| false)]
        #[circuit_breaker(failure_threshold = 100)]
        #[timeout(secs = 60)]
        #[bulkhead(max = 100)]
        async fn $name($($arguments)*) -> $result $body
    )*};
}

under_all! {
    async fn waits(latch: &Notify) -> Answer {
        latch.notified().await;
        Ok(7)
    }

    async fn says_one(latch: &Notify, said: &RefCell<String>) -> Answer {
        async {
            latch.notified().await;
            said.borrow_mut().push('1');
        }
        .await;
        Ok(7)
    }

    async fn fails_before_it_waits() -> Answer {
        FAILED?;
        awaiting::pause().await;
        Ok(7)
    }

    async fn fails_inside() -> Answer {
        async {
            awaiting::pause().await;
            FAILED
        }
        .await
    }

    async fn reads_the_context() -> Answer {
        awaiting::pause().await;
        Ok(CONTEXT.get())
    }
}

tokio::task_local! {
    static CONTEXT: u32;
}

/// MP-A01, MP-A02.
#[tokio::test]
async fn a_result_is_ready_when_the_body_is_released() {
    let latch = Notify::new();
    let mut call = Box::pin(waits(&latch));
    for _ in 0..3 {
        assert_eq!(poll_at_most(1, &mut call).await, None, "A01");
    }
    latch.notify_one();
    assert_eq!(poll_at_most(1, &mut call).await, Some(Ok(7)), "A02");
}

/// MP-A05.
#[tokio::test]
async fn continuations_run_after_the_inner_future() {
    let (latch, said) = (Notify::new(), RefCell::new(String::new()));
    let mut call = Box::pin(async {
        let answer = says_one(&latch, &said).await;
        said.borrow_mut().push('2');
        answer
    });
    assert_eq!(poll_at_most(1, &mut call).await, None);
    assert_eq!(*said.borrow(), "");
    latch.notify_one();
    assert_eq!(call.await, Ok(7));
    said.borrow_mut().push('3');
    assert_eq!(*said.borrow(), "123");
}

/// MP-A06, MP-A07.
#[tokio::test]
async fn a_failure_is_returned_by_the_future_and_not_by_the_call() {
    let (call, inside) = (fails_before_it_waits(), fails_inside());
    assert_eq!((call.await, inside.await), (FAILED, FAILED));
}

/// MP-A08.
#[tokio::test]
async fn the_context_of_a_task_is_visible_in_the_body() {
    assert_eq!(CONTEXT.scope(5, reads_the_context()).await, Ok(5));
}

/// Records whether a body was dropped or has completed.
struct Body(Rc<RefCell<Vec<&'static str>>>);

impl Drop for Body {
    fn drop(&mut self) {
        self.0.borrow_mut().push("dropped");
    }
}

#[retry(max = 1, backoff = "none")]
#[circuit_breaker(failure_threshold = 100)]
#[timeout(secs = 60)]
async fn with_a_body(latch: Rc<Notify>, log: Rc<RefCell<Vec<&'static str>>>) -> Answer {
    let _body = Body(log.clone());
    latch.notified().await;
    log.borrow_mut().push("end");
    Ok(7)
}

/// MP-X01.
#[tokio::test]
async fn a_call_that_is_cancelled_drops_its_body() {
    let (latch, log) = (Rc::new(Notify::new()), Rc::new(RefCell::new(Vec::new())));
    LocalSet::new()
        .run_until(async {
            let task = tokio::task::spawn_local(with_a_body(latch.clone(), log.clone()));
            yield_now().await;
            assert!(log.borrow().is_empty());
            task.abort();
            assert!(task.await.is_err_and(|error| error.is_cancelled()));
            assert_eq!(*log.borrow(), ["dropped"]);
        })
        .await;
}

/// MP-X02.
#[tokio::test]
async fn a_detached_call_continues() {
    let (latch, log) = (Rc::new(Notify::new()), Rc::new(RefCell::new(Vec::new())));
    LocalSet::new()
        .run_until(async {
            drop(tokio::task::spawn_local(with_a_body(latch.clone(), log.clone())));
            yield_now().await;
            latch.notify_one();
            yield_now().await;
            yield_now().await;
            assert_eq!(*log.borrow(), ["end", "dropped"]);
        })
        .await;
}
