use std::time::Duration;

use resilience::cached;

const NO_TIME: Duration = Duration::ZERO;

#[cached(time_to_idle = "0s")]
fn zero() -> u64 {
    1
}

#[cached(time_to_idle = 60)]
fn no_unit() -> u64 {
    1
}

#[cached(time_to_idle = "1m", time_to_idle_secs = 60)]
fn twice() -> u64 {
    1
}

#[cached(time_to_idle = NO_TIME)]
fn zero_constant() -> u64 {
    1
}

#[cached(time_to_idle = |_| NO_TIME)]
fn function() -> u64 {
    1
}

fn main() {}
