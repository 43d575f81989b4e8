use resilience::bulkhead;

#[bulkhead(max = 4, name = "")]
async fn empty() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[bulkhead(max = 4, name = db)]
async fn no_quotes() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[bulkhead(max = 4, name = 7)]
async fn number() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
