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

/// An argument that can be passed to a body more than once.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be given to the function again: it is not `Clone`",
    label = "an argument taken by value is cloned for each further attempt",
    note = "take it by reference (`&{Self}`), wrap it in `Arc`, or derive `Clone` for it",
    note = "`#[retry]` can also lend it to a body that only borrows it: `share(name)`"
)]
pub trait CloneArg: Sized {
    fn take(slot: &mut ArgSlot<Self>, last: bool) -> Self;

    /// For a `self` that a layer asks as well.
    #[must_use]
    fn again(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Clone> CloneArg for T {
    #[inline]
    fn take(slot: &mut ArgSlot<T>, last: bool) -> T {
        match &slot.0 {
            Some(value) if !last => value.clone(),
            _ => match slot.0.take() {
                Some(value) => value,
                None => unreachable!("nothing is taken after the last use"),
            },
        }
    }

    #[inline]
    fn again(&self) -> T {
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
        let first = CloneArg::take(&mut slot, false);
        assert_eq!(Rc::strong_count(&shared), 3);
        let last = CloneArg::take(&mut slot, true);
        assert_eq!(Rc::strong_count(&shared), 3, "moved, not cloned");
        drop((first, last));
    }
}
