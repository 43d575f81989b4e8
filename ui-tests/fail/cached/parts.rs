//! Keys of more parts than a key has.

use resilience::{cached, rate_limit};

#[cached(ttl = 60)]
fn of_parameters(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8, i: u8, j: u8, k: u8, l: u8, m: u8, n: u8) -> u8 {
    a + b + c + d + e + f + g + h + i + j + k + l + m + n
}

#[rate_limit(max = 1, per = "1s", key = (id, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12))]
fn of_an_expression(id: u8) -> Option<u8> {
    Some(id)
}

#[cached(ttl = 60, skip(m))]
fn as_many_as_there_may_be(
    a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8, i: u8, j: u8, k: u8, l: u8, m: u8, _: u8,
) -> u8 {
    a + b + c + d + e + f + g + h + i + j + k + l + m
}

fn main() {}
