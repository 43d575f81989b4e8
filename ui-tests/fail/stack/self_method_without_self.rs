use resilience::{fallback, retry};

struct Client;

impl Client {
    fn canned() -> Result<u8, resilience::Error> {
        Ok(0)
    }

    fn is_transient(&self, _: &resilience::Error) -> bool {
        true
    }

    #[fallback(self.canned)]
    async fn fallback() -> Result<u8, resilience::Error> {
        Self::canned()
    }

    #[retry(when = self.is_transient)]
    async fn predicate() -> Result<u8, resilience::Error> {
        Ok(1)
    }
}

fn main() {
    let _ = Client::is_transient;
}
