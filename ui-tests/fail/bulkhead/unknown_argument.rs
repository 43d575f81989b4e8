use resilience::bulkhead;

#[bulkhead(mx = 4)]
async fn typo() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[bulkhead(max = 4, quue = 5)]
async fn typo_in_queue() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[bulkhead(max_concurrent = 4)]
async fn other_word() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[bulkhead(10)]
async fn no_key() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[bulkhead(max = 4, retries = 3)]
async fn of_another_attribute() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[bulkhead(max = 4, max(5))]
async fn as_a_call() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
