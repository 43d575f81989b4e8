//! What the behaviour tests share: a clock, a scripted operation, an error and a recorder of events.

#![allow(dead_code, unused_macros, reason = "each test file uses a part of it")]

use std::collections::BTreeMap;
use std::fmt;
use std::future::{Future, poll_fn};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};
use std::task::Poll;
use std::time::Duration;

use resilience::{Category, Classify, Report};
use tracing::Dispatch;
use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

pub const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Time in asynchronous scenarios.
pub mod awaiting {
    use super::{Answer, Duration, Elapsed, Future, Report};
    use std::pin::Pin;
    use tokio::time::Instant;

    pub type Script<'a> = super::Script<'a, Clock>;

    pub struct Clock(Instant);

    impl Clock {
        pub fn start() -> Self {
            Self(Instant::now())
        }

        pub async fn sleep(&self, time: Duration) {
            tokio::time::sleep(time).await;
        }
    }

    impl Elapsed for Clock {
        fn elapsed(&self) -> Duration {
            self.0.elapsed()
        }
    }

    impl Script<'_> {
        /// What the script says next, after a moment of waiting.
        pub async fn run(&self) -> Answer {
            let answer = self.next();
            pause().await;
            answer
        }
    }

    /// Fails where a scenario on the paused clock would hang: then nothing but this limit is left to wait for.
    pub async fn ends<T>(scenario: impl Future<Output = T>) -> T {
        // Longer than any scenario, and shorter than what tokio's timer can do.
        let limit = super::secs(1 << 36);
        tokio::time::timeout(limit, scenario).await.unwrap_or_else(|_| panic!("it hangs"))
    }

    /// A call and its report.
    pub async fn observed<T>(call: impl AsyncFnOnce() -> T) -> (T, Report) {
        resilience::observe(call()).await
    }

    /// Lets the body be polled once more.
    pub async fn pause() {
        tokio::task::yield_now().await;
    }

    /// For a call of a function from inside of itself.
    pub fn boxed<'a, T>(call: impl Future<Output = T> + 'a) -> Pin<Box<dyn Future<Output = T> + 'a>> {
        Box::pin(call)
    }
}

/// Time in synchronous scenarios.
pub mod blocking {
    use super::{Answer, Duration, Elapsed, Report, mpsc};
    use resilience::testing::ManualClock;

    pub type Script<'a> = super::Script<'a, Clock>;

    pub struct Clock(ManualClock);

    impl Clock {
        pub fn start() -> Self {
            Self(ManualClock::install())
        }

        pub fn sleep(&self, time: Duration) {
            self.0.advance(time);
        }

        pub fn step_back(&self, time: Duration) {
            self.0.step_back(time);
        }
    }

    impl Elapsed for Clock {
        fn elapsed(&self) -> Duration {
            self.0.elapsed()
        }
    }

    impl Script<'_> {
        /// What the script says next.
        pub fn run(&self) -> Answer {
            self.next()
        }
    }

    /// Runs a scenario on a thread of its own, and fails where it would hang.
    pub fn ends(scenario: impl FnOnce() + Send + 'static) {
        let (done, wait) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            scenario();
            done.send(())
        });
        match wait.recv_timeout(super::secs(60)) {
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("it hangs"),
            _ => {
                if let Err(panic) = thread.join() {
                    std::panic::resume_unwind(panic);
                }
            }
        }
    }

    /// A call and its report.
    pub fn observed<T>(call: impl FnOnce() -> T) -> (T, Report) {
        resilience::observe_blocking(call)
    }

    pub const fn pause() {}

    pub fn boxed<T>(answer: T) -> T {
        answer
    }
}

/// Ends the process when the test that holds it hangs, which else nobody would hear of.
pub struct Watchdog(#[expect(dead_code, reason = "dropped with the test")] mpsc::Sender<()>);

impl Watchdog {
    pub fn start() -> Self {
        let (alive, over) = mpsc::channel();
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        std::thread::spawn(move || {
            if over.recv_timeout(secs(60)) == Err(mpsc::RecvTimeoutError::Timeout) {
                eprintln!("{test} hangs");
                std::process::exit(101);
            }
        });
        Self(alive)
    }
}

/// The time since the scenario began.
pub trait Elapsed {
    fn elapsed(&self) -> Duration;
}

pub type Answer = Result<u32, TestError>;

/// An error without a classification.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TestError {
    #[error("busy")]
    Transient,
    #[error("invalid")]
    Permanent,
    #[error("come back in {0:?}")]
    RateLimited(Duration),
    #[error(transparent)]
    Resilience(#[from] resilience::Error),
}

impl TestError {
    pub fn is_transient(&self) -> bool {
        *self == Self::Transient
    }

    pub fn is_permanent(&self) -> bool {
        *self == Self::Permanent
    }

    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Resilience(resilience::Error::Timeout { .. }))
    }

    pub fn is_open(&self) -> bool {
        matches!(self, Self::Resilience(resilience::Error::CircuitOpen { .. }))
    }

    pub fn is_full(&self) -> bool {
        matches!(self, Self::Resilience(resilience::Error::BulkheadFull { .. }))
    }

    pub fn is_limited(&self) -> bool {
        matches!(self, Self::Resilience(resilience::Error::RateLimited { .. }))
    }

    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited(wait) => Some(*wait),
            Self::Resilience(error) => error.retry_after(),
            Self::Transient | Self::Permanent => None,
        }
    }
}

/// The same error, with a classification.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct Classified(#[from] pub TestError);

impl From<resilience::Error> for Classified {
    fn from(error: resilience::Error) -> Self {
        Self(error.into())
    }
}

impl Classify for Classified {
    fn category(&self) -> Category {
        match &self.0 {
            TestError::Transient => Category::Transient,
            TestError::Permanent => Category::Permanent,
            TestError::RateLimited(_) => Category::RateLimit,
            TestError::Resilience(error) => error.category(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after()
    }
}

/// Whether a call was turned away by an open breaker.
pub fn is_open<T>(answer: &Result<T, TestError>) -> bool {
    answer.as_ref().is_err_and(TestError::is_open)
}

/// Whether a call has run into a limit.
pub fn is_timeout<T>(answer: &Result<T, TestError>) -> bool {
    answer.as_ref().is_err_and(TestError::is_timeout)
}

/// A call as a letter: `S`uccess, `F`ailure, `T`imeout, turned away by an `O`pen breaker, a full
/// `B`ulkhead or a rate `L`imit.
pub fn letter<T>(answer: &Result<T, TestError>) -> char {
    match answer {
        Ok(_) => 'S',
        Err(error) if error.is_open() => 'O',
        Err(error) if error.is_full() => 'B',
        Err(error) if error.is_limited() => 'L',
        Err(error) if error.is_timeout() => 'T',
        Err(_) => 'F',
    }
}

/// `letters!(times, call)`: the call so often, as letters.
macro_rules! letters {
    ($times:expr, $call:expr) => {{
        let mut letters = String::new();
        for _ in 0..$times {
            letters.push($crate::common::letter(&$call));
        }
        letters
    }};
}

/// Counts calls.
#[derive(Debug, Default)]
pub struct Counter(AtomicU32);

impl Counter {
    pub const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// The number of this call, from 1.
    pub fn up(&self) -> u32 {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    pub fn down(&self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }

    pub fn get(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

/// An argument that counts how often it is cloned.
#[derive(Debug)]
pub struct Parcel<'a> {
    pub content: Vec<u32>,
    clones: &'a Counter,
}

impl<'a> Parcel<'a> {
    pub const fn new(clones: &'a Counter) -> Self {
        Self { content: Vec::new(), clones }
    }
}

impl Clone for Parcel<'_> {
    fn clone(&self) -> Self {
        self.clones.up();
        Self { content: self.content.clone(), clones: self.clones }
    }
}

/// An operation that does what it is told, and remembers when it was called.
pub struct Script<'a, C> {
    clock: &'a C,
    plan: Box<dyn Fn(u32) -> Answer + Send + Sync + 'a>,
    starts: Mutex<Vec<Duration>>,
}

impl<'a, C: Elapsed> Script<'a, C> {
    /// Call number `n`, from 1, ends with `plan(n)`.
    pub fn new(clock: &'a C, plan: impl Fn(u32) -> Answer + Send + Sync + 'a) -> Self {
        Self { clock, plan: Box::new(plan), starts: Mutex::default() }
    }

    /// Fails so often, then gives the number of the call.
    pub fn fails(times: u32, clock: &'a C) -> Self {
        Self::new(clock, move |call| if call <= times { Err(TestError::Transient) } else { Ok(call) })
    }

    pub fn always(error: TestError, clock: &'a C) -> Self {
        Self::new(clock, move |_| Err(error.clone()))
    }

    /// One letter a call, `S` for success and `F` for failure, with spaces for the reader; then success.
    pub fn of(letters: &str, clock: &'a C) -> Self {
        let fails: Vec<bool> = letters.chars().filter(|letter| *letter != ' ').map(|letter| letter == 'F').collect();
        Self::new(clock, move |call| match fails.get(call as usize - 1) {
            Some(true) => Err(TestError::Transient),
            _ => Ok(call),
        })
    }

    pub fn next(&self) -> Answer {
        let mut starts = self.starts.lock().unwrap_or_else(PoisonError::into_inner);
        starts.push(self.clock.elapsed());
        let call = u32::try_from(starts.len()).unwrap_or(u32::MAX);
        drop(starts);
        (self.plan)(call)
    }

    /// When each call began.
    pub fn starts(&self) -> Vec<Duration> {
        self.starts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn calls(&self) -> usize {
        self.starts().len()
    }

    /// The time from each call to the next.
    pub fn gaps(&self) -> Vec<Duration> {
        self.starts().windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect()
    }
}

/// Polls a future at most so often and drops it then; its result, if it got that far.
pub async fn poll_at_most<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = Box::pin(future);
    let mut left = polls;
    poll_fn(move |cx| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// One event of the library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    pub name: &'static str,
    pub level: tracing::Level,
    pub fields: BTreeMap<&'static str, String>,
}

impl Recorded {
    /// A field as text; empty where it is missing.
    pub fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

/// Keeps the library's events on this thread, for as long as it lives.
pub struct Recorder {
    events: Arc<Mutex<Vec<Recorded>>>,
    _guard: DefaultGuard,
}

impl Recorder {
    pub fn start() -> Self {
        // While there is one subscriber in the process, tracing asks whichever thread comes first whether anyone
        // wants an event, and that thread may have none.
        static OTHERS: OnceLock<[Dispatch; 2]> = OnceLock::new();
        OTHERS.get_or_init(|| [(); 2].map(|()| Dispatch::new(tracing_subscriber::registry())));

        let events = Arc::new(Mutex::new(Vec::new()));
        let subscriber = tracing_subscriber::registry().with(Log(Arc::clone(&events)));
        Self { events, _guard: tracing::subscriber::set_default(subscriber) }
    }

    pub fn events(&self) -> Vec<Recorded> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn names(&self) -> Vec<&'static str> {
        self.events().iter().map(|event| event.name).collect()
    }

    pub fn named(&self, name: &str) -> Vec<Recorded> {
        self.events().into_iter().filter(|event| event.name == name).collect()
    }
}

struct Log(Arc<Mutex<Vec<Recorded>>>);

impl<S: tracing::Subscriber> Layer<S> for Log {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        if metadata.target() == "resilience" {
            let mut fields = Fields::default();
            event.record(&mut fields);
            let recorded = Recorded { name: metadata.name(), level: *metadata.level(), fields: fields.0 };
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(recorded);
        }
    }
}

#[derive(Default)]
struct Fields(BTreeMap<&'static str, String>);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}
