use resilience::fallback;

async fn canned() -> Result<u8, resilience::Error> {
    Ok(0)
}

#[fallback(canned)]
fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
