//! Costs that never pass, count nothing, or are no unsigned integers.
use resilience::{Error, rate_limit};

#[rate_limit(max = 10, cost = 11)]
fn above_max(x: u32) -> Result<u32, Error> {
    Ok(x)
}

#[rate_limit(max = 10, burst = 3, cost = 4)]
fn above_burst(x: u32) -> Result<u32, Error> {
    Ok(x)
}

#[rate_limit(max = 10, cost = "x")]
fn quoted(x: u32) -> Result<u32, Error> {
    Ok(x)
}

#[rate_limit(max = 10, cost = x.len()?)]
fn leaves(x: &str) -> Option<u32> {
    x.parse().ok()
}

#[rate_limit(max = 10, settle = used(x))]
fn no_function(x: u32) -> Result<u32, Error> {
    Ok(x)
}

fn main() {}
