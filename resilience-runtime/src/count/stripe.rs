//! The stripe of a thread: a number that it shares with no other living thread.

use std::cell::Cell;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::sync::lock;

/// The threads that own a stripe at a time; more than most programs run at once.
pub const OWN: usize = 32;
/// The stripes of all further threads, which follow the others.
pub const SHARED: usize = 8;

thread_local! {
    /// A constant initial value is read without a check.
    static STRIPE: Cell<usize> = const { Cell::new(UNASSIGNED) };
    /// Separate from `STRIPE`, because a value with a destructor is read with a check.
    static LEASE: StripeLease = const { StripeLease };
}

const UNASSIGNED: usize = usize::MAX;

/// The stripes of ended threads, and the number of stripes assigned so far.
static FREE_STRIPES: Mutex<(Vec<usize>, usize)> = Mutex::new((Vec::new(), 0));

/// The lock makes the counts of an ended thread visible to the next owner of its stripe.
struct StripeLease;

impl Drop for StripeLease {
    fn drop(&mut self) {
        // Later destructors of this thread may count too: they use a shared stripe.
        let stripe = STRIPE.replace(OWN);
        if stripe < OWN {
            lock(&FREE_STRIPES).0.push(stripe);
        }
    }
}

/// Less than [`OWN`] if this thread has a stripe of its own by now.
#[inline]
pub fn current() -> usize {
    STRIPE.get()
}

/// [`current`], with one for a thread that has none.
#[cold]
pub fn assigned() -> usize {
    match STRIPE.get() {
        UNASSIGNED => assign(),
        stripe => stripe,
    }
}

fn assign() -> usize {
    static NEXT_SHARED: AtomicUsize = AtomicUsize::new(0);
    let can_be_returned = LEASE.try_with(|_| ()).is_ok();
    let own = can_be_returned.then(|| {
        let (free, assigned) = &mut *lock(&FREE_STRIPES);
        free.pop().or_else(|| {
            let next = (*assigned < OWN).then_some(*assigned)?;
            *assigned += 1;
            Some(next)
        })
    });
    let stripe = own.flatten().unwrap_or_else(|| OWN + NEXT_SHARED.fetch_add(1, Ordering::Relaxed) % SHARED);
    STRIPE.set(stripe);
    stripe
}
