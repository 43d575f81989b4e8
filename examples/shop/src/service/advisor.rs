//! Recommends products: from the model, else the bestsellers, else a fixed list.

use resilience::{Classify, bulkhead, cached, circuit_breaker, fallback, rate_limit, retry, timeout};

use super::domain::{Advice, Source};
use super::model::{AdviceError, Model};
use super::shelf::Shelf;

pub struct Advisor {
    pub model: Model,
    pub shelf: Shelf,
}

/// A model that responds with 429 is up.
fn is_outage(error: &AdviceError) -> bool {
    error.category().is_retryable() && !matches!(error, AdviceError::RateLimited { .. })
}

impl Advisor {
    /// The cache is on top, so that it also answers while the model is down. It stores no substitutes.
    #[cached(name = "advice", ttl = "10s", ttl_jitter = 0.2, max_size = 10_000, key = bought)]
    #[timeout(ms = 1500, config = "advice")]
    #[fallback(self.bestsellers, Self::favourites)]
    #[retry(max = 2, base_delay = "50ms", max_delay = "300ms", budget = "model")]
    // The `Retry-After` that one caller receives holds for all. A caller that would wait longer gets a substitute.
    #[rate_limit(name = "model", learn = true, wait = "200ms")]
    #[circuit_breaker(name = "model", recovery = "1s", when = is_outage)]
    #[bulkhead(name = "model", max = 16)]
    #[timeout(ms = 400, config = "model-attempt")]
    pub async fn recommend(&self, bought: &[i32]) -> Result<Advice, AdviceError> {
        Ok(Advice { products: self.model.complete(bought).await?, source: Source::Model })
    }

    async fn bestsellers(&self, _: &[i32]) -> Result<Advice, AdviceError> {
        let products = self.shelf.bestsellers().await?;
        if products.is_empty() {
            return Err(AdviceError::NoBestsellers);
        }
        Ok(Advice { products, source: Source::Bestsellers })
    }

    #[expect(clippy::unnecessary_wraps, reason = "a fallback has the signature of the function it stands in for")]
    fn favourites(_: &[i32]) -> Result<Advice, AdviceError> {
        Ok(Advice { products: vec![1, 2, 8], source: Source::Favourites })
    }
}
