use resilience::retry;

fn count(attempt: u32) {
    let _ = attempt;
}

#[retry(on_retry = count)]
async fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
