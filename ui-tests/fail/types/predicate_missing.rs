use resilience::retry;

#[retry(when = is_transient)]
async fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
