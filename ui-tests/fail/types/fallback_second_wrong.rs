use resilience::fallback;

async fn small(query: String) -> Result<u8, resilience::Error> {
    Ok(query.len() as u8)
}

async fn canned() -> Result<u8, resilience::Error> {
    Ok(0)
}

#[fallback(small, canned)]
async fn ask(query: String) -> Result<u8, resilience::Error> {
    Ok(query.len() as u8)
}

fn main() {}
