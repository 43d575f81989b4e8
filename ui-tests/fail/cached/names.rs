use resilience::cached;

#[cached(name = "")]
async fn empty() -> Option<u8> {
    None
}

#[cached(name = users)]
async fn without_quotes() -> Option<u8> {
    None
}

#[cached(name = concat!("users", "-by-id"))]
async fn macro_call() -> Option<u8> {
    None
}

fn main() {}
