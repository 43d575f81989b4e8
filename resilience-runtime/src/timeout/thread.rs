//! `mode = "thread"`: a synchronous body on a thread of its own, so that the caller can leave it behind.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex};
use std::{mem, thread};

use super::TimeoutConfig;
use crate::context::{Carried, Deadline};
use crate::error::Error;
use crate::sync::lock;
use crate::time;

/// The bodies of one attribute that were left behind and still run.
#[derive(Debug)]
pub struct Threads(Mutex<u32>);

/// What has become of a body and its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BodyState {
    Running,
    /// The caller has left.
    Abandoned,
    Done,
}

impl Threads {
    pub const fn new() -> Self {
        Self(Mutex::new(0))
    }
}

impl Default for Threads {
    fn default() -> Self {
        Self::new()
    }
}

/// Runs `body` on a thread of its own, and returns when it is done or when the time is over.
///
/// A body that is left behind goes on. It sees the deadline, so `checkpoint()` ends it. A panic of the body is the
/// caller's.
///
/// # Errors
///
/// [`Error::Timeout`] at the limit; [`Error::NoThread`], without having run the body, while `max_abandoned` bodies of
/// earlier calls still run, or when the system has no thread left.
pub fn on_thread<T: Send + 'static>(
    config: &'static TimeoutConfig,
    threads: &'static Threads,
    body: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    let rejection = |abandoned| Error::NoThread { function: config.function, abandoned };
    let abandoned = *lock(&threads.0);
    if abandoned >= config.max_abandoned {
        return Err(rejection(abandoned));
    }
    let outer = Deadline::current();
    let until = outer.narrowed(config.deadline).moment();
    let left = until.since(time::now());
    let limit = if outer.outlasts(Deadline::at(until)) { config.limit } else { left };

    let state = Arc::new(Mutex::new(BodyState::Running));
    let (sender, receiver) = sync_channel(1);
    let work = {
        let (state, span) = (Arc::clone(&state), tracing::Span::current());
        let work = Carried::with_deadline(Deadline::at(until))
            .wrap(move || catch_unwind(AssertUnwindSafe(|| span.in_scope(body))));
        move || {
            // The result is on its way before the caller can learn that it is there. One that nobody wants is
            // dropped here.
            let _unwanted = sender.send(work());
            let before = mem::replace(&mut *lock(&state), BodyState::Done);
            if before == BodyState::Abandoned {
                *lock(&threads.0) -= 1;
            }
        }
    };
    if thread::Builder::new().name(config.function.to_owned()).spawn(work).is_err() {
        return Err(rejection(*lock(&threads.0)));
    }
    let outcome = match receiver.recv_timeout(left) {
        Err(RecvTimeoutError::Timeout) => {
            let mut state = lock(&state);
            if *state == BodyState::Running {
                *state = BodyState::Abandoned;
                *lock(&threads.0) += 1;
            }
            receiver.try_recv().ok()
        }
        done => done.ok(),
    };
    // Time that was skipped on that thread is over here too.
    let is_late = time::is_skipping() && until <= time::now();
    match outcome.filter(|_| !is_late) {
        Some((Ok(value), marks)) => {
            marks.join();
            Ok(value)
        }
        Some((Err(panic), _)) => resume_unwind(panic),
        None => Err(config.elapsed(limit)),
    }
}
