use resilience::{circuit_breaker, fallback, retry, timeout};

struct Client;

// By elision the result borrows from `self`, and the body lends out of `text`.
impl Client {
    #[retry]
    #[timeout(secs = 1)]
    async fn retried(&self, text: &str) -> Option<&str> {
        Some(text)
    }

    #[timeout(secs = 1)]
    async fn limited(&self, text: &str) -> Option<&str> {
        Some(text)
    }

    #[circuit_breaker]
    fn guarded(&self, text: &str) -> Option<&str> {
        Some(text)
    }

    #[fallback(value = "none")]
    async fn replaced(&self, text: &str) -> Option<&str> {
        Some(text)
    }

    #[fallback(|()| None)]
    fn replaced_by_a_closure(&self, text: &str) -> Option<&str> {
        Some(text)
    }
}

fn main() {}
