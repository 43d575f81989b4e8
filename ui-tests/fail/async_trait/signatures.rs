use async_trait::async_trait;
use resilience::{retry, timeout};

// On the wrong item, whatever the order.
#[retry]
#[async_trait]
trait Above {
    async fn call(&self) -> Option<u8>;
}

struct Client;

#[async_trait]
#[timeout(secs = 1)]
impl Above for Client {
    async fn call(&self) -> Option<u8> {
        Some(1)
    }
}

#[async_trait]
trait Declared {
    #[retry]
    async fn declared(&self) -> Option<u8>;

    async fn not_async(&self) -> Option<u8>;
}

#[async_trait]
impl Declared for Client {
    async fn declared(&self) -> Option<u8> {
        Some(1)
    }

    #[retry]
    fn not_async(&self) -> Option<u8> {
        Some(1)
    }
}

fn main() {}
