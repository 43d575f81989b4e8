#![deny(warnings)]
//! What `resilience::testing` promises. A reset is for the whole process, so that it has one test, alone in its program.

use resilience::{CircuitBreaker, cached, circuit_breaker, testing};

#[test]
fn a_reset_puts_all_named_state_back_to_its_beginning() {
    #[circuit_breaker(name = "one", failure_threshold = 1)]
    fn guarded(up: bool) -> Option<u32> {
        up.then_some(1)
    }
    #[circuit_breaker(name = "many", failure_threshold = 1, max_keys = 1, key = key)]
    fn keyed(key: u32, up: bool) -> Option<u32> {
        up.then_some(key)
    }
    #[cached(name = "kept")]
    fn kept(key: u32) -> u32 {
        key
    }

    for _ in 0..2 {
        assert_eq!((guarded(false), guarded(true)), (None, None));
        assert_eq!((keyed(1, false), keyed(1, true), keyed(2, true)), (None, None, Some(2)));
        assert_eq!((kept(3), kept(3)), (3, 3));
        let one = resilience::breaker("one").map(CircuitBreaker::snapshot).map(|one| (one.opened, one.refused));
        let many = resilience::keyed_breakers("many").map(|many| (many.len(), many.snapshot().unguarded));
        let kept = resilience::cache("kept").map(|kept| (kept.len(), kept.stats().hits));
        assert_eq!((one, many, kept), (Some((1, 1)), Some((1, 1)), Some((1, 1))));
        testing::reset();
    }
    assert_eq!((guarded(true), keyed(1, true)), (Some(1), Some(1)));
}
