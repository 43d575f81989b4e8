use resilience::retry;

#[retry(when = |error| error.to_string())]
async fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
