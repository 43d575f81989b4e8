use resilience::cached;

#[derive(Debug)]
struct Down;

#[cached(clone_error = |_| String::new())]
async fn another_type() -> Result<u8, Down> {
    Err(Down)
}

fn main() {}
