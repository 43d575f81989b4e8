use resilience::fallback;

struct OtherError;

async fn canned() -> Result<u8, OtherError> {
    Err(OtherError)
}

#[fallback(canned)]
async fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
