use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex};
use std::{mem, thread};

use super::{ThreadLimit, TimeoutConfig, expired};
use crate::context::{Carried, Deadline};
use crate::error::Error;
use crate::sync::lock;
use crate::time;

/// The bodies of one attribute that still run.
#[derive(Debug)]
pub struct Threads(Mutex<ThreadCounts>);

#[derive(Debug, Clone, Copy)]
struct ThreadCounts {
    all: u32,
    /// Those past their limit.
    abandoned: u32,
}

/// Dropping it makes room for another thread.
#[derive(Debug)]
struct ThreadSlot(&'static Threads);

impl Drop for ThreadSlot {
    fn drop(&mut self) {
        lock(&self.0.0).all -= 1;
    }
}

/// The thread-local state of other crates that the new thread takes over from its caller.
struct Surroundings {
    dispatch: tracing::Dispatch,
    span: tracing::Span,
    runtime: Option<tokio::runtime::Handle>,
}

impl Surroundings {
    fn current() -> Self {
        Self {
            dispatch: tracing::dispatcher::get_default(Clone::clone),
            span: tracing::Span::current(),
            runtime: tokio::runtime::Handle::try_current().ok(),
        }
    }

    fn enter<T>(self, body: impl FnOnce() -> T) -> T {
        let Self { dispatch, span, runtime } = self;
        let _runtime = runtime.as_ref().map(tokio::runtime::Handle::enter);
        tracing::dispatcher::with_default(&dispatch, || span.in_scope(body))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BodyState {
    Running,
    Abandoned,
    Done,
}

impl Threads {
    pub const fn new() -> Self {
        Self(Mutex::new(ThreadCounts { all: 0, abandoned: 0 }))
    }

    fn reserve(&'static self, config: &TimeoutConfig) -> Result<ThreadSlot, Error> {
        let mut counts = lock(&self.0);
        if counts.abandoned >= config.max_abandoned || counts.all >= config.max_threads {
            return Err(counts.rejection(config));
        }
        counts.all += 1;
        Ok(ThreadSlot(self))
    }
}

impl ThreadCounts {
    #[cold]
    fn rejection(self, config: &TimeoutConfig) -> Error {
        Error::NoThread { function: config.function().static_name(), running: self.all, abandoned: self.abandoned }
    }
}

impl Default for Threads {
    fn default() -> Self {
        Self::new()
    }
}

/// A body that can run on a thread of its own, with `mode = "thread"`.
// A trait, because the compiler quotes the bounds of a function.
pub trait ThreadBody<T>: Sized {
    #[doc(hidden)]
    fn run_on_thread(self, limit: impl ThreadLimit, threads: &'static Threads) -> Result<T, Error>;
}

impl<T: Send + 'static, F: FnOnce() -> T + Send + 'static> ThreadBody<T> for F {
    fn run_on_thread(self, limit: impl ThreadLimit, threads: &'static Threads) -> Result<T, Error> {
        on_thread(limit, threads, self)
    }
}

/// Runs `body` on a thread of its own until the limit. An abandoned body goes on; it sees the
/// deadline, so `checkpoint()` can end it. A panic of the body reaches the caller.
///
/// # Errors
///
/// [`Error::Timeout`] at the limit. [`Error::NoThread`] if the body cannot start: `max_abandoned`
/// bodies still run past their limit, `max_threads` run in all, or the system has no thread left.
#[allow(clippy::needless_pass_by_value, reason = "it is a reference")]
fn on_thread<T: Send + 'static>(
    limit: impl ThreadLimit,
    threads: &'static Threads,
    body: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    let config = limit.settings();
    let slot = threads.reserve(config)?;
    let outer = Deadline::current();
    let deadline = outer.narrowed(limit.deadline()).started();
    let until = deadline.moment();
    let left = until.since(time::now());

    let state = Arc::new(Mutex::new(BodyState::Running));
    let (sender, receiver) = sync_channel(1);
    let work = {
        let (state, surroundings) = (Arc::clone(&state), Surroundings::current());
        let work =
            Carried::with_deadline(deadline).wrap(move || catch_unwind(AssertUnwindSafe(|| surroundings.enter(body))));
        move || {
            let out = work();
            // Before the caller has the result, so that calls one after the other need one thread.
            drop(slot);
            // Sends before it sets `Done`, so a caller that sees `Done` finds the result.
            let _unwanted = sender.send(out);
            let before = mem::replace(&mut *lock(&state), BodyState::Done);
            if before == BodyState::Abandoned {
                lock(&threads.0).abandoned -= 1;
            }
        }
    };
    if thread::Builder::new().name(config.function().name().into_owned()).spawn(work).is_err() {
        // The slot is free again.
        return Err(lock(&threads.0).rejection(config));
    }
    let outcome = match receiver.recv_timeout(left) {
        Err(RecvTimeoutError::Timeout) => {
            let mut state = lock(&state);
            if *state == BodyState::Running {
                *state = BodyState::Abandoned;
                lock(&threads.0).abandoned += 1;
            }
            receiver.try_recv().ok()
        }
        done => done.ok(),
    };
    // Time skipped on that thread counts here too.
    let is_late = time::is_skipping() && until <= time::now();
    match outcome.filter(|_| !is_late) {
        Some((Ok(value), marks)) => {
            marks.adopt();
            Ok(value)
        }
        Some((Err(panic), _)) => resume_unwind(panic),
        None => Err(expired(deadline)),
    }
}
