//! A value has no error for a closure to take.

use resilience::fallback;

fn is_down(status: &u16) -> bool {
    *status >= 500
}

#[fallback(|_| Ok(200), when_ok = is_down)]
fn ask() -> Result<u16, String> {
    Ok(503)
}

#[fallback(value = 200, when_ok = is_text)]
fn find() -> Result<u16, String> {
    Ok(503)
}

fn is_text(_: &String) -> bool {
    true
}

fn main() {}
