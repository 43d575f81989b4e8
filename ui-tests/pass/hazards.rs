//! Each hazard under its name, and where nobody wants to hear of any.

#![deny(warnings, nonstandard_style)]

use std::time::Duration;

use resilience::{bulkhead, cached, circuit_breaker, fallback, rate_limit, retry, timeout};
use tracing::instrument;

type Answer = Result<u32, resilience::Error>;

#[retry(max = 50, backoff = "none", allow(hot_retry))]
fn hot() -> Answer {
    Ok(1)
}

#[retry(max = 50, allow(unbounded_retry))]
async fn unbounded() -> Answer {
    Ok(1)
}

#[retry(allow(hot_retry, unbounded_retry), max = 4_000_000_000, base_delay = "1us", backoff = "constant")]
fn both() -> Answer {
    Ok(1)
}

#[bulkhead(max = 4, queue = 100, allow(unbounded_wait))]
async fn waits() -> Answer {
    Ok(1)
}

#[circuit_breaker(recovery = "1d", allow(long_recovery))]
#[bulkhead(max = 4)]
#[rate_limit(max = 4)]
fn counts() -> Answer {
    Ok(1)
}

#[circuit_breaker]
#[cached(ttl = 3_600_000, max_size = 100_000_000, allow(huge_cache, long_ttl))]
async fn keeps(id: u32) -> Answer {
    Ok(id)
}

#[cached(ttl = 60, negative_ttl = "1h", when = |_| true, allow(lasting_errors))]
fn keeps_errors(id: u32) -> Result<u32, String> {
    Ok(id)
}

#[cached(ttl = 60, time_to_idle = "1m", allow(long_idle))]
fn keeps_what_is_read(id: u32) -> u32 {
    id
}

#[timeout(secs = 9)]
#[fallback(value = 2, allow(late_fallback))]
async fn late() -> Answer {
    Ok(1)
}

#[timeout(secs = 9)]
#[cached(ttl = 60, stale_if_error = "1h", allow(late_timeout))]
#[circuit_breaker(allow(late_timeout))]
async fn late_too(id: u32) -> Answer {
    Ok(id)
}

#[timeout(secs = 9, mode = "thread", max_threads = 1_000, allow(many_threads))]
fn more_threads() -> Answer {
    Ok(1)
}

#[timeout(secs = 9, mode = "thread", max_abandoned = 1_000, allow(many_threads))]
fn threads() -> Answer {
    Ok(1)
}

struct Client;

trait Ask {
    async fn ask(&self) -> Option<u32>;
}

impl Ask for Client {
    #[retry(max = 50, allow(unbounded_retry))]
    async fn ask(&self) -> Option<u32> {
        Some(1)
    }
}

impl Client {
    #[retry(max = 50, allow(unbounded_retry))]
    fn method(&self) -> Option<u32> {
        Some(1)
    }
}

// The lint that carries them, at every level.

#[allow(deprecated)]
#[retry(max = 50)]
fn silenced() -> Answer {
    Ok(1)
}

#[retry(max = 50)]
#[expect(deprecated)]
async fn expected() -> Answer {
    Ok(1)
}

#[allow(deprecated)]
mod silent {
    #[resilience::retry(max = 50)]
    pub fn inside() -> Option<u32> {
        Some(1)
    }
}

// An item of the user's that is deprecated itself, and has no hazard.

#[deprecated(note = "of the user's")]
#[retry]
#[timeout(secs = 1)]
pub async fn old() -> Answer {
    Ok(1)
}

// Beyond an attribute of another crate: what stands above is known, what stands below may be anything.

#[timeout(secs = 300)]
#[instrument]
#[retry(max = 50)]
async fn ended_from_afar() -> Answer {
    Ok(1)
}

#[timeout(secs = 9)]
#[fallback(value = 2)]
#[instrument]
#[timeout(secs = 3)]
async fn asked() -> Answer {
    Ok(1)
}

#[bulkhead(max = 4, queue = 100)]
#[instrument]
#[timeout(secs = 3)]
async fn behind_what_ends() -> Answer {
    Ok(1)
}

// What a constant is worth nobody knows here: neither the hazard nor its name is too much.

const MANY: u32 = 50;
const LONG: Duration = Duration::from_secs(86_400);

#[retry(max = MANY)]
fn constant() -> Answer {
    Ok(1)
}

#[circuit_breaker(probe_lease = "10s", allow(short_lease))]
#[timeout(secs = 30)]
async fn outlives_its_lease() -> Answer {
    Ok(1)
}

#[circuit_breaker(recovery = LONG, allow(long_recovery))]
fn constant_with_a_name() -> Answer {
    Ok(1)
}

fn main() {
    let _ = (hot(), unbounded(), both(), waits(), counts(), keeps(1), keeps_errors(1), keeps_what_is_read(1), late(), threads());
    let _ = (ended_from_afar(), asked(), behind_what_ends());
    let _ = (Client.ask(), Client.method(), silenced(), expected(), silent::inside(), constant(), constant_with_a_name());
}
