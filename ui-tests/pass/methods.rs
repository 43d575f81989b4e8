#![deny(warnings)]

use resilience::{cached, circuit_breaker, fallback, retry, timeout};
use std::sync::Arc;

type Answer = Result<usize, resilience::Error>;

#[derive(Debug, Clone)]
pub struct Client {
    base: usize,
}

impl Client {
    const TRIES: u32 = 2;

    #[fallback(self.canned, Self::constant)]
    #[retry(max = Self::TRIES)]
    #[circuit_breaker(name = "client")]
    #[timeout(secs = 30)]
    pub async fn ask(&self, query: &str, extra: String) -> Answer {
        Ok(self.base + query.len() + extra.len())
    }

    async fn canned(&self, query: &str, _: String) -> Answer {
        Ok(self.base + query.len())
    }

    fn constant(_: &str, _: String) -> Answer {
        Ok(0)
    }

    #[retry(max = 2)]
    #[timeout(secs = 30)]
    pub async fn grow(&mut self, by: usize) -> Answer {
        self.base += by;
        Ok(self.base)
    }

    #[retry(max = 2)]
    #[must_use]
    pub fn by_value(self) -> Option<usize> {
        Some(self.base)
    }

    #[circuit_breaker]
    #[timeout(secs = 30)]
    pub async fn by_arc(self: Arc<Self>) -> Answer {
        Ok(self.base)
    }

    #[cached(ttl = 60, key = (self.base, query))]
    pub async fn cached(&self, query: &str) -> Answer {
        Ok(self.base + query.len())
    }

    #[cached(skip(self))]
    pub fn cached_without_self(&self, query: &str) -> usize {
        query.len()
    }
}

pub trait Ask {
    #[retry(max = 2)]
    fn ask_sync(&self) -> Answer {
        Ok(self.number())
    }

    fn number(&self) -> usize;
}

impl Ask for Client {
    #[cached(skip(self))]
    fn number(&self) -> usize {
        self.base
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut client = Client { base: 1 };
    assert_eq!(client.ask("query", "extra".to_owned()).await, Ok(11));
    assert_eq!(client.grow(1).await, Ok(2));
    assert_eq!(client.cached("query").await, Ok(7));
    assert_eq!(client.cached_without_self("query"), 5);
    assert_eq!(client.ask_sync(), Ok(2));
    assert_eq!(Arc::new(client.clone()).by_arc().await, Ok(2));
    assert_eq!(client.by_value(), Some(2));
}
