use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use super::*;
use crate::time;

#[derive(Debug, Default)]
struct Wakes(AtomicU32);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

const LONG: Duration = Duration::from_secs(3600);

fn runtimes() -> [Runtime; 2] {
    [Builder::new_current_thread(), Builder::new_multi_thread()]
        .map(|mut builder| builder.worker_threads(1).enable_time().build().expect("a runtime"))
}

fn armed(left: Duration, waker: &Waker) -> Pin<Box<Timer>> {
    let end = time::now().after(left);
    Timer::new(end, end, &mut Context::from_waker(waker))
}

fn count() -> usize {
    KEPT.with_borrow(|kept| kept.as_ref().map_or(0, |kept| lock(&kept.shelf.0).len()))
}

fn wait_until(is_true: impl Fn() -> bool) {
    while !is_true() {
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_kept_timer_wakes_the_next_call_at_its_end_and_not_before() {
    for runtime in runtimes() {
        for (first, then) in [(LONG, 20), (Duration::from_millis(5), 50)] {
            runtime.block_on(async {
                keep(armed(first, Waker::noop()));
                let end = time::now().after(Duration::from_millis(then));
                let mut timer = take().expect("it is kept");
                poll_fn(|cx| {
                    timer.as_mut().extend(end, end, cx);
                    Poll::Ready(())
                })
                .await;
                let mut polls = 0;
                poll_fn(|_| {
                    polls += 1;
                    if timer.has_fired() { Poll::Ready(()) } else { Poll::Pending }
                })
                .await;
                assert!(time::now() >= end && polls <= 2, "{polls}");
            });
        }
    }
}

#[test]
fn a_kept_timer_holds_no_waker_of_its_call() {
    let [runtime, _] = runtimes();
    let _entered = runtime.enter();
    let counts = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&counts));
    let mut timer = armed(LONG, &waker);
    let end = timer.end;
    timer.as_mut().arm(end, &mut Context::from_waker(&waker));
    drop(waker);
    assert!(Arc::strong_count(&counts) > 1);
    keep(timer);
    assert_eq!((count(), Arc::strong_count(&counts)), (1, 1));
}

#[test]
fn a_timer_is_kept_for_its_own_runtime() {
    let [first, second] = runtimes();
    first.block_on(async { keep(armed(LONG, Waker::noop())) });
    assert!(second.block_on(async { take() }).is_none());
    assert!(take().is_none(), "outside of a runtime");
    first.block_on(async { keep(armed(LONG, Waker::noop())) });
    second.block_on(async { keep(armed(LONG, Waker::noop())) });
    assert_eq!(count(), 1);
    assert!(second.block_on(async { take() }).is_some());
}

#[test]
fn a_runtime_that_ends_leaves_no_timer_and_is_not_held() {
    for flavor in [Builder::new_current_thread(), Builder::new_multi_thread()] {
        let mut flavor = flavor;
        let held = Arc::new(());
        let kept = Arc::clone(&held);
        let runtime = flavor.worker_threads(1).enable_time().on_thread_park(move || drop(Arc::clone(&kept))).build();
        let runtime = runtime.expect("a runtime");
        runtime.block_on(async { (0..3).for_each(|_| keep(armed(LONG, Waker::noop()))) });
        assert!(count() >= 1);
        drop(runtime);
        drop(flavor);
        wait_until(|| count() == 0 && Arc::strong_count(&held) == 1);
    }
}

#[test]
fn a_timer_that_fires_is_dropped() {
    for runtime in runtimes() {
        runtime.block_on(async {
            keep(armed(Duration::from_millis(5), Waker::noop()));
            keep(armed(LONG, Waker::noop()));
            assert!(count() >= 1);
            tokio::time::sleep(Duration::from_millis(20)).await;
            wait_until(|| count() == 1);
            keep(armed(Duration::ZERO, Waker::noop()));
            tokio::time::sleep(Duration::from_millis(20)).await;
            assert!(count() <= 1);
            while take().is_some() {}
        });
    }
}

#[test]
fn a_thread_keeps_few_timers_and_ends_with_none() {
    let [_, runtime] = runtimes();
    let handle = runtime.handle().clone();
    let (sender, receiver) = mpsc::channel();
    let ended = thread::spawn(move || {
        let _entered = handle.enter();
        let timers: Vec<_> = (0..MOST * 2).map(|_| armed(LONG, Waker::noop())).collect();
        timers.into_iter().for_each(keep);
        let shelf = KEPT.with_borrow(|kept| kept.as_ref().map(|kept| Arc::downgrade(&kept.shelf)));
        sender.send((count(), shelf)).is_ok()
    });
    assert!(ended.join().is_ok_and(|sent| sent));
    let (kept, shelf) = receiver.recv().expect("it was sent");
    assert_eq!(kept, MOST);
    assert!(shelf.is_some_and(|shelf| shelf.upgrade().is_none()), "the timers do not hold each other");
}

/// The last reference to a task, whose call keeps a timer when it is dropped.
struct Task(Mutex<Option<Pin<Box<Timer>>>>, mpsc::Sender<bool>);

impl Wake for Task {
    fn wake(self: Arc<Self>) {}
}

impl Drop for Task {
    fn drop(&mut self) {
        let timer = lock(&self.0).take();
        let kept = catch_unwind(AssertUnwindSafe(|| timer.map(keep)));
        let _received = self.1.send(kept.is_ok_and(|kept| kept.is_some()));
    }
}

#[test]
fn a_waker_may_drop_another_call_that_waits() {
    let [runtime, _] = runtimes();
    let _entered = runtime.enter();
    let (sender, receiver) = mpsc::channel();
    let task = Waker::from(Arc::new(Task(Mutex::new(Some(armed(LONG, Waker::noop()))), sender)));
    let timer = armed(LONG, &task);
    drop(task);
    assert!(receiver.try_recv().is_err(), "the timer holds it");
    keep(timer);
    assert_eq!((receiver.try_recv(), count()), (Ok(true), 1));
}
