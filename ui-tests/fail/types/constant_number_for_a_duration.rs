use resilience::timeout;

const LIMIT: u64 = 30;

#[timeout(LIMIT)]
async fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
