//! What is stored under a key, and is no value of this cache.

use resilience::Cache;
use resilience::testing::FakeEngine;
use tokio::time::sleep;

use crate::common::{Recorder, TestError, millis};
use crate::{NEAR, Source, only_key, processes};

#[tokio::test(start_paused = true)]
async fn whatever_is_no_value_is_a_miss_and_one_event_and_goes() {
    let engine = FakeEngine::new();
    processes!(engine: one(u32) two(u32); name = "forged", ttl = 3600);
    let source = Source::new("answer");
    assert!(two::get(1, &source).await.is_ok());
    let key = only_key(&engine, "forged");
    let stored = engine.value("shop", &key.borrow()).expect("stored");
    assert!(two::get(2, &source).await.is_ok());
    let keys = engine.cached_keys();
    let other = keys.iter().find(|other| other.hash != key.hash).expect("the second");
    let foreign = engine.value("shop", &other.borrow()).expect("stored");

    let mut forgeries = vec![Vec::new(), b"OK".to_vec(), b"\"answer 1\"".to_vec(), foreign, vec![0; 100_000]];
    forgeries.extend((0..stored.len()).map(|length| stored[..length].to_vec()));
    forgeries.push([&*stored, b" "].concat());
    for at in 0..stored.len() {
        let mut changed = stored.clone();
        changed[at] ^= 0x81;
        forgeries.push(changed);
    }
    for forged in forgeries {
        let source = Source::new("loaded");
        sleep(NEAR).await;
        engine.set_value("shop", &key.borrow(), forged.clone());
        let recorder = Recorder::start();
        let answer = one::get(1, &source).await;
        let told = recorder.named("cache.unreadable").len();
        assert_eq!(answer.as_deref(), Ok("loaded 1"));
        assert_eq!((told, source.loads()), (1, 1), "{forged:?}");
        assert_ne!(engine.value("shop", &key.borrow()), Some(forged));
    }
    assert!(Cache::named("forged").expect("called").stats().unreadable > 50);
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_value_goes_also_if_the_body_fails() {
    let engine = FakeEngine::new();
    processes!(engine: one; name = "unreadable and failed", ttl = 3600);
    let source = Source::new("answer");
    assert!(one::get(1, &source).await.is_ok());
    let key = only_key(&engine, "unreadable and failed");
    engine.set_value("shop", &key.borrow(), b"garbage".to_vec());
    sleep(NEAR).await;
    source.set(Err(TestError::Transient));
    assert_eq!(one::get(1, &source).await, Err(TestError::Transient));
    assert_eq!(engine.value("shop", &key.borrow()), None);
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_value_stays_if_another_process_has_replaced_it() {
    let engine = FakeEngine::new();
    processes!(engine: one(u32) two(u64); name = "replaced meanwhile", ttl = 3600);
    let source = Source::new("answer");
    assert!(two::get(1, &source).await.is_ok());
    let key = only_key(&engine, "replaced meanwhile");
    let good = engine.value("shop", &key.borrow()).expect("stored");
    engine.set_value("shop", &key.borrow(), b"garbage".to_vec());
    engine.delay(millis(10));
    let replace = async {
        sleep(millis(5)).await;
        engine.set_value("shop", &key.borrow(), good.clone());
    };
    let (answer, ()) = tokio::join!(one::get(1, &source), replace);
    assert_eq!(answer.as_deref(), Ok("answer 1"));
    assert_eq!(engine.value("shop", &key.borrow()), Some(good), "neither removed nor replaced");
}

#[tokio::test(start_paused = true)]
async fn a_value_in_place_of_an_unreadable_one_is_stored_and_told() {
    let engine = FakeEngine::new();
    processes!(engine: one(u32) two(u64); name = "mended", ttl = 3600);
    let source = Source::new("older");
    assert!(one::get(1, &source).await.is_ok());
    let key = only_key(&engine, "mended");
    engine.set_value("shop", &key.borrow(), b"garbage".to_vec());
    source.set(Ok("newer"));
    assert_eq!(one::get(1, &source).await.as_deref(), Ok("older 1"), "it has a copy");
    assert_eq!(two::get(1, &source).await.as_deref(), Ok("newer 1"));
    assert_eq!(one::get(1, &source).await.as_deref(), Ok("newer 1"), "by the message");
    assert_eq!(source.loads(), 2, "from the store");
}
