//! An `on_retry` that is asynchronous.

use std::cell::Cell;
use std::error::Error;
use std::fmt::Debug;
use std::future::Future;
use std::sync::Mutex;

use resilience::{RetryState, bulkhead, cached, circuit_breaker, fallback, retry, timeout};
use tokio::time::{Instant, sleep};

use crate::common::{Answer, TestError, millis, poll_at_most, secs};

/// The attempts and the seconds at which their hooks have ended.
#[derive(Debug, Default)]
struct Log(Mutex<Vec<(u32, u64)>>);

impl Log {
    fn add(&self, attempt: u32, began: Instant) {
        self.0.lock().expect("no panic").push((attempt, began.elapsed().as_secs()));
    }

    fn take(&self) -> Vec<(u32, u64)> {
        std::mem::take(&mut self.0.lock().expect("no panic"))
    }
}

thread_local! {
    static HOOKS: Cell<u32> = const { Cell::new(0) };
}

async fn slow<E: Debug>(state: &RetryState<'_, E>) {
    sleep(secs(2)).await;
    HOOKS.set(HOOKS.get() * 10 + state.attempt);
    assert!(state.error.is_some(), "kept while the hook waits");
}

struct Client {
    log: Log,
    began: Instant,
}

impl Client {
    fn new() -> Self {
        Self { log: Log::default(), began: Instant::now() }
    }

    async fn note(&self, state: &RetryState<'_, TestError>) {
        sleep(secs(2)).await;
        self.log.add(state.attempt, self.began);
    }

    async fn note_of_all(state: &RetryState<'_, TestError>) {
        slow(state).await;
    }

    #[retry(max = 2, jitter = false, on_retry = self.note)]
    async fn by_method(&self) -> Answer {
        self.fail().await
    }

    #[retry(max = 2, jitter = false, on_retry = Self::note_of_all)]
    async fn by_associated_function(&mut self) -> Answer {
        self.fail().await
    }

    #[retry(max = 2, jitter = false, on_retry = async |state| {
        sleep(secs(2)).await;
        self.log.add(state.attempt, self.began);
    })]
    async fn by_async_closure(&self) -> Answer {
        self.fail().await
    }

    #[retry(max = 2, jitter = false, on_retry = |state| async move {
        sleep(secs(2)).await;
        self.log.add(state.attempt, self.began);
    })]
    async fn by_closure_around_a_block(&self) -> Answer {
        self.fail().await
    }

    #[retry(max = 2, jitter = false, on_retry = |state| self.note(state))]
    async fn by_closure_around_a_call(&self) -> Answer {
        self.fail().await
    }

    #[retry(max = 2, jitter = false, on_retry = |state| {
        let began = self.began;
        async move {
            sleep(secs(2)).await;
            self.log.add(state.attempt, began);
        }
    })]
    async fn by_closure_that_ends_in_a_block(&self) -> Answer {
        self.fail().await
    }

    #[retry(max = 2, jitter = false, on_retry = self.note)]
    fn by_returned_future(&self) -> impl Future<Output = Answer> + Send {
        self.fail()
    }

    #[cached(ttl = 60, skip(self))]
    #[timeout(secs = 60)]
    #[fallback(|error| Err(error))]
    #[retry(max = 2, jitter = false, on_retry = self.note)]
    #[bulkhead(max = 1)]
    #[circuit_breaker(failure_threshold = 100)]
    #[timeout(secs = 30)]
    async fn in_a_stack(&self) -> Answer {
        self.fail().await
    }

    async fn fail(&self) -> Answer {
        sleep(secs(1)).await;
        Err(TestError::Transient)
    }
}

#[async_trait::async_trait]
trait Ask {
    async fn ask(&self) -> Answer;
}

#[async_trait::async_trait]
impl Ask for Client {
    #[retry(max = 2, jitter = false, on_retry = self.note)]
    async fn ask(&self) -> Answer {
        self.fail().await
    }
}

fn send<F: Future + Send>(future: F) -> F {
    future
}

/// Attempts of 1 s, hooks of 2 s, pauses of 1 s and 2 s.
const AFTER_EACH_ATTEMPT: [(u32, u64); 2] = [(1, 3), (2, 7)];

#[tokio::test(start_paused = true)]
async fn an_async_on_retry_is_awaited_before_each_pause() {
    macro_rules! each {
        ($($name:ident)*) => {$(
            let client = Client::new();
            assert_eq!(send(client.$name()).await, Err(TestError::Transient));
            assert_eq!(client.log.take(), AFTER_EACH_ATTEMPT, stringify!($name));
        )*};
    }
    each! {
        by_method by_async_closure by_closure_around_a_block by_closure_around_a_call by_closure_that_ends_in_a_block
        by_returned_future in_a_stack ask
    }

    HOOKS.set(0);
    assert_eq!(send(Client::new().by_associated_function()).await, Err(TestError::Transient));
    assert_eq!(HOOKS.get(), 12);
}

#[tokio::test(start_paused = true)]
async fn an_async_on_retry_may_be_generic() {
    #[retry(max = 2, backoff = "none", when = |_| true, on_retry = slow)]
    async fn call<E: Debug + From<TestError>>() -> Result<u32, E> {
        Err(TestError::Transient.into())
    }

    HOOKS.set(0);
    assert_eq!(call::<TestError>().await, Err(TestError::Transient));
    assert_eq!(HOOKS.get(), 12);
}

#[tokio::test(start_paused = true)]
async fn a_limit_ends_an_async_on_retry() {
    async fn hang(_: &RetryState<'_, TestError>) {
        sleep(secs(3600)).await;
    }
    #[timeout(secs = 5)]
    #[retry(max = 2, base_delay = "1s", on_retry = hang)]
    async fn call() -> Answer {
        Err(TestError::Transient)
    }

    let began = Instant::now();
    assert!(matches!(send(call()).await, Err(TestError::Resilience(_))));
    assert_eq!(began.elapsed(), secs(5));
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_during_an_async_on_retry_leaves_nothing_behind() {
    async fn wait(_: &RetryState<'_, TestError>) {
        sleep(millis(10)).await;
    }
    #[bulkhead(max = 1)]
    #[retry(max = 2, backoff = "none", on_retry = wait)]
    async fn call() -> Answer {
        Err(TestError::Transient)
    }

    for polls in 0..4 {
        drop(poll_at_most(polls, call()).await);
        assert_eq!(call().await, Err(TestError::Transient), "no permit is lost after {polls} polls");
    }
}

/// What a hook does to failures of its own says nothing about the attempt.
#[tokio::test(start_paused = true)]
async fn a_failure_inside_of_an_async_on_retry_does_not_end_the_retrying() {
    #[retry(max = 1, backoff = "none")]
    async fn report() -> Answer {
        Err(TestError::Transient)
    }
    async fn tell(_: &RetryState<'_, TestError>) {
        drop(report().await);
    }
    #[retry(max = 3, backoff = "none", on_retry = tell)]
    async fn call(attempts: &Cell<u32>) -> Answer {
        attempts.set(attempts.get() + 1);
        Err(TestError::Transient)
    }

    let attempts = Cell::new(0);
    assert!(call(&attempts).await.is_err());
    assert_eq!(attempts.get(), 4);
}

#[tokio::test]
async fn an_on_retry_that_is_not_async_asks_nothing_of_the_error() {
    fn note(state: &RetryState<'_, Box<dyn Error>>) {
        HOOKS.set(state.attempt);
    }
    #[timeout(secs = 60)]
    #[retry(max = 2, backoff = "none", on_retry = note)]
    async fn call() -> Result<u32, Box<dyn Error>> {
        tokio::task::yield_now().await;
        Err("down".into())
    }

    assert!(send(call()).await.is_err(), "although the error is neither `Send` nor `Sync`");
    assert_eq!(HOOKS.get(), 2);
}
