use resilience::fallback;

#[fallback(value = "canned")]
async fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
