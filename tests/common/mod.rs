//! Fixtures of the behaviour tests, on top of `resilience::testing`.

#![allow(dead_code, unused_imports, unused_macros, reason = "each program uses a part of it")]

mod alone;
pub mod awaiting;
pub mod blocking;
mod errors;
mod recorder;
mod script;

use std::future::{Future, poll_fn};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::task::Poll;
use std::time::Duration;

pub use alone::{Alone, Process, alone};
pub use errors::{Answer, Classified, TestError, is_open, is_timeout, letter};
pub use recorder::{Recorded, Recorder};
pub use script::Script;

pub const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Ends the process when the test that holds it hangs for a minute, with the name of the test.
pub struct Watchdog {
    /// Closed when the test drops it.
    _alive: mpsc::Sender<()>,
}

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
        Self { _alive: alive }
    }
}

/// A generator of the same numbers in each run.
pub struct Random(u64);

impl Random {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }
}

/// The time since a scenario began.
pub trait Elapsed {
    fn elapsed(&self) -> Duration;
}

/// `letters!(times, call)` makes a call several times and returns the results as letters.
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

    /// Counts a call and returns its number, from 1.
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

/// Polls a future a limited number of times and then drops it. Returns its output if it was ready by then.
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
