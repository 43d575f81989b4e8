//! What does not read as arguments.

use resilience::{bulkhead, cached, retry, timeout};

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

#[retry(#[cfg(feature = "more")] max = 3)]
fn attribute_of_an_argument() -> Option<u32> {
    None
}

#[timeout("1s", #[cfg(unix)] mode = "thread")]
fn attribute_of_what_would_be_missing() -> Option<u32> {
    None
}

#[cached(skip[id])]
fn brackets(id: u32) -> u32 {
    id
}

#[retry(share { name })]
fn braces(name: String) -> Option<u32> {
    name.len().try_into().ok()
}

#[retry(max += 3)]
fn assignment() -> Option<u32> {
    None
}

#[retry(max = limit()?)]
fn way_out_of_a_constant() -> Option<u32> {
    None
}

#[bulkhead(max = limit().await)]
async fn wait_in_a_constant() -> Option<u32> {
    None
}

fn main() {}
