use resilience::cached;

#[derive(Debug)]
struct Down;

#[cached(clone_error = |error| error.to_string())]
async fn another_type() -> Result<u8, Down> {
    Err(Down)
}

fn main() {}
