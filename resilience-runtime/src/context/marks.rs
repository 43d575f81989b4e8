use std::cell::Cell;

#[cfg(feature = "cached")]
use super::ContextPart;
use super::facts::{self, Fact};

thread_local! {
    static DEGRADED: Cell<u8> = const { Cell::new(NOT_DEGRADED) };
}

const NOT_DEGRADED: u8 = 0;
const SUBSTITUTE: u8 = 1;
const FAILED_SUBSTITUTE: u8 = 1 << 1;

/// Tells an outer cache, through the user's functions, not to store a fallback or expired value.
#[cfg(feature = "cached")]
#[derive(Debug, Clone, Copy, Default)]
pub struct Degraded(u8);

#[cfg(feature = "cached")]
impl Degraded {
    pub fn clear() {
        DEGRADED.set(NOT_DEGRADED);
    }

    pub const fn bits(self) -> u8 {
        self.0
    }

    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// A substitute is part of the answer, or may be.
    pub const fn is_answer(self) -> bool {
        self.0 & SUBSTITUTE != 0
    }

    /// A substitute was asked for, whether it has answered or failed.
    pub const fn is_any(self) -> bool {
        self.0 != NOT_DEGRADED
    }
}

#[cfg(feature = "cached")]
impl ContextPart for Degraded {
    type Outer = u8;

    #[inline]
    fn enter(&mut self) -> u8 {
        DEGRADED.replace(self.0)
    }

    #[inline]
    fn leave(&mut self, outer: u8) {
        self.0 = DEGRADED.replace(outer);
    }
}

pub fn mark_degraded() {
    DEGRADED.set(DEGRADED.get() | SUBSTITUTE);
}

/// Says nothing about a later answer, but a failure may be that of the substitute.
pub fn mark_failed_substitute() {
    DEGRADED.set(DEGRADED.get() | FAILED_SUBSTITUTE);
}

/// The marks that the code of another thread, or of a listener, leaves behind.
#[derive(Debug, Clone, Copy)]
pub struct Marks {
    fact: Option<Fact>,
    degraded: u8,
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

    pub fn adopt(self) {
        let Self { fact, degraded } = self;
        facts::adopt(fact);
        DEGRADED.set(DEGRADED.get() | degraded);
    }
}
