use resilience::retry;

#[retry(max = 3)]
async fn send(parts: impl Iterator<Item = u8>) -> Result<usize, resilience::Error> {
    Ok(parts.count())
}

fn main() {}
