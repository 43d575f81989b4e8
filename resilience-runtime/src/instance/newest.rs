use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::sync::lock;

/// Settings that a program has changed while it runs. As long as it has not, reading them costs one
/// load.
#[derive(Debug)]
pub struct Newest<C> {
    is_set: AtomicBool,
    config: Mutex<Option<C>>,
}

impl<C: Copy> Newest<C> {
    pub const fn new() -> Self {
        Self { is_set: AtomicBool::new(false), config: Mutex::new(None) }
    }

    #[inline]
    pub fn get(&self) -> Option<C> {
        if self.is_set.load(Ordering::Relaxed) { self.locked() } else { None }
    }

    #[cold]
    fn locked(&self) -> Option<C> {
        *lock(&self.config)
    }

    /// Reads the newest settings, or `first` if there are no others.
    #[inline]
    pub fn read<R>(&self, first: &C, read: impl FnOnce(&C) -> R) -> R {
        match self.get() {
            None => read(first),
            Some(newest) => read(&newest),
        }
    }

    pub fn set(&self, config: C) {
        *lock(&self.config) = Some(config);
        self.is_set.store(true, Ordering::Release);
    }
}
