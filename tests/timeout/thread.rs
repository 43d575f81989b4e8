//! Limits that run the body on its own thread. A body waits for a channel, never for the clock.

use std::panic::catch_unwind;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use resilience::{Error, checkpoint, circuit_breaker, fallback, observe_blocking, remaining, retry, timeout};

use crate::common::{Recorder, TestError, millis, secs};

/// Blocks bodies until the test releases them.
#[derive(Clone)]
struct Gate(Arc<Mutex<Receiver<()>>>);

fn gate() -> (Sender<()>, Gate) {
    let (open, wait) = channel();
    (open, Gate(Arc::new(Mutex::new(wait))))
}

impl Gate {
    fn wait(&self) {
        let _open = self.0.lock().unwrap_or_else(PoisonError::into_inner).recv();
    }
}

#[test]
fn a_body_that_ends_in_time_returns_its_value_error_or_panic() {
    #[timeout(secs = 60, mode = "thread")]
    fn call(text: String) -> Result<usize, TestError> {
        match &*text {
            "fail" => Err(TestError::Transient),
            "panic" => panic!("told to"),
            "return" => return Ok(0),
            text => Ok(text.len()),
        }
    }

    assert_eq!(call("four".into()), Ok(4));
    assert_eq!(call("return".into()), Ok(0));
    assert_eq!(call("fail".into()), Err(TestError::Transient));
    let panic = catch_unwind(|| call("panic".into())).expect_err("the body panics");
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"told to"));
}

/// BUG-D1.
#[test]
fn the_caller_returns_at_the_limit_while_the_body_continues() {
    #[timeout(ms = 5, mode = "thread")]
    fn call(gate: Gate, done: Sender<bool>) -> Result<(), Error> {
        gate.wait();
        let late = checkpoint().is_err();
        let _listening = done.send(late);
        Ok(())
    }

    let ((open, gate), (done, listen)) = (gate(), channel());
    let start = std::time::Instant::now();
    let late = call(gate, done);
    assert!(
        matches!(late, Err(Error::Timeout { limit, elapsed }) if limit == millis(5) && elapsed >= limit),
        "{late:?}"
    );
    assert!(start.elapsed() >= millis(5));
    open.send(()).expect("the body is still there");
    assert_eq!(listen.recv(), Ok(true), "it sees that it is too late");
}

/// BUG-D1.
#[test]
fn the_number_of_abandoned_bodies_is_bounded() {
    #[timeout(ms = 1, mode = "thread", max_abandoned = 2)]
    fn call(gate: Gate, done: Sender<()>) -> Result<(), Error> {
        gate.wait();
        drop(done);
        Ok(())
    }

    let (open, gate) = gate();
    let (done, all_done) = channel();
    for _ in 0..2 {
        assert_eq!(call(gate.clone(), done.clone()).map_err(|error| error.code()), Err("timeout"));
    }
    let rejected = call(gate.clone(), done.clone()).expect_err("two are left behind");
    assert_eq!((rejected.code(), rejected.is_retryable()), ("no_thread", true));
    assert!(rejected.to_string().ends_with("bodies of other calls running: 2, past their limit: 2"), "{rejected}");
    drop((open, done));
    assert!(all_done.recv().is_err(), "both have ended");
    // Their threads still have to say so.
    while call(gate.clone(), channel().0).is_err_and(|error| error.code() == "no_thread") {
        std::thread::yield_now();
    }
}

#[test]
fn the_smaller_of_two_limits_applies_on_the_thread() {
    #[timeout(secs = 60, mode = "cooperative")]
    fn outer() -> Result<Option<Duration>, Error> {
        inner()
    }

    #[timeout(secs = 3600, mode = "thread")]
    fn inner() -> Result<Option<Duration>, Error> {
        Ok(remaining())
    }

    assert!(outer().is_ok_and(|left| left.is_some_and(|left| left <= secs(60) && left > secs(30))));
}

#[test]
fn every_attempt_has_its_own_thread_and_the_callers_arguments() {
    #[fallback(value = Vec::new())]
    #[retry(max = 2, backoff = "none")]
    #[circuit_breaker(failure_threshold = 9)]
    #[timeout(secs = 60, mode = "thread")]
    fn call(mut words: Vec<String>, calls: Arc<Mutex<Vec<usize>>>) -> Result<Vec<String>, TestError> {
        words.push("more".into());
        let mut calls = calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.push(words.len());
        if calls.len() < 3 { Err(TestError::Transient) } else { Ok(words) }
    }

    let calls = Arc::new(Mutex::new(Vec::new()));
    let (words, report) = observe_blocking(|| call(vec!["one".into()], Arc::clone(&calls)));
    assert_eq!(words.map(|words| words.len()), Ok(2));
    assert_eq!(*calls.lock().unwrap_or_else(PoisonError::into_inner), [2, 2, 2]);
    assert_eq!((report.attempts, report.degraded), (3, false));
}

/// Events on the thread belong to the call: its report, its retries and its cacheability.
#[test]
fn the_report_includes_the_layers_on_the_thread() {
    #[resilience::cached(name = "kept off the thread")]
    #[timeout(secs = 60, mode = "thread")]
    #[fallback(value = 7, allow(late_fallback))]
    #[retry(max = 1, backoff = "none")]
    fn substitute(id: u32) -> Result<u32, TestError> {
        if id == 0 { Err(TestError::Transient) } else { Ok(id) }
    }

    #[resilience::cached(name = "a substitute in a called function")]
    #[timeout(secs = 60, mode = "thread")]
    fn around_a_substitute() -> Result<u32, TestError> {
        spare()
    }

    #[fallback(value = 7)]
    fn spare() -> Result<u32, TestError> {
        Err(TestError::Transient)
    }

    #[retry(max = 5, backoff = "none")]
    #[timeout(secs = 60, mode = "thread")]
    fn outer(calls: Arc<std::sync::atomic::AtomicU32>) -> Result<u32, TestError> {
        inner(&calls)
    }

    #[retry(max = 1, backoff = "none")]
    fn inner(calls: &std::sync::atomic::AtomicU32) -> Result<u32, TestError> {
        calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Err(TestError::Transient)
    }

    let (answer, report) = observe_blocking(|| substitute(0));
    assert_eq!((answer, report.attempts, report.fallbacks), (Ok(7), 2, 1));
    assert_eq!(resilience::Cache::named("kept off the thread").map(resilience::Cache::len), Some(0), "degraded");
    assert_eq!(around_a_substitute(), Ok(7));
    assert_eq!(resilience::Cache::named("a substitute in a called function").map(resilience::Cache::len), Some(0));
    let calls = Arc::default();
    assert_eq!(outer(Arc::clone(&calls)), Err(TestError::Transient));
    assert_eq!(calls.load(std::sync::atomic::Ordering::SeqCst), 2, "retried at one layer only");
}

#[test]
fn methods_and_generic_functions_run_on_a_thread() {
    struct Client {
        greeting: String,
    }

    impl Client {
        #[timeout(secs = 60, mode = "thread")]
        fn greet(self: Arc<Self>, name: &'static str) -> Option<String> {
            Some(format!("{} {name}", self.greeting))
        }
    }

    #[timeout(secs = 60, mode = "thread", map_err = |error: Error| error.to_string())]
    fn show<T: std::fmt::Debug + Send + 'static, const N: usize>(all: [T; N]) -> Result<String, String> {
        Ok(format!("{all:?}"))
    }

    let client = Arc::new(Client { greeting: "hello".into() });
    assert_eq!(client.greet("you").as_deref(), Some("hello you"));
    assert_eq!(show([1, 2]).as_deref(), Ok("[1, 2]"));
    assert_eq!(show(["x"]).as_deref(), Ok("[\"x\"]"));
}

#[test]
fn a_burst_of_calls_that_hang_leaves_no_more_threads_than_the_limit() {
    const SEVEN: u32 = 7;

    macro_rules! leaves {
        ($($arguments:tt)*) => {{
            #[timeout(ms = 20, mode = "thread", $($arguments)*)]
            fn call(gate: Gate) -> Result<(), Error> {
                gate.wait();
                Ok(())
            }

            let (open, gate) = gate();
            let codes: Vec<&str> = std::thread::scope(|scope| {
                let calls: Vec<_> = (0..300).map(|_| scope.spawn(|| call(gate.clone()))).collect();
                calls.into_iter().map(|call| call.join().unwrap().expect_err("it hangs").code()).collect()
            });
            let rejected = call(gate.clone()).expect_err("all are in use");
            let Error::NoThread { running, abandoned, .. } = rejected else { panic!("{rejected}") };
            drop(open);
            assert_eq!(codes.iter().filter(|code| **code == "timeout").count(), running as usize);
            assert_eq!(abandoned, running, "all are left behind");
            running
        }};
    }
    assert!(leaves!() <= 64);
    assert!(leaves!(max_threads = 5, max_abandoned = 5) <= 5);
    assert!(leaves!(max_threads = SEVEN) <= 7);
}

#[test]
fn calls_one_after_the_other_need_one_thread() {
    #[timeout(secs = 60, mode = "thread", max_threads = 1, max_abandoned = 1)]
    fn call(depth: u32) -> Result<u32, Error> {
        if depth == 0 { Ok(0) } else { call(depth - 1) }
    }

    for _ in 0..200 {
        assert_eq!(call(0), Ok(0));
    }
    let rejected = call(1).expect_err("a body that calls its own function needs two");
    assert!(matches!(rejected, Error::NoThread { running: 1, abandoned: 0, .. }), "{rejected}");
    assert!(rejected.to_string().ends_with("bodies of other calls running: 1, past their limit: 0"), "{rejected}");
    assert_eq!(call(0), Ok(0));
}

/// What it cannot carry: thread-locals, the locals of a task, and the clock of a test.
#[test]
fn the_runtime_the_subscriber_the_span_and_the_deadline_are_those_of_the_caller() {
    #[timeout(secs = 60, mode = "thread")]
    fn call() -> Result<(Option<Duration>, u32, bool), Error> {
        tracing::info!(target: "resilience", "on the thread");
        let answer = tokio::runtime::Handle::current().block_on(async { tokio::spawn(async { 7 }).await });
        let is_local = LOCAL.with(std::cell::Cell::get);
        Ok((remaining(), answer.unwrap_or_default(), is_local))
    }
    thread_local! {
        static LOCAL: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
    }

    #[timeout(secs = 30, mode = "cooperative")]
    fn around() -> Result<(Option<Duration>, u32, bool), Error> {
        call()
    }

    LOCAL.set(true);
    let recorder = Recorder::start();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let _entered = runtime.enter();
    let (left, answer, is_local) = around().unwrap();
    assert!(left.is_some_and(|left| left <= secs(30) && left > secs(20)), "{left:?}");
    assert_eq!((answer, is_local), (7, false), "a thread-local of the caller stays there");
    assert_eq!(recorder.events().len(), 1);
}
