//! Whether a `self` passed by value is cloned for each attempt, or lent to all of them.

use std::marker::PhantomData;

use crate::retry::{ArgSlot, CloneArg, LastUse};

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

#[derive(Debug, Clone, Copy)]
pub struct ClonedReceiver;

#[expect(clippy::unused_self, reason = "method resolution chooses by it")]
impl ClonedReceiver {
    #[inline]
    pub fn take<T: Clone>(self, slot: &mut ArgSlot<T>, last: bool) -> T {
        CloneArg::take(slot, last.then_some(LastUse))
    }

    #[inline]
    pub fn again<T: Clone>(self, this: &T) -> T {
        this.clone()
    }

    #[inline]
    pub fn again_mut<T: Clone>(self, this: &mut T) -> T {
        this.clone()
    }

    #[inline]
    pub fn take_boxed<T: Clone>(self, slot: &mut ArgSlot<T>, last: bool) -> T {
        self.take(slot, last)
    }

    #[inline]
    pub fn again_boxed<T: Clone>(self, this: &T) -> T {
        this.clone()
    }

    #[inline]
    pub fn again_mut_boxed<T: Clone>(self, this: &mut T) -> T {
        this.clone()
    }
}

/// A `self` taken by value that all attempts borrow, because it is not `Clone`.
#[derive(Debug, Clone, Copy)]
pub struct LentReceiver;

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

    /// Lends the content, so that `*self` is what it is in the plain method.
    #[inline]
    pub fn take_boxed<T: ?Sized>(self, slot: &mut ArgSlot<Box<T>>, _: bool) -> &mut T {
        slot.lend()
    }

    #[inline]
    #[expect(clippy::borrowed_box, reason = "it takes the box off")]
    pub fn again_boxed<T: ?Sized>(self, this: &Box<T>) -> &T {
        this
    }

    #[inline]
    pub fn again_mut_boxed<T: ?Sized>(self, this: &mut Box<T>) -> &mut T {
        this
    }
}

/// A field that a body moves out of `self`, for the next attempt: possible if `self` is cloned for
/// each attempt, or the field is copied.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` cannot be moved out of `self`, which is not `Clone`: a further attempt needs it",
    label = "moved out of `self` here",
    note = "clone the field, take `&self`, or `self: Arc<Self>`; a type of your own can derive `Clone`"
)]
pub trait MovedField<Receiver, Use> {
    #[doc(hidden)]
    fn check(field: *const Self, receiver: Receiver, unknown: Use);
}

#[diagnostic::do_not_recommend]
impl<T, Receiver: LetsMove<T>, Use> MovedField<Receiver, Use> for T {
    fn check(_: *const Self, _: Receiver, _: Use) {}
}

pub trait LetsMove<T> {}

impl<T> LetsMove<T> for ClonedReceiver {}
impl<T: Copy> LetsMove<T> for LentReceiver {}

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
