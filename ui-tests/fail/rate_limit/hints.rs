//! Arguments that need `max` or `learn`.
use resilience::{Error, rate_limit};

#[rate_limit(learn = true, per = "1m")]
fn period_without_max(x: u32) -> Result<u32, Error> {
    Ok(x)
}

#[rate_limit(learn = true, burst = 3, cost = x, settle = |used| u64::from(*used))]
fn units_without_max(x: u32) -> Result<u32, Error> {
    Ok(x)
}

#[rate_limit(max = 10, retry_after = |_| None)]
fn nobody_asks(x: u32) -> Result<u32, Error> {
    Ok(x)
}

#[rate_limit(max = 10, learn = false, retry_after = |_| None)]
fn off(x: u32) -> Result<u32, Error> {
    Ok(x)
}

#[rate_limit(max = 10, learn = true, spread = "2s")]
fn two_paces(x: u32) -> Result<u32, Error> {
    Ok(x)
}

#[rate_limit(learn = true, spread = "0s")]
fn at_once(x: u32) -> Result<u32, Error> {
    Ok(x)
}

#[rate_limit(learn = "yes")]
fn no_flag(x: u32) -> Result<u32, Error> {
    Ok(x)
}

#[rate_limit(learn = false)]
fn nothing(x: u32) -> Result<u32, Error> {
    Ok(x)
}

fn main() {}
