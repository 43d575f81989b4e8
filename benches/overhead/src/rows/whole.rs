//! The stack of the README, and the other ways to call one.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use resilience::{Policy, cached, circuit_breaker, fallback, policy, retry, timeout};

use super::{Answer, Failure, Row, later, naked, other, sync, target};

#[cached(ttl = 3_600, max_size = 10_000, key = x)]
#[timeout(secs = 120)]
#[fallback(other_of_two, other_of_two)]
#[retry(max = 3, backoff = "exponential")]
#[circuit_breaker(name = "readme")]
#[timeout(secs = 30)]
async fn readme(x: u64, turn: u64) -> Answer {
    target(x ^ turn)
}

async fn other_of_two(x: u64, _: u64) -> Answer {
    target(x)
}

async fn readme_hit(x: u64) -> Answer {
    readme(x, 0).await
}

async fn readme_miss(_: u64) -> Answer {
    static TURN: AtomicU64 = AtomicU64::new(1 << 32);
    readme(TURN.fetch_add(1, Ordering::Relaxed), 0).await
}

static POLICY: LazyLock<Policy<u64, Failure>> = LazyLock::new(|| {
    let built = || -> Result<_, policy::InvalidPolicy> {
        Ok(Policy::new()
            >> policy::retry().max(3).build()?
            >> policy::circuit_breaker("policy").build()?
            >> policy::timeout(Duration::from_secs(30))?)
    };
    built().expect("a valid policy")
});

#[retry(max = 3)]
#[circuit_breaker(name = "observed")]
#[timeout(secs = 30)]
async fn three(x: u64) -> Answer {
    naked(x).await
}

#[retry(max = 3)]
#[circuit_breaker(name = "observed, sync")]
fn two(x: u64) -> Answer {
    target(x)
}

pub fn all() -> Vec<Row> {
    vec![
        later("readme", "naked", other).scaled(),
        later("readme", "resilience, hit", readme_hit).scaled(),
        later("readme", "resilience, miss", readme_miss),
        later("policy", "naked", naked),
        later("policy", "resilience, attributes", three),
        later("policy", "resilience, policy", |x| POLICY.call(move || naked(x))),
        sync("policy_sync", "naked", target),
        sync("policy_sync", "resilience, attributes", two),
        sync("policy_sync", "resilience, policy", |x| POLICY.call_blocking(|| target(x))),
        later("observe", "naked", naked),
        later("observe", "resilience, attributes", three),
        later("observe", "resilience, observed", |x| async move { resilience::observe(three(x)).await.0 }),
    ]
}
