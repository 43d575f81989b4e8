use resilience::fallback;

struct Client;

impl Client {
    #[fallback(self.caned)]
    async fn ask(&self) -> Result<u8, resilience::Error> {
        Ok(1)
    }
}

fn main() {}
