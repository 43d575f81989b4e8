use resilience::retry;

#[retry(crate = "resilience")]
async fn string() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[retry(crate = ::resilience, crate = ::resilience)]
async fn twice() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
