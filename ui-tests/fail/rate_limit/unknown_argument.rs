use resilience::rate_limit;

#[rate_limit(mx = 4)]
async fn typo() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[rate_limit(max = 4, bursts = 5)]
async fn typo_in_burst() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[rate_limit(rate = 4)]
async fn other_word() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[rate_limit("10/s")]
async fn no_key() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[rate_limit(max = 4, queue = 3)]
async fn of_another_attribute() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
