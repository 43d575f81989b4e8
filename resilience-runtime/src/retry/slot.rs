//! Arguments that can be used more than once.

/// An argument taken by value, waiting for its next use; the last use moves it.
#[derive(Debug)]
pub struct ArgSlot<T>(Option<T>);

impl<T> ArgSlot<T> {
    #[inline]
    pub fn new(value: T) -> Self {
        Self(Some(value))
    }
}

/// Something a body can be given again.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be given to the function again: it is not `Clone`",
    label = "an argument taken by value is cloned for each further attempt",
    note = "take it by reference (`&{Self}`), wrap it in `Arc`, or derive `Clone` for it",
    note = "`#[retry]` can also lend it to a body that only borrows it: `share(name)`"
)]
pub trait CloneArg: Sized {
    /// The argument for one use; `last` is the last.
    fn take(slot: &mut ArgSlot<Self>, last: bool) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Clone> CloneArg for T {
    #[inline]
    fn take(slot: &mut ArgSlot<T>, last: bool) -> T {
        match &slot.0 {
            Some(value) if !last => value.clone(),
            _ => match slot.0.take() {
                Some(value) => value,
                None => unreachable!("the last use is the last"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    #[test]
    fn the_last_use_moves_and_the_others_clone() {
        let shared = Rc::new(());
        let mut slot = ArgSlot::new(shared.clone());
        let first = CloneArg::take(&mut slot, false);
        assert_eq!(Rc::strong_count(&shared), 3);
        let last = CloneArg::take(&mut slot, true);
        assert_eq!(Rc::strong_count(&shared), 3, "moved, not cloned");
        drop((first, last));
    }
}
