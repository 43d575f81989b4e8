use resilience::{circuit_breaker, retry};
use std::num::NonZeroU8;

#[retry(max = 2)]
extern "C" fn callback(code: u8) -> Option<NonZeroU8> {
    NonZeroU8::new(code)
}

#[circuit_breaker]
pub extern "system" fn exported(code: u8) -> Option<NonZeroU8> {
    NonZeroU8::new(code)
}

fn main() {}
