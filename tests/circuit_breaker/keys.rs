//! One breaker per key.

use resilience::{KeyedCircuitBreakers, circuit_breaker, fallback, retry, timeout};

use crate::common::{Answer, Recorder, TestError, blocking, letter, secs};
use crate::{FAILED, wait_secs};

#[sync_and_async::test]
async fn each_key_has_its_own_breaker() {
    #[circuit_breaker(name = "by tenant", key = tenant, failure_threshold = 2, recovery = "10s")]
    async fn call(tenant: &str, script: &Script<'_>) -> Answer {
        let _ = tenant;
        script.run().await
    }

    let clock = Clock::start();
    let down = Script::fails(99, &clock);
    let up = Script::fails(0, &clock);
    assert_eq!(letters!(3, call("a", &down).await), "FFO");
    assert_eq!(letters!(3, call("b", &up).await), "SSS");
    let owned = "a".to_owned();
    let rejected = call(&owned, &up).await;
    assert_eq!(wait_secs(&rejected), Some(10), "equal, and not the same in memory");
    assert!(rejected.is_err_and(|error| error.to_string().contains("by tenant")), "the name is told, the key is not");
    clock.sleep(secs(10)).await;
    assert_eq!(letters!(3, call("a", &up).await), "SSS");
}

#[sync_and_async::test]
async fn a_key_may_be_an_expression_over_the_arguments() {
    struct Service {
        region: &'static str,
    }

    impl Service {
        #[circuit_breaker(failure_threshold = 1, key = (self.region, tenant.len(), host))]
        async fn call(&self, tenant: String, (host, fails): (u32, bool), log: &mut Vec<String>) -> Answer {
            pause().await;
            log.push(tenant);
            if fails { Err(TestError::Transient) } else { Ok(host) }
        }
    }

    #[retry(max = 2, backoff = "none")]
    #[circuit_breaker(failure_threshold = 3, key = (tenant, log))]
    async fn retried(tenant: String, log: &mut Vec<u32>, answers: &[Answer]) -> Answer {
        pause().await;
        drop(tenant);
        answers[log.len()].clone()
    }

    let _clock = Clock::start();
    let (north, south) = (Service { region: "north" }, Service { region: "south" });
    let mut log = Vec::new();
    let mut letters = String::new();
    for (service, tenant, host) in [
        (&north, "ab", 1),
        (&north, "cd", 1),
        (&south, "ab", 1),
        (&north, "abc", 1),
        (&north, "ab", 2),
        (&south, "xy", 1),
    ] {
        letters.push(letter(&service.call(tenant.to_owned(), (host, true), &mut log).await));
    }
    assert_eq!((&*letters, log.len()), ("FOFFFO", 4));
    assert_eq!(retried("a".to_owned(), &mut vec![1], &[Ok(0), FAILED]).await, FAILED);
    assert_eq!(retried("b".to_owned(), &mut vec![1], &[Ok(0), Ok(1)]).await, Ok(1));
    assert_eq!(letters!(1, retried("a".to_owned(), &mut vec![1], &[Ok(0), Ok(1)]).await), "O", "three attempts");
}

#[sync_and_async::test]
async fn a_generic_function_has_separate_keys_per_type() {
    #[circuit_breaker(name = "generic keys", failure_threshold = 1, key = key)]
    async fn call<K: std::hash::Hash + Eq + Clone + Send + Sync + 'static>(key: &K, fails: bool) -> Answer {
        let _ = key;
        pause().await;
        if fails { Err(TestError::Transient) } else { Ok(1) }
    }

    let _clock = Clock::start();
    let before = resilience::KeyedCircuitBreakers::named("generic keys").map_or(0, KeyedCircuitBreakers::len);
    let (number, text) = (before, before.to_string());
    assert_eq!(letters!(2, call(&number, true).await), "FO");
    assert_eq!(letters!(2, call(&text, false).await), "SS");
    assert_eq!(
        resilience::KeyedCircuitBreakers::named("generic keys").map(KeyedCircuitBreakers::len),
        Some(before + 2)
    );
}

#[sync_and_async::test]
async fn a_dropped_probe_of_a_key_releases_its_permit() {
    #[circuit_breaker(
        failure_threshold = 1, success_threshold = 1, recovery = "10s", key = key, ignore = TestError::is_permanent
    )]
    async fn call(key: u32, answer: Answer) -> Answer {
        pause().await;
        assert_ne!(answer, Ok(13), "unlucky");
        answer
    }

    let clock = Clock::start();
    assert_eq!(letters!(2, call(7, FAILED).await), "FO");
    clock.sleep(secs(10)).await;
    assert_eq!(call(7, Err(TestError::Permanent)).await, Err(TestError::Permanent));
    assert_eq!(letters!(1, call(7, FAILED).await), "F", "the place was free again");
    assert_eq!(letters!(1, call(7, Ok(1)).await), "O");
    clock.sleep(secs(10)).await;
    assert_eq!(letters!(2, call(7, Ok(1)).await), "SS");
}

#[tokio::test(start_paused = true)]
async fn every_form_of_function_may_have_a_key() {
    /// Not `Clone`, and no part of any key.
    struct Once(Answer);

    #[derive(Clone)]
    struct Service(u32);

    #[circuit_breaker(failure_threshold = 1, key = (tenant, rest.len()))]
    async fn patterns(
        mut tenant: String,
        (_, rest): (u32, Vec<u8>),
        _: u32,
        Once(answer): Once,
        shown: impl Into<String>,
    ) -> Answer {
        tenant.push_str(&shown.into());
        drop(rest);
        answer
    }
    #[circuit_breaker(failure_threshold = 1, key = tenant)]
    fn returned<'a>(tenant: &'a str, answer: &'a Answer) -> impl Future<Output = Answer> + use<'a> {
        let _ = tenant;
        std::future::ready(answer.clone())
    }
    #[circuit_breaker(failure_threshold = 1, key = tenant.as_str())]
    fn boxed(tenant: String, answer: Answer) -> std::pin::Pin<Box<dyn Future<Output = Answer> + Send>> {
        Box::pin(async move {
            drop(tenant);
            answer
        })
    }
    #[fallback(value = 0, when = TestError::is_permanent)]
    #[retry(max = 1, backoff = "none")]
    #[circuit_breaker(failure_threshold = 2, key = tenant)]
    #[timeout(secs = 1)]
    async fn stacked(tenant: String, answer: Answer) -> Answer {
        drop(tenant);
        answer
    }

    #[async_trait::async_trait]
    trait Ask {
        async fn ask(&mut self, tenant: String, answer: Answer) -> Answer;
    }

    #[async_trait::async_trait]
    impl Ask for Service {
        #[circuit_breaker(failure_threshold = 1, key = (self.0, tenant))]
        async fn ask(&mut self, tenant: String, answer: Answer) -> Answer {
            self.0 += 0;
            drop(tenant);
            answer
        }
    }

    impl Service {
        #[circuit_breaker(failure_threshold = 1, key = self.0)]
        async fn exclusive(&mut self, answer: Answer) -> Answer {
            self.0 += 0;
            answer
        }
        #[circuit_breaker(failure_threshold = 1, key = self.0 + 1)]
        fn owned(self, answer: Answer) -> Answer {
            let Self(_) = self;
            answer
        }
        #[retry(max = 1, backoff = "none")]
        #[circuit_breaker(failure_threshold = 2, key = &log[..1])]
        async fn logged(&self, log: &mut Vec<u32>, answer: Answer) -> Answer {
            log.push(self.0);
            answer
        }
    }

    let tenant = str::to_owned;
    let mut service = Service(7);
    for (round, expected) in ["FFFFFFFF", "OOOOOOOO"].into_iter().enumerate() {
        let rest = (0, vec![1, 2]);
        let seen = [
            patterns(tenant("a"), rest, 0, Once(FAILED), "b").await,
            returned("a", &FAILED).await,
            boxed(tenant("a"), FAILED).await,
            stacked(tenant("a"), FAILED).await,
            service.ask(tenant("a"), FAILED).await,
            service.exclusive(FAILED).await,
            service.clone().owned(FAILED),
            service.logged(&mut vec![1], FAILED).await,
        ];
        assert_eq!(seen.iter().map(letter).collect::<String>(), expected, "round {round}");
    }
    let mut other = Service(8);
    let seen = [
        patterns(tenant("a"), (0, vec![1, 2, 3]), 0, Once(Ok(1)), "b").await,
        returned("b", &Ok(1)).await,
        boxed(tenant("b"), Ok(1)).await,
        stacked(tenant("b"), Ok(1)).await,
        service.ask(tenant("b"), Ok(1)).await,
        other.exclusive(Ok(1)).await,
        other.clone().owned(Ok(1)),
        service.logged(&mut vec![2], Ok(1)).await,
    ];
    assert_eq!(seen.iter().map(letter).collect::<String>(), "SSSSSSSS");
}

#[test]
fn functions_with_one_name_share_keyed_breakers() {
    #[circuit_breaker(name = "shared keys", failure_threshold = 2, key = id)]
    fn first(id: u32, answer: Answer) -> Answer {
        let _ = id;
        answer
    }
    #[circuit_breaker(name = "shared keys", failure_threshold = 2, key = number / 10)]
    fn second(number: u32) -> Option<u32> {
        Some(number)
    }

    assert!(resilience::KeyedCircuitBreakers::named("shared keys").is_none(), "never called");
    assert_eq!(letters!(3, first(4, FAILED)), "FFO");
    assert_eq!((second(42), second(52)), (None, Some(52)));
    let breakers = resilience::KeyedCircuitBreakers::named("shared keys").expect("called above");
    assert!(resilience::CircuitBreaker::named("shared keys").is_none(), "there are two, and neither is the one");
    let snapshot = breakers.snapshot();
    assert_eq!((snapshot.name.as_str(), snapshot.max_keys, snapshot.unguarded), ("shared keys", 1_000, 0));
    assert_eq!((snapshot.closed, snapshot.open, snapshot.half_open, snapshot.rejected), (1, 1, 0, 2));
    breakers.reset_all();
    assert!(breakers.is_empty());
    assert_eq!(letters!(1, first(4, Ok(1))), "S");
}

#[test]
fn conflicting_keyed_configurations_of_one_name_emit_an_error_event() {
    #[circuit_breaker(name = "keys in conflict", key = id)]
    fn first(id: u32) -> Option<u32> {
        Some(id)
    }
    #[circuit_breaker(name = "keys in conflict", key = id, max_keys = 9)]
    fn second(id: u32) -> Option<u32> {
        Some(id)
    }

    let recorder = Recorder::start();
    assert_eq!((first(1), second(1), second(2)), (Some(1), Some(1), Some(2)));
    assert_eq!(recorder.names(), ["breaker.conflict"]);
    assert_eq!(
        resilience::KeyedCircuitBreakers::named("keys in conflict").map(|all| all.snapshot().max_keys),
        Some(1_000)
    );
}

/// BUG-F5: no key in any event, error or handle.
#[test]
fn a_key_never_appears_in_events_errors_or_handles() {
    #[circuit_breaker(name = "secret keys", failure_threshold = 1, recovery = "10s", max_keys = 1, key = token)]
    fn call(token: &str, answer: Answer) -> Answer {
        let _ = token;
        answer
    }

    let clock = blocking::Clock::start();
    let recorder = Recorder::start();
    let _ = call("hunter2", FAILED);
    let rejected = call("hunter2", Ok(1));
    let _ = call("hunter3", Ok(1));
    clock.sleep(secs(10));
    let _ = call("hunter2", Ok(1));
    let seen = format!(
        "{:?} {rejected:?} {rejected:#?} {:?}",
        recorder.events(),
        resilience::KeyedCircuitBreakers::named("secret keys").expect("called above")
    );
    assert_eq!(recorder.names(), ["breaker.open", "breaker.rejected", "breaker.keys_full", "breaker.half_open"]);
    assert!(seen.contains("secret keys") && !seen.contains("hunter"), "{seen}");
}

/// BUG-F1, BUG-F2: an attacker sends keys without end, some of them failing for good.
#[test]
fn a_flood_of_keys_is_bounded_keeps_open_breakers_and_rejects_no_other_key() {
    #[circuit_breaker(name = "flood", failure_threshold = 1, recovery = "10s", max_keys = 100, key = key)]
    fn call(key: u64, fails: bool) -> Answer {
        let _ = key;
        if fails { Err(TestError::Transient) } else { Ok(7) }
    }

    let clock = blocking::Clock::start();
    let recorder = Recorder::start();
    assert_eq!(letters!(2, call(1, true)), "FO");
    let mut number = 88_172_645_463_325_252_u64;
    let mut random = || {
        number ^= number << 13;
        number ^= number >> 7;
        number ^= number << 17;
        number | 1 << 40
    };
    for _ in 0..100_000 {
        assert_eq!(call(random(), false), Ok(7));
    }
    let breakers = resilience::KeyedCircuitBreakers::named("flood").expect("called above");
    assert!(breakers.len() <= 100);
    assert_eq!(letters!(1, call(1, false)), "O", "open, and still there");
    assert_eq!(breakers.snapshot().unguarded, 0, "idle ones make room");

    for _ in 0..100_000 {
        let _ = call(random(), true);
    }
    let snapshot = breakers.snapshot();
    assert_eq!((breakers.len(), snapshot.open), (100, 100));
    assert!(snapshot.unguarded >= 99_000);
    assert_eq!(letters!(1, call(1, false)), "O");
    assert_eq!(letters!(9, call(2, false)), "SSSSSSSSS", "an honest key is served");
    assert!(recorder.named("breaker.keys_full").len() <= 20, "and no flood of events");

    clock.sleep(secs(10));
    assert_eq!(letters!(3, call(3, true)), "FOO", "those that reject nobody any more make room");
}
