//! Callers on many threads and tasks.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Barrier};
use std::thread;

use resilience::rate_limit;
use tokio::time::Instant;

use crate::common::{Answer, awaiting, secs};
use crate::snapshot;

/// BUG-B18: Also for a rate too low for any clock to resolve.
#[test]
fn concurrent_threads_get_exactly_the_available_tokens() {
    #[rate_limit(max = 50, per = "1h", name = "threads")]
    fn call() -> Answer {
        Ok(7)
    }
    #[rate_limit(max = 4_294_967_295, per = "1ms")]
    fn unlimited() -> Answer {
        Ok(7)
    }

    let (start, passed, all) = (Arc::new(Barrier::new(8)), Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let (start, passed, all) = (Arc::clone(&start), Arc::clone(&passed), Arc::clone(&all));
            thread::spawn(move || {
                start.wait();
                for _ in 0..1000 {
                    passed.fetch_add(u32::from(call().is_ok()), SeqCst);
                    all.fetch_add(u32::from(unlimited().is_ok()), SeqCst);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!((passed.load(SeqCst), all.load(SeqCst)), (50, 8000));
    let seen = snapshot("threads");
    assert_eq!((seen.available, seen.waiting, seen.rejected), (0, 0, 7950));
}

/// BUG-B18: No task sleeps for ever.
#[tokio::test(start_paused = true)]
async fn a_thousand_waiting_tasks_all_pass_in_turn() {
    #[rate_limit(max = 100, wait = "1m", name = "thousand")]
    async fn call(number: u32) -> Answer {
        awaiting::pause().await;
        Ok(number)
    }

    let begin = Instant::now();
    let tasks: Vec<_> = (0..1000).map(|number| tokio::spawn(call(number))).collect();
    for (number, task) in (0..).zip(tasks) {
        assert_eq!(task.await.unwrap(), Ok(number));
    }
    assert_eq!((begin.elapsed(), snapshot("thousand").waiting), (secs(9), 0));
}
