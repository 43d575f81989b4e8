//! Arguments of each attempt, and the result of the last.

use std::sync::Arc;

use resilience::retry;

use crate::common::{Answer, Counter, Parcel};

/// BUG-C18.
#[sync_and_async::test]
async fn the_last_error_is_returned_unchanged() {
    #[retry(max = 2, backoff = "none")]
    async fn call(errors: &[Arc<str>], calls: &Counter) -> Result<u32, Arc<str>> {
        pause().await;
        Err(Arc::clone(&errors[calls.up() as usize - 1]))
    }

    let errors: [Arc<str>; 3] = ["down", "down", "down"].map(Arc::from);
    let error = call(&errors, &Counter::new()).await.expect_err("always down");
    assert!(Arc::ptr_eq(&error, &errors[2]), "the third, and the very same");
    assert_eq!(Arc::strong_count(&errors[2]), 2, "nobody else has kept it");
    assert_eq!(Arc::strong_count(&errors[0]), 1, "nor the first");
}

#[sync_and_async::test]
async fn an_argument_is_cloned_only_when_another_use_may_follow() {
    #[retry(max = 3, backoff = "none")]
    async fn call(parcel: Parcel<'_>, script: &Script<'_>) -> Answer {
        drop(parcel);
        script.run().await
    }

    let clock = Clock::start();
    for (failures, clones) in [(0, 1), (1, 2), (2, 3), (3, 3), (9, 3)] {
        let counter = Counter::new();
        let _ = call(Parcel::new(&counter), &Script::fails(failures, &clock)).await;
        assert_eq!(counter.get(), clones, "after {failures} failures: the last use moves");
    }
}

/// BUG-C13.
#[sync_and_async::test]
async fn every_attempt_starts_from_the_values_of_the_caller() {
    #[retry(max = 3, backoff = "none")]
    async fn call(mut parcel: Parcel<'_>, mut number: u32, script: &Script<'_>) -> Answer {
        parcel.content.push(1);
        number += 1;
        assert_eq!((&*parcel.content, number), (&[1][..], 6));
        script.run().await
    }

    let clock = Clock::start();
    let counter = Counter::new();
    assert_eq!(call(Parcel::new(&counter), 5, &Script::fails(3, &clock)).await, Ok(4));
}

/// BUG-C19.
#[sync_and_async::test]
async fn a_mutable_borrow_is_renewed_for_each_attempt_and_keeps_its_changes() {
    struct Client {
        calls: u32,
    }

    impl Client {
        #[retry(max = 3, backoff = "none")]
        async fn call(&mut self, log: &mut Vec<u32>, script: &Script<'_>) -> Answer {
            self.calls += 1;
            log.push(self.calls);
            script.run().await
        }
    }

    let clock = Clock::start();
    let (mut client, mut log) = (Client { calls: 0 }, Vec::new());
    assert_eq!(client.call(&mut log, &Script::fails(2, &clock)).await, Ok(3));
    assert_eq!((client.calls, log), (3, vec![1, 2, 3]));
}

#[sync_and_async::test]
async fn a_shared_argument_is_not_cloned() {
    struct Unique(u32);

    #[retry(max = 3, backoff = "none", share(unique, parcel))]
    async fn call(unique: Unique, parcel: Parcel<'_>, script: &Script<'_>) -> Answer {
        assert_eq!((unique.0, parcel.content.len()), (7, 0));
        script.run().await
    }

    let clock = Clock::start();
    let counter = Counter::new();
    assert_eq!(call(Unique(7), Parcel::new(&counter), &Script::fails(3, &clock)).await, Ok(4));
    assert_eq!(counter.get(), 0);
}
