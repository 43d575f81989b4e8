//! Callers on many threads, with and without a runtime.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use resilience::{Bulkhead, bulkhead};

use crate::common::{Answer, awaiting, poll_at_most};
use crate::{Crowd, full, snapshot, state};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_tasks_all_finish_within_the_limit() {
    static CROWD: Crowd = Crowd { now: AtomicU32::new(0), most: AtomicU32::new(0) };

    #[bulkhead(max = 7, queue = 1000, name = "thousand")]
    async fn call(number: u32) -> Answer {
        let _present = CROWD.enter();
        for _ in 0..number % 5 {
            awaiting::pause().await;
        }
        Ok(number)
    }

    let tasks: Vec<_> = (0..1000).map(|number| tokio::spawn(call(number))).collect();
    for (number, task) in (0..).zip(tasks) {
        assert_eq!(task.await.unwrap(), Ok(number));
    }
    let after = snapshot("thousand");
    assert_eq!((after.in_flight, after.waiting, after.rejected), (0, 0, 0));
    assert!((2..=7).contains(&CROWD.most.load(SeqCst)), "{CROWD:?}");
}

/// BUG-B1, BUG-B2, BUG-B4, BUG-B20: Blocking threads, waiting tasks and dropped tasks share one bulkhead.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn synchronous_and_asynchronous_callers_share_one_bulkhead_and_lose_nothing() {
    const MAX: u32 = 3;
    static CROWD: Crowd = Crowd { now: AtomicU32::new(0), most: AtomicU32::new(0) };

    #[bulkhead(max = MAX, queue = 64, name = "mixed")]
    fn blocking() -> Answer {
        let _present = CROWD.enter();
        thread::yield_now();
        Ok(1)
    }
    #[bulkhead(max = MAX, queue = 64, name = "mixed")]
    async fn waiting(pauses: u32) -> Answer {
        let _present = CROWD.enter();
        for _ in 0..pauses {
            awaiting::pause().await;
        }
        Ok(2)
    }

    let done = Arc::new(AtomicU32::new(0));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let done = Arc::clone(&done);
            thread::spawn(move || {
                for _ in 0..500 {
                    assert_eq!(blocking(), Ok(1));
                    let seen = snapshot("mixed");
                    assert!(seen.in_flight <= MAX && (seen.waiting == 0 || seen.in_flight == MAX), "{seen:?}");
                }
                done.fetch_add(1, SeqCst);
            })
        })
        .collect();
    let tasks: Vec<_> = (0..8_usize)
        .map(|task| {
            tokio::spawn(async move {
                for round in 0..500 {
                    let polls = (task + round) % 4;
                    let answer = poll_at_most(polls, waiting(2)).await;
                    assert!(matches!(answer, None | Some(Ok(2))), "{answer:?}");
                    assert_eq!(waiting(1).await, Ok(2));
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    while done.load(SeqCst) < 4 {
        awaiting::pause().await;
    }
    for thread in threads {
        thread.join().unwrap();
    }
    let after = snapshot("mixed");
    assert_eq!((after.in_flight, after.waiting, after.rejected), (0, 0, 0));
    assert!(CROWD.most.load(SeqCst) <= MAX, "{CROWD:?}");
}

/// BUG-B4.
#[test]
fn concurrent_threads_get_exactly_max_permits() {
    static MEET: Mutex<Option<Arc<Barrier>>> = Mutex::new(None);

    #[bulkhead(max = 3, name = "at once")]
    fn call() -> Answer {
        let barrier = MEET.lock().unwrap().clone().expect("set");
        barrier.wait();
        Ok(7)
    }

    for _ in 0..100 {
        // Those inside wait until the others have been turned away: all that is left is one who never comes.
        let start = Arc::new(Barrier::new(8));
        *MEET.lock().unwrap() = Some(Arc::new(Barrier::new(4)));
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let start = Arc::clone(&start);
                thread::spawn(move || {
                    start.wait();
                    call()
                })
            })
            .collect();
        while Bulkhead::named("at once").is_none_or(|bulkhead| bulkhead.snapshot().in_flight < 3)
            || threads.iter().filter(|thread| thread.is_finished()).count() < 5
        {
            thread::yield_now();
        }
        assert_eq!(call().map_err(|error| error.is_full()), Err(true));
        let barrier = MEET.lock().unwrap().clone().expect("set");
        barrier.wait();
        let passed = threads.into_iter().filter_map(|thread| thread.join().unwrap().ok()).count();
        assert_eq!((passed, state("at once")), (3, (0, 0)));
    }
}

#[test]
fn a_waiting_thread_is_admitted_when_a_permit_is_released() {
    static INSIDE: AtomicU32 = AtomicU32::new(0);

    #[bulkhead(max = 1, queue = 1, wait = "1h", name = "threads")]
    fn call(wait_for_another: bool) -> Answer {
        while wait_for_another && state("threads").1 == 0 {
            thread::yield_now();
        }
        Ok(INSIDE.fetch_add(1, SeqCst))
    }

    let first = thread::spawn(|| call(true));
    while Bulkhead::named("threads").is_none_or(|bulkhead| bulkhead.snapshot().in_flight == 0) {
        thread::yield_now();
    }
    assert_eq!((call(false), first.join().unwrap()), (Ok(1), Ok(0)));
}

/// A wait in real time, because nothing could end it on a paused clock.
#[test]
fn a_waiting_thread_continues_after_its_time() {
    #[bulkhead(max = 1, queue = 1, wait_ms = 2, name = "thread in vain")]
    fn call(again: bool) -> Answer {
        if again { call(false) } else { Ok(7) }
    }
    assert_eq!((call(true), call(false)), (full("thread in vain"), Ok(7)));
}

#[test]
fn a_thread_inside_a_runtime_waits_like_any_other() {
    #[bulkhead(max = 1, queue = 1, wait_ms = 2, name = "thread of a runtime")]
    fn call(again: bool) -> Answer {
        if again { call(false) } else { Ok(7) }
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(async { call(true) }), full("thread of a runtime"));
}
