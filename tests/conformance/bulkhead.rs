//! Bulkheads. A full bulkhead or queue rejects, and the `when` of a retry selects which rejections are retried.

use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use futures_util::future::join_all;
use resilience::{bulkhead, retry};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, yield_now};
use tokio::time::sleep;

use crate::common::{Answer, Elapsed, TestError, awaiting, letter, millis, secs};

/// Holds started bodies until they are released.
struct Gate {
    begun: AtomicU32,
    latch: Semaphore,
}

impl Gate {
    fn new() -> Arc<Self> {
        Arc::new(Self { begun: AtomicU32::new(0), latch: Semaphore::new(0) })
    }

    async fn pass(&self) -> Answer {
        let number = self.begun.fetch_add(1, SeqCst) + 1;
        self.latch.acquire().await.expect("never closed").forget();
        Ok(number)
    }

    /// Releases a number of bodies and lets everything run that can.
    async fn release(&self, bodies: usize) {
        self.latch.add_permits(bodies);
        settle().await;
    }

    fn begun(&self) -> u32 {
        self.begun.load(SeqCst)
    }
}

async fn settle() {
    for _ in 0..200 {
        yield_now().await;
    }
}

/// A detached call.
async fn start(call: impl Future<Output = Answer> + Send + 'static) -> JoinHandle<Answer> {
    let task = tokio::spawn(call);
    settle().await;
    task
}

async fn ended(task: JoinHandle<Answer>) -> char {
    assert!(task.is_finished(), "it waits");
    letter(&task.await.expect("no panic"))
}

/// A detached call on a thread.
struct Door {
    begun: Sender<()>,
    latch: Mutex<Receiver<()>>,
}

impl Door {
    fn pass(&self) {
        self.begun.send(()).expect("the test listens");
        self.latch.lock().unwrap_or_else(PoisonError::into_inner).recv().expect("the test releases all");
    }
}

/// MP-B01.
#[test]
fn synchronous_calls_take_and_release_permits() {
    macro_rules! row {
        ($($max:literal)*) => {$({
            #[bulkhead(max = $max)]
            fn call(door: &Door) -> Answer {
                door.pass();
                Ok(7)
            }
            let (begun, has_begun) = channel();
            let (release, latch) = channel();
            let door = Door { begun, latch: Mutex::new(latch) };
            thread::scope(|scope| {
                for _ in 0..$max {
                    scope.spawn(|| assert_eq!(call(&door), Ok(7)));
                    has_begun.recv().expect("it starts");
                }
                assert_eq!(letters!(1, call(&door)), "B");
                release.send(()).expect("one leaves");
                // Its place is free as soon as its body is done, which another thread sees a little later.
                let next = scope.spawn(|| loop {
                    match call(&door) {
                        Err(error) if error.is_full() => thread::yield_now(),
                        answer => return answer,
                    }
                });
                has_begun.recv().expect("the next one starts");
                assert_eq!(letters!(1, call(&door)), "B");
                for _ in 0..$max {
                    release.send(()).expect("all leave");
                }
                assert_eq!(next.join().expect("no panic"), Ok(7));
            });
        })*};
    }
    row!(3 10);
}

/// MP-B01.
#[tokio::test(start_paused = true)]
async fn asynchronous_calls_take_and_release_permits() {
    macro_rules! row {
        ($($max:literal)*) => {$({
            #[bulkhead(max = $max)]
            async fn call(gate: Arc<Gate>) -> Answer {
                gate.pass().await
            }
            let gate = Gate::new();
            let mut tasks = Vec::new();
            for _ in 0..$max {
                tasks.push(start(call(gate.clone())).await);
            }
            assert_eq!(gate.begun(), $max);
            assert_eq!(letters!(1, call(gate.clone()).await), "B");
            gate.release(1).await;
            tasks.push(start(call(gate.clone())).await);
            assert_eq!(gate.begun(), $max + 1);
            assert_eq!(letters!(1, call(gate.clone()).await), "B");
            gate.release($max).await;
            for task in tasks {
                assert_eq!(ended(task).await, 'S');
            }
        })*};
    }
    row!(3 10);
}

/// MP-B04, MP-B12: the second with a retry that is quick and in vain.
#[tokio::test(start_paused = true)]
async fn a_queue_fills_up_and_advances_one_by_one() {
    macro_rules! row {
        ($($max:literal, $queue:literal, $(#[$retry:meta])?;)*) => {$({
            $(#[$retry])?
            #[bulkhead(max = $max, queue = $queue)]
            async fn call(gate: Arc<Gate>) -> Answer {
                gate.pass().await
            }
            let gate = Gate::new();
            let mut tasks = Vec::new();
            for _ in 0..$max + $queue {
                tasks.push(start(call(gate.clone())).await);
            }
            assert_eq!(gate.begun(), $max, "the queue does not start");
            assert_eq!(letters!(1, call(gate.clone()).await), "B");
            gate.release(1).await;
            assert_eq!(gate.begun(), $max + 1, "exactly one of the queue starts");
            tasks.push(start(call(gate.clone())).await);
            assert_eq!(gate.begun(), $max + 1, "and leaves its place in the queue to the next");
            assert_eq!(letters!(1, call(gate.clone()).await), "B");
            gate.release($max + $queue).await;
            assert_eq!(gate.begun(), $max + $queue + 1);
            for task in tasks {
                assert_eq!(ended(task).await, 'S');
            }
        })*};
    }
    row! {
        10, 10,;
        3, 10,;
        5, 5,;
        5, 5, #[retry(max = 10, backoff = "constant", base_delay = "1us", jitter = false, when = TestError::is_full)];
    }
}

/// MP-B06: The result of a task is available whether or not it is awaited.
#[tokio::test(start_paused = true)]
async fn a_body_that_waits_is_not_done_before_it_is_released() {
    #[bulkhead(max = 2)]
    async fn call(gate: Arc<Gate>) -> Answer {
        gate.pass().await
    }
    let gate = Gate::new();
    let (asked, not_asked) = (start(call(gate.clone())).await, start(call(gate.clone())).await);
    assert!(!asked.is_finished() && !not_asked.is_finished());
    gate.release(2).await;
    assert!(asked.is_finished() && not_asked.is_finished());
    assert_eq!(ended(asked).await, 'S');
}

/// Counts the running bodies and their maximum.
#[derive(Default)]
struct Crowd {
    now: AtomicU32,
    most: AtomicU32,
}

impl Crowd {
    fn enter(&self) {
        self.most.fetch_max(self.now.fetch_add(1, SeqCst) + 1, SeqCst);
    }

    fn leave(&self) {
        self.now.fetch_sub(1, SeqCst);
    }
}

/// Makes calls at a steady rate and counts their letters.
async fn pressure<F: Future<Output = Answer>>(every: Duration, call: impl Fn() -> F) -> (usize, usize) {
    let answers = join_all((0..100_u32).map(|number| {
        let call = call();
        async move {
            sleep(every * number).await;
            call.await
        }
    }));
    let letters: String = answers.await.iter().map(letter).collect();
    let (passed, rejected) = (letters.matches('S').count(), letters.matches('B').count());
    assert_eq!(passed + rejected, 100, "{letters}");
    (passed, rejected)
}

/// MP-B07, MP-B08.
#[tokio::test(start_paused = true)]
async fn concurrent_tasks_never_exceed_the_limit() {
    /// A little less than 50 ms, so that no permit is released exactly when a call starts.
    const BODY: Duration = millis(48);

    #[bulkhead(max = 5)]
    async fn limited(crowd: &Crowd) -> Answer {
        crowd.enter();
        sleep(BODY).await;
        crowd.leave();
        Ok(7)
    }
    #[bulkhead(max = 5, queue = 5)]
    async fn queued(crowd: &Crowd) -> Answer {
        crowd.enter();
        sleep(BODY).await;
        crowd.leave();
        Ok(7)
    }
    let crowd = Crowd::default();
    assert_eq!(pressure(millis(25), || limited(&crowd)).await, (100, 0), "two at a time");
    assert_eq!(crowd.most.load(SeqCst), 2);
    let crowd = Crowd::default();
    assert_eq!(pressure(millis(5), || limited(&crowd)).await, (50, 50), "five of ten in 50 ms");
    assert_eq!(crowd.most.load(SeqCst), 5);
    let crowd = Crowd::default();
    let (passed, rejected) = pressure(millis(5), || queued(&crowd)).await;
    assert_eq!(crowd.most.load(SeqCst), 5);
    assert!((50..60).contains(&passed) && rejected > 40, "the same, and those in the queue: {passed}");
}

/// MP-B07.
#[test]
fn concurrent_threads_never_exceed_the_limit() {
    #[bulkhead(max = 5)]
    fn call(crowd: &Crowd) -> Answer {
        crowd.enter();
        for _ in 0..100 {
            thread::yield_now();
        }
        crowd.leave();
        Ok(7)
    }
    let (crowd, all_in, letters) = (Crowd::default(), Barrier::new(32), Mutex::new(String::new()));
    thread::scope(|scope| {
        for _ in 0..32 {
            scope.spawn(|| {
                all_in.wait();
                let letter = letter(&call(&crowd));
                letters.lock().unwrap_or_else(PoisonError::into_inner).push(letter);
            });
        }
    });
    let letters = letters.into_inner().unwrap_or_else(PoisonError::into_inner);
    assert!(letters.matches('S').count() >= 5, "{letters}");
    assert!(letters.chars().all(|letter| letter == 'S' || letter == 'B'), "{letters}");
    assert!(crowd.most.load(SeqCst) <= 5);
}

/// MP-B09.
#[tokio::test(start_paused = true)]
async fn a_listed_rejection_is_retried_until_a_permit_is_free() {
    #[retry(
        max = 99_999,
        max_elapsed = "3s",
        backoff = "constant",
        base_delay_ms = 100,
        jitter = false,
        when = TestError::is_full
    )]
    #[bulkhead(max = 1)]
    async fn call(time: Duration) -> Answer {
        sleep(time).await;
        Ok(7)
    }
    let clock = awaiting::Clock::start();
    let (first, second) = tokio::join!(call(millis(1050)), call(millis(10)));
    assert_eq!((first, second, clock.elapsed()), (Ok(7), Ok(7), millis(1110)), "admitted at 1100");
    let (first, second) = tokio::join!(call(secs(60)), call(millis(10)));
    assert_eq!((letter(&first), letter(&second)), ('S', 'B'), "not for ever");
}

/// The outer call holds the permit.
mod rejected_at_once {
    use super::*;

    /// MP-B11, MP-B15.
    #[sync_and_async::test]
    async fn a_rejection_that_is_not_listed_is_not_retried() {
        #[retry(max = 1, backoff = "constant", base_delay = "1s", jitter = false, when = TestError::is_transient)]
        #[bulkhead(max = 1)]
        async fn not_listed(again: bool) -> Answer {
            pause().await;
            if again { boxed(not_listed(false)).await } else { Ok(7) }
        }
        #[retry(max = 1, backoff = "constant", base_delay = "1s", jitter = false, when = |error| !error.is_full())]
        #[bulkhead(max = 1)]
        async fn excluded(again: bool) -> Answer {
            pause().await;
            if again { boxed(excluded(false)).await } else { Ok(7) }
        }
        #[retry(max = 1, backoff = "constant", base_delay = "1s", jitter = false)]
        #[bulkhead(max = 1)]
        async fn by_default(again: bool) -> Answer {
            pause().await;
            if again { boxed(by_default(false)).await } else { Ok(7) }
        }
        let clock = Clock::start();
        assert_eq!(letters!(1, not_listed(true).await), "B");
        assert_eq!(letters!(1, excluded(true).await), "B");
        assert_eq!(letters!(1, by_default(true).await), "B");
        assert_eq!(clock.elapsed(), Duration::ZERO);
    }
}

/// MP-B13.
#[tokio::test(start_paused = true)]
async fn a_rejection_by_a_full_queue_is_retried_until_a_permit_is_free() {
    #[retry(
        max = 99_999,
        max_elapsed = "3s",
        backoff = "constant",
        base_delay_ms = 100,
        jitter = false,
        when = TestError::is_full
    )]
    #[bulkhead(max = 3, queue = 3)]
    async fn call(gate: Arc<Gate>) -> Answer {
        gate.pass().await
    }
    let gate = Gate::new();
    let mut tasks = Vec::new();
    for _ in 0..7 {
        tasks.push(start(call(gate.clone())).await);
    }
    sleep(millis(950)).await;
    assert_eq!(gate.begun(), 3, "nor has the seventh");
    assert!(tasks.iter().all(|task| !task.is_finished()));
    gate.release(7).await;
    assert_eq!(gate.begun(), 6);
    sleep(millis(100)).await;
    settle().await;
    assert_eq!(gate.begun(), 7);
    for task in tasks {
        assert_eq!(ended(task).await, 'S');
    }
}

/// MP-B15.
#[tokio::test(start_paused = true)]
async fn a_call_that_finds_the_queue_full_is_rejected_at_once() {
    #[retry(max = 1, backoff = "constant", base_delay = "1s", jitter = false, when = TestError::is_transient)]
    #[bulkhead(max = 1, queue = 1)]
    async fn call(gate: Arc<Gate>) -> Answer {
        gate.pass().await
    }
    let clock = awaiting::Clock::start();
    let gate = Gate::new();
    let tasks = [start(call(gate.clone())).await, start(call(gate.clone())).await];
    assert_eq!(letters!(1, call(gate.clone()).await), "B");
    assert_eq!(clock.elapsed(), Duration::ZERO);
    gate.release(2).await;
    for task in tasks {
        assert_eq!(ended(task).await, 'S');
    }
}

/// MP-B16: All instances share the bulkhead of a function.
#[tokio::test(start_paused = true)]
async fn instances_share_permits_and_functions_and_types_do_not() {
    struct One;
    struct Other;
    impl One {
        #[bulkhead(max = 8)]
        async fn first(&self, gate: Arc<Gate>) -> Answer {
            gate.pass().await
        }

        #[bulkhead(max = 8)]
        async fn second(&self, gate: Arc<Gate>) -> Answer {
            gate.pass().await
        }
    }
    impl Other {
        #[bulkhead(max = 8)]
        async fn first(&self, gate: Arc<Gate>) -> Answer {
            gate.pass().await
        }
    }
    static ONE: [One; 2] = [One, One];
    static OTHER: [Other; 2] = [Other, Other];

    let gate = Gate::new();
    let mut tasks = Vec::new();
    for _ in 0..4 {
        for instance in 0..2 {
            tasks.push(start(ONE[instance].first(gate.clone())).await);
            tasks.push(start(ONE[instance].second(gate.clone())).await);
            tasks.push(start(OTHER[instance].first(gate.clone())).await);
        }
    }
    assert_eq!(gate.begun(), 24);
    for instance in 0..2 {
        assert_eq!(letters!(1, ONE[instance].first(gate.clone()).await), "B");
        assert_eq!(letters!(1, ONE[instance].second(gate.clone()).await), "B");
        assert_eq!(letters!(1, OTHER[instance].first(gate.clone()).await), "B");
    }
    gate.release(24).await;
    for task in tasks {
        assert_eq!(ended(task).await, 'S');
    }
}

/// A detached call keeps its permit, and a dropped one has none.
mod cancelled {
    use super::*;

    /// MP-X03.
    #[tokio::test(start_paused = true)]
    async fn a_permit_is_held_while_the_body_runs() {
        #[bulkhead(max = 1, queue = 1)]
        async fn call(gate: Arc<Gate>) -> Answer {
            gate.pass().await
        }
        let gate = Gate::new();
        let (first, second) = (start(call(gate.clone())).await, start(call(gate.clone())).await);
        drop(first); // Its task goes on.
        settle().await;
        assert_eq!(gate.begun(), 1);
        gate.release(1).await;
        assert_eq!(gate.begun(), 2);
        second.abort(); // The body is dropped.
        settle().await;
        let third = start(call(gate.clone())).await;
        assert_eq!(gate.begun(), 3);
        gate.release(1).await;
        assert_eq!(ended(third).await, 'S');
    }

    /// MP-X04.
    #[tokio::test(start_paused = true)]
    async fn a_queued_call_that_is_dropped_never_starts() {
        #[bulkhead(max = 1, queue = 1)]
        async fn call(gate: Arc<Gate>) -> Answer {
            gate.pass().await
        }
        let gate = Gate::new();
        let (first, second) = (start(call(gate.clone())).await, start(call(gate.clone())).await);
        second.abort();
        settle().await;
        gate.release(1).await;
        assert_eq!((ended(first).await, gate.begun()), ('S', 1));
        assert!(second.await.is_err_and(|error| error.is_cancelled()));
    }
}
