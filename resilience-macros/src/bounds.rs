//! The values and forms at the edge of what is accepted.

use crate::item::{Item, borrows_of_exclusive};
use crate::snapshots::expand;

/// The first message about an attribute, or nothing.
fn error(attributes: &str) -> Option<String> {
    let text = format!("{attributes} fn ask(tenant: &str, user: u32) -> Option<u32> {{ None }}");
    message(&text)
}

fn message(function: &str) -> Option<String> {
    let expanded = expand(function.parse().expect("tokens")).to_string();
    let (_, rest) = expanded.split_once("compile_error ! { \"")?;
    rest.split_once("\" }").map(|(message, _)| message.to_owned())
}

#[track_caller]
fn accepts(attributes: &str) {
    assert_eq!(error(attributes), None, "{attributes}");
}

#[track_caller]
fn rejects(attributes: &str, part: &str) {
    let message = error(attributes).unwrap_or_default();
    assert!(message.contains(part), "{attributes}: {message:?}");
}

#[test]
fn two_bulkheads_without_a_name_are_two_if_their_keys_differ() {
    accepts("#[bulkhead(max = 4, key = tenant)] #[bulkhead(max = 4, key = user)]");
    accepts("#[bulkhead(max = 4)] #[bulkhead(max = 4, key = user)]");
    rejects("#[bulkhead(max = 4, key = user)] #[bulkhead(max = 4, key = user)]", "two bulkheads without a name");
    rejects("#[bulkhead(max = 4)] #[bulkhead(max = 4)]", "two bulkheads without a name");
}

#[test]
fn an_elided_lifetime_is_that_of_self_or_of_the_only_reference() {
    let borrows = |function: &str| {
        let item: Item = syn::parse_str(function).expect("a function");
        let syn::ReturnType::Type(_, output) = &item.sig.output else { return false };
        borrows_of_exclusive(&item.sig, output)
    };
    assert!(borrows("fn f(&mut self, other: &str) -> &str {}"));
    assert!(!borrows("fn f(&self, other: &mut str) -> &str {}"));
    assert!(borrows("fn f(only: &mut str, number: u8) -> &str {}"));
    assert!(!borrows("fn f(only: &str, number: u8) -> &str {}"));
    assert!(!borrows("fn f(one: &mut str, other: &mut str) -> u32 {}"));
    assert!(!borrows("fn f<'a>(one: &mut str, other: &'a str) -> &'a str {}"));
    assert!(borrows("fn f<'a>(one: &'a mut str, other: &str) -> &'a str {}"));
    assert!(borrows("fn f(&mut self) -> Iter<'_, u8> {}"));
    assert!(!borrows("fn f(&mut self) -> &'static str {}"));
    assert!(borrows("fn begin(one: &'c mut str) -> Result<Self, Fault> {}"));
    assert!(!borrows("fn begin<'c>(one: &'c mut str) -> Result<Self, Fault> {}"));
    assert!(!borrows("fn begin(one: &mut str) -> Result<Self, Fault> {}"));
}

#[test]
fn the_bounds_of_numbers_belong_to_them() {
    accepts("#[retry(max = 1)]");
    accepts("#[retry(max = 4294967295, allow(unbounded_retry))]");
    rejects("#[retry(max = 4294967296)]", "too large");
    rejects("#[retry(max = 0)]", "write `max = 1`");
    accepts("#[retry(attempts = 2)]");
    rejects("#[retry(attempts = 1)]", "write `attempts = 2`");
    rejects("#[retry(attempts = 0)]", "write `attempts = 2`");
    accepts("#[retry(factor = 1)]");
    rejects("#[retry(factor = 0.99)]", "factor");
    accepts("#[retry(factor = 1000000000)]");
    rejects("#[retry(factor = 1000000001)]", "factor");
    accepts("#[retry(jitter = 0.0)]");
    accepts("#[retry(jitter = 1.0)]");
    rejects("#[retry(jitter = 1.01)]", "jitter");
}

#[test]
fn a_number_has_no_sign_and_no_unit_and_a_name_is_not_blank() {
    rejects("#[retry(max = -1)]", "cannot be negative");
    rejects("#[retry(factor = -2)]", "factor");
    rejects("#[retry(jitter = -0.5)]", "jitter");
    rejects("#[retry(max = 3s)]", "has no unit");
    rejects("#[retry(factor = 2s)]", "without a unit");
    accepts("#[retry(max = 3u32)]");
    rejects("#[circuit_breaker(name = \"\")]", "is empty");
    rejects("#[circuit_breaker(name = \"  \")]", "is empty");
}

#[test]
fn the_bounds_of_delays_belong_to_them() {
    accepts("#[retry(base_delay = \"5s\", max_delay = \"5s\")]");
    rejects("#[retry(base_delay = \"5001ms\", max_delay = \"5s\")]", "longer than");
    accepts("#[retry(base_delay = \"5s\", jitter = false, max_elapsed = \"5001ms\")]");
    rejects("#[retry(base_delay = \"5s\", jitter = false, max_elapsed = \"5s\")]", "never fits");
}

#[test]
fn the_bounds_of_a_breaker_belong_to_it() {
    accepts("#[circuit_breaker(failure_threshold = 1, success_threshold = 1, half_open_max = 1)]");
    rejects("#[circuit_breaker(failure_threshold = 0)]", "at least 1");
    rejects("#[circuit_breaker(success_threshold = 0)]", "at least 1");
    rejects("#[circuit_breaker(half_open_max = 0)]", "at least 1");
    accepts("#[circuit_breaker(window = 100000, failure_rate = 0.5)]");
    rejects("#[circuit_breaker(window = 100001, failure_rate = 0.5)]", "100000");
    accepts("#[circuit_breaker(window = 10, min_calls = 10, failure_rate = 1.0)]");
    rejects("#[circuit_breaker(window = 10, min_calls = 11, failure_rate = 1.0)]", "min_calls");
    rejects("#[circuit_breaker(window = 10, failure_rate = 0.0)]", "failure_rate");
    rejects("#[circuit_breaker(window = 10, failure_rate = 1.01)]", "failure_rate");
    accepts("#[circuit_breaker(recovery = \"9s\", recovery_factor = 2, max_recovery = \"9s\")]");
    rejects("#[circuit_breaker(recovery = \"9001ms\", recovery_factor = 2, max_recovery = \"9s\")]", "max_recovery");
}

#[test]
fn an_attribute_of_another_crate_is_a_boundary_under_any_name() {
    let function = "async fn ask() -> Option<u32> { None }";
    let order =
        |attributes: &str| expand(format!("#[retry] {attributes} {function}").parse().expect("tokens")).to_string();
    // Later: the compiler expands what is below first.
    let waits = |attributes: &str| order(attributes).contains("__apply");
    assert!(waits("#[other::retry]"));
    assert!(waits("#[other::resilience::timeout(secs = 1)]"));
    assert!(!waits("#[resilience::timeout(secs = 1)]"));
    assert!(waits("#[cfg_attr(test, instrument)]"));
    assert!(waits("#[cfg_attr(test, allow(dead_code), instrument)]"));
    assert!(!waits("#[cfg_attr(test, allow(dead_code))]"));
    assert!(!waits("#[cfg_attr(test, allow(dead_code), doc = \"text\")]"));
    let below = order("#[other::retry]");
    assert!(below.starts_with("# [other :: retry]"), "{below}");
}

/// With the feature `metrics`, its calls are counted.
#[cfg(not(feature = "metrics"))]
#[test]
fn a_lone_stack_attribute_leaves_the_function_as_it_is() {
    use quote::quote;

    let expanded = expand(quote!(
        #[stack]
        fn ask(list: &[u8]) -> usize {
            list.len()
        }
    ));
    assert_eq!(
        expanded.to_string(),
        quote!(
            fn ask(list: &[u8]) -> usize {
                list.len()
            }
        )
        .to_string()
    );
}

#[test]
fn a_value_that_ends_in_a_dot_is_reported_once_and_the_rest_is_read() {
    for attributes in [
        "#[cached(ttl = 60, key = tenant.)]",
        "#[retry(when = |error| error., max = 3)]",
        "#[fallback(|error| keep(error.))]",
        "#[retry(max = 3, on_retry = self.)]",
    ] {
        rejects(attributes, "the value is not complete");
        let function = format!("{attributes} fn ask(tenant: &str, user: u32) -> Option<u32> {{ None }}");
        let expanded = expand(function.parse().expect("tokens")).to_string();
        assert_eq!(expanded.matches("compile_error").count(), 1, "{expanded}");
    }
}
