use resilience::retry;

fn is_pending(answer: &Result<u8, resilience::Error>) -> bool {
    answer.is_ok()
}

#[retry(when_ok = is_pending)]
fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
