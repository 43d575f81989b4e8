use resilience::retry;

#[retry(when = 5 > 3)]
async fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
