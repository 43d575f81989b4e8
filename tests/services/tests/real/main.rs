//! Errors of real components: what the classification says about them, and what a retry does.

mod aws;
mod derived;
mod harness;
mod openai;
mod recipe;
mod redis;
mod requests;
mod sqlx;
mod tokio_postgres;
mod transfer;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use resilience::{Category, Classify, Severity};
use services::Postgres;

type Meaning = (Category, Severity);

const NETWORK: Meaning = (Category::Network, Severity::Error);
const PERMANENT: Meaning = (Category::Permanent, Severity::Error);
const RATE_LIMIT: Meaning = (Category::RateLimit, Severity::Error);
const RESOURCE: Meaning = (Category::Resource, Severity::Error);
const TRANSIENT: Meaning = (Category::Transient, Severity::Error);
const CRITICAL: Meaning = (Category::Permanent, Severity::Critical);

fn meaning(error: &(impl Classify + ?Sized)) -> Meaning {
    // `RedisError` has a method `category` of its own.
    (Classify::category(error), error.severity())
}

/// A server that no test stops.
fn shared_postgres() -> Option<&'static Postgres> {
    static SHARED: OnceLock<Option<Postgres>> = OnceLock::new();
    SHARED.get_or_init(|| Postgres::start(&["deadlock_timeout=50ms"])).as_ref()
}

/// A name for the table of one test.
fn unique(name: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{name}_{}", NEXT.fetch_add(1, Ordering::Relaxed))
}
