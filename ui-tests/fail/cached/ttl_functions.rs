use std::time::Duration;

use resilience::cached;

fn seconds(value: &u64) -> u64 {
    *value
}

fn of_text(text: &String) -> Duration {
    Duration::from_secs(text.len() as u64)
}

#[allow(non_upper_case_globals)]
const lower: Duration = Duration::from_secs(1);

struct Api {
    ttl: Duration,
}

#[cached(ttl = seconds)]
fn a_number() -> u64 {
    1
}

#[cached(ttl = |value| value.as_secs())]
fn no_duration() -> Duration {
    Duration::ZERO
}

#[cached(ttl = of_text)]
fn another_type() -> Option<u64> {
    None
}

#[cached(ttl = async |_| lower)]
async fn asynchronous() -> u64 {
    1
}

#[cached(ttl = lower)]
fn constant_in_small_letters() -> u64 {
    1
}

#[cached(ttl = |value: &u64| Duration::from_secs(*value), ttl_secs = 9)]
fn twice() -> u64 {
    1
}

#[cached(ttl = age)]
fn parameter(age: Duration) -> u64 {
    age.as_secs()
}

impl Api {
    #[cached(ttl = self.ttl, skip(self))]
    fn field(&self) -> u64 {
        1
    }
}

fn main() {}
