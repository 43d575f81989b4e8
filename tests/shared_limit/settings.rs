//! Settings that override those of a shared limit.

use resilience::config::{load_toml, set};
use resilience::rate_limit;
use resilience::testing::FakeStore;

use crate::common::{Answer, secs};
use crate::{Window, connect, other_process, snapshot};

#[tokio::test(start_paused = true)]
async fn a_shared_limit_takes_settings_while_it_runs() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "set while running", max = 2, per = "1h", store = SHARED)]
    async fn call() -> Answer {
        Ok(7)
    }

    let engine = connect(&SHARED);
    let other = other_process(&engine);
    assert_eq!(letters!(3, call().await), "SSL");
    set("set while running.rate_limit.max", 10).expect("valid");
    assert_eq!(letters!(1, call().await), "S", "a rejection under other settings is forgotten");
    set("set while running.rate_limit.lease", 4).expect("valid");
    assert_eq!(letters!(1, call().await), "S");
    assert_eq!(snapshot("set while running").shared.map(|shared| shared.leased), Some(3));
    set("set while running.rate_limit.instances", 5).expect("valid");
    set("set while running.rate_limit.on_outage", "closed").expect("valid");
    engine.stop();
    assert_eq!(letters!(3, call().await), "SSS", "leased units pass during an outage");
    assert_eq!(
        call().await.expect_err("it is closed").to_string().split(',').next(),
        Some("rate limit `set while running` rejects all calls while its store is away")
    );
    set("set while running.rate_limit.on_outage", "local").expect("valid");
    engine.start();

    set("set while running.rate_limit.enabled", false).expect("valid");
    let before = engine.requests();
    assert_eq!(letters!(30, call().await), "S".repeat(30));
    assert_eq!(engine.requests(), before, "nothing is asked while it is switched off");
    let left = Window::new("set while running", 10, secs(3_600)).left(other).await;
    assert_eq!(left, 3, "and nothing is charged");
}

#[tokio::test(start_paused = true)]
async fn a_wrong_setting_says_what_to_write() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "set wrong", max = 2, store = SHARED)]
    async fn shared() -> Answer {
        Ok(7)
    }
    #[rate_limit(name = "set in vain", max = 2)]
    async fn alone() -> Answer {
        Ok(7)
    }

    connect(&SHARED);
    assert_eq!((shared().await, alone().await), (Ok(7), Ok(7)));
    let problem = |key: &str, word: &str| set(key, word).expect_err("wrong").to_string();
    let unknown = problem("set wrong.rate_limit.on_outage", "lokal");
    assert!(unknown.contains("unknown on_outage \"lokal\"; did you mean \"local\"?"), "{unknown}");
    let fixed = load_toml("[\"set wrong\".rate_limit]\nstore = \"other\"").expect_err("fixed").to_string();
    assert!(fixed.contains("store"), "{fixed}");
    let vain = set("set in vain.rate_limit.lease", 3).expect_err("in vain").to_string();
    assert!(vain.contains("`store`"), "{vain}");
}
