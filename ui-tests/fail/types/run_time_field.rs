use resilience::circuit_breaker;

struct Client {
    threshold: u32,
}

impl Client {
    #[circuit_breaker(failure_threshold = self.threshold)]
    async fn ask(&self) -> Result<u8, resilience::Error> {
        Ok(1)
    }
}

fn main() {}
