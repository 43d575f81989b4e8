use resilience::{retry, timeout};

#[timeout(secs = 30)]
fn without_a_mode() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[retry(max = 2)]
#[timeout(secs = 30)]
fn below_a_retry() -> Result<u8, resilience::Error> {
    Ok(1)
}

struct Client;

impl Client {
    #[timeout(secs = 30)]
    fn method(&self) -> Option<u8> {
        Some(1)
    }
}

fn main() {}
