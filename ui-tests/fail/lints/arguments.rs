#![deny(warnings)]

// An argument that the body does not use, or need not change, is reported as in the plain function.

use resilience::{circuit_breaker, fallback, retry, timeout};

#[timeout(secs = 1)]
pub async fn at_most_once(unused: String, mut never_changed: Vec<u8>, (left, right): (u8, u8)) -> Option<Vec<u8>> {
    Some(vec![left, never_changed[0]])
}

#[retry]
pub async fn again(unused: String, mut never_changed: Vec<u8>, (left, right): (u8, u8), lent: &str) -> Option<Vec<u8>> {
    Some(vec![left, never_changed[0]])
}

#[circuit_breaker]
pub fn blocking_at_most_once(unused: String, mut never_changed: Vec<u8>, (left, right): (u8, u8)) -> Option<Vec<u8>> {
    Some(vec![left, never_changed[0]])
}

#[retry]
pub fn blocking_again(unused: String, mut never_changed: Vec<u8>, (left, right): (u8, u8), lent: &mut u8) -> Option<Vec<u8>> {
    Some(vec![left, never_changed[0]])
}

// The fallback uses its arguments, and so the function does.
#[fallback(spare)]
pub fn replaced(used_by_the_fallback: String) -> Option<u8> {
    None
}

fn spare(text: String) -> Option<u8> {
    text.bytes().next()
}

fn main() {}
