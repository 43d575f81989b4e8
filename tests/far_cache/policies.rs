//! Policies and attributes share values.

use resilience::policy::{self, AsyncOnly, CachedPolicy, InvalidPolicy};
use resilience::testing::{FakeEngine, FakeStore};
use resilience::{Cache, Policy};
use tokio::time::sleep;

use crate::common::{TestError, secs};
use crate::{HOUR, Source, processes};

type Shared = CachedPolicy<u64, String, TestError, AsyncOnly>;

#[tokio::test(start_paused = true)]
async fn a_policy_has_the_values_of_an_attribute_with_its_name() -> Result<(), InvalidPolicy> {
    static SHARED: FakeStore = FakeStore::new("shop");

    let engine = FakeEngine::new();
    processes!(engine: one; name = "of both", ttl = 3600, version = 2);
    SHARED.connect(&engine);
    let policy: Shared =
        policy::cached("of both").ttl(HOUR).store(&SHARED).near(secs(10)).version(2).build()? >> Policy::new();
    let source = Source::new("answer");
    assert!(one::get(1, &source).await.is_ok());
    assert_eq!(policy.call_for(&1, || source.load(1)).await.as_deref(), Ok("answer 1"));
    assert_eq!(policy.call_for(&2, || source.load(2)).await.as_deref(), Ok("answer 2"));
    assert_eq!(one::get(2, &source).await.as_deref(), Ok("answer 2"));
    assert_eq!(source.loads(), 2);
    let before = engine.requests();
    sleep(secs(10)).await;
    assert!(policy.call_for(&2, || source.load(2)).await.is_ok());
    assert_eq!((engine.requests() - before, source.loads()), (1, 2), "asked again after `near`");

    Cache::named("of both").expect("called").invalidate(&1_u32).expect("the keys of the attribute");
    source.set(Ok("newer"));
    assert_eq!(policy.call_for(&1, || source.load(1)).await.as_deref(), Ok("newer 1"), "told by a message");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_policy_weighs_and_idles_with_a_store() -> Result<(), InvalidPolicy> {
    static SHARED: FakeStore = FakeStore::new("shop");

    SHARED.connect(&FakeEngine::new());
    let weighed: Shared = policy::cached("weighed with a store")
        .max_weight(50, |_, text: &String| text.len() as u64)
        .time_to_idle(HOUR)
        .store(&SHARED)
        .build()?
        >> Policy::new();
    let source = Source::new("0123456789");
    for _ in 0..2 {
        for key in 0..20 {
            assert!(weighed.call_for(&key, || source.load(key)).await.is_ok());
        }
    }
    assert_eq!(source.loads(), 20, "far");
    let entries = Cache::named("weighed with a store").expect("called").len();
    assert!((2..=4).contains(&entries), "{entries} entries of 12 or more in 50");
    Ok(())
}

#[test]
fn near_and_version_need_a_store() {
    let problem = policy::cached::<u32, u32, TestError>("without a store").near(secs(1)).build().expect_err("no store");
    assert!(problem.to_string().contains("add `.store(&SHARED)`"), "{problem}");
    let problem = policy::cached::<u32, u32, TestError>("without a store").version(1).build().expect_err("no store");
    assert!(problem.to_string().contains("add `.store(&SHARED)`"), "{problem}");
}
