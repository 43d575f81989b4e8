#[rate_limit(max = 10, per = "24h")]
#[timeout(secs = 30, mode = "thread")]
#[bulkhead(max = 2)]
fn load(id: u32) -> Result<u32, Error> {
    Ok(id)
}
