use resilience::{circuit_breaker, fallback, retry, timeout};

struct Answer;

fn canned() -> Answer {
    Answer
}

#[fallback(canned)]
#[retry(max = 3)]
#[circuit_breaker]
#[timeout(secs = 30)]
async fn ask() -> Answer {
    Answer
}

fn main() {}
