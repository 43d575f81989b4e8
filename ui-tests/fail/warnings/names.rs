//! Names that are none.

use resilience::{bulkhead, cached, retry, stack};

#[retry(max = 50, allow(unbounded_rety))]
fn misspelt() -> Option<u32> {
    None
}

#[retry(allow(colour))]
fn unheard_of() -> Option<u32> {
    None
}

#[cached(ttl = 60)]
#[retry(allow(long_ttl))]
fn of_another_attribute() -> Option<u32> {
    None
}

#[bulkhead(max = 4, allow(deprecated))]
fn a_lint() -> Option<u32> {
    None
}

#[retry(allow = unbounded_retry)]
fn with_an_equals_sign() -> Option<u32> {
    None
}

#[retry(allow)]
fn without_parentheses() -> Option<u32> {
    None
}

#[retry(allow())]
fn empty() -> Option<u32> {
    None
}

#[retry(allow("hot_retry"))]
fn in_quotes() -> Option<u32> {
    None
}

#[retry(max = 50, allow(unbounded_retry, unbounded_retry))]
fn twice() -> Option<u32> {
    None
}

#[retry(max = 50, allow(unbounded_retry), allow(hot_retry))]
fn in_two_lists() -> Option<u32> {
    None
}

#[stack(allow(hot_retry))]
fn nothing_to_allow() -> Option<u32> {
    None
}

fn main() {}
