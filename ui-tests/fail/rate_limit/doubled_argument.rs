use resilience::rate_limit;

#[rate_limit(max = 4, max = 5)]
async fn number() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
