//! What does not read as arguments.

use resilience::{cached, retry, timeout};

#[retry(max = 3 +)]
fn no_end() -> Option<u32> {
    None
}

#[retry(jitter = 50%)]
fn percent() -> Option<u32> {
    None
}

#[retry(when = |error|)]
fn closure_without_a_body() -> Option<u32> {
    None
}

#[retry(MAX = 3)]
fn in_capitals() -> Option<u32> {
    None
}

#[retry(r#max = 3)]
fn raw() -> Option<u32> {
    None
}

#[retry(max-retries = 3)]
fn with_a_hyphen() -> Option<u32> {
    None
}

#[retry(max.retries = 3)]
fn with_a_dot() -> Option<u32> {
    None
}

#[retry(&max = 3)]
fn borrowed() -> Option<u32> {
    None
}

#[retry(a[0] = 3)]
fn indexed() -> Option<u32> {
    None
}

#[retry(max = 3, ..)]
fn and_so_on() -> Option<u32> {
    None
}

#[timeout("cooperative", secs = 1)]
fn mode_without_its_key() -> Option<u32> {
    None
}

#[cached(skip())]
fn nothing_to_skip(id: u32) -> u32 {
    id
}

#[cached(skip(id, id))]
fn skipped_twice(id: u32) -> u32 {
    id
}

#[retry(crate = a::<u8>)]
fn no_path() -> Option<u32> {
    None
}

fn main() {}
