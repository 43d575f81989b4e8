use async_trait::async_trait;
use resilience::{circuit_breaker, retry, timeout};

#[async_trait]
trait Call {
    async fn mismatch(&self) -> Option<u8>;
    async fn on_self(&mut self) -> Option<u8>;
    async fn bound<T: Send + Sync + Clone>(&self, value: T) -> Option<String>;
    async fn in_a_macro(&self) -> Option<String>;
}

struct Client;

#[async_trait]
impl Call for Client {
    #[retry]
    async fn mismatch(&self) -> Option<u8> {
        let number: u8 = "text";
        Some(number)
    }

    #[circuit_breaker]
    #[retry]
    async fn on_self(&mut self) -> Option<u8> {
        let text: String = self;
        self.missing()
    }

    #[timeout(secs = 1)]
    #[retry]
    async fn bound<T: Send + Sync + Clone>(&self, value: T) -> Option<String> {
        Some(value.to_string())
    }

    #[retry]
    async fn in_a_macro(&self) -> Option<String> {
        Some(format!("", self))
    }
}

fn main() {}
