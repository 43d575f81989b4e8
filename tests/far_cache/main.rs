#![deny(warnings)]
#![allow(clippy::items_after_statements, reason = "a process of a test stands where it is used")]
#![allow(clippy::option_option, clippy::ptr_arg, clippy::ref_option, reason = "types that a program may cache")]
//! What `#[cached(store = ..)]` promises.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;
mod between;
mod changes;
mod ends;
mod forgeries;
mod levels;
mod outages;
mod policies;
mod refresh;
mod secrets;
mod stale;
mod values;
mod versions;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Mutex;
use std::time::Duration;

use resilience::store::{KeyHash, OwnedStateKey, SharedState, StateKey};
use resilience::testing::FakeEngine;

use crate::common::{TestError, secs};

const NEAR: Duration = Duration::from_secs(30);
const HOUR: Duration = Duration::from_secs(3600);

type Text = Result<String, TestError>;

/// What the functions load from.
struct Source {
    inside: Mutex<Inside>,
}

struct Inside {
    loads: BTreeMap<String, u32>,
    takes: Duration,
    answer: Result<&'static str, TestError>,
}

impl Source {
    fn new(answer: &'static str) -> Self {
        let inside = Inside { loads: BTreeMap::new(), takes: Duration::ZERO, answer: Ok(answer) };
        Self { inside: Mutex::new(inside) }
    }

    fn slow(answer: &'static str, takes: Duration) -> Self {
        let source = Self::new(answer);
        source.inside.lock().expect("no panic").takes = takes;
        source
    }

    fn set(&self, answer: Result<&'static str, TestError>) {
        self.inside.lock().expect("no panic").answer = answer;
    }

    async fn load(&self, key: impl ToString) -> Text {
        let key = key.to_string();
        let (takes, answer) = {
            let mut inside = self.inside.lock().expect("no panic");
            *inside.loads.entry(key.clone()).or_default() += 1;
            (inside.takes, inside.answer.clone())
        };
        if !takes.is_zero() {
            tokio::time::sleep(takes).await;
        }
        answer.map(|text| format!("{text} {key}"))
    }

    fn loads(&self) -> u32 {
        self.inside.lock().expect("no panic").loads.values().sum()
    }

    fn most_loads(&self) -> u32 {
        self.inside.lock().expect("no panic").loads.values().copied().max().unwrap_or(0)
    }
}

/// Functions with one far cache, each with a store of its own, as in processes of their own. A handle reaches those
/// whose keys have its type.
macro_rules! processes {
    (@each $engine:ident $arguments:tt $($process:ident($key:ty))+) => {
        $(
            crate::process!($process($key) $arguments);
            $process::STORE.connect(&$engine);
        )+
    };
    ($engine:ident: $($process:ident($key:ty))+; $($argument:tt)*) => {
        crate::processes!(@each $engine ($($argument)*) $($process($key))+);
    };
    ($engine:ident: $($process:ident)+; $($argument:tt)*) => {
        crate::processes!(@each $engine ($($argument)*) $($process(u32))+);
    };
}

macro_rules! process {
    ($process:ident($key:ty) ($($argument:tt)*)) => {
        mod $process {
            pub static STORE: resilience::testing::FakeStore = resilience::testing::FakeStore::new("shop");

            #[allow(unused_imports, reason = "the arguments name what the test does")]
            use super::*;

            #[resilience::cached($($argument)*, store = STORE, skip(source))]
            pub async fn get(key: $key, source: &crate::Source) -> crate::Text {
                source.load(key).await
            }
        }
    };
}

pub(crate) use process;
pub(crate) use processes;

/// The only key of a cache on an engine.
fn only_key(engine: &FakeEngine, name: &str) -> OwnedStateKey {
    let mut keys: Vec<_> = engine.cached_keys().into_iter().filter(|key| key.name == name).collect();
    let key = keys.pop().expect("a value");
    assert!(keys.is_empty(), "more than one: {keys:?}");
    key
}

async fn all<T>(calls: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    futures_util::future::join_all(calls).await
}

#[tokio::test(start_paused = true)]
async fn a_key_is_in_no_name_in_clear() {
    let engine = FakeEngine::new();
    processes!(engine: one; name = "keys in clear", ttl = 3600, version = 3);
    let source = Source::new("answer");
    assert_eq!(one::get(7, &source).await.as_deref(), Ok("answer 7"));
    let key = only_key(&engine, "keys in clear");
    assert_eq!((key.state, &*key.variant), (SharedState::Cache, "json:3"));
    let plain = KeyHash::of(&StateKey::canonical(&7_u32).expect("a number"));
    assert!(key.hash.is_some_and(|hash| hash != plain), "the hash covers more than the text");
    tokio::time::sleep(secs(1)).await;
}
