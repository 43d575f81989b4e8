use resilience::bulkhead;

#[bulkhead]
async fn bare() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[bulkhead()]
async fn empty_list() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[bulkhead(queue = 5)]
async fn only_a_queue() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[bulkhead(name = "db")]
async fn only_a_name() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
