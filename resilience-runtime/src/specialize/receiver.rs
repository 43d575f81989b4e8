//! Whether a `self` passed by value is cloned for each attempt, or lent to all of them.

use std::marker::PhantomData;

use crate::retry::{ArgSlot, CloneArg};

#[derive(Debug)]
pub struct ReceiverProbe<T>(PhantomData<fn(T)>);

impl<T> ReceiverProbe<T> {
    pub fn of(_: &T) -> Self {
        Self(PhantomData)
    }

    pub fn of_slot(_: &ArgSlot<T>) -> Self {
        Self(PhantomData)
    }
}

#[derive(Debug)]
pub struct ClonedReceiver;

#[expect(clippy::unused_self, reason = "method resolution chooses by it")]
impl ClonedReceiver {
    #[inline]
    pub fn take<T: Clone>(self, slot: &mut ArgSlot<T>, last: bool) -> T {
        CloneArg::take(slot, last)
    }

    #[inline]
    pub fn again<T: Clone>(self, this: &T) -> T {
        this.clone()
    }

    #[inline]
    pub fn again_mut<T: Clone>(self, this: &mut T) -> T {
        this.clone()
    }
}

#[derive(Debug)]
pub struct LentReceiver;

#[expect(clippy::unused_self, reason = "method resolution chooses by it")]
impl LentReceiver {
    #[inline]
    pub fn take<T>(self, slot: &mut ArgSlot<T>, _: bool) -> &mut T {
        slot.lend()
    }

    #[inline]
    pub fn again<T>(self, this: &T) -> &T {
        this
    }

    #[inline]
    pub fn again_mut<T>(self, this: &mut T) -> &mut T {
        this
    }
}

pub trait ReceiverIfClone {
    fn __resilience_receiver(&self) -> ClonedReceiver {
        ClonedReceiver
    }
}

impl<T: Clone> ReceiverIfClone for &ReceiverProbe<T> {}

pub trait ReceiverOtherwise {
    fn __resilience_receiver(&self) -> LentReceiver {
        LentReceiver
    }
}

impl<T> ReceiverOtherwise for ReceiverProbe<T> {}
