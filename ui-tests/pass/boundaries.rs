#![deny(warnings)]

//! Attributes of other crates, renamed imports, and full paths.

use async_trait::async_trait;
use resilience::retry as again;
use resilience::timeout;
use tracing::instrument;

#[again(max = 2)]
#[instrument]
#[timeout(secs = 30)]
pub async fn renamed(query: &str) -> Result<usize, resilience::Error> {
    Ok(query.len())
}

#[resilience::stack]
#[instrument(skip_all)]
#[resilience::retry(max = 2)]
#[allow(clippy::unused_async)]
#[resilience::circuit_breaker(name = "paths")]
#[doc = "Documented."]
pub async fn by_path(query: &str) -> Result<usize, resilience::Error> {
    Ok(query.len())
}

#[async_trait]
pub trait Ask {
    async fn ask(&mut self, query: String) -> Result<usize, resilience::Error>;
}

pub struct Client(usize);

#[async_trait]
impl Ask for Client {
    #[resilience::fallback(value = 0)]
    #[resilience::retry(max = 2)]
    #[timeout(secs = 30)]
    async fn ask(&mut self, query: String) -> Result<usize, resilience::Error> {
        self.0 += query.len();
        Ok(self.0)
    }
}

#[resilience::retry(max = 2, crate = ::resilience)]
pub fn with_the_facade_named() -> Option<u8> {
    Some(1)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!((renamed("four").await, by_path("four").await), (Ok(4), Ok(4)));
    assert_eq!(Client(1).ask("four".to_owned()).await, Ok(5));
    assert_eq!(with_the_facade_named(), Some(1));
}
