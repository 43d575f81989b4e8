use resilience::{rate_limit, retry, timeout};

struct Client;

// Where nothing looks at the result of the body, the body is the result.
impl Client {
    #[timeout(secs = 1, mode = "cooperative")]
    fn limited(&self, text: &str) -> Option<&str> {
        Some(text)
    }

    #[rate_limit(max = 1)]
    fn one_at_a_time(&self, text: &str) -> Result<&str, resilience::Error> {
        resilience::checkpoint()?;
        Ok(text)
    }

    #[retry]
    #[timeout(secs = 1, mode = "cooperative")]
    fn retried(&self, text: &str) -> Option<&str> {
        Some(text)
    }
}

fn main() {}
