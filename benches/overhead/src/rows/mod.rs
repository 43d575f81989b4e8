//! The rows, and how each one is called.

mod basic;
#[cfg(feature = "config")]
mod configured;
pub mod failing;
pub mod gates;
#[cfg(feature = "metrics")]
mod recorded;
pub mod waiting;
mod watched;
mod whole;

use std::future::Future;
use std::hint::black_box;

use tokio::runtime::{Builder, Runtime};

#[cfg(feature = "peers")]
use crate::peers;

pub struct Row {
    pub group: &'static str,
    pub name: &'static str,
    pub run: Box<dyn Fn(u64) + Sync>,
    /// The size of the future of an asynchronous row.
    pub future: Option<usize>,
    pub scales: bool,
    /// It takes milliseconds, so it is called [`RARE`] times less often.
    pub is_rare: bool,
    /// So many calls wait at once.
    pub at_once: Option<u64>,
}

const RARE: u64 = 200;

/// It has eight bytes, so that a result travels in registers. With four, the naked call waits for its own store and looks
/// slower than a wrapped one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Failure(pub u64);

impl From<resilience::Error> for Failure {
    fn from(_: resilience::Error) -> Self {
        Self(0)
    }
}

pub type Answer = Result<u64, Failure>;

/// The called function. It succeeds for every argument but the largest, which the compiler cannot know.
#[inline(never)]
pub fn target(x: u64) -> Answer {
    if black_box(x) == u64::MAX { Err(Failure(x)) } else { Ok(x ^ 1) }
}

#[inline(never)]
pub fn failing(x: u64) -> Answer {
    if black_box(x) == u64::MAX { Ok(x) } else { Err(Failure(x)) }
}

pub fn sync(group: &'static str, name: &'static str, call: impl Fn(u64) -> Answer + Sync + 'static) -> Row {
    let run = move |calls| {
        for x in 0..calls {
            black_box(call(black_box(x & 255))).ok();
        }
    };
    Row { group, name, run: Box::new(run), future: None, scales: false, is_rare: false, at_once: None }
}

pub fn later<F>(group: &'static str, name: &'static str, call: impl Fn(u64) -> F + Copy + Send + Sync + 'static) -> Row
where
    F: Future<Output = Answer> + Send + 'static,
{
    let future = Some(size_of_val(&call(0)));
    let run = move |calls| {
        let ended = runtime().block_on(async {
            tokio::spawn(async move {
                for x in 0..calls {
                    black_box(call(black_box(x & 255)).await).ok();
                }
            })
            .await
        });
        assert!(ended.is_ok());
    };
    Row { group, name, run: Box::new(run), future, scales: false, is_rare: false, at_once: None }
}

impl Row {
    pub fn scaled(self) -> Self {
        Self { scales: true, ..self }
    }

    pub fn rare(self) -> Self {
        Self { is_rare: true, ..self }
    }

    /// The calls that `run` makes where a common row makes so many.
    pub fn calls(&self, calls: u64) -> u64 {
        self.at_once.unwrap_or(if self.is_rare { calls / RARE } else { calls })
    }
}

pub fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime on this thread")
}

pub async fn naked(x: u64) -> Answer {
    target(x)
}

pub async fn other(x: u64) -> Answer {
    target(x)
}

pub async fn naked_pending(x: u64) -> Answer {
    tokio::task::yield_now().await;
    target(x)
}

/// The rows in groups, each with the naked call first.
pub fn all() -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    // First: it installs the recorder.
    #[cfg(feature = "metrics")]
    rows.extend(recorded::all());
    rows.extend(
        [waiting::all(), basic::all(), failing::all(), gates::all(), whole::all(), watched::all()]
            .into_iter()
            .flatten(),
    );
    #[cfg(feature = "config")]
    rows.extend(configured::all());
    #[cfg(feature = "peers")]
    rows.extend(peers::all());
    // A stable sort: the naked call stays first in its group.
    let mut groups: Vec<&str> = Vec::new();
    for row in &rows {
        if !groups.contains(&row.group) {
            groups.push(row.group);
        }
    }
    rows.sort_by_key(|row| groups.iter().position(|group| *group == row.group));
    rows
}
