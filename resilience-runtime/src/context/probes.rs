//! The probes that a call holds. What it calls passes their breakers without asking.

use std::cell::RefCell;
use std::mem;

use super::ContextPart;

thread_local! {
    static HELD: RefCell<Vec<HeldProbe>> = const { RefCell::new(Vec::new()) };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldProbe {
    pub breaker: usize,
    pub generation: u32,
    pub probe: u32,
}

impl HeldProbe {
    #[cold]
    pub fn exists(breaker: usize, generation: u32) -> bool {
        let is_it = |held: &Self| held.breaker == breaker && held.generation == generation;
        HELD.try_with(|held| held.borrow().iter().any(is_it)).unwrap_or(false)
    }
}

impl ContextPart for HeldProbe {
    type Outer = ();

    #[cold]
    fn enter(&mut self) {
        let _gone_at_the_end_of_a_thread = HELD.try_with(|held| held.borrow_mut().push(*self));
    }

    #[cold]
    fn leave(&mut self, (): ()) {
        let _gone_at_the_end_of_a_thread = HELD.try_with(|held| {
            let mut held = held.borrow_mut();
            if let Some(place) = held.iter().rposition(|other| other == self) {
                held.remove(place);
            }
        });
    }
}

#[derive(Debug, Clone, Default)]
pub struct HeldProbes(Vec<HeldProbe>);

impl HeldProbes {
    pub fn current() -> Self {
        Self(HELD.try_with(|held| held.borrow().clone()).unwrap_or_default())
    }
}

impl ContextPart for HeldProbes {
    type Outer = Vec<HeldProbe>;

    fn enter(&mut self) -> Vec<HeldProbe> {
        HELD.try_with(|held| held.replace(mem::take(&mut self.0))).unwrap_or_default()
    }

    fn leave(&mut self, outer: Vec<HeldProbe>) {
        self.0 = HELD.try_with(|held| held.replace(outer)).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::ContextGuard;

    #[test]
    fn a_probe_is_held_in_its_generation_until_it_ends_in_whatever_order() {
        let held = |breaker, generation| HeldProbe::exists(breaker, generation);
        let guard = |breaker, probe| ContextGuard::enter(HeldProbe { breaker, generation: 7, probe });
        let (first, second) = (guard(1, 1), guard(2, 1));
        assert!(held(1, 7) && held(2, 7) && !held(1, 8) && !held(3, 7));
        drop(first);
        assert!(!held(1, 7) && held(2, 7));
        let (twice, again) = (guard(2, 2), guard(2, 3));
        drop(second);
        drop(twice);
        assert!(held(2, 7));
        drop(again);
        assert!(!held(2, 7));
    }

    #[test]
    fn probes_are_carried_to_another_thread() {
        let _guard = ContextGuard::enter(HeldProbe { breaker: 9, generation: 1, probe: 1 });
        let carried = HeldProbes::current();
        let (before, inside) = std::thread::scope(|scope| {
            let thread = scope.spawn(move || {
                let before = HeldProbe::exists(9, 1);
                let _guard = ContextGuard::enter(carried);
                (before, HeldProbe::exists(9, 1))
            });
            thread.join().unwrap_or_default()
        });
        assert_eq!((before, inside), (false, true));
    }
}
