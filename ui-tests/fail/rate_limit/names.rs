use resilience::rate_limit;

#[rate_limit(max = 4, name = "")]
async fn empty() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[rate_limit(max = 4, name = api)]
async fn no_quotes() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
