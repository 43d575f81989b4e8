use std::sync::mpsc::channel;

use resilience::bulkhead;

use crate::{Failure, Resilience, Watch, millis};
use as_a_user::AGES;

const fn is_full(result: &Result<(), Failure>) -> bool {
    matches!(result, Err(Failure::Resilience(Resilience::BulkheadFull { .. })))
}

#[test]
fn a_caller_waits_for_a_permit_as_long_as_it_said() {
    #[bulkhead(max = 1, queue = 1, wait = "150ms")]
    fn ask(work: impl FnOnce()) -> Result<(), Failure> {
        work();
        Ok(())
    }

    let ((inside, is_inside), (release, released)) = (channel(), channel());
    let holder = std::thread::spawn(move || {
        ask(|| {
            inside.send(()).expect("the test waits");
            assert_eq!(released.recv_timeout(AGES), Ok(()));
        })
    });
    is_inside.recv().expect("it runs");

    let watch = Watch::start();
    assert!(is_full(&ask(|| ())));
    watch.assert_passed(millis(150));

    release.send(()).expect("the holder waits");
    assert_eq!(holder.join().expect("no panic"), Ok(()));
    assert_eq!(ask(|| ()), Ok(()), "the permit is free");
}

/// BUG-D7.
#[tokio::test]
async fn a_task_waits_for_a_permit_as_long_as_it_said() {
    #[bulkhead(max = 1, queue = 1, wait = "150ms")]
    async fn ask(work: impl Future<Output = ()>) -> Result<(), Failure> {
        work.await;
        Ok(())
    }

    let holder = tokio::spawn(ask(std::future::pending()));
    tokio::task::yield_now().await;

    let watch = Watch::start();
    assert!(is_full(&ask(async {}).await));
    watch.assert_passed(millis(150));

    holder.abort();
    assert!(holder.await.is_err());
    assert_eq!(ask(async {}).await, Ok(()), "the permit is free");
}
