use resilience::{retry, timeout};

#[timeout(secs = 30)]
#[retry = 3]
async fn sibling() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
