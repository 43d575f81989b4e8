use resilience::{cached, circuit_breaker, fallback, retry, timeout};

// Everything that is wrong in a stack is said in one pass, in the order in which it is written.
#[cached(ttl = 0, maxsize = 10)]
#[timeout(20)]
#[fallback(canned())]
#[retry(max = 0, backof = "linear", base_delay = "1 week")]
#[circuit_breaker(name = llm, failure_threshold = -1)]
#[timeout(secs = "30")]
async fn ask(query: &str) -> Result<usize, resilience::Error> {
    Ok(query.len())
}

fn main() {}
