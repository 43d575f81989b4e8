//! One limit for each key, in all processes.

use std::collections::BTreeMap;

use resilience::rate_limit;
use resilience::store::{KeyHash, StateKey};
use resilience::testing::FakeStore;

use crate::common::{Answer, TestError};
use crate::{MINUTE, Window, connect, other_process};

fn hash(key: &(&str, u8)) -> Option<KeyHash> {
    StateKey::canonical(key).map(|text| KeyHash::of(&text)).ok()
}

#[tokio::test(start_paused = true)]
async fn processes_find_the_limit_of_a_key_by_its_hash() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "by client", max = 3, per = "1m", key = (client, *region), store = SHARED)]
    async fn call(client: &str, region: &u8) -> Answer {
        Ok(u32::try_from(client.len()).unwrap_or(0) + u32::from(*region))
    }

    let other = other_process(&connect(&SHARED));
    assert_eq!((call("a", &1).await, call("b", &1).await), (Ok(2), Ok(2)));
    let window = |key: &(&str, u8)| Window { hash: hash(key), ..Window::new("by client", 3, MINUTE) };
    assert_eq!(window(&("a", 1)).left(other).await, 2);
    assert_eq!(window(&("c", 1)).left(other).await, 3);
    assert_eq!(letters!(1, call("a", &1).await), "L");
    assert_eq!(letters!(1, call("b", &1).await), "S", "a limit of its own");
    assert_eq!(letters!(1, call("c", &1).await), "L", "the other process has used it up");
    assert_eq!(Window::new("by client", 3, MINUTE).left(other).await, 3, "one without a key is another one");
}

#[tokio::test(start_paused = true)]
async fn keys_without_room_share_one_limit_in_all_processes() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "crowded", max = 2, per = "1h", key = client, max_keys = 1, store = SHARED)]
    async fn call(client: u32) -> Result<u32, TestError> {
        Ok(client)
    }

    let other = other_process(&connect(&SHARED));
    assert_eq!(letters!(3, call(1).await), "SSL");
    assert_eq!(
        (letters!(1, call(2).await), letters!(1, call(3).await), letters!(1, call(4).await)),
        ("S".into(), "S".into(), "L".into())
    );
    let window = Window { hash: Some(KeyHash::from_u128(0)), ..Window::new("crowded", 2, crate::common::secs(3_600)) };
    assert_eq!(window.left(other).await, 0);
}

/// A key that JSON cannot write limits the calls of this process alone.
#[tokio::test(start_paused = true)]
async fn a_key_that_cannot_be_written_is_an_outage_of_its_own() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "unwritable", max = 4, per = "1h", key = parts, store = SHARED, instances = 2)]
    async fn call(parts: &BTreeMap<(u8, u8), u8>) -> Answer {
        Ok(u32::from(parts.is_empty()))
    }

    let engine = connect(&SHARED);
    let parts = BTreeMap::from([((1, 2), 3)]);
    assert_eq!(letters!(3, call(&parts).await), "SSL");
    assert_eq!(engine.requests(), 0);
}
