use resilience::bulkhead;

#[bulkhead(max = 0)]
async fn nobody() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[bulkhead(max = -1)]
async fn negative() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[bulkhead(max = 5_000_000_000)]
async fn too_large() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[bulkhead(max = "10")]
async fn string() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[bulkhead(max = 10.0)]
async fn fraction() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[bulkhead(max = 4, queue = -1)]
async fn negative_queue() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[bulkhead(max = 4, queue = "many")]
async fn queue_of_text() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[bulkhead(max = 0, queue = 5_000_000_000)]
async fn both_at_once() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
