//! Timers that stay armed between two calls of a thread.
//!
//! A kept timer wakes the shelf on which it lies, and then leaves it: at the latest at the end of the
//! limit for which it was armed last, and when its runtime ends, because a runtime fires its timers
//! then. So it holds neither the task of the call nor a runtime that has ended.

use std::cell::RefCell;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

use tokio::runtime::{Handle, Id};

use super::{Timer, WakerId};
use crate::sync::lock;

#[derive(Debug, Default)]
struct Shelf(Mutex<Vec<Pin<Box<Timer>>>>);

const MOST: usize = 8;

impl Shelf {
    /// Without the lock, because a timer takes that of its runtime when it is dropped.
    fn drop_fired(&self) {
        let mut timers = lock(&self.0);
        let (fired, armed) = mem::take(&mut *timers).into_iter().partition(|timer| timer.has_fired());
        *timers = armed;
        drop(timers);
        drop::<Vec<_>>(fired);
    }
}

impl Wake for Shelf {
    fn wake(self: Arc<Self>) {
        self.drop_fired();
    }
}

#[derive(Debug)]
struct KeptTimers {
    runtime: Id,
    shelf: Arc<Shelf>,
    waker: Waker,
}

thread_local! {
    static KEPT: RefCell<Option<KeptTimers>> = const { RefCell::new(None) };
}

impl KeptTimers {
    fn new(runtime: Id) -> Self {
        let shelf = Arc::new(Shelf::default());
        let waker = Waker::from(Arc::clone(&shelf));
        Self { runtime, shelf, waker }
    }
}

/// The timers refer to the shelf.
impl Drop for KeptTimers {
    fn drop(&mut self) {
        drop(mem::take(&mut *lock(&self.shelf.0)));
    }
}

pub fn take() -> Option<Pin<Box<Timer>>> {
    let take = |kept: &RefCell<Option<KeptTimers>>| {
        let kept = kept.try_borrow().ok()?;
        let kept = kept.as_ref()?;
        let timer = lock(&kept.shelf.0).pop()?;
        let is_here = Handle::try_current().is_ok_and(|handle| handle.id() == kept.runtime);
        (is_here && !timer.has_fired()).then_some(timer)
    };
    KEPT.try_with(take).ok().flatten()
}

pub fn keep(mut timer: Pin<Box<Timer>>) {
    let Some(runtime) = timer.runtime else { return };
    let _gone_at_the_end_of_a_thread = KEPT.try_with(|kept| {
        // It is borrowed when the waker below was the last reference to a task that waits as well.
        let Ok(mut kept) = kept.try_borrow_mut() else { return };
        let kept = match &mut *kept {
            Some(kept) if kept.runtime == runtime => kept,
            other => other.insert(KeptTimers::new(runtime)),
        };
        if lock(&kept.shelf.0).len() >= MOST {
            return;
        }
        *timer.as_mut().project().waker = WakerId::NONE;
        if timer.as_mut().poll_sleep(&mut Context::from_waker(&kept.waker)).is_ready() {
            return;
        }
        let mut timers = lock(&kept.shelf.0);
        timers.push(timer);
        let has_fired = timers.last().is_some_and(|timer| timer.has_fired());
        drop(timers);
        if has_fired {
            kept.shelf.drop_fired();
        }
    });
}

#[cfg(test)]
mod tests;
