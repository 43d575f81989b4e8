use resilience::retry;

struct AskError;

fn is_transient(_: &AskError) -> bool {
    true
}

#[retry(when = is_transient)]
async fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
