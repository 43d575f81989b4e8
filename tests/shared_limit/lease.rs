//! Units that a process takes in advance.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

use futures_util::FutureExt;
use futures_util::future::join_all;
use resilience::store::{KeyHash, StateKey};
use resilience::testing::FakeStore;
use resilience::{KeyedRateLimiters, rate_limit};

use crate::common::{Answer, millis, poll_at_most, secs};
use crate::{Window, connect, hint, other_process, snapshot};

fn hash(key: u32) -> Option<KeyHash> {
    StateKey::canonical(&(key,)).map(|text| KeyHash::of(&text)).ok()
}

#[tokio::test(start_paused = true)]
async fn leased_units_are_used_without_the_engine() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "leased", max = 100, per = "1h", store = SHARED, lease = 20)]
    async fn call() -> Answer {
        Ok(7)
    }

    let engine = connect(&SHARED);
    let other = other_process(&engine);
    assert_eq!(letters!(20, call().await), "S".repeat(20));
    assert_eq!(engine.requests(), 1);
    engine.stop();
    assert_eq!(snapshot("leased").shared.map(|shared| shared.leased), Some(0));
    engine.start();
    assert_eq!(letters!(20, call().await), "S".repeat(20));
    assert_eq!(engine.requests(), 2);
    assert_eq!(Window::new("leased", 100, secs(3_600)).left(other).await, 60, "what is leased is charged");
}

#[tokio::test(start_paused = true)]
async fn a_lease_takes_what_is_there_and_the_last_units_one_by_one() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "nearly empty", max = 100, per = "1h", store = SHARED, lease = 40)]
    async fn call() -> Answer {
        Ok(7)
    }

    let other = other_process(&connect(&SHARED));
    assert!(Window::new("nearly empty", 100, secs(3_600)).passes(other, 90).await);
    assert_eq!(letters!(11, call().await), "SSSSSSSSSSL");
    assert_eq!(hint(&call().await), Some(secs(36)));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_costs_more_than_is_left_takes_a_new_lease() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "dear", max = 100, per = "1h", cost = units, store = SHARED, lease = 10)]
    async fn call(units: u64) -> Answer {
        Ok(7)
    }

    let engine = connect(&SHARED);
    let leased = || snapshot("dear").shared.map(|shared| shared.leased);
    assert_eq!((call(7).await, leased()), (Ok(7), Some(3)));
    assert_eq!((call(4).await, leased()), (Ok(7), Some(9)), "three are left, and six more come");
    assert_eq!((call(30).await, leased()), (Ok(7), Some(9)), "more than a lease is asked for alone");
    assert_eq!(engine.requests(), 3);
}

#[tokio::test(start_paused = true)]
async fn concurrent_calls_share_one_request_and_strand_no_more_than_one_lease() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "concurrent", max = 1_000, per = "1h", store = SHARED, lease = 50)]
    async fn call() -> Answer {
        Ok(7)
    }

    let engine = connect(&SHARED);
    engine.delay(millis(2));
    let begun = tokio::time::Instant::now();
    let answers = join_all((0..200).map(|_| call())).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(begun.elapsed(), millis(2), "the requests are under way together");
    assert_eq!(engine.requests(), 4, "calls / lease");
    assert_eq!(snapshot("concurrent").shared.map(|shared| shared.leased), Some(0));
}

#[tokio::test(start_paused = true)]
async fn calls_that_go_while_they_wait_strand_no_more_than_one_lease() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "stranded", max = 100, per = "1h", store = SHARED, lease = 10)]
    async fn call() -> Answer {
        Ok(7)
    }

    let engine = connect(&SHARED);
    let other = other_process(&engine);
    engine.delay(millis(2));
    let mut calls: Vec<_> = (0..40).map(|_| Box::pin(call())).collect();
    assert!(calls.iter_mut().all(|call| call.now_or_never().is_none()));
    // Each tenth has asked, for itself and the nine behind it.
    let asking: Vec<_> = calls.into_iter().step_by(10).collect();
    assert!(join_all(asking).await.iter().all(Result::is_ok));
    assert_eq!(engine.requests(), 4);
    assert_eq!(snapshot("stranded").shared.map(|shared| shared.leased), Some(10));
    assert_eq!(Window::new("stranded", 100, secs(3_600)).left(other).await, 86, "the others have come back");
}

#[tokio::test(start_paused = true)]
async fn what_arrives_for_a_call_that_has_gone_passes_the_next_one() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "gone", max = 100, per = "1h", cost = units, store = SHARED, lease = 10)]
    async fn call(units: u64) -> Answer {
        Ok(7)
    }

    let engine = connect(&SHARED);
    let leased = || snapshot("gone").shared.map(|shared| shared.leased);
    engine.delay(millis(2));
    let (mut first, mut second, mut third) = (Box::pin(call(1)), Box::pin(call(4)), Box::pin(call(5)));
    assert_eq!([&mut first, &mut second, &mut third].map(FutureExt::now_or_never), [None, None, None]);
    tokio::time::sleep(millis(3)).await;
    assert_eq!((first.await, leased()), (Ok(7), Some(0)), "each has its units");
    drop(second);
    assert_eq!((leased(), third.await, leased()), (Some(4), Ok(7), Some(4)));
    let (mut fourth, mut fifth) = (Box::pin(call(5)), Box::pin(call(5)));
    let mut sixth = Box::pin(call(4));
    assert_eq!([&mut fourth, &mut fifth].map(FutureExt::now_or_never), [None, None]);
    assert_eq!((&mut sixth).now_or_never(), Some(Ok(7)), "four were left");
    drop(fifth);
    tokio::time::sleep(millis(3)).await;
    assert_eq!((fourth.await, leased()), (Ok(7), Some(5)));
    assert_eq!(engine.requests(), 2);
}

/// A task that ends another call as soon as it is woken.
struct EndsAnother<F>(Mutex<Option<Pin<Box<F>>>>);

impl<F: Send> Wake for EndsAnother<F> {
    fn wake(self: Arc<Self>) {
        let another = self.0.lock().expect("no panic").take();
        drop(another);
    }
}

#[tokio::test(start_paused = true)]
async fn what_arrives_for_a_call_that_goes_before_it_is_told_passes_the_next_one() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "gone untold", max = 100, per = "1h", cost = units, store = SHARED, lease = 10)]
    async fn call(units: u64) -> Answer {
        Ok(7)
    }

    let engine = connect(&SHARED);
    let leased = || snapshot("gone untold").shared.map(|shared| shared.leased);
    engine.delay(millis(2));
    let (mut first, mut second, mut gone) = (Box::pin(call(1)), Box::pin(call(4)), Box::pin(call(5)));
    assert_eq!((&mut first).now_or_never(), None);
    let task = Arc::new(EndsAnother(Mutex::new(None)));
    let waker = Waker::from(Arc::clone(&task));
    assert!(second.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    let (mut asking, mut next) = (Box::pin(call(4)), Box::pin(call(5)));
    assert_eq!([&mut gone, &mut asking, &mut next].map(FutureExt::now_or_never), [None, None, None]);
    *task.0.lock().expect("no panic") = Some(gone);
    assert_eq!((first.await, leased()), (Ok(7), Some(0)));
    assert!(task.0.lock().expect("no panic").is_none(), "it was dropped between its choice and the message");
    assert_eq!([&mut second, &mut next].map(FutureExt::now_or_never), [Some(Ok(7)), Some(Ok(7))]);
    assert_eq!((asking.await, leased(), engine.requests()), (Ok(7), Some(6), 2));
}

#[tokio::test(start_paused = true)]
async fn calls_go_on_when_the_one_that_asks_is_dropped_or_not_polled() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "left alone", max = 1_000, per = "1h", store = SHARED, lease = 50)]
    async fn call() -> Answer {
        Ok(7)
    }

    let engine = connect(&SHARED);
    engine.delay(millis(2));
    let mut asking = Box::pin(call());
    assert_eq!((&mut asking).now_or_never(), None);
    let start = tokio::time::Instant::now();
    assert_eq!(call().await, Ok(7), "it does not wait for what nobody polls");
    assert!(start.elapsed() <= millis(25), "{:?}", start.elapsed());
    drop(asking);
    assert_eq!(poll_at_most(1, call()).await, None);
    assert_eq!(call().await, Ok(7), "the next one asks");
    assert_eq!(snapshot("left alone").shared.map(|shared| shared.leased), Some(49));
}

#[tokio::test(start_paused = true)]
async fn a_limiter_of_a_key_that_goes_gives_its_lease_back() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "goes", max = 50, per = "1h", key = client, max_keys = 1, store = SHARED, lease = 20)]
    async fn call(client: u32) -> Answer {
        Ok(client)
    }

    let other = other_process(&connect(&SHARED));
    assert_eq!(call(1).await, Ok(1));
    assert_eq!(call(2).await, Ok(2), "it takes the place of the first key");
    let window = |key: u32| Window { hash: hash(key), ..Window::new("goes", 50, secs(3_600)) };
    assert_eq!((window(1).left(other).await, window(2).left(other).await), (49, 30));
}

#[tokio::test(start_paused = true)]
async fn a_reset_of_all_keys_starts_their_windows_over() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "all keys", max = 50, per = "1h", key = client, store = SHARED, lease = 20)]
    async fn call(client: u32) -> Answer {
        Ok(client)
    }

    let other = other_process(&connect(&SHARED));
    assert_eq!(call(1).await, Ok(1));
    let window = Window { hash: hash(1), ..Window::new("all keys", 50, secs(3_600)) };
    assert_eq!(window.left(other).await, 30);
    KeyedRateLimiters::named("all keys").expect("it has been called").reset_all();
    assert_eq!(window.left(other).await, 50);
}
