use resilience::retry;

fn always(_: &resilience::Error) -> bool {
    true
}

#[retry(max = 2, max = 3)]
async fn same_key() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max = 2, max_retries = 3)]
async fn alias() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(when = always, backoff = "linear", when = always)]
async fn far_apart() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(base_delay = "1s", base_delay_ms = 500)]
async fn two_units() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max_delay_secs = 10, max_delay_ms = 500)]
async fn two_numbers() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(share(a), share(b))]
async fn two_lists(a: String, b: String) -> Result<usize, resilience::Error> {
    Ok(a.len() + b.len())
}

#[retry(max = 2, max = 3, max = 4)]
async fn three_times() -> Result<(), resilience::Error> {
    Ok(())
}

fn main() {}
