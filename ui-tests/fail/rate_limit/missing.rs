use resilience::rate_limit;

#[rate_limit]
async fn bare() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[rate_limit()]
async fn empty_list() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[rate_limit(per = "1m")]
async fn only_a_time() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
