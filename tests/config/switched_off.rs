//! What is switched off lets every call pass as if it were not there.

use std::sync::mpsc::channel;

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use resilience::config::{load_toml, set};
use resilience::testing::{FakeEngine, FakeStore};
use resilience::{
    Error, Policy, RateLimiter, bulkhead, cached, circuit_breaker, deadline, policy, rate_limit, remaining, timeout,
};

use crate::common::{Answer, TestError, secs};
use crate::{alone, lines};

#[test]
fn a_limit_on_a_thread_rejects_no_call() {
    let _alone = alone();
    #[timeout(secs = 100, mode = "thread", max_threads = 1, max_abandoned = 1, config = "off on a thread")]
    fn nested(depth: u32) -> Result<u32, Error> {
        if depth == 0 { Ok(0) } else { nested(depth - 1).map(|below| below + 1) }
    }
    assert!(matches!(nested(1), Err(Error::NoThread { .. })));
    assert_eq!(set("off on a thread.timeout.enabled", false), Ok(()));
    assert_eq!(nested(3), Ok(3));
    assert_eq!(set("off on a thread.timeout.enabled", true), Ok(()));
    assert!(matches!(nested(1), Err(Error::NoThread { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_limit_leaves_no_deadline() {
    let _alone = alone();
    type Left = (Option<std::time::Duration>, bool);
    #[timeout(secs = 10, config = "no deadline")]
    async fn waits() -> Result<[Left; 2], Error> {
        let before = (remaining(), deadline().is_some());
        tokio::time::sleep(secs(20)).await;
        Ok([before, (remaining(), deadline().is_some())])
    }
    #[timeout(secs = 10, mode = "cooperative", config = "no deadline in sync")]
    fn cooperative() -> Result<Left, Error> {
        Ok((remaining(), deadline().is_some()))
    }
    #[timeout(secs = 10, mode = "thread", config = "no deadline in a thread")]
    fn on_thread() -> Result<Left, Error> {
        Ok((remaining(), deadline().is_some()))
    }
    #[timeout(first = "10s", idle = "5s", secs = 30, config = "no deadline in a stream")]
    fn stream() -> BoxStream<'static, Result<Left, Error>> {
        let late = || async {
            tokio::time::sleep(secs(20)).await;
            Ok((remaining(), deadline().is_some()))
        };
        futures_util::stream::once(waits())
            .map(|first| first.map(|[_, left]| left))
            .chain(futures_util::stream::once(late()))
            .boxed()
    }
    assert!(waits().await.is_err() && cooperative().is_ok_and(|(left, _)| left.is_some()) && on_thread().is_ok());
    assert_eq!(load_toml("[all.timeout]\nenabled = false"), Ok(()));
    assert_eq!(waits().await, Ok([(None, false); 2]));
    assert_eq!((cooperative(), on_thread()), (Ok((None, false)), Ok((None, false))));
    assert_eq!(stream().collect::<Vec<_>>().await, [Ok((None, false)), Ok((None, false))]);
    let of_policy: Policy<Left, Error> =
        Policy::named("no deadline in a policy").expect("a name") >> policy::timeout(secs(10)).expect("valid");
    let seen = of_policy.call(async || {
        tokio::time::sleep(secs(20)).await;
        Ok((remaining(), deadline().is_some()))
    });
    assert_eq!(seen.await, Ok((None, false)));
    assert_eq!(of_policy.call_blocking(|| Ok((remaining(), deadline().is_some()))), Ok((None, false)));
}

#[test]
fn an_inner_limit_is_kept_beside_one_that_is_switched_off() {
    let _alone = alone();
    #[timeout(secs = 10, mode = "cooperative", config = "kept outside")]
    fn outside() -> Result<Option<std::time::Duration>, Error> {
        inside()
    }
    #[timeout(secs = 20, mode = "cooperative", config = "off inside")]
    fn inside() -> Result<Option<std::time::Duration>, Error> {
        Ok(remaining())
    }
    assert_eq!(set("off inside.timeout.enabled", false), Ok(()));
    assert_eq!(inside(), Ok(None));
    assert!(outside().is_ok_and(|left| left.is_some_and(|left| left <= secs(10))));
}

#[sync_and_async::test]
async fn a_cost_above_the_burst_passes_a_rate_limit() {
    let _alone = alone();
    #[rate_limit(name = "off and costly", max = 5, per = "1h", cost = units)]
    async fn call(units: u32) -> Answer {
        pause().await;
        Ok(units)
    }
    assert!(call(10).await.is_err());
    assert_eq!(set("off and costly.rate_limit.enabled", false), Ok(()));
    assert_eq!((call(10).await, call(u32::MAX).await), (Ok(10), Ok(u32::MAX)));
    assert_eq!(set("off and costly.rate_limit.enabled", true), Ok(()));
    assert_eq!(call(5).await, Ok(5));
    assert!(call(1).await.is_err());
}

#[test]
fn a_thread_that_began_before_has_its_place_until_its_end() {
    let _alone = alone();
    #[timeout(secs = 100, mode = "thread", max_threads = 1, max_abandoned = 1, config = "off for a while")]
    fn held(inside: std::sync::mpsc::Sender<()>, end: std::sync::mpsc::Receiver<()>) -> Result<u32, Error> {
        let _told = inside.send(());
        let _ended = end.recv();
        Ok(1)
    }
    let begin = || {
        let ((inside, is_inside), (end, ended)) = (channel(), channel::<()>());
        let call = std::thread::spawn(move || held(inside, ended));
        (call, is_inside, end)
    };
    assert_eq!(set("off for a while.timeout.enabled", false), Ok(()));
    let calls = [begin(), begin()];
    for (_, is_inside, _) in &calls {
        assert_eq!(is_inside.recv(), Ok(()));
    }
    assert_eq!(set("off for a while.timeout.enabled", true), Ok(()));
    let (rejected, _, _end) = begin();
    assert!(matches!(rejected.join(), Ok(Err(Error::NoThread { running: 2, .. }))));
    for (call, _, end) in calls {
        drop(end);
        assert!(matches!(call.join(), Ok(Ok(1))));
    }
    let (call, _, end) = begin();
    drop(end);
    assert!(matches!(call.join(), Ok(Ok(1))), "every place is free again");
}

/// A state that processes share is asked for nothing.
#[tokio::test(start_paused = true)]
async fn the_engine_of_a_store_is_not_asked() {
    static STORE: FakeStore = FakeStore::new("off");
    let _alone = alone();
    #[rate_limit(name = "off and shared limit", max = 2, per = "1h", store = STORE)]
    async fn limited() -> Answer {
        Ok(1)
    }
    #[bulkhead(name = "off and shared places", max = 1, store = STORE)]
    async fn placed(again: bool) -> Answer {
        if again { Box::pin(placed(false)).await } else { Ok(1) }
    }
    #[circuit_breaker(name = "off and shared breaker", failure_threshold = 1, store = STORE)]
    async fn broken() -> Answer {
        Err(TestError::Transient)
    }
    #[cached(name = "off and shared cache", ttl = "1h", near = "1s", store = STORE)]
    async fn loaded(id: u32) -> Answer {
        Ok(id)
    }
    let engine = FakeEngine::new();
    STORE.connect(&engine);
    let off = "[\"off and shared limit\".rate_limit]\nenabled = false\n[\"off and shared places\".bulkhead]\nenabled = \
               false\n[\"off and shared breaker\".circuit_breaker]\nenabled = false\n[\"off and shared \
               cache\".cached]\nenabled = false";
    assert_eq!(lines(load_toml(off)), [""; 0]);
    let asked = async |name: &str| {
        let before = engine.requests();
        for _ in 0..4 {
            let answer = match name {
                "limit" => limited().await,
                "places" => placed(true).await,
                "breaker" => broken().await.or_else(|error| if error.is_open() { Err(error) } else { Ok(1) }),
                _ => loaded(1).await,
            };
            assert_eq!(answer, Ok(1), "{name}");
            tokio::time::sleep(secs(2)).await;
        }
        (name.to_owned(), engine.requests() - before)
    };
    let mut all = Vec::new();
    for name in ["limit", "places", "breaker", "cache"] {
        all.push(asked(name).await);
    }
    assert_eq!(all, ["limit", "places", "breaker", "cache"].map(|name| (name.to_owned(), 0)));
}

/// Calls that wait pass at once, as those in the queue of a bulkhead do.
#[tokio::test(start_paused = true)]
async fn a_rate_limit_lets_those_go_who_wait() {
    static STORE: FakeStore = FakeStore::new("off in a wait");
    let _alone = alone();
    #[rate_limit(name = "off in a wait", max = 1, per = "100s", wait = "1h")]
    async fn plain() -> Answer {
        Ok(1)
    }
    #[rate_limit(name = "off in a wait by key", key = id, max = 1, per = "100s", wait = "1h", cost = 1_u32)]
    async fn keyed(id: u32) -> Answer {
        Ok(id)
    }
    #[rate_limit(name = "off in a shared wait", max = 1, per = "100s", wait = "1h", store = STORE)]
    async fn shared() -> Answer {
        Ok(1)
    }
    let engine = FakeEngine::new();
    STORE.connect(&engine);
    assert_eq!((plain().await, keyed(1).await, shared().await), (Ok(1), Ok(1), Ok(1)));
    for (name, key) in [("plain", ""), ("keyed", " by key"), ("shared", "")] {
        let setting = format!("off in a {}wait{key}.rate_limit.enabled", if name == "shared" { "shared " } else { "" });
        let start = tokio::time::Instant::now();
        let call = || match name {
            "plain" => tokio::spawn(plain()),
            "keyed" => tokio::spawn(keyed(1)),
            _ => tokio::spawn(shared()),
        };
        let calls = [call(), call(), call()];
        tokio::time::sleep(secs(10)).await;
        assert_eq!(set("off in a wait.rate_limit.burst", 2), Ok(()));
        tokio::time::sleep(secs(10)).await;
        assert!(calls.iter().all(|call| !call.is_finished()), "another change lets nobody go");
        assert_eq!(set(&setting, false), Ok(()));
        for call in calls {
            assert_eq!(call.await.expect("no panic"), Ok(1), "{name}");
        }
        assert_eq!(start.elapsed(), secs(20), "{name}");
        assert!(resilience::config::unset("off in a wait.rate_limit.burst"));
    }
    assert_eq!(RateLimiter::named("off in a wait").expect("called").snapshot().waiting, 0);
    assert_eq!(load_toml("[all.rate_limit]\nenabled = true"), Ok(()));
}

#[test]
fn a_rate_limit_lets_those_go_who_wait_on_their_threads() {
    let _alone = alone();
    #[rate_limit(name = "off on threads", max = 1, per = "1h", wait = "10h")]
    fn call() -> Answer {
        Ok(1)
    }
    assert_eq!(call(), Ok(1));
    let calls = [std::thread::spawn(call), std::thread::spawn(call)];
    let limiter = RateLimiter::named("off on threads").expect("called");
    while limiter.snapshot().waiting < 2 {
        std::thread::yield_now();
    }
    assert_eq!(set("off on threads.rate_limit.enabled", false), Ok(()));
    for call in calls {
        assert!(matches!(call.join(), Ok(Ok(1))));
    }
    assert_eq!(limiter.snapshot().waiting, 0);
}
