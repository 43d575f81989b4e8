use resilience::bulkhead;

#[bulkhead(max = 4, max = 5)]
async fn number() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[bulkhead(max = 4, name = "a", name = "b")]
async fn name() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
