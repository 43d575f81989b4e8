use resilience::cached;

fn is_large(value: &Option<u8>) -> bool {
    value.is_some()
}

#[cached(when = is_large())]
async fn call() -> Option<u8> {
    None
}

#[cached(when = "is_large")]
async fn string() -> Option<u8> {
    None
}

#[cached(when = false)]
async fn flag() -> Option<u8> {
    None
}

fn main() {
    let _ = is_large;
}
