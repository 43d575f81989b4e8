//! How the body sees the deadline.

use std::cell::Cell;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use resilience::{Error, checkpoint, deadline, remaining, timeout};
use tokio::time::{Instant, sleep};

use crate::common::awaiting::pause;
use crate::common::{Answer, is_timeout, secs};

#[tokio::test(start_paused = true)]
async fn the_deadline_is_visible_in_every_nested_call_and_nowhere_else() {
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
async fn the_deadline_is_visible_before_the_first_await() {
    #[timeout(secs = 30)]
    async fn call() -> Result<Option<Duration>, Error> {
        Ok(remaining())
    }

    assert_eq!(call().await, Ok(Some(secs(30))));
}

#[tokio::test(start_paused = true)]
async fn an_inner_deadline_ends_with_its_call() {
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
async fn joined_futures_see_the_outer_deadline_and_each_its_own() {
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
async fn tasks_on_one_thread_do_not_see_each_others_deadline() {
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
async fn a_task_keeps_its_deadline_across_threads() {
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
async fn checkpoint_fails_after_the_deadline() {
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
async fn a_panic_clears_the_deadline() {
    #[timeout(secs = 1)]
    async fn call() -> Answer {
        pause().await;
        assert!(remaining().is_none(), "told to panic");
        Ok(7)
    }

    assert!(AssertUnwindSafe(call()).catch_unwind().await.is_err());
    assert_eq!(remaining(), None);
}
