use resilience::bulkhead;

#[bulkhead(max = 4, wait = "1s")]
async fn no_queue() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[bulkhead(max = 4, queue = 0, wait = "1s")]
async fn empty_queue() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[bulkhead(max = 4, queue = 5, wait = "0s")]
async fn no_time() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[bulkhead(max = 4, queue = 5, wait = 30)]
async fn no_unit() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[bulkhead(max = 4, queue = 5, wait = "30")]
async fn text_without_unit() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[bulkhead(max = 4, queue = 5, wait = "1s", wait_ms = 1000)]
async fn twice() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[bulkhead(max = 4, queue = -5, wait = "1s")]
async fn bad_queue_once() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
