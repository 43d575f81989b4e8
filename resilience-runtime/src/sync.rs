//! Locks.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, and ignores poison: guarded state is only ever replaced by whole values, so a panic in user code
/// (`Drop`, `Hash`, `Clone`) leaves it consistent.
pub fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(feature = "cached")]
pub use sharded::{read, write};

/// Locks that readers do not share, poison ignored: only `Eq` of a key, which runs before anything changes, and `Clone` of a
/// value, which only reads, can panic under them.
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
