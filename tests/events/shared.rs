//! Calls of functions and policies whose state is in a store.

use std::sync::OnceLock;

use resilience::policy::{self, InvalidPolicy};
use resilience::testing::{FakeEngine, FakeStore, record};
use resilience::{Error, Policy, cached, rate_limit};

use crate::Walk;
use crate::attributes::secs;

/// What only calls that are awaited emit.
pub const EVENTS: [&str; 4] = ["cache.far_hit", "cache.far_miss", "cache.unreadable", "rate_limit.store_away"];

static AWAY: FakeStore = FakeStore::new("events, away");
static SHARED: FakeStore = FakeStore::new("events");

#[rate_limit(name = "closed", max = 9, store = AWAY, on_outage = "closed")]
async fn closed() -> Result<u32, Error> {
    Ok(1)
}

#[cached(name = "far", ttl = 3600, near = "1s", store = SHARED)]
async fn far(key: u32) -> Result<u32, Error> {
    Ok(key)
}

fn engine() -> &'static FakeEngine {
    static ENGINE: OnceLock<FakeEngine> = OnceLock::new();
    let engine = ENGINE.get_or_init(FakeEngine::new);
    SHARED.connect(engine);
    engine
}

fn forge(engine: &FakeEngine) {
    for key in engine.cached_keys() {
        engine.set_value("events", &key.borrow(), b"no value of this cache".to_vec());
    }
}

pub async fn of_functions(walk: &mut Walk) {
    let engine = engine();
    walk.saw("shared::closed", &record(closed()).await.1);
    for _ in 0..2 {
        walk.saw("shared::far", &record(far(1)).await.1);
        tokio::time::advance(secs(2)).await;
    }
    forge(engine);
    walk.saw("shared::far", &record(far(1)).await.1);
}

pub async fn of_policies(walk: &mut Walk) -> Result<(), InvalidPolicy> {
    let engine = engine();
    let limit = policy::rate_limit("p closed").max(9).store(&AWAY).on_outage(policy::OnOutage::Closed).build()?;
    let closed: Policy<u32, Error> = Policy::named("closed by policy")? >> limit;
    walk.saw("closed by policy", &record(closed.call(async || Ok(1))).await.1);

    let cache = policy::cached("p far").ttl(secs(3600)).near(secs(1)).store(&SHARED).build()?;
    let far = cache >> Policy::<u32, Error>::named("far by policy")? >> policy::timeout(secs(60))?;
    for _ in 0..2 {
        walk.saw("far by policy", &record(far.call_for(&1, async || Ok(1))).await.1);
        tokio::time::advance(secs(2)).await;
    }
    forge(engine);
    walk.saw("far by policy", &record(far.call_for(&1, async || Ok(1))).await.1);
    Ok(())
}
