//! Calls that last as long as their stream: the engine is told what its items took.

use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::{Stream, StreamExt, stream};
use resilience::policy::{InvalidPolicy, KeyedPolicy};
use resilience::store::{KeyHash, StateKey};
use resilience::testing::FakeStore;
use resilience::{Policy, RateLimiter, bulkhead, policy, rate_limit, retry};

use crate::common::{Answer, Classified, TestError, secs};
use crate::{MINUTE, Window, connect, other_process, snapshot};

const HOUR: Duration = secs(3_600);
const MAX: u64 = 1_000;

/// What a caller does with its stream: it takes so many items, or all.
#[derive(Debug, Clone, Copy)]
enum Takes {
    All,
    Some(usize),
}

use Takes::{All, Some as First};

const FAILURE: Answer = Err(TestError::Transient);

/// The items of a stream, what the caller takes of them, and what the limit is charged: where each item tells what it
/// took itself, and where it tells the total from 100 on. The cost is 50.
const CASES: [(&[Answer], Takes, u64, u64); 13] = [
    (&[Ok(10), Ok(20), Ok(5)], All, 35, 50),
    (&[Ok(10), Ok(120)], All, 130, 120),
    (&[Ok(100), Ok(300)], All, 400, 300),
    (&[Ok(0)], All, 0, 50),
    (&[], All, 50, 50),
    (&[Ok(10), FAILURE], All, 50, 50),
    (&[Ok(40), Ok(120), FAILURE], All, 160, 120),
    (&[FAILURE], All, 50, 50),
    (&[Ok(10), Ok(120)], First(0), 50, 50),
    (&[Ok(10), Ok(120)], First(1), 50, 50),
    (&[Ok(10), Ok(120)], First(2), 130, 120),
    (&[Ok(10), Ok(20), Ok(5)], First(2), 50, 50),
    (&[Ok(10), Ok(20), Ok(5)], First(3), 50, 50),
];

#[expect(clippy::trivially_copy_pass_by_ref, reason = "`settle` takes a reference")]
fn bytes(item: &u32) -> u64 {
    u64::from(*item)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "`settle` takes a reference")]
fn total(item: &u32) -> Option<u64> {
    (*item >= 100).then_some(bytes(item))
}

async fn read(items: impl Stream<Item = Answer>, takes: Takes) -> Vec<Answer> {
    let items = pin!(items);
    match takes {
        All => items.collect().await,
        First(count) => items.take(count).collect().await,
    }
}

/// What the engine and the share of this process were charged, which are forgotten.
async fn charged(name: &'static str, other: &'static FakeStore) -> (u64, u64) {
    let here = snapshot(name);
    let on_engine = MAX - Window::new(name, MAX, HOUR).left(other).await;
    RateLimiter::named(name).expect("it has been called").reset();
    (on_engine, u64::from(here.max - here.available))
}

#[tokio::test(start_paused = true)]
async fn a_stream_settles_with_the_engine_what_its_items_took() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "sum", max = 1_000, per = "1h", cost = 50, settle = bytes, store = SHARED)]
    async fn sum(items: Vec<Answer>) -> Result<impl Stream<Item = Answer>, TestError> {
        Ok(stream::iter(items))
    }
    #[rate_limit(name = "total", max = 1_000, per = "1h", cost = 50, settle = total, store = SHARED)]
    fn all(items: Vec<Answer>) -> impl Stream<Item = Answer> {
        stream::iter(items)
    }

    let other = other_process(&connect(&SHARED));
    for (items, takes, of_sum, of_total) in CASES {
        read(sum(items.to_vec()).await.expect("it opens"), takes).await;
        assert_eq!(charged("sum", other).await, (of_sum, of_sum), "{items:?} {takes:?}");
        read(all(items.to_vec()), takes).await;
        let asked = if matches!(takes, First(0)) { 0 } else { of_total };
        assert_eq!(charged("total", other).await, (asked, asked), "{items:?} {takes:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_a_policy_settles_as_that_of_an_attribute() -> Result<(), InvalidPolicy> {
    static SHARED: FakeStore = FakeStore::new("shop");
    let limit = |name| policy::rate_limit(name).max(1_000).per(HOUR).cost(50).store(&SHARED);
    let sums: Policy<u32, TestError> = Policy::new() >> limit("policy sum").settle(bytes).build()?;
    let totals: Policy<u32, TestError> = Policy::new() >> limit("policy total").settle(total).build()?;

    let other = other_process(&connect(&SHARED));
    for (items, takes, of_sum, of_total) in CASES {
        for (policy, name, took) in [(&sums, "policy sum", of_sum), (&totals, "policy total", of_total)] {
            let opened = policy.call_stream(async || Ok::<_, TestError>(stream::iter(items.to_vec())));
            let items = read(opened, takes).await;
            let took = if matches!(takes, First(0)) { continue } else { took };
            assert_eq!(charged(name, other).await, (took, took), "{items:?} {takes:?}");
        }
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_charged_its_cost_while_it_lasts_and_pays_once() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "lasting", max = 1_000, per = "1h", cost = 50, settle = bytes, store = SHARED, lease = 200)]
    async fn call() -> Result<impl Stream<Item = Answer>, TestError> {
        Ok(stream::iter([Ok(60), Ok(70)]))
    }

    let engine = connect(&SHARED);
    let leased = || snapshot("lasting").shared.map(|shared| shared.leased);
    let mut opened = Box::pin(call().await.expect("it opens"));
    assert_eq!(leased(), Some(150));
    assert_eq!((opened.next().await, leased()), (Some(Ok(60)), Some(150)));
    assert_eq!((opened.next().await, leased()), (Some(Ok(70)), Some(150)));
    assert_eq!((opened.next().await, leased()), (None, Some(70)), "it is settled at its end");
    drop(opened);
    assert_eq!((leased(), engine.requests()), (Some(70), 1), "and only once");
    assert_eq!(snapshot("lasting").available, 870);
}

#[tokio::test(start_paused = true)]
async fn a_stream_settles_with_the_limit_of_its_key() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "by user", max = 1_000, per = "1h", key = user, cost = 600, settle = bytes, store = SHARED)]
    #[bulkhead(max = 10)]
    async fn call(user: u32, items: Vec<Answer>) -> Result<impl Stream<Item = Answer> + use<>, TestError> {
        Ok(stream::iter(items))
    }

    let other = other_process(&connect(&SHARED));
    let of_user = |user: u32| {
        let hash = StateKey::canonical(&(user,)).map(|text| KeyHash::of(&text)).ok();
        Window { hash, ..Window::new("by user", MAX, HOUR) }
    };
    let open = call(1, vec![Ok(70), Ok(30)]).await.expect("it opens");
    assert!(matches!(call(1, vec![]).await.err(), Some(error) if error.is_limited()));
    drop(call(2, vec![Ok(1)]).await.expect("another key"));
    assert_eq!(read(open, All).await, [Ok(70), Ok(30)]);
    assert_eq!((of_user(1).left(other).await, of_user(2).left(other).await), (900, 400));
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_a_keyed_policy_settles_with_the_limit_of_its_key() -> Result<(), InvalidPolicy> {
    static SHARED: FakeStore = FakeStore::new("shop");
    let policy: KeyedPolicy<u32, u32, TestError> = Policy::new()
        >> policy::rate_limit("policy by user")
            .max(1_000)
            .per(HOUR)
            .cost(600)
            .settle(bytes)
            .key::<u32>()
            .store(&SHARED)
            .build()?;

    let other = other_process(&connect(&SHARED));
    let ask = |user: u32| policy.call_stream_for(user, async || Ok::<_, TestError>(stream::iter([Ok(70), Ok(30)])));
    assert_eq!(read(ask(1), All).await, [Ok(70), Ok(30)]);
    read(ask(2), First(1)).await;
    let of_user = |user: u32| {
        let hash = StateKey::canonical(&(user,)).map(|text| KeyHash::of(&text)).ok();
        Window { hash, ..Window::new("policy by user", MAX, HOUR) }
    };
    assert_eq!((of_user(1).left(other).await, of_user(2).left(other).await), (900, 400));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_failure_in_the_middle_of_a_stream_holds_all_processes_back() -> Result<(), InvalidPolicy> {
    static SHARED: FakeStore = FakeStore::new("shop");
    type Hinted = Result<u32, Classified>;
    fn items() -> impl Stream<Item = Hinted> {
        stream::iter([Ok(1), Err(Classified(TestError::RateLimited(secs(30))))])
    }
    #[rate_limit(name = "busy", max = 60, per = "1m", learn = true, store = SHARED, lease = 10)]
    async fn call() -> Result<impl Stream<Item = Hinted>, Classified> {
        Ok(items())
    }
    #[rate_limit(name = "busy by key", max = 60, per = "1m", key = user, learn = true, store = SHARED)]
    async fn call_by_key(user: u32) -> Result<impl Stream<Item = Hinted> + use<>, Classified> {
        Ok(items())
    }
    let policy: Policy<u32, Classified> =
        Policy::new() >> policy::rate_limit("busy policy").max(60).per(MINUTE).learn().store(&SHARED).build()?;

    let other = other_process(&connect(&SHARED));
    let hash = StateKey::canonical(&(1,)).map(|text| KeyHash::of(&text)).ok();
    for window in [
        Window::new("busy", 60, MINUTE),
        Window { hash, ..Window::new("busy by key", 60, MINUTE) },
        Window::new("busy policy", 60, MINUTE),
    ] {
        let all: Vec<Hinted> = match window.name {
            "busy" => call().await.expect("it opens").collect().await,
            "busy by key" => call_by_key(1).await.expect("it opens").collect().await,
            _ => policy.call_stream(async || Ok::<_, Classified>(items())).collect().await,
        };
        assert_eq!(all.len(), 2);
        assert!(!window.passes(other, 1).await, "{}", window.name);
    }
    assert!(call().await.is_err_and(|error| error.0.is_limited()));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_a_gate_below_rejects_costs_nothing() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "above a gate", max = 1_000, per = "1h", cost = 50, settle = bytes, store = SHARED)]
    #[bulkhead(max = 1)]
    async fn call() -> Result<impl Stream<Item = Answer>, TestError> {
        Ok(stream::iter([Ok(70), Ok(30)]))
    }

    let other = other_process(&connect(&SHARED));
    let open = call().await.expect("it opens");
    assert!(call().await.is_err_and(|error| error.is_full()));
    assert_eq!(snapshot("above a gate").available, 950);
    assert_eq!(read(open, All).await, [Ok(70), Ok(30)]);
    assert_eq!(charged("above a gate", other).await, (100, 100));
}

#[tokio::test(start_paused = true)]
async fn during_an_outage_a_stream_settles_with_the_share_of_its_process() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "away", max = 1_000, per = "1h", cost = 50, settle = bytes, store = SHARED, instances = 4)]
    async fn call(items: Vec<Answer>) -> Result<impl Stream<Item = Answer>, TestError> {
        Ok(stream::iter(items))
    }

    let engine = connect(&SHARED);
    let before = call(vec![Ok(70), Ok(30)]).await.expect("it opens");
    engine.stop();
    let during = call(vec![Ok(5), Ok(5)]).await.expect("it opens");
    let failed = call(vec![Ok(1), Err(TestError::Transient)]).await.expect("it opens");
    assert_eq!(snapshot("away").available, 100, "250 are its share");
    for (items, left) in [(before, 50), (during, 90), (failed, 90)] {
        read(items, All).await;
        assert_eq!(snapshot("away").available, left);
    }
}

/// The share of this process is used up long before the limit of all.
#[tokio::test(start_paused = true)]
async fn a_retry_around_a_stream_goes_on_while_the_limit_of_all_processes_has_units() -> Result<(), InvalidPolicy> {
    static SHARED: FakeStore = FakeStore::new("shop");
    static RUNS: AtomicU32 = AtomicU32::new(0);
    fn fails() -> impl Stream<Item = Answer> {
        RUNS.fetch_add(1, Ordering::Relaxed);
        stream::iter([FAILURE])
    }
    #[retry(max = 3, backoff = "none", when = |_| true)]
    #[rate_limit(name = "retried", max = 8, per = "1h", settle = bytes, store = SHARED, instances = 8)]
    async fn call() -> Result<impl Stream<Item = Answer>, TestError> {
        Ok(fails())
    }
    let attempts = policy::retry().max(3).no_delay().when(|_: &TestError| true);
    let limit = policy::rate_limit("retried policy").max(8).per(HOUR).settle(bytes).store(&SHARED).instances(8);
    let policy: Policy<u32, TestError> = Policy::new() >> attempts.build()? >> limit.build()?;

    connect(&SHARED);
    let start = tokio::time::Instant::now();
    assert_eq!(read(call().await.expect("it opens"), All).await, [FAILURE]);
    assert_eq!((RUNS.swap(0, Ordering::Relaxed), start.elapsed()), (4, secs(0)));
    assert_eq!(read(policy.call_stream(async || Ok::<_, TestError>(fails())), All).await, [FAILURE]);
    assert_eq!((RUNS.load(Ordering::Relaxed), start.elapsed()), (4, secs(0)));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_retry_around_a_stream_ends_when_the_limit_has_no_units() {
    static SHARED: FakeStore = FakeStore::new("shop");
    static RUNS: AtomicU32 = AtomicU32::new(0);
    #[retry(max = 3, backoff = "none", when = |_| true)]
    #[rate_limit(name = "used up by retries", max = 2, per = "1h", settle = bytes, store = SHARED)]
    async fn call() -> Result<impl Stream<Item = Answer>, TestError> {
        RUNS.fetch_add(1, Ordering::Relaxed);
        Ok(stream::iter([FAILURE]))
    }

    let engine = connect(&SHARED);
    for stopped in [false, true] {
        if stopped {
            engine.stop();
        }
        let start = tokio::time::Instant::now();
        let ended = call().await;
        let runs = (RUNS.swap(0, Ordering::Relaxed), start.elapsed());
        assert_eq!(runs, (2, secs(0)), "stopped: {stopped}");
        match ended {
            // The store says so when it is asked.
            Err(ended) => assert_eq!((stopped, ended.retry_after()), (false, Some(HOUR / 2))),
            // This process knows before.
            Ok(items) => assert_eq!((stopped, read(items, All).await), (true, vec![FAILURE])),
        }
        tokio::time::sleep(HOUR).await;
    }
}
