#![deny(warnings)]
//! With the feature `metrics` and a recorder, a shutdown waits for calls of annotated functions and of policies. From the
//! first recorder on the process counts all calls, so this is a program of its own.

use std::time::Duration;

use futures_util::FutureExt;
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use resilience::testing::Script;
use resilience::{Policy, policy, retry, shutdown, snapshot};

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

struct Sink;

impl Recorder for Sink {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }
    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }
    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

type Service = Script<u32, &'static str>;

#[retry(max = 1, backoff = "none")]
async fn counted(service: &Service) -> Result<u32, &'static str> {
    service.call().await
}

#[test]
fn calls_that_a_recorder_counts_are_waited_for() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime").block_on(async {
        let _local = metrics::set_default_local_recorder(&Sink);
        let by_policy: Policy<u32, &'static str> = Policy::named("counted").expect("a name")
            >> policy::retry().max(1).no_delay().build().expect("it is valid");
        let service = Service::new().ok_times(2, 7).delayed(secs(5)).then_hang();
        let (first, second, report) = tokio::join!(counted(&service), by_policy.call(|| service.call()), async {
            tokio::time::sleep(secs(1)).await;
            assert_eq!(snapshot().calls_in_progress, 2);
            shutdown(secs(30)).await
        });
        assert_eq!((first, second), (Ok(7), Ok(7)));
        assert_eq!((report.finished, report.left), (2, 0));
        assert!(secs(4) <= report.elapsed && report.elapsed < secs(5), "{report:?}");

        let mut hanging = Box::pin(counted(&service));
        assert_eq!((&mut hanging).now_or_never(), None);
        let report = shutdown(Duration::ZERO).await;
        assert_eq!((report.left, &*report.left_by_name[0].name), (1, "counted_calls::counted"));
        drop(hanging);
        assert_eq!(shutdown(Duration::ZERO).await.left, 0);
    });
}
