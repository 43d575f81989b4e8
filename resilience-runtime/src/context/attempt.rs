//! The attempt of a retried call that the running code belongs to.

use std::cell::Cell;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{ContextPart, IdempotencyKey};

thread_local! {
    static CURRENT: Cell<CallAttempt> = const { Cell::new(CallAttempt::OUTSIDE) };
}

/// The number of the attempt and, once the call has asked for its key, the number of the call.
///
/// A number stands for the key, so that no call has to give anything back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallAttempt(u64);

impl CallAttempt {
    const BITS: u32 = 26;
    const ATTEMPTS: u64 = (1 << Self::BITS) - 1;

    pub const OUTSIDE: Self = Self(0);
    pub const FIRST: Self = Self(1);

    #[inline]
    pub fn current() -> Self {
        CURRENT.get()
    }

    #[inline]
    pub fn replace_current(self) -> Self {
        CURRENT.replace(self)
    }

    #[inline]
    pub const fn attempt(self) -> u32 {
        (self.0 & Self::ATTEMPTS) as u32
    }

    const fn call(self) -> Option<NonZeroU64> {
        NonZeroU64::new(self.0 >> Self::BITS)
    }

    /// Counts to 67 million. Whatever asks for more goes on for ever.
    #[must_use]
    pub const fn next_attempt(self) -> Self {
        if self.0 & Self::ATTEMPTS == Self::ATTEMPTS { self } else { Self(self.0 + 1) }
    }

    #[must_use]
    pub const fn first_attempt(self) -> Self {
        Self(self.0 & !Self::ATTEMPTS | 1)
    }

    /// Gives the call its number, if it is a retried one and has none.
    #[must_use]
    fn with_call(self) -> Self {
        if self == Self::OUTSIDE || self.call().is_some() {
            return self;
        }
        Self(self.0 | next_call() << Self::BITS)
    }

    /// Gives the current call its number, before a part of it begins that its end may not wait for.
    pub fn current_with_call() -> Self {
        let attempt = Self::current().with_call();
        attempt.replace_current();
        attempt
    }
}

fn next_call() -> u64 {
    const CALLS: u64 = u64::MAX >> CallAttempt::BITS;
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed) % CALLS + 1
}

impl ContextPart for CallAttempt {
    type Outer = Self;

    fn enter(&mut self) -> Self {
        self.replace_current()
    }

    fn leave(&mut self, outer: Self) {
        *self = outer.replace_current();
    }
}

/// Returns the number of the attempt that is running, starting at 1.
///
/// It is that of the innermost retry around the code, an attribute or a layer of a
/// [`Policy`](crate::Policy). Outside of a retry it is 1.
///
/// A spawned task or thread is outside of the retry that spawned it. `mode = "thread"` of a timeout
/// stays inside.
///
/// # Examples
///
/// ```
/// use resilience::{attempt, retry};
///
/// #[retry(max = 2, backoff = "none")]
/// fn third_time_lucky() -> Result<u32, String> {
///     match attempt() {
///         3 => Ok(3),
///         other => Err(format!("attempt {other}")),
///     }
/// }
/// assert_eq!((third_time_lucky(), attempt()), (Ok(3), 1));
/// ```
pub fn attempt() -> u32 {
    CallAttempt::current().attempt().max(1)
}

/// Returns the key that identifies the running call to another service, the same in all attempts.
///
/// A service that gets a key twice knows that it has seen the request before, and returns its first
/// answer. So a write that is retried happens once.
///
/// The key belongs to one call of the innermost function with a retry, or to one call of a policy
/// with one. Each call has its own, so two writes in a loop do not share a key. A function that
/// writes twice in one call derives a key for each with [`IdempotencyKey::derive`]. If an outer
/// function is retried too, it asks for the key and passes it on: the inner call is another call at
/// each attempt.
///
/// Outside of a retry each call of this function returns another key. A spawned task or thread is
/// outside of the retry that spawned it; `mode = "thread"` of a timeout stays inside.
///
/// The key is made when it is first asked for. Calls that do not ask for it do not pay for it.
///
/// # Examples
///
/// ```
/// use resilience::{idempotency_key, retry};
/// # use std::cell::RefCell;
/// # thread_local! { static SENT: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) } }
/// # fn send(key: &str) -> Result<(), String> {
/// #     SENT.with_borrow_mut(|sent| sent.push(key.to_owned()));
/// #     if SENT.with_borrow(Vec::len) < 3 { Err("timed out".to_owned()) } else { Ok(()) }
/// # }
///
/// #[retry(max = 2, backoff = "none")]
/// fn place_order() -> Result<(), String> {
///     send(&idempotency_key().to_string())
/// }
/// place_order()?;
/// # SENT.with_borrow(|sent| assert!(sent.len() == 3 && sent.iter().all(|key| *key == sent[0])));
/// # Ok::<(), String>(())
/// ```
pub fn idempotency_key() -> IdempotencyKey {
    IdempotencyKey::of_call(CallAttempt::current_with_call().call().map_or_else(next_call, NonZeroU64::get))
}

/// The attempt of an asynchronous call, between its polls. Atomic to keep its future `Send`.
#[derive(Debug)]
pub struct AttemptCell(AtomicU64);

impl AttemptCell {
    #[inline]
    pub const fn new() -> Self {
        Self(AtomicU64::new(CallAttempt::FIRST.0))
    }

    #[inline]
    pub fn get(&self) -> CallAttempt {
        CallAttempt(self.0.load(Ordering::Relaxed))
    }

    #[inline]
    pub fn set(&self, attempt: CallAttempt) {
        self.0.store(attempt.0, Ordering::Relaxed);
    }
}

/// The attempt that an await point enters at each poll, or nothing outside of a retry.
pub trait AttemptScope: Copy {
    type Guard;

    fn enter(self) -> Self::Guard;
}

impl AttemptScope for () {
    type Guard = ();

    #[inline]
    fn enter(self) {}
}

impl<'a> AttemptScope for &'a AttemptCell {
    type Guard = AttemptGuard<'a>;

    #[inline]
    fn enter(self) -> AttemptGuard<'a> {
        AttemptGuard { outer: self.get().replace_current(), cell: self }
    }
}

#[derive(Debug)]
pub struct AttemptGuard<'a> {
    cell: &'a AttemptCell,
    outer: CallAttempt,
}

impl Drop for AttemptGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        self.cell.set(self.outer.replace_current());
    }
}
