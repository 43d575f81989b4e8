//! Keys, values, `weigh` and `when` that panic.

use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use resilience::cached;

use crate::MINUTE;
use crate::common::{Counter, blocking};

/// BUG-E27, BUG-F9.
#[test]
fn a_panic_in_key_or_value_code_leaves_the_cache_usable() {
    static PANICS: AtomicBool = AtomicBool::new(false);

    fn may_panic() {
        assert!(!PANICS.load(SeqCst) || std::thread::panicking(), "told to panic");
    }
    struct Key(u32);
    struct Value(u32);

    impl Hash for Key {
        fn hash<H: Hasher>(&self, state: &mut H) {
            may_panic();
            state.write_u8(0);
        }
    }
    impl PartialEq for Key {
        fn eq(&self, other: &Self) -> bool {
            may_panic();
            self.0 == other.0
        }
    }
    impl Eq for Key {}
    impl Clone for Key {
        fn clone(&self) -> Self {
            may_panic();
            Self(self.0)
        }
    }
    impl Clone for Value {
        fn clone(&self) -> Self {
            may_panic();
            Self(self.0)
        }
    }
    impl Drop for Value {
        fn drop(&mut self) {
            may_panic();
        }
    }
    #[cached(name = "cached.panics", key = Key(*number), max_size = 3)]
    fn call(number: u32, panics: bool) -> Value {
        PANICS.store(panics, SeqCst);
        Value(number)
    }

    blocking::ends(|| {
        let usable = || {
            PANICS.store(false, SeqCst);
            for number in 0..100 {
                assert_eq!(call(number, false).0, number);
            }
        };
        usable();
        // Before the body runs.
        PANICS.store(true, SeqCst);
        assert!(catch_unwind(|| call(1, true).0).is_err());
        usable();
        // When the value is stored.
        assert!(catch_unwind(|| call(1000, true).0).is_err());
        usable();
        let cache = resilience::Cache::named("cached.panics").expect("called");
        PANICS.store(true, SeqCst);
        assert!(catch_unwind(|| cache.clear()).is_err());
        usable();
    });
}

/// BUG-F9.
#[test]
fn a_panic_in_weigh_when_or_ttl_leaves_the_cache_unchanged() {
    #[cached(skip(calls), weigh = |key, _| { assert_ne!(*key, 1, "told to panic"); 1 }, max_weight = 10)]
    fn weighed(key: u32, calls: &Counter) -> u32 {
        key + calls.up()
    }
    #[cached(skip(calls), when = |answer| { assert_ne!(*answer, 2, "told to panic"); true })]
    fn asked(key: u32, calls: &Counter) -> u32 {
        key + calls.up()
    }

    #[cached(skip(calls), ttl = |answer| { assert_ne!(*answer, 2, "told to panic"); MINUTE })]
    fn timed(key: u32, calls: &Counter) -> u32 {
        key + calls.up()
    }

    blocking::ends(|| {
        let calls = Counter::new();
        assert!(catch_unwind(AssertUnwindSafe(|| weighed(1, &calls))).is_err());
        assert!(catch_unwind(AssertUnwindSafe(|| weighed(1, &calls))).is_err());
        assert_eq!([weighed(2, &calls), weighed(2, &calls)], [5, 5]);
        let calls = Counter::new();
        assert!(catch_unwind(AssertUnwindSafe(|| asked(1, &calls))).is_err());
        assert_eq!([asked(1, &calls), asked(1, &calls)], [3, 3]);
        let calls = Counter::new();
        assert!(catch_unwind(AssertUnwindSafe(|| timed(1, &calls))).is_err());
        assert_eq!([timed(1, &calls), timed(1, &calls)], [3, 3]);
    });
}
