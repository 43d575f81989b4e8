use resilience::retry;

#[retry(max = MAX_RETRIES)]
async fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
