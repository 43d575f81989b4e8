use resilience::{circuit_breaker, retry, timeout};

type Answer = Result<u32, resilience::Error>;

#[track_caller]
#[retry]
fn above() -> Answer {
    Ok(1)
}

#[circuit_breaker]
#[track_caller]
fn below() -> Answer {
    Ok(1)
}

pub struct Client;

impl Client {
    #[track_caller]
    #[timeout(secs = 1, mode = "cooperative")]
    fn method(&self) -> Answer {
        Ok(1)
    }
}

fn main() {}
