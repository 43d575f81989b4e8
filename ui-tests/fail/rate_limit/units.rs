//! Values of `cost` and `settle` of other types.
use resilience::{Error, rate_limit};

#[rate_limit(max = 10, cost = x)]
fn signed(x: i32) -> Result<i32, Error> {
    Ok(x)
}

#[rate_limit(max = 10, cost = x * 0.5)]
fn with_a_fraction(x: f64) -> Result<f64, Error> {
    Ok(x)
}

#[rate_limit(max = 10, cost = if x.is_empty() { 1 } else { 5 })]
fn untyped(x: &str) -> Result<usize, Error> {
    Ok(x.len())
}

#[rate_limit(max = 10, settle = |used| *used)]
fn other_units(x: u32) -> Result<u32, Error> {
    Ok(x)
}

#[rate_limit(max = 10, settle = |used| Some(*used))]
fn perhaps_other_units(x: u32) -> Result<u32, Error> {
    Ok(x)
}

#[rate_limit(max = 10, settle = |used: &u32| { let _ = used; })]
fn no_units(x: u32) -> Result<u32, Error> {
    Ok(x)
}

#[rate_limit(max = 10, cost = y)]
fn unknown(x: u32) -> Result<u32, Error> {
    Ok(x)
}

fn main() {}
