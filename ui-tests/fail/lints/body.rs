#![deny(warnings)]

// What the compiler says about a plain body it says about an annotated one, at the same place and once.

use resilience::{circuit_breaker, fallback, retry, timeout};

#[must_use]
fn important() -> u8 {
    1
}

#[deprecated = "use `important`"]
fn old() -> u8 {
    2
}

#[retry]
#[timeout(secs = 1)]
pub async fn asynchronous(number: u8) -> Option<u8> {
    let forgotten = number;
    let mut never_changed = number;
    important();
    std::future::ready(());
    Some(never_changed + old())
}

#[fallback(value = 1)]
#[retry]
#[circuit_breaker]
pub fn synchronous(number: u8) -> Option<u8> {
    use std::fmt::Debug;
    let mut assigned = number;
    assigned = 3;
    if false {
        let camelCase = (number);
    }
    while true {
        return None;
    }
    Some(important())
}

#[timeout(secs = 1)]
pub async fn unreachable(number: u8) -> Option<u8> {
    if number > 1 {
        return None;
    } else {
        return Some(1);
    }
    important();
    None
}

#[retry]
pub fn panics() -> Option<u8> {
    panic!("on purpose");
    Some(1)
}

fn main() {}
