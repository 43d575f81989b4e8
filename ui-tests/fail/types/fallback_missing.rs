use resilience::fallback;

#[fallback(caned)]
async fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
