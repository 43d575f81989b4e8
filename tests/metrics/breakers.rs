//! Breakers.

use metrics::Key;
use resilience::{CircuitBreaker, bulkhead, circuit_breaker, rate_limit};

use crate::Seen;
use crate::common::{Answer, TestError, secs};

#[sync_and_async::test]
async fn a_breaker_reports_its_calls_state_and_open_time() {
    #[circuit_breaker(failure_threshold = 2, success_threshold = 1, recovery = "30s", ignore = TestError::is_permanent)]
    async fn ask(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let (seen, clock) = (Seen::default(), Clock::start());
    let _local = seen.here();
    let permanent = Script::always(TestError::Permanent, &clock);
    let script = Script::of("S FF F S", &clock);
    let state = || seen.told("breaker_state", "ask").value.to_string();
    assert!(ask(&script).await.is_ok() && ask(&permanent).await.is_err());
    assert_eq!(state(), "0");
    assert_eq!(letters!(3, ask(&script).await), "FFO");
    assert_eq!(state(), "2");
    clock.sleep(secs(30)).await;
    assert_eq!(letters!(2, ask(&script).await), "FO");
    assert_eq!(state(), "2");
    clock.sleep(secs(30)).await;
    assert_eq!(letters!(1, ask(&script).await), "S");
    assert_eq!(
        seen.lines_of(&["breaker"]),
        [
            "breaker_calls_total{ask,failure} 3",
            "breaker_calls_total{ask,ignored} 1",
            "breaker_calls_total{ask,rejected} 2",
            "breaker_calls_total{ask,success} 2",
            "breaker_open_seconds{ask} [60.0]",
            "breaker_state{ask} 0",
            "breaker_threshold_used{ask} 0",
            "breaker_transitions_total{ask,closed} 1",
            "breaker_transitions_total{ask,half_open} 2",
            "breaker_transitions_total{ask,open} 2",
        ]
    );
}

#[sync_and_async::test]
async fn manual_changes_of_a_breaker_are_reported() {
    let name = std::thread::current().name().unwrap_or("").to_owned().leak();
    let breaker = CircuitBreaker::new(name);
    let (seen, clock) = (Seen::default(), Clock::start());
    let _local = seen.here();
    let state = || {
        seen.all()
            .iter()
            .find(|(key, _)| key.name() == "resilience_breaker_state")
            .map(|(_, told)| told.value.to_string())
    };
    breaker.force_open();
    assert_eq!(state(), Some("3".to_owned()));
    clock.sleep(secs(7)).await;
    breaker.disable();
    assert_eq!(state(), Some("-1".to_owned()));
    breaker.close();
    breaker.close();
    assert_eq!(state(), Some("0".to_owned()));
    let lines = seen.lines_of(&["breaker_open", "breaker_transitions"]).join("\n");
    let word = |line: &str| line.matches("_total").count();
    assert!(lines.contains("} [7.0]") && word(&lines) == 3, "{lines}");
}

/// BUG-F7.
#[test]
fn a_keyed_breaker_is_reported_without_its_keys() {
    const KEYS: u32 = 300;

    #[circuit_breaker(name = "metrics: tenants", key = tenant, max_keys = 100, failure_threshold = 1, recovery = "1h")]
    #[bulkhead(key = tenant, max_keys = 100, max = 1)]
    #[rate_limit(key = tenant, max_keys = 100, max = 9)]
    fn ask(tenant: &str, up: bool) -> Option<usize> {
        up.then_some(tenant.len())
    }

    let seen = Seen::default();
    let _local = seen.here();
    for tenant in 0..KEYS {
        let tenant = format!("secret-{tenant}");
        let (_first, _second) = (ask(&tenant, tenant.ends_with('7')), ask(&tenant, true));
    }
    let keys = resilience::KeyedCircuitBreakers::named("metrics: tenants").expect("called above");
    let open = keys.snapshot().open;
    assert!(open > 50);
    assert_eq!(seen.told("breaker_open_keys", "metrics: tenants").value.to_string(), open.to_string());
    assert_eq!(seen.told("breaker_open_keys", "metrics: tenants").lowest.to_string(), "0");
    let all: Vec<Key> = seen.all().into_keys().collect();
    assert!(all.len() <= 40, "{all:#?}");
    assert!(!format!("{all:?}").contains("secret"), "{all:#?}");
    let calls: f64 = ["success", "failure", "rejected"]
        .iter()
        .map(|outcome| seen.told("breaker_calls_total", &format!("metrics: tenants,{outcome}")).value)
        .sum();
    assert_eq!(calls.to_string(), (2 * KEYS).to_string());
    assert!(seen.lines_of(&["breaker_state"]).is_empty(), "they have none in common");
    keys.reset_all();
    assert_eq!(seen.told("breaker_open_keys", "metrics: tenants").value.to_string(), "0");
}

#[test]
fn a_permit_by_hand_is_counted_by_its_end() {
    let breaker = CircuitBreaker::new("ends by hand");
    let seen = Seen::default();
    let _local = seen.here();
    let admit = || breaker.admit().expect("closed");
    admit().succeed();
    admit().fail();
    admit().ignore();
    admit().ignore();
    drop(admit());
    assert_eq!(
        seen.lines_of(&["breaker_calls"]),
        [
            "breaker_calls_total{ends by hand,abandoned} 1",
            "breaker_calls_total{ends by hand,failure} 1",
            "breaker_calls_total{ends by hand,ignored} 2",
            "breaker_calls_total{ends by hand,success} 1",
        ]
    );
}

#[sync_and_async::test]
async fn a_failure_that_passes_two_functions_of_a_breaker_is_ignored_by_the_outer_one() {
    #[circuit_breaker(name = "passed on", failure_threshold = 100, when_ok = |value| *value == 0)]
    async fn inner(script: &Script<'_>) -> Answer {
        script.run().await.map(|_| 0)
    }
    #[circuit_breaker(name = "passed on", failure_threshold = 100, when_ok = |value| *value == 0)]
    async fn outer(script: &Script<'_>) -> Answer {
        inner(script).await
    }

    let (seen, clock) = (Seen::default(), Clock::start());
    let _local = seen.here();
    let count = || seen.lines_of(&["breaker_calls"]);
    assert!(outer(&Script::of("F", &clock)).await.is_err());
    assert_eq!(count(), ["breaker_calls_total{passed on,failure} 1", "breaker_calls_total{passed on,ignored} 1"]);
    assert_eq!(outer(&Script::of("S", &clock)).await, Ok(0), "a value that is a failure");
    assert_eq!(count(), ["breaker_calls_total{passed on,failure} 2", "breaker_calls_total{passed on,ignored} 2"]);
}
