//! A server that asks to wait, and handles.

use futures_util::FutureExt;
use resilience::store::{Notice, NoticeKind, SharedState, SharedStore, Update};
use resilience::testing::FakeStore;
use resilience::{RateLimiter, rate_limit};

use crate::common::{Answer, Classified, TestError, millis, secs};
use crate::{MINUTE, Window, connect, other_process, snapshot};

fn hint_of(answer: &Result<u32, Classified>) -> Option<std::time::Duration> {
    answer.as_ref().err().filter(|error| error.0.is_limited()).and_then(|error| error.0.retry_after())
}

#[tokio::test(start_paused = true)]
async fn a_hint_that_one_process_has_seen_holds_all_back() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "seen by one", max = 60, per = "1m", learn = true, store = SHARED, lease = 10)]
    async fn call(answer: Result<u32, Classified>) -> Result<u32, Classified> {
        answer
    }

    let other = other_process(&connect(&SHARED));
    let window = Window::new("seen by one", 60, MINUTE);
    let busy = Err(Classified(TestError::RateLimited(secs(30))));
    assert_eq!(call(busy.clone()).await, busy);
    assert!(!window.passes(other, 1).await, "the other process is held back");
    assert_eq!(hint_of(&call(Ok(1)).await), Some(secs(30)), "and so is this one, whatever it has leased");
    tokio::time::sleep(secs(30)).await;
    assert_eq!(call(Ok(1)).await, Ok(1));
    assert!(!window.passes(other, 1).await, "afterwards they pass at the rate");
    tokio::time::sleep(secs(1)).await;
    assert!(window.passes(other, 1).await);
}

#[tokio::test(start_paused = true)]
async fn a_hint_of_another_process_makes_what_is_leased_void() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "seen by another", max = 60, per = "1m", store = SHARED, lease = 10)]
    async fn call() -> Result<u32, Classified> {
        Ok(1)
    }

    let other = other_process(&connect(&SHARED));
    assert_eq!(call().await, Ok(1));
    let window = Window::new("seen by another", 60, MINUTE);
    other.update(Update::Hold { window: window.shared().into(), time: secs(20) });
    assert_eq!(call().await, Ok(1), "no message has come yet");
    let (state, name) = (SharedState::RateLimit, window.name.to_owned());
    other.update(Update::Tell(Notice { state, name, hash: None, kind: NoticeKind::Held }));
    assert_eq!(hint_of(&call().await), Some(secs(20)));
    assert_eq!(snapshot("seen by another").shared.map(|shared| shared.leased), Some(0));
}

#[tokio::test(start_paused = true)]
async fn a_hint_moves_the_turns_of_calls_that_wait() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "moved", max = 6, per = "1m", burst = 1, wait = "40s", store = SHARED)]
    async fn call() -> Answer {
        Ok(7)
    }

    connect(&SHARED);
    assert_eq!(call().await, Ok(7));
    let start = tokio::time::Instant::now();
    let waiting = async { (call().await, start.elapsed()) };
    let hold = async {
        tokio::time::sleep(secs(5)).await;
        RateLimiter::named("moved").expect("it has been called").hold_back(secs(20));
    };
    let (waited, ()) = tokio::join!(waiting, hold);
    assert_eq!(waited, (Ok(7), secs(25)), "when the hold ends");
}

#[tokio::test(start_paused = true)]
async fn a_rejection_that_is_on_its_way_during_a_reset_holds_no_later_call_back() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "reset meanwhile", max = 1, per = "1h", store = SHARED)]
    async fn call() -> Answer {
        Ok(7)
    }

    let engine = connect(&SHARED);
    assert_eq!(letters!(1, call().await), "S");
    engine.delay(millis(2));
    let mut asking = Box::pin(call());
    assert!((&mut asking).now_or_never().is_none());
    RateLimiter::named("reset meanwhile").expect("it has been called").reset();
    let first = asking.await;
    let passes = [first, call().await].iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(passes, 1, "whether the first was asked for before the reset or after it");
}

#[tokio::test(start_paused = true)]
async fn a_reset_reaches_the_store_and_the_other_processes() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "reset", max = 3, per = "1h", store = SHARED)]
    async fn call() -> Answer {
        Ok(7)
    }

    let other = other_process(&connect(&SHARED));
    assert_eq!(letters!(4, call().await), "SSSL");
    let notices = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let heard = notices.clone();
    let listening = other.engine().subscribe(SharedState::RateLimit, "reset", move |_| {
        heard.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    });
    RateLimiter::named("reset").expect("it has been called").reset();
    assert_eq!(notices.load(std::sync::atomic::Ordering::SeqCst), 1, "others forget that they were rejected");
    drop(listening);
    assert_eq!(Window::new("reset", 3, secs(3_600)).left(other).await, 3);
    assert_eq!(letters!(1, call().await), "L");
}

#[tokio::test(start_paused = true)]
async fn a_hint_is_told_to_the_other_processes() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "told", max = 60, per = "1m", learn = true, store = SHARED)]
    async fn call(answer: Result<u32, Classified>) -> Result<u32, Classified> {
        answer
    }

    let other = other_process(&connect(&SHARED));
    let (heard, held) = std::sync::mpsc::channel();
    let _listening = other.engine().subscribe(SharedState::RateLimit, "told", move |notice| {
        let _the_test_listens = heard.send(notice.kind);
    });
    assert_eq!(call(Ok(1)).await, Ok(1));
    let busy = Err(Classified(TestError::RateLimited(secs(30))));
    assert_eq!(call(busy.clone()).await, busy);
    assert_eq!(held.try_iter().collect::<Vec<_>>(), [NoticeKind::Held], "what they have leased is void");
}
