use std::fmt;
use std::ops::Deref;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

/// Named state, as [`CircuitBreaker::named`](crate::CircuitBreaker::named) and its siblings return it.
///
/// The state exists as long as an attribute, a policy or a handle holds it. An attribute holds its
/// state from the first call until the process ends. A name whose state is gone is free, and the next
/// policy with it starts afresh.
///
/// ```
/// use resilience::{Bulkhead, Error, Policy, policy};
///
/// let query: Policy<u32, Error> = Policy::new() >> policy::bulkhead("reports").max(4).build()?;
/// assert_eq!(query.call_blocking(|| Ok(1)), Ok(1));
///
/// let handle = Bulkhead::named("reports").expect("called above");
/// drop(query);
/// assert_eq!(handle.snapshot().max, 4);
/// drop(handle);
/// assert!(Bulkhead::named("reports").is_none());
/// # Ok::<(), resilience::policy::InvalidPolicy>(())
/// ```
pub struct Handle<T: 'static>(Arc<dyn HandleEntry<T>>);

pub trait HandleEntry<T>: Send + Sync {
    fn instance(&self) -> &T;
}

impl<T> Handle<T> {
    pub(crate) fn new(entry: Arc<dyn HandleEntry<T>>) -> Self {
        Self(entry)
    }
}

impl<T> Deref for Handle<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.instance()
    }
}

// All state is behind locks, and stays valid after a panic.
impl<T> UnwindSafe for Handle<T> {}
impl<T> RefUnwindSafe for Handle<T> {}

impl<T> Clone for Handle<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: fmt::Debug> fmt::Debug for Handle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
