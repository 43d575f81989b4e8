use resilience::cached;
use std::sync::Arc;

#[derive(Clone)]
struct Client {
    base: usize,
}

impl Client {
    #[cached(ttl = 60)]
    async fn by_reference(&self, query: &str) -> Option<usize> {
        Some(self.base + query.len())
    }

    #[cached(ttl = 60)]
    fn by_value(self, query: &str) -> Option<usize> {
        Some(self.base + query.len())
    }

    #[cached(ttl = 60)]
    async fn by_arc(self: Arc<Self>, query: &str) -> Option<usize> {
        Some(self.base + query.len())
    }

    #[cached(ttl = 60, skip(query))]
    async fn skips_something_else(&self, query: &str) -> Option<usize> {
        Some(self.base + query.len())
    }
}

fn main() {}
