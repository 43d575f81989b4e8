use resilience::retry;

struct Client;

impl Client {
    #[retry(when = self.is_transient)]
    async fn ask(&self) -> Result<u8, resilience::Error> {
        Ok(1)
    }
}

fn main() {}
