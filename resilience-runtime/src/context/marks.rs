use std::cell::Cell;

#[cfg(feature = "cached")]
use super::ContextPart;
use super::facts::{self, Fact};

thread_local! {
    static DEGRADED: Cell<bool> = const { Cell::new(false) };
}

/// Tells an outer cache, through the user's functions, not to store a fallback or expired value.
#[cfg(feature = "cached")]
#[derive(Debug, Clone, Copy, Default)]
pub struct Degraded(bool);

#[cfg(feature = "cached")]
impl Degraded {
    pub fn clear() {
        DEGRADED.set(false);
    }

    pub const fn is_marked(self) -> bool {
        self.0
    }
}

#[cfg(feature = "cached")]
impl ContextPart for Degraded {
    type Outer = bool;

    #[inline]
    fn enter(&mut self) -> bool {
        DEGRADED.replace(self.0)
    }

    #[inline]
    fn leave(&mut self, outer: bool) {
        self.0 = DEGRADED.replace(outer);
    }
}

pub fn mark_degraded() {
    DEGRADED.set(true);
}

/// What the code of another thread, or of a listener, leaves behind.
#[derive(Debug, Clone, Copy)]
pub struct Marks {
    fact: Option<Fact>,
    degraded: bool,
}

impl Marks {
    pub fn current() -> Self {
        Self { fact: facts::current(), degraded: DEGRADED.get() }
    }

    #[cfg(feature = "metrics")]
    pub fn restore(self) {
        let Self { fact, degraded } = self;
        facts::restore(fact);
        DEGRADED.set(degraded);
    }

    pub fn join(self) {
        let Self { fact, degraded } = self;
        facts::join(fact);
        if degraded {
            mark_degraded();
        }
    }
}
