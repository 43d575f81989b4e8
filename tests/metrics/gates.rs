//! Bulkheads and rate limits.

use resilience::testing::{FakeEngine, FakeStore};
use resilience::{bulkhead, rate_limit};

use crate::Seen;
use crate::common::{Answer, millis, poll_at_most, secs};

#[tokio::test(start_paused = true)]
async fn a_bulkhead_reports_active_waiting_and_rejected_calls() {
    #[bulkhead(name = "metrics: bulkhead", max = 2, queue = 1, wait = "5s")]
    async fn work(time: u64) -> Answer {
        tokio::time::sleep(secs(time)).await;
        Ok(1)
    }

    let seen = Seen::default();
    let _local = seen.here();
    let gauges = || {
        let value = |gauge| seen.told(gauge, "metrics: bulkhead").value.to_string();
        (value("bulkhead_running"), value("bulkhead_waiting"))
    };
    let look = async {
        tokio::time::sleep(millis(500)).await;
        gauges()
    };
    let (one, two, three, four, during) = tokio::join!(work(1), work(9), work(1), work(1), look);
    assert_eq!([one, two, three].map(|answer| answer.is_ok()), [true; 3]);
    assert!(four.is_err());
    assert_eq!(during, ("2".to_owned(), "1".to_owned()));
    assert_eq!(gauges(), ("0".to_owned(), "0".to_owned()));
    let (_, _, in_vain) = tokio::join!(work(9), work(9), work(1));
    assert!(in_vain.is_err());
    let dropped = tokio::time::timeout(secs(1), async { tokio::join!(work(9), work(9), work(1)) }).await;
    assert!(dropped.is_err());
    assert_eq!(
        seen.lines_of(&["bulkhead"]),
        [
            "bulkhead_calls_total{metrics: bulkhead,accepted} 7",
            "bulkhead_calls_total{metrics: bulkhead,rejected} 2",
            "bulkhead_running{metrics: bulkhead} 0",
            "bulkhead_waiting{metrics: bulkhead} 0",
        ]
    );
    let running = seen.told("bulkhead_running", "metrics: bulkhead");
    assert_eq!((running.lowest.to_string(), running.highest.to_string()), ("0".to_owned(), "2".to_owned()));
}

#[sync_and_async::test]
async fn a_rate_limit_reports_admitted_waiting_and_rejected_calls() {
    #[rate_limit(max = 1, per = "10s", burst = 2, wait = "10s")]
    async fn ask() -> Answer {
        Ok(1)
    }

    #[rate_limit(max = 1, per = "10s")]
    async fn hasty() -> Answer {
        Ok(1)
    }

    let (seen, _clock) = (Seen::default(), Clock::start());
    let _local = seen.here();
    assert_eq!(letters!(3, ask().await), "SSS");
    assert_eq!(letters!(3, hasty().await), "SLL");
    assert_eq!(
        seen.lines_of(&["rate_limit"]),
        [
            "rate_limit_calls_total{ask,passed} 2",
            "rate_limit_calls_total{ask,waited} 1",
            "rate_limit_calls_total{hasty,passed} 1",
            "rate_limit_calls_total{hasty,rejected} 2",
            "rate_limit_waiting{ask} 0",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_dropped_wait_is_neither_passed_nor_rejected() {
    #[rate_limit(max = 1, per = "10s", wait = "10s")]
    async fn ask() -> Answer {
        Ok(1)
    }

    let seen = Seen::default();
    let _local = seen.here();
    assert!(ask().await.is_ok());
    assert!(poll_at_most(1, ask()).await.is_none());
    assert_eq!(seen.lines_of(&["rate_limit"]), ["rate_limit_calls_total{ask,passed} 1", "rate_limit_waiting{ask} 0"]);
}

#[tokio::test(start_paused = true)]
async fn a_shared_rate_limit_reports_what_its_store_decides() {
    static STORE: FakeStore = FakeStore::new("metrics of a limit");

    #[rate_limit(name = "metrics: shared limit", max = 1, per = "10s", burst = 2, wait = "10s", store = STORE)]
    async fn ask() -> Answer {
        Ok(1)
    }

    STORE.connect(&FakeEngine::new());
    let seen = Seen::default();
    let _local = seen.here();
    let look = async {
        tokio::time::sleep(secs(1)).await;
        seen.told("rate_limit_waiting", "metrics: shared limit").value.to_string()
    };
    let (one, two, three, four, waiting) = tokio::join!(ask(), ask(), ask(), ask(), look);
    assert_eq!([one, two, three, four].map(|answer| answer.is_ok()), [true, true, true, false]);
    assert_eq!(waiting, "1");
    assert_eq!(
        seen.lines_of(&["rate_limit"]),
        [
            "rate_limit_calls_total{metrics: shared limit,passed} 2",
            "rate_limit_calls_total{metrics: shared limit,rejected} 1",
            "rate_limit_calls_total{metrics: shared limit,waited} 1",
            "rate_limit_decisions_total{metrics: shared limit,store} 4",
            "rate_limit_waiting{metrics: shared limit} 0",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_shared_rate_limit_reports_whom_it_lets_pass_without_its_store() {
    static STORE: FakeStore = FakeStore::new("no metrics of a store");

    #[rate_limit(name = "metrics: open limit", max = 1, per = "1h", on_outage = "open", store = STORE)]
    async fn open() -> Answer {
        Ok(1)
    }

    #[rate_limit(name = "metrics: closed limit", max = 1, per = "1h", on_outage = "closed", store = STORE)]
    async fn closed() -> Answer {
        Ok(1)
    }

    let seen = Seen::default();
    let _local = seen.here();
    assert_eq!(letters!(3, open().await), "SSS");
    assert!(closed().await.is_err() && closed().await.is_err());
    assert_eq!(
        seen.lines_of(&["rate_limit"]),
        [
            "rate_limit_calls_total{metrics: closed limit,rejected} 2",
            "rate_limit_calls_total{metrics: open limit,passed} 3",
            "rate_limit_decisions_total{metrics: closed limit,process} 2",
            "rate_limit_decisions_total{metrics: open limit,process} 3",
        ]
    );
}
