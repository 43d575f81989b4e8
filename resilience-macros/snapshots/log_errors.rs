#[fallback(|error| Err(error), value = 0, log_errors = true)]
#[retry(log_errors = true)]
#[circuit_breaker(log_errors = true)]
fn count(client: &Client) -> Result<u32, AskError> {
    client.count()
}
