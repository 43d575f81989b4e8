/// Each use clones the argument; the last use moves it.
#[derive(Debug)]
pub struct ArgSlot<T>(Option<T>);

impl<T> ArgSlot<T> {
    #[inline]
    pub fn new(value: T) -> Self {
        Self(Some(value))
    }

    /// For an argument that is never taken.
    #[inline]
    pub(crate) fn lend(&mut self) -> &mut T {
        match &mut self.0 {
            Some(value) => value,
            None => unreachable!("a lent argument stays"),
        }
    }
}

/// Unknown when the compiler reports a type, so that no help recommends the trait as a bound.
#[derive(Debug, Clone, Copy)]
pub struct LastUse;

pub trait ArgUse {
    fn is_last(&self) -> bool;
}

impl ArgUse for Option<LastUse> {
    #[inline]
    fn is_last(&self) -> bool {
        self.is_some()
    }
}

/// An argument that can be passed to a body more than once: a type that is `Clone`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be given to the function again: it is not `Clone`",
    label = "an argument taken by value is cloned for each further attempt",
    note = "take it by reference, or in an `Arc`; a type of your own can derive `Clone`, and a type parameter have it as a bound",
    note = "a body that only borrows it can also share it: `share(name)` of `#[retry]`"
)]
pub trait CloneArg<Use>: Sized {
    #[doc(hidden)]
    fn take(slot: &mut ArgSlot<Self>, last: Use) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Clone, Use: ArgUse> CloneArg<Use> for T {
    #[inline]
    fn take(slot: &mut ArgSlot<T>, last: Use) -> T {
        match &slot.0 {
            Some(value) if !last.is_last() => value.clone(),
            _ => match slot.0.take() {
                Some(value) => value,
                None => unreachable!("nothing is taken after the last use"),
            },
        }
    }
}

/// A `self` that can be passed to a body more than once: a type that is `Clone`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be given to the function again: it is not `Clone`",
    label = "a `self` taken by value is cloned for each further attempt",
    note = "take `&self`, or `self: Arc<Self>`; a type of your own can derive `Clone`, and a trait require it",
    note = "a body that only borrows it can also share it: `share(self)` of `#[retry]`"
)]
pub trait CloneSelf<Use>: Sized {
    #[doc(hidden)]
    fn take_self(slot: &mut ArgSlot<Self>, last: Use) -> Self;

    /// For a `self` that a layer asks as well.
    #[doc(hidden)]
    #[must_use]
    fn clone_self(&self, last: Use) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Clone, Use: ArgUse> CloneSelf<Use> for T {
    #[inline]
    fn take_self(slot: &mut ArgSlot<T>, last: Use) -> T {
        CloneArg::take(slot, last)
    }

    #[inline]
    fn clone_self(&self, _: Use) -> T {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    #[test]
    fn each_use_clones_and_the_last_use_moves() {
        let shared = Rc::new(());
        let mut slot = ArgSlot::new(shared.clone());
        let first = CloneArg::take(&mut slot, None::<LastUse>);
        assert_eq!(Rc::strong_count(&shared), 3);
        let last = CloneArg::take(&mut slot, Some(LastUse));
        assert_eq!(Rc::strong_count(&shared), 3, "moved, not cloned");
        drop((first, last));
    }
}
