//! Caches that processes share.

use std::time::Duration;

use resilience::cached;
use resilience::config::{load_toml, set};
use resilience::testing::{FakeEngine, FakeStore};
use tokio::time::sleep;

use crate::{alone, lines, value};

static SHARED: FakeStore = FakeStore::new("shop");

#[cached(name = "shared-setting", ttl = "1h", store = SHARED, version = 2)]
async fn shared(id: u32) -> Option<u32> {
    Some(id)
}

#[cached(name = "local-setting", ttl = "1h")]
async fn local(id: u32) -> Option<u32> {
    Some(id)
}

#[tokio::test(start_paused = true)]
async fn near_is_a_setting_and_store_and_version_are_not() {
    let _alone = alone();
    let engine = FakeEngine::new();
    SHARED.connect(&engine);
    assert_eq!((shared(1).await, local(1).await), (Some(1), Some(1)));
    assert_eq!(value("shared-setting.cached.near"), "30s");
    assert_eq!(set("shared-setting.cached.near", "5s"), Ok(()));
    let requests = async || {
        let before = engine.requests();
        for _ in 0..20 {
            assert_eq!(shared(2).await, Some(2));
            sleep(Duration::from_secs(1)).await;
        }
        engine.requests() - before
    };
    assert_eq!(requests().await, 4, "every five seconds");
    let wrong = |text: &str| lines(load_toml(text)).join("\n");
    let version = wrong("[shared-setting.cached]\nversion = 3");
    assert!(
        version.contains("`version` of `#[cached]` says which shared values are those of this program"),
        "{version}"
    );
    let store = wrong("[shared-setting.cached]\nstore = \"OTHER\"");
    assert!(store.contains("`store` of `#[cached]` is code"), "{store}");
    let near = wrong("[local-setting.cached]\nnear = \"5s\"");
    assert!(near.contains("`near` of `#[cached]` does nothing where the attribute has no `store`"), "{near}");
    let zero = wrong("[shared-setting.cached]\nnear = \"0s\"");
    assert!(zero.contains("a `near` of zero would ask the store at each call"), "{zero}");
}
