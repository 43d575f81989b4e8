use resilience::{circuit_breaker, retry, timeout};

struct AskError;

// Two of the three can fail on their own: still one report.
#[timeout(secs = 120)]
#[retry(max = 3)]
#[circuit_breaker(name = "llm")]
#[timeout(secs = 30)]
async fn ask() -> Result<String, AskError> {
    Err(AskError)
}

fn main() {}
