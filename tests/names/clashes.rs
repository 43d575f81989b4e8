//! Functions that share a name in spite of all.

use resilience::{Bulkhead, bulkhead, testing};

const MODULE: &str = module_path!();

struct Both;

/// Both implementations in one invocation, so that all their functions have its line.
macro_rules! both {
    ($($of:ident $max:literal)*) => {$(
        impl $of for OneLine {
            #[bulkhead(max = $max)]
            fn by_macro() -> Option<u32> {
                Some($max)
            }
        }
    )*};
}

struct OneLine;

trait Third {
    fn by_macro() -> Option<u32>;
}

trait Fourth {
    fn by_macro() -> Option<u32>;
}

both! { Third 10 Fourth 20 }

trait First {
    fn get() -> Option<u32>;
}

trait Second {
    fn get() -> Option<u32>;
}

const FIRST_LINE: u32 = line!() + 3;

impl First for Both {
    #[bulkhead(max = 1)]
    fn get() -> Option<u32> {
        Some(1)
    }
}

const SECOND_LINE: u32 = line!() + 3;

impl Second for Both {
    #[bulkhead(max = 2)]
    fn get() -> Option<u32> {
        Some(2)
    }
}

fn max(name: &str) -> Option<u32> {
    Bulkhead::named(&format!("{MODULE}::{name}")).map(|bulkhead| bulkhead.snapshot().max)
}

#[test]
fn two_functions_of_one_name_have_separate_state_carry_their_lines_and_are_reported_once() {
    let (answer, events) = testing::record_blocking(<Both as Second>::get);
    assert_eq!((answer, events.names(), max("Both::get")), (Some(2), Vec::new(), Some(2)));

    let (answer, events) = testing::record_blocking(<Both as First>::get);
    assert_eq!((answer, events.names()), (Some(1), vec!["function.conflict"]));
    assert_eq!(events[0]["function"], format!("{MODULE}::Both::get").as_str());
    assert_eq!(events[0]["first"], format!("{}:{SECOND_LINE}", file!()).as_str());
    assert_eq!(events[0]["second"], format!("{}:{FIRST_LINE}", file!()).as_str());

    assert_eq!(max(&format!("Both::get@{FIRST_LINE}")), Some(1));
    assert_eq!(max(&format!("Both::get@{SECOND_LINE}")), Some(2));
    assert_eq!(max("Both::get"), None);
    let (_answers, events) = testing::record_blocking(|| (<Both as First>::get(), <Both as Second>::get()));
    assert_eq!(events.names(), Vec::<&str>::new());
}

#[test]
fn functions_that_a_macro_writes_at_one_line_are_told_apart_by_their_traits() {
    assert_eq!((<OneLine as Third>::by_macro(), <OneLine as Fourth>::by_macro()), (Some(10), Some(20)));
    let names = resilience::snapshot().bulkheads.into_iter().map(|bulkhead| (bulkhead.name, bulkhead.max));
    let mut found: Vec<_> = names.filter(|(name, _)| name.contains("by_macro")).collect();
    found.sort();
    assert_eq!(found.iter().map(|(_, max)| *max).collect::<Vec<_>>(), [20, 10], "{found:?}");
    assert!(found[0].0.contains("Fourth") && found[1].0.contains("Third"), "{found:?}");
}

#[test]
fn functions_in_two_functions_have_separate_state_and_names() {
    fn one() -> Option<u32> {
        #[bulkhead(max = 1)]
        fn inner() -> Option<u32> {
            Some(1)
        }
        inner()
    }
    fn two() -> Option<u32> {
        #[bulkhead(max = 2)]
        fn inner() -> Option<u32> {
            Some(2)
        }
        inner()
    }
    let (answers, events) = testing::record_blocking(|| (two(), one()));
    assert_eq!((answers, events.names()), ((Some(2), Some(1)), Vec::new()));
    let around = "functions_in_two_functions_have_separate_state_and_names";
    assert_eq!(max(&format!("{around}::one::inner")), Some(1));
    assert_eq!(max(&format!("{around}::two::inner")), Some(2));
}

#[test]
fn two_attributes_of_one_kind_on_one_function_have_separate_state() {
    #[bulkhead(max = 2, key = id)]
    #[bulkhead(max = 1)]
    fn twice(id: u32) -> Option<u32> {
        Some(id)
    }
    assert_eq!(twice(1), Some(1));
    assert_eq!(max("twice"), Some(1));
    assert!(resilience::KeyedBulkheads::named(&format!("{MODULE}::twice")).is_some());
}
