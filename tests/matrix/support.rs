//! What the generated cases are made of.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::task::{Context, Poll};

pub use std::fmt::Display;
pub use std::hash::Hash;
pub use std::io;
pub use std::sync::Arc;

pub use resilience::{bulkhead, cached, circuit_breaker, fallback, rate_limit, retry, timeout};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    Down,
    Resilience(resilience::Error),
}

impl From<resilience::Error> for Fault {
    fn from(error: resilience::Error) -> Self {
        Self::Resilience(error)
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Down => f.write_str("down"),
            Self::Resilience(error) => error.fmt(f),
        }
    }
}

pub type Answer<T> = Result<T, Fault>;
pub type Boxed = Box<dyn Display + Send>;
pub type Shared = Arc<dyn Display + Send + Sync>;

pub fn down() -> io::Error {
    io::Error::other("down")
}

/// For `map_err`: no conversion leads from our error to this one.
pub fn to_io(error: resilience::Error) -> io::Error {
    io::Error::other(error)
}

/// The other side: fails so many calls.
#[derive(Debug, Default)]
pub struct Flaky {
    calls: AtomicU32,
    failures: u32,
}

impl Flaky {
    pub fn failing(failures: u32) -> Self {
        Self { calls: AtomicU32::new(0), failures }
    }

    pub fn calls(&self) -> u32 {
        self.calls.load(SeqCst)
    }

    pub fn up(&self) -> bool {
        self.calls.fetch_add(1, SeqCst) >= self.failures
    }

    pub fn option(&self) -> Option<()> {
        self.up().then_some(())
    }

    pub fn result(&self) -> Result<(), Fault> {
        self.option().ok_or(Fault::Down)
    }

    pub fn io(&self) -> io::Result<()> {
        self.option().ok_or_else(down)
    }
}

/// What the methods belong to.
#[derive(Debug, Default)]
pub struct Host {
    pub flaky: Flaky,
    pub touched: u32,
}

/// What the same methods belong to without an attribute, where they are those of a trait.
#[derive(Debug, Default)]
pub struct Twin {
    pub flaky: Flaky,
    pub touched: u32,
}

impl Host {
    pub fn failing(failures: u32) -> Self {
        Self { flaky: Flaky::failing(failures), touched: 0 }
    }
}

impl Twin {
    pub fn failing(failures: u32) -> Self {
        Self { flaky: Flaky::failing(failures), touched: 0 }
    }
}

pub fn show(value: impl Display) -> String {
    format!("<{value}>")
}

pub fn spare() -> String {
    "spare".to_owned()
}

pub fn always<E>(_: &E) -> bool {
    true
}

pub fn never<E>(_: &E) -> bool {
    false
}

/// Every future of a case goes through here.
pub fn send<F: Send>(future: F) -> F {
    future
}

/// Pending once.
#[derive(Debug, Default)]
pub struct Pause(bool);

pub fn pause() -> Pause {
    Pause(false)
}

impl Future for Pause {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// A result of any of the types, for comparison.
pub trait Seen {
    fn seen(self) -> String;
}

impl<T: Display, E: Display> Seen for Result<T, E> {
    fn seen(self) -> String {
        self.map_or_else(|error| format!("failed: {error}"), |value| format!("answered: {value}"))
    }
}

impl<T: Display> Seen for Option<T> {
    fn seen(self) -> String {
        self.ok_or("down").seen()
    }
}

/// What a call has to come to.
#[derive(Debug, Clone, Copy)]
pub enum Expected {
    /// The answer of the plain function.
    Up,
    /// The failure of the plain function.
    Down,
    /// The answer of the fallback.
    Spare,
}

/// What the plain function answers and how it fails, of which the second is the same everywhere.
pub struct Plain {
    up: String,
}

impl Plain {
    pub fn new(up: String, down: &str) -> Self {
        assert_eq!(down, "failed: down", "the plain function");
        assert!(up.starts_with("answered: ") && !up.contains("spare"), "the plain function: {up}");
        Self { up }
    }

    /// `calls`: of the body, as far as it counts them, against what has to be.
    pub fn check(&self, expected: Expected, seen: &str, calls: &[u32], expected_calls: u32) {
        let wanted = match expected {
            Expected::Up => &self.up,
            Expected::Down => "failed: down",
            Expected::Spare => "answered: spare",
        };
        assert_eq!(seen, wanted);
        for calls in calls {
            assert_eq!(*calls, expected_calls, "calls of the body");
        }
    }
}
