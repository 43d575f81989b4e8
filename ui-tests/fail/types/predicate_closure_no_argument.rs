use resilience::retry;

#[retry(when = || true)]
async fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
