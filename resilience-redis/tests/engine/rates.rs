//! A window whose rate changes, on the fake engine and on a real one.

use std::time::Duration;

use resilience::store::{Charge, Charged, SharedState, SharedStore, SharedWindow, Update, ask};
use resilience::testing::{FakeEngine, FakeStore};
use services::Redis as Server;

use crate::{connected, key};

const HOUR: Duration = Duration::from_secs(3_600);

async fn charge(store: &dyn SharedStore, max: u64, per: Duration, burst: u64) -> Charged {
    let window = SharedWindow { key: key(SharedState::RateLimit, "changed"), max, per, burst };
    let charge = Charge { windows: &[window], units: 1, patience: Duration::ZERO, lease: 0 };
    ask(store, |store| store.charge(&charge)).await.expect("an answer")
}

/// How many calls pass in each version of a program, and after how many minutes another one would.
async fn versions(store: &dyn SharedStore) -> Vec<(u32, u64)> {
    let mut results = Vec::new();
    for (max, per, burst, most) in [
        (100, 10 * HOUR, 100, 60),
        (50, 10 * HOUR, 50, 1_000),
        (100, 10 * HOUR, 100, 1_000),
        (100, 10 * HOUR, 130, 1_000),
        (7, 10 * HOUR, 10, 1_000),
        (400, 10 * HOUR, 600, 10),
        (100, 20 * HOUR, 90, 1_000),
    ] {
        let mut passed = 0;
        let wait = loop {
            match charge(store, max, per, burst).await {
                Charged::Passed { .. } => {
                    passed += 1;
                    if passed == most {
                        break Duration::ZERO;
                    }
                }
                Charged::Rejected { wait } => break wait,
            }
        };
        results.push((passed, (wait.as_secs() + 30) / 60));
    }
    results
}

#[tokio::test]
async fn a_fake_and_a_real_engine_agree_on_a_rate_that_changes() {
    static FAKE: FakeStore = FakeStore::new("rates");
    let Some(server) = Server::start(&[]) else { return };
    FAKE.connect(&FakeEngine::new());
    let (fake, real) = (versions(&FAKE).await, versions(connected(&server, "rates").await).await);
    assert_eq!(fake, real);
    // 60 of 100 are taken, which is more than 50 and leaves 40 of 100.
    let passed: Vec<_> = fake.iter().map(|(passed, _)| *passed).collect();
    assert_eq!(passed, [60, 0, 40, 30, 0, 10, 0], "{fake:?}");
}

/// The time of a unit has parts of a microsecond.
#[tokio::test]
async fn more_than_was_taken_may_come_back_and_is_no_burst() {
    let Some(server) = Server::start(&[]) else { return };
    let store = connected(&server, "returns").await;
    let window = SharedWindow { key: key(SharedState::RateLimit, "returned"), max: 7, per: HOUR, burst: 7 };
    store.update(Update::Settle { window: window.into(), units: 1 });
    store.update(Update::Settle { window: window.into(), units: -2 });
    store.flush().await;
    assert_eq!(store.dropped_updates(), 0);
    let charge = Charge { windows: &[window], units: 7, patience: Duration::ZERO, lease: 0 };
    assert!(matches!(ask(store, |store| store.charge(&charge)).await, Ok(Charged::Passed { .. })));
    assert!(matches!(ask(store, |store| store.charge(&charge)).await, Ok(Charged::Rejected { .. })));
}
