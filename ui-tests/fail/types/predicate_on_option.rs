use resilience::retry;

fn is_transient(_: &resilience::Error) -> bool {
    true
}

#[retry(when = is_transient)]
fn ask() -> Option<u8> {
    Some(1)
}

fn main() {}
