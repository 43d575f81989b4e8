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
pub use shared::{read, try_read, try_write, write};

/// Ignores poison: only `Eq` of a key, before any change, and `Clone` of a value can panic here.
#[cfg(feature = "cached")]
mod shared {
    use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError, TryLockResult};

    #[inline]
    pub fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
        lock.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
        lock.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn try_read<T>(lock: &RwLock<T>) -> Option<RwLockReadGuard<'_, T>> {
        locked(lock.try_read())
    }

    pub fn try_write<T>(lock: &RwLock<T>) -> Option<RwLockWriteGuard<'_, T>> {
        locked(lock.try_write())
    }

    fn locked<G>(result: TryLockResult<G>) -> Option<G> {
        match result {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}
