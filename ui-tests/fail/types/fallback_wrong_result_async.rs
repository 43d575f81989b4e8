use resilience::fallback;

async fn canned() -> Result<String, resilience::Error> {
    Ok(String::new())
}

#[fallback(canned)]
async fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
