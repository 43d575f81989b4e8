use resilience::fallback;

const CANNED: u8 = 0;

#[fallback(CANNED)]
async fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
