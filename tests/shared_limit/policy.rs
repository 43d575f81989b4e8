//! Policies do what attributes do.

use resilience::policy::{self, KeyedPolicy, OnOutage};
use resilience::store::{KeyHash, StateKey};
use resilience::testing::FakeStore;
use resilience::{Error, Policy, RateLimiter, rate_limit};

use crate::common::secs;
use crate::{MINUTE, Window, connect, other_process, snapshot};

#[tokio::test(start_paused = true)]
async fn a_policy_and_an_attribute_of_one_name_are_one_limit() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "both", max = 20, per = "1h", store = SHARED, lease = 5, instances = 2)]
    async fn call() -> Result<u32, Error> {
        Ok(7)
    }
    let policy: Policy<u32, Error> = Policy::new()
        >> policy::rate_limit("both")
            .max(20)
            .per(secs(3_600))
            .lease(5)
            .instances(2)
            .store(&SHARED)
            .build()
            .expect("valid");

    let engine = connect(&SHARED);
    let other = other_process(&engine);
    assert_eq!((call().await, policy.call(async || Ok(8)).await), (Ok(7), Ok(8)));
    assert_eq!((engine.requests(), snapshot("both").shared.map(|shared| shared.leased)), (1, Some(3)));
    assert_eq!(Window::new("both", 20, secs(3_600)).left(other).await, 15);
    for _ in 0..3 {
        assert_eq!(policy.call(async || Ok(8)).await, Ok(8));
    }
    assert!(matches!(policy.call(async || Ok(8)).await, Err(Error::RateLimited { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_policy_settles_and_decides_on_an_outage() {
    static SHARED: FakeStore = FakeStore::new("shop");
    let policy: Policy<u32, Error> = Policy::new()
        >> policy::rate_limit("policy tokens")
            .max(100)
            .per(secs(3_600))
            .cost(20)
            .settle(|took: &u32| u64::from(*took))
            .on_outage(OnOutage::Closed)
            .store(&SHARED)
            .build()
            .expect("valid");

    let engine = connect(&SHARED);
    let other = other_process(&engine);
    assert_eq!(policy.call(async || Ok(5)).await, Ok(5));
    assert_eq!(Window::new("policy tokens", 100, secs(3_600)).left(other).await, 95);
    engine.stop();
    assert!(matches!(policy.call(async || Ok(5)).await, Err(Error::StoreAway { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_blocking_call_has_the_share_of_its_process_and_tells_the_store() {
    static SHARED: FakeStore = FakeStore::new("shop");
    let policy: Policy<u32, Error> = Policy::new()
        >> policy::rate_limit("blocking")
            .max(20)
            .per(secs(3_600))
            .cost(2)
            .settle(|took: &u32| u64::from(*took))
            .instances(4)
            .store(&SHARED)
            .build()
            .expect("valid");

    let engine = connect(&SHARED);
    let other = other_process(&engine);
    assert_eq!(policy.call_blocking(|| Ok(1)), Ok(1));
    assert_eq!(policy.call_blocking(|| Ok(4)), Ok(4));
    assert!(policy.call_blocking(|| Ok(1)).is_err(), "five of 20 are its share");
    assert_eq!(engine.requests(), 0, "it waits for nobody");
    assert_eq!(Window::new("blocking", 20, secs(3_600)).left(other).await, 15);
}

#[tokio::test(start_paused = true)]
async fn a_keyed_policy_shares_the_limit_of_each_key() {
    static SHARED: FakeStore = FakeStore::new("shop");
    let policy: KeyedPolicy<String, u32, Error> = Policy::new()
        >> policy::rate_limit("policy by key")
            .max(3)
            .per(MINUTE)
            .key::<String>()
            .store(&SHARED)
            .build()
            .expect("valid");

    let other = other_process(&connect(&SHARED));
    assert_eq!(policy.call_for("a", async || Ok(7)).await, Ok(7));
    let hash = StateKey::canonical(&("a",)).map(|text| KeyHash::of(&text)).ok();
    let window = Window { hash, ..Window::new("policy by key", 3, MINUTE) };
    assert_eq!(window.left(other).await, 2);
    assert!(policy.call_for("a", async || Ok(7)).await.is_err());
    assert_eq!(policy.call_for("b", async || Ok(7)).await, Ok(7));
}

#[test]
fn a_policy_says_what_is_wrong_with_a_shared_limit() {
    static SHARED: FakeStore = FakeStore::new("shop");
    let problem = |layer: Result<policy::Layer<u32, Error>, policy::InvalidPolicy>| {
        layer.map(|_| ()).expect_err("invalid").problems().join("; ")
    };
    let alone = problem(policy::rate_limit("alone").max(3).lease(2).build());
    assert!(alone.contains("add `store`"), "{alone}");
    let unlimited = problem(policy::rate_limit("unlimited").learn().store(&SHARED).build());
    assert!(unlimited.contains("`store` shares the units of `max`"), "{unlimited}");
    let greedy = problem(policy::rate_limit("greedy").max(3).lease(4).store(&SHARED).build());
    assert!(greedy.contains("`lease` is above `burst`"), "{greedy}");
    let keyed = policy::rate_limit("keyed").max(3).store(&SHARED).key::<u8>().build::<u32, Error>();
    let keyed = keyed.map(|_| ()).expect_err("invalid").to_string();
    assert!(keyed.contains("`.key::<K>()` first"), "{keyed}");
    assert!(RateLimiter::named("greedy").is_none());
}
