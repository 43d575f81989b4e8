use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex};
use std::{mem, thread};

use super::{TimeoutConfig, expired};
use crate::context::{Carried, Deadline};
use crate::error::Error;
use crate::sync::lock;
use crate::time;

/// The abandoned bodies of one attribute that still run.
#[derive(Debug)]
pub struct Threads(Mutex<u32>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BodyState {
    Running,
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

/// Runs `body` on a thread of its own until the limit. An abandoned body goes on; it sees the
/// deadline, so `checkpoint()` can end it. A panic of the body reaches the caller.
///
/// # Errors
///
/// [`Error::Timeout`] at the limit. [`Error::NoThread`] if the body cannot start: `max_abandoned`
/// earlier bodies still run, or the system has no thread left.
pub fn on_thread<T: Send + 'static>(
    config: &'static TimeoutConfig,
    threads: &'static Threads,
    body: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    let rejection = |abandoned| Error::NoThread { function: config.function(), abandoned };
    let abandoned = *lock(&threads.0);
    if abandoned >= config.max_abandoned {
        return Err(rejection(abandoned));
    }
    let outer = Deadline::current();
    let deadline = outer.narrowed(config.deadline()).started();
    let until = deadline.moment();
    let left = until.since(time::now());

    let state = Arc::new(Mutex::new(BodyState::Running));
    let (sender, receiver) = sync_channel(1);
    let work = {
        let (state, span) = (Arc::clone(&state), tracing::Span::current());
        let work =
            Carried::with_deadline(deadline).wrap(move || catch_unwind(AssertUnwindSafe(|| span.in_scope(body))));
        move || {
            // Sends before it sets `Done`, so a caller that sees `Done` finds the result.
            let _unwanted = sender.send(work());
            let before = mem::replace(&mut *lock(&state), BodyState::Done);
            if before == BodyState::Abandoned {
                *lock(&threads.0) -= 1;
            }
        }
    };
    if thread::Builder::new().name(config.function().to_owned()).spawn(work).is_err() {
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
    // Time skipped on that thread counts here too.
    let is_late = time::is_skipping() && until <= time::now();
    match outcome.filter(|_| !is_late) {
        Some((Ok(value), marks)) => {
            marks.join();
            Ok(value)
        }
        Some((Err(panic), _)) => resume_unwind(panic),
        None => Err(expired(deadline)),
    }
}
