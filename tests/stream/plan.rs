//! Streams that do what a text says.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::Stream;
use tokio::time::{Sleep, sleep};

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Fault {
    #[error("{0}")]
    Down(String),
    #[error(transparent)]
    Resilience(#[from] resilience::Error),
}

impl Fault {
    pub fn down(word: &str) -> Self {
        Self::Down(word.to_owned())
    }
}

/// One text for each opening, and the last one for all further ones.
///
/// `"1 2"` gives two items, `"x"` fails, `"~5"` waits for five seconds, `"!x"` fails when it is opened.
#[derive(Debug)]
pub struct Plan {
    openings: Vec<&'static str>,
    opened: AtomicUsize,
    alive: Arc<AtomicUsize>,
}

impl Plan {
    pub fn new(openings: impl Into<Vec<&'static str>>) -> Arc<Self> {
        Arc::new(Self { openings: openings.into(), opened: AtomicUsize::new(0), alive: Arc::default() })
    }

    pub fn opened(&self) -> usize {
        self.opened.load(Ordering::Relaxed)
    }

    /// The streams that are not dropped yet.
    pub fn alive(&self) -> usize {
        self.alive.load(Ordering::Relaxed)
    }

    pub fn open(&self) -> Result<Planned, Fault> {
        let opening = self.opened.fetch_add(1, Ordering::Relaxed).min(self.openings.len() - 1);
        let words = self.openings[opening];
        if let Some(fault) = words.strip_prefix('!') {
            return Err(Fault::down(fault));
        }
        self.alive.fetch_add(1, Ordering::Relaxed);
        let words = words.split_whitespace().collect();
        Ok(Planned { words, wait: None, alive: Alive(Arc::clone(&self.alive)) })
    }

    /// For functions that return no `Result`.
    pub fn stream(&self) -> Planned {
        self.open().unwrap_or_else(|fault| panic!("the plan fails to open: {fault}"))
    }
}

#[derive(Debug)]
struct Alive(Arc<AtomicUsize>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[derive(Debug)]
pub struct Planned {
    words: VecDeque<&'static str>,
    wait: Option<Pin<Box<Sleep>>>,
    #[expect(dead_code, reason = "its drop counts")]
    alive: Alive,
}

impl Stream for Planned {
    type Item = Result<u32, Fault>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(wait) = &mut self.wait {
                ready!(wait.as_mut().poll(cx));
                self.wait = None;
            }
            let Some(word) = self.words.pop_front() else { return Poll::Ready(None) };
            if let Some(seconds) = word.strip_prefix('~') {
                let seconds = seconds.parse().unwrap_or(u64::MAX);
                self.wait = Some(Box::pin(sleep(Duration::from_secs(seconds))));
                continue;
            }
            return Poll::Ready(Some(word.parse().map_err(|_| Fault::down(word))));
        }
    }
}
