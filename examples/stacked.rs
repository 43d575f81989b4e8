//! Puts the whole stack on one function, and logs each of its decisions.
//!
//! ```sh
//! cargo run --example stacked
//! ```

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use resilience::{cached, circuit_breaker, fallback, retry, timeout};

#[derive(Debug, Clone, thiserror::Error)]
enum AskError {
    #[error("the model is overloaded")]
    Overloaded,
    #[error(transparent)]
    Resilience(#[from] resilience::Error),
}

static CALLS: AtomicU32 = AtomicU32::new(0);

#[cached(ttl = 3600, max_size = 10_000)]
#[timeout(secs = 2)]
#[fallback(small_model, value = "We will get back to you.".to_owned())]
#[retry(max = 2, base_delay = "50ms")]
#[circuit_breaker(name = "model", failure_threshold = 4, recovery = "300ms")]
#[timeout(ms = 100)]
async fn ask(query: &str) -> Result<String, AskError> {
    match CALLS.fetch_add(1, Ordering::Relaxed) {
        0 => Err(AskError::Overloaded), // overloaded once
        1 => Ok(format!("the large model about {query}")),
        _ => std::future::pending().await, // then hangs
    }
}

async fn small_model(query: &str) -> Result<String, AskError> {
    tokio::time::sleep(Duration::from_millis(20)).await;
    if query.contains("hard") { Err(AskError::Overloaded) } else { Ok(format!("the small model about {query}")) }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(std::io::stdout).init();
    for query in ["cats", "cats", "dogs", "hard questions", "birds"] {
        println!("> {query}");
        println!("< {:?}", ask(query).await);
    }
}
