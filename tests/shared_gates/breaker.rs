use std::time::Duration;

use resilience::testing::{FakeEngine, FakeStore};
use resilience::{BreakerState, CircuitBreaker, Error, Policy, circuit_breaker, policy};

use crate::{Service, is_open, pass};

const SECOND: Duration = Duration::from_secs(1);

/// Two processes: each has a breaker of its own, in a `static`, of one name.
macro_rules! processes {
    ($name:literal, $service:ident, $a:ident $b:ident, $($setter:ident($value:expr))*) => {
        static $service: Service = Service::up();
        static STORE_A: FakeStore = FakeStore::new($name);
        static STORE_B: FakeStore = FakeStore::new($name);
        static A: CircuitBreaker = CircuitBreaker::new($name)$(.$setter($value))*;
        static B: CircuitBreaker = CircuitBreaker::new($name)$(.$setter($value))*;

        #[circuit_breaker(shared = A, store = STORE_A)]
        async fn $a() -> Result<u32, Error> {
            $service.answer()
        }

        #[circuit_breaker(shared = B, store = STORE_B)]
        async fn $b() -> Result<u32, Error> {
            $service.answer()
        }
    };
}

fn connect(engine: &FakeEngine, stores: [&'static FakeStore; 2]) {
    for store in stores {
        store.connect(engine);
    }
}

#[tokio::test(start_paused = true)]
async fn what_one_process_opens_another_rejects_at_once_and_opens_for_as_long() {
    processes!("opens", SERVICE, a b, failure_threshold(2) recovery(Duration::from_secs(30)));
    let engine = FakeEngine::new();
    connect(&engine, [&STORE_A, &STORE_B]);
    assert_eq!((a().await, b().await), (Ok(7), Ok(7)));
    SERVICE.set_up(false);
    assert!(!is_open(&a().await) && !is_open(&a().await));
    assert_eq!(A.state(), BreakerState::Open);
    let rejected = b().await;
    assert!(is_open(&rejected), "by the message: {rejected:?}");
    assert!(rejected.is_err_and(|error| error.retry_after() > Some(29 * SECOND)));
    assert_eq!(B.snapshot().opened, 1);
}

#[tokio::test(start_paused = true)]
async fn a_lost_message_costs_a_second() {
    processes!("lost message", SERVICE, a b, failure_threshold(1) recovery(Duration::from_secs(30)));
    let engine = FakeEngine::new();
    connect(&engine, [&STORE_A, &STORE_B]);
    assert_eq!(b().await, Ok(7));
    engine.lose_notices(1);
    SERVICE.set_up(false);
    assert!(a().await.is_err());
    SERVICE.set_up(true);
    assert_eq!(b().await, Ok(7), "nobody has told it");
    pass(SECOND).await;
    assert!(is_open(&b().await));
}

#[tokio::test(start_paused = true)]
async fn one_process_probes_and_all_close_when_it_has_recovered() {
    processes!("recovers", SERVICE, a b, failure_threshold(1) recovery(Duration::from_secs(30)) success_threshold(1));
    let engine = FakeEngine::new();
    connect(&engine, [&STORE_A, &STORE_B]);
    assert_eq!(b().await, Ok(7));
    SERVICE.set_up(false);
    assert!(a().await.is_err());
    assert!(is_open(&b().await));
    pass(30 * SECOND).await;
    SERVICE.set_up(true);

    // A slow probe of the one, and the other is rejected meanwhile.
    let engine_of_probe = engine.clone();
    engine_of_probe.delay(Duration::from_millis(5));
    let probe = tokio::spawn(a());
    pass(Duration::from_millis(7)).await;
    let rejected = b().await;
    engine.delay(Duration::ZERO);
    assert_eq!(probe.await.expect("it does not panic"), Ok(7));
    assert!(rejected == Ok(7) || is_open(&rejected));
    assert_eq!(A.state(), BreakerState::Closed);
    assert_eq!(b().await, Ok(7));
    assert_eq!(B.state(), BreakerState::Closed, "it has been told");
}

#[tokio::test(start_paused = true)]
async fn the_right_to_probe_is_that_of_one_process() {
    processes!("one probes", SERVICE, a b, failure_threshold(1) recovery(Duration::from_secs(30)) success_threshold(2));
    let engine = FakeEngine::new();
    connect(&engine, [&STORE_A, &STORE_B]);
    assert_eq!(b().await, Ok(7));
    SERVICE.set_up(false);
    assert!(a().await.is_err());
    assert!(is_open(&b().await));
    pass(30 * SECOND).await;
    SERVICE.set_up(true);
    assert_eq!(a().await, Ok(7), "the first of two probes");
    assert_eq!(A.state(), BreakerState::HalfOpen);
    assert!(matches!(b().await, Err(Error::CircuitOpen { state: BreakerState::HalfOpen, retry_after: None, .. })));
    assert_eq!(a().await, Ok(7), "the second one");
    assert_eq!((b().await, B.state()), (Ok(7), BreakerState::Closed));
}

#[tokio::test(start_paused = true)]
async fn a_right_that_is_not_used_goes_to_another_process() {
    processes!("right lapses", SERVICE, a b, failure_threshold(1) recovery(Duration::from_secs(30)) probe_lease(Duration::from_secs(5)) success_threshold(2));
    let engine = FakeEngine::new();
    connect(&engine, [&STORE_A, &STORE_B]);
    assert_eq!(b().await, Ok(7));
    SERVICE.set_up(false);
    assert!(a().await.is_err() && is_open(&b().await));
    pass(30 * SECOND).await;
    SERVICE.set_up(true);
    assert_eq!(a().await, Ok(7));
    STORE_A.kill();
    assert!(is_open(&b().await));
    pass(5 * SECOND).await;
    assert_eq!(b().await, Ok(7));
}

#[tokio::test(start_paused = true)]
async fn fewer_processes_than_the_quorum_open_none_but_themselves() {
    static STORE_C: FakeStore = FakeStore::new("quorum");
    static C: CircuitBreaker = CircuitBreaker::new("quorum");

    processes!("quorum", SERVICE, a b, failure_threshold(1) quorum(2) recovery(Duration::from_secs(30)));

    #[circuit_breaker(shared = C, store = STORE_C)]
    async fn c() -> Result<u32, Error> {
        Ok(7)
    }

    let engine = FakeEngine::new();
    connect(&engine, [&STORE_A, &STORE_B]);
    assert_eq!((a().await, b().await), (Ok(7), Ok(7)));
    SERVICE.set_up(false);
    assert!(a().await.is_err());
    SERVICE.set_up(true);
    pass(2 * SECOND).await;
    assert!(is_open(&a().await), "its own");
    assert_eq!(b().await, Ok(7));
    SERVICE.set_up(false);
    assert!(b().await.is_err());
    assert!(is_open(&b().await));

    // A third process, which has not failed.
    STORE_C.connect(&engine);
    assert!(is_open(&c().await), "two have opened, and a new process begins with that");
}

#[tokio::test(start_paused = true)]
async fn a_signal_that_is_older_than_its_recovery_opens_nothing() {
    processes!("old signal", SERVICE, a b, failure_threshold(1) recovery(Duration::from_secs(30)));
    let engine = FakeEngine::new();
    connect(&engine, [&STORE_A, &STORE_B]);
    SERVICE.set_up(false);
    assert!(a().await.is_err());
    pass(31 * SECOND).await;
    SERVICE.set_up(true);
    assert_eq!((b().await, B.state()), (Ok(7), BreakerState::Closed));
}

#[tokio::test(start_paused = true)]
async fn without_the_engine_each_process_is_alone() {
    processes!("no engine", SERVICE, a b, failure_threshold(1) recovery(Duration::from_secs(30)) success_threshold(1));
    let engine = FakeEngine::new();
    connect(&engine, [&STORE_A, &STORE_B]);
    for away in [FakeEngine::stop, FakeEngine::freeze] {
        A.reset();
        B.reset();
        SERVICE.set_up(true);
        assert_eq!((a().await, b().await), (Ok(7), Ok(7)));
        away(&engine);
        SERVICE.set_up(false);
        assert!(a().await.is_err());
        assert!(is_open(&a().await));
        SERVICE.set_up(true);
        assert_eq!(b().await, Ok(7));
        pass(31 * SECOND).await;
        assert_eq!((a().await, A.state()), (Ok(7), BreakerState::Closed), "it probes without a right");
        engine.start();
        engine.thaw();
        pass(2 * SECOND).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_waits_for_the_engine_for_no_longer_than_its_limit_and_once_a_second() {
    processes!("slow engine", SERVICE, a b, failure_threshold(1));
    let engine = FakeEngine::new();
    connect(&engine, [&STORE_A, &STORE_B]);
    engine.delay(Duration::from_millis(15));
    let times = |mut calls: u32| async move {
        let mut waited = Vec::new();
        while calls > 0 {
            let begun = tokio::time::Instant::now();
            assert_eq!(a().await, Ok(7));
            waited.push(begun.elapsed().as_millis());
            calls -= 1;
        }
        waited
    };
    assert_eq!(times(3).await, [15, 0, 0]);
    pass(SECOND).await;
    engine.freeze();
    assert_eq!(times(3).await, [20, 0, 0]);
    let before = engine.requests();
    for _ in 0..100 {
        assert_eq!(b().await, Ok(7));
    }
    assert!(engine.requests() - before <= 1);
}

#[tokio::test(start_paused = true)]
async fn an_operator_closes_it_everywhere() {
    processes!("operator", SERVICE, a b, failure_threshold(1) recovery(Duration::from_secs(3_600)));
    let engine = FakeEngine::new();
    connect(&engine, [&STORE_A, &STORE_B]);
    assert_eq!(b().await, Ok(7));
    SERVICE.set_up(false);
    assert!(a().await.is_err() && is_open(&b().await) && is_open(&a().await));
    SERVICE.set_up(true);
    B.close();
    assert_eq!((a().await, b().await), (Ok(7), Ok(7)));
}

#[tokio::test(start_paused = true)]
async fn a_policy_and_a_key_share_as_attributes_do() {
    static STORE_A: FakeStore = FakeStore::new("policies");
    static STORE_B: FakeStore = FakeStore::new("policies");
    static SERVICE: Service = Service::up();

    #[circuit_breaker(name = "tenants", key = tenant, store = STORE_A, failure_threshold = 1)]
    async fn ask(tenant: &str) -> Result<u32, Error> {
        let _ = tenant;
        SERVICE.answer()
    }

    let engine = FakeEngine::new();
    connect(&engine, [&STORE_A, &STORE_B]);
    let of_b = Policy::<u32, Error>::new()
        >> policy::circuit_breaker("tenants")
            .failure_threshold(1)
            .key::<String>()
            .store(&STORE_B)
            .build()
            .expect("sound");
    SERVICE.set_up(false);
    assert!(ask("a").await.is_err());
    SERVICE.set_up(true);
    // The breaker of one process: both have the name. What the store knows is by key.
    assert!(is_open(&of_b.call_for("a", async || Ok(1)).await));
    assert_eq!(of_b.call_for("b", async || Ok(1)).await, Ok(1));
    let problems = policy::circuit_breaker::<Error>("tenants").quorum(2).build::<u32>().expect_err("no store");
    assert!(problems.to_string().contains("`quorum`"), "{problems}");
}

#[tokio::test(start_paused = true)]
async fn a_process_that_may_not_probe_learns_that_the_service_has_recovered() {
    processes!("refused probe", SERVICE, a b, failure_threshold(1) recovery(Duration::from_secs(30)) success_threshold(1));
    let engine = FakeEngine::new();
    connect(&engine, [&STORE_A, &STORE_B]);
    assert_eq!(b().await, Ok(7));
    SERVICE.set_up(false);
    assert!(a().await.is_err() && is_open(&b().await));
    pass(Duration::from_millis(29_500)).await;
    assert!(is_open(&b().await), "its last look for a second");
    pass(Duration::from_millis(500)).await;
    SERVICE.set_up(true);
    engine.lose_notices(1);
    assert_eq!((a().await, A.state()), (Ok(7), BreakerState::Closed));
    assert_eq!((b().await, B.state()), (Ok(7), BreakerState::Closed), "it has asked for a probe");
}

/// Nothing of them would tell one key from another.
#[tokio::test(start_paused = true)]
async fn a_key_without_room_and_one_that_cannot_be_written_ask_nobody() {
    use std::collections::BTreeMap;

    static STORE: FakeStore = FakeStore::new("keys of this process");

    #[circuit_breaker(name = "crowded tenants", key = tenant, max_keys = 1, failure_threshold = 1, store = STORE)]
    async fn crowded(tenant: u32, is_up: bool) -> Result<u32, Error> {
        let limit = SECOND;
        if is_up { Ok(tenant) } else { Err(Error::Timeout { limit, elapsed: limit }) }
    }
    #[circuit_breaker(name = "unwritable tenants", key = parts, failure_threshold = 1, store = STORE)]
    async fn unwritable(parts: &BTreeMap<(u8, u8), u8>) -> Result<u32, Error> {
        Err(Error::Timeout { limit: SECOND * u32::from(parts.is_empty()), elapsed: SECOND })
    }

    let engine = FakeEngine::new();
    STORE.connect(&engine);
    assert!(crowded(1, false).await.is_err());
    assert_eq!(engine.requests(), 1);
    assert_eq!((crowded(2, true).await, engine.requests()), (Ok(2), 1));
    let parts = BTreeMap::from([((1, 2), 3)]);
    assert!(!is_open(&unwritable(&parts).await));
    assert!(is_open(&unwritable(&parts).await), "it has a breaker in this process");
    assert_eq!(engine.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_opens_again_alone_is_not_closed_by_its_own_recovery() {
    processes!("opens again", SERVICE, a b, failure_threshold(1) quorum(2) recovery(Duration::from_secs(30)) success_threshold(1));
    let engine = FakeEngine::new();
    connect(&engine, [&STORE_A, &STORE_B]);
    assert_eq!((a().await, b().await), (Ok(7), Ok(7)));
    SERVICE.set_up(false);
    assert!(a().await.is_err() && b().await.is_err());
    assert!(is_open(&a().await) && is_open(&b().await), "both");
    pass(30 * SECOND).await;
    SERVICE.set_up(true);
    assert_eq!((a().await, A.state()), (Ok(7), BreakerState::Closed));
    SERVICE.set_up(false);
    assert!(!is_open(&a().await), "it fails again");
    SERVICE.set_up(true);
    assert!(is_open(&a().await), "what it reads is its own closing of before");
}
