use resilience::retry;

async fn is_transient(_: &resilience::Error) -> bool {
    true
}

#[retry(when = is_transient)]
async fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
