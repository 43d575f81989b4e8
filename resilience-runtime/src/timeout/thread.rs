//! `mode = "thread"`: a synchronous body on a thread of its own, so that the caller can leave it behind.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex};
use std::{mem, thread};

use super::{SCOPE, Scope, TimeoutConfig};
use crate::context::call;
use crate::context::exhausted;
use crate::context::observer::CarriedObservers;
use crate::error::Error;
use crate::sync::lock;
use crate::time::clock::{self, Moment};

/// The bodies that one attribute has left behind, and that still run.
#[derive(Debug)]
pub struct Threads(Mutex<u32>);

/// Who of the two is gone first: the caller, or the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meeting {
    Pending,
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
/// A body that is left behind goes on; it sees the deadline, so `checkpoint()` ends it. A panic of the body is the caller's.
///
/// # Errors
///
/// [`Error::Timeout`] at the limit; [`Error::NoThread`], without having run the body, while `max_abandoned` bodies of earlier
/// calls still run, or when the system has no thread left.
pub fn on_thread<T: Send + 'static>(
    config: &'static TimeoutConfig,
    threads: &'static Threads,
    body: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    let rejected = |abandoned| Error::NoThread { function: config.function, abandoned };
    let abandoned = *lock(&threads.0);
    if abandoned >= config.max_abandoned {
        return Err(rejected(abandoned));
    }
    let around = SCOPE.get();
    let scope = around.narrowed(config.scope).fixed();
    let left = Moment::from_nanos(scope.0).since(clock::now());
    let limit = if around.outlasts(scope) { config.limit } else { left };

    let meeting = Arc::new(Mutex::new(Meeting::Pending));
    let (sender, receiver) = sync_channel(1);
    let work = {
        let (meeting, observed, span) = (Arc::clone(&meeting), CarriedObservers::current(), tracing::Span::current());
        move || {
            let outcome = catch_unwind(AssertUnwindSafe(|| observed.within(|| span.in_scope(|| inside(scope, body)))));
            // The value is on its way before the caller can learn that it is there. One that nobody wants is dropped here.
            let _unwanted = sender.send((outcome, exhausted::gave_up(), call::is_marked()));
            let before = mem::replace(&mut *lock(&meeting), Meeting::Done);
            if before == Meeting::Abandoned {
                *lock(&threads.0) -= 1;
            }
        }
    };
    let spawned = thread::Builder::new().name(config.function.to_owned()).spawn(clock::carry(work));
    if spawned.is_err() {
        return Err(rejected(*lock(&threads.0)));
    }
    let outcome = match receiver.recv_timeout(left) {
        Err(RecvTimeoutError::Timeout) => {
            let mut meeting = lock(&meeting);
            if *meeting == Meeting::Pending {
                *meeting = Meeting::Abandoned;
                *lock(&threads.0) += 1;
            }
            receiver.try_recv().ok()
        }
        done => done.ok(),
    };
    // Time that was skipped on that thread is over here too.
    let is_late = clock::is_skipping() && Moment::from_nanos(scope.0) <= clock::now();
    match outcome.filter(|_| !is_late) {
        Some((Ok(value), gave_up, is_degraded)) => {
            if gave_up {
                exhausted::give_up();
            }
            if is_degraded {
                call::mark_degraded();
            }
            Ok(value)
        }
        Some((Err(panic), ..)) => resume_unwind(panic),
        None => Err(config.elapsed(limit)),
    }
}

fn inside<T>(scope: Scope, body: impl FnOnce() -> T) -> T {
    let _deadline = scope.enter();
    body()
}
