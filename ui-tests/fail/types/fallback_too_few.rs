use resilience::fallback;

async fn canned(_: &str) -> Result<u8, resilience::Error> {
    Ok(0)
}

#[fallback(canned)]
async fn ask(client: &str, query: u32) -> Result<u8, resilience::Error> {
    Ok(client.len() as u8 + query as u8)
}

fn main() {}
