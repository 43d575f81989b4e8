//! Programs of several versions on one cache: a reader gets the value of the writer, or loads its own.

use std::pin::Pin;

use resilience::cached;
use resilience::testing::{FakeEngine, FakeStore};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::common::{Counter, Random, TestError};

/// What a call returns, as JSON, and whether it has loaded.
type Called = Pin<Box<dyn Future<Output = (Value, bool)>>>;

type Program = (&'static str, fn(u32) -> Called, &'static FakeStore);

fn number(key: u32, at: u64) -> u64 {
    Random::new(u64::from(key) * 31 + at).below(1 << 40)
}

/// One program for each type, whose function loads a value that depends on the key.
macro_rules! programs {
    ($version:expr; $($program:ident: $ty:ty = |$key:ident| $value:expr;)*) => {[$({
        static SHARED: FakeStore = FakeStore::new("shop");

        #[cached(name = "programs", version = $version, ttl = 3600, store = SHARED, skip(loads))]
        async fn get(key: u32, loads: &Counter) -> Result<$ty, TestError> {
            loads.up();
            let $key = key;
            Ok($value)
        }

        fn call(key: u32) -> Called {
            Box::pin(async move {
                let loads = Counter::default();
                let value = get(key, &loads).await.expect("it never fails");
                (serde_json::to_value(value).expect("JSON"), loads.get() > 0)
            })
        }
        (stringify!($program), call as fn(u32) -> Called, &SHARED)
    }),*]};
}

mod types {
    use super::*;

    #[derive(Debug, Clone, Serialize, Deserialize)]
    pub struct Price {
        pub price: u64,
        pub fee: u64,
    }

    #[derive(Debug, Clone, Serialize, Deserialize)]
    pub struct Swapped {
        pub fee: u64,
        pub price: u64,
    }

    #[derive(Debug, Clone, Serialize, Deserialize)]
    pub struct Added {
        pub price: u64,
        pub fee: u64,
        pub tax: Option<u64>,
    }

    #[derive(Debug, Clone, Serialize, Deserialize)]
    pub struct Defaulted {
        pub price: u64,
        pub fee: u64,
        #[serde(default)]
        pub tax: u64,
    }

    #[derive(Debug, Clone, Serialize, Deserialize)]
    pub struct Removed {
        pub price: u64,
    }

    #[derive(Debug, Clone, Serialize, Deserialize)]
    pub struct Renamed {
        pub price: u64,
        pub charge: u64,
    }

    #[derive(Debug, Clone, Serialize, Deserialize)]
    pub struct RenamedOption {
        pub price: u64,
        pub charge: Option<u64>,
    }

    #[derive(Debug, Clone, Serialize, Deserialize)]
    pub struct Text {
        pub price: String,
        pub fee: u64,
    }

    #[derive(Debug, Clone, Serialize, Deserialize)]
    pub enum State {
        Open,
        Closed(u64),
    }

    #[derive(Debug, Clone, Serialize, Deserialize)]
    pub enum InFront {
        New,
        Open,
        Closed(u64),
    }

    #[derive(Debug, Clone, Serialize, Deserialize)]
    pub enum Exchanged {
        Closed(u64),
        Open,
    }

    #[derive(Debug, Clone, Serialize, Deserialize)]
    #[serde(untagged)]
    pub enum Untagged {
        Some(u64),
        Other { price: u64 },
    }
}

use types::*;

/// In both orders of deployment.
async fn compare(engine: &FakeEngine, programs: &[Program]) -> Vec<(&'static str, &'static str)> {
    for (.., store) in programs {
        store.connect(engine);
    }
    let (mut shared, mut key) = (Vec::new(), 0);
    for (writer, write, _) in programs {
        for (reader, read, _) in programs {
            let mut hits = 0;
            for _ in 0..20 {
                key += 1;
                let (written, _) = write(key).await;
                let (found, loaded) = read(key).await;
                assert!(loaded || found == written, "{writer} wrote {written}, and {reader} read {found}");
                hits += u32::from(!loaded);
            }
            if hits == 20 && writer != reader {
                shared.push((*writer, *reader));
            }
        }
    }
    shared
}

#[tokio::test(start_paused = true)]
async fn within_a_version_a_reader_gets_the_same_value_or_loads() {
    let engine = FakeEngine::new();
    let programs = programs! {
        3;
        price: Price = |key| Price { price: number(key, 1), fee: number(key, 2) };
        swapped: Swapped = |key| Swapped { price: number(key, 1), fee: number(key, 2) };
        added: Added = |key| Added { price: number(key, 1), fee: number(key, 2), tax: Some(number(key, 3)) };
        defaulted: Defaulted = |key| Defaulted { price: number(key, 1), fee: number(key, 2), tax: number(key, 3) };
        removed: Removed = |key| Removed { price: number(key, 1) };
        renamed: Renamed = |key| Renamed { price: number(key, 1), charge: number(key, 2) };
        renamed_option: RenamedOption =
            |key| RenamedOption { price: number(key, 1), charge: Some(number(key, 2)) };
        text: types::Text = |key| types::Text { price: number(key, 1).to_string(), fee: number(key, 2) };
        state: State = |key| if key % 2 == 0 { State::Open } else { State::Closed(number(key, 1)) };
        in_front: InFront = |key| match key % 3 {
            0 => InFront::New,
            1 => InFront::Open,
            _ => InFront::Closed(number(key, 1)),
        };
        exchanged: Exchanged = |key| if key % 2 == 0 { Exchanged::Open } else { Exchanged::Closed(number(key, 1)) };
        untagged: Untagged =
            |key| if key % 2 == 0 { Untagged::Some(7) } else { Untagged::Other { price: number(key, 1) } };
        json: Value = |key| serde_json::json!({ "price": number(key, 1), "fee": number(key, 2) });
        float: f64 = |key| f64::from(key) / 3.0;
        single: f32 = |key| f32::from(u16::try_from(key).expect("a few thousand")) / 3.0;
        whole: u64 = |key| number(key, 1);
        small: u8 = |key| key.to_le_bytes()[0];
        signed: i32 = |key| -key.cast_signed();
    };
    let shared = compare(&engine, &programs).await;
    for pair in [("price", "swapped"), ("swapped", "price"), ("state", "in_front"), ("state", "exchanged")] {
        assert!(shared.contains(&pair), "{pair:?} could share: {shared:?}");
    }
    assert!(!shared.contains(&("price", "renamed_option")) && !shared.contains(&("added", "price")), "{shared:?}");
}

#[tokio::test(start_paused = true)]
async fn another_version_is_another_cache() {
    let engine = FakeEngine::new();
    let old = programs! { 1; price: Price = |key| Price { price: key.into(), fee: 1 }; };
    let new = programs! { 2; price: Price = |key| Price { price: key.into(), fee: 2 }; };
    for (.., store) in old.iter().chain(&new) {
        store.connect(&engine);
    }
    for (key, one, other) in [(1, &old[0], &new[0]), (2, &new[0], &old[0])] {
        assert_eq!([(one.1)(key).await.1, (other.1)(key).await.1], [true, true]);
    }
}
