use std::sync::{Mutex, MutexGuard, PoisonError};

/// Ignores poison: guarded state is replaced as a whole, so a panic in user code leaves it sound.
pub fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A state and the settings that apply to it, which change together.
#[derive(Debug)]
pub struct Configured<C, S> {
    pub config: C,
    pub state: S,
}

#[cfg(feature = "cached")]
pub use sharded::{read, write};

/// Ignores poison: only `Eq` of a key, before any change, and `Clone` of a value can panic here.
#[cfg(feature = "cached")]
mod sharded {
    use std::sync::PoisonError;

    use crossbeam_utils::sync::{ShardedLock, ShardedLockReadGuard, ShardedLockWriteGuard};

    #[inline]
    pub fn read<T>(lock: &ShardedLock<T>) -> ShardedLockReadGuard<'_, T> {
        lock.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn write<T>(lock: &ShardedLock<T>) -> ShardedLockWriteGuard<'_, T> {
        lock.write().unwrap_or_else(PoisonError::into_inner)
    }
}
