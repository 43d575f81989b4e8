//! Caches serve what they have, and begin no load.

use std::thread;

use resilience::testing::{ManualClock, Script, record, record_blocking};
use resilience::{Error, Policy, begin_shutdown, cached, policy, shutdown};
use tokio::time::Instant;

use crate::common::{Process, millis, secs};
use crate::run;

type Service = Script<u32, Error>;

fn rejected(name: &'static str) -> Result<u32, Error> {
    Err(Error::ShuttingDown { name: name.into() })
}

#[cached(name = "shutdown prices", ttl = 60, key = id, stale_if_error = "1h")]
async fn price(id: u32, service: &Service) -> Result<u32, Error> {
    service.call().await
}

#[cached(name = "shutdown prices of threads", ttl = 60, key = id, stale_while_revalidate = "1h")]
fn price_blocking(id: u32, service: &Service) -> Result<u32, Error> {
    service.call_blocking()
}

#[test]
fn hits_and_stale_values_are_served_and_a_miss_is_rejected() {
    run(async {
        let service = Script::new().ok_times(9, 7);
        assert_eq!(price(1, &service).await, Ok(7));
        tokio::time::sleep(secs(30)).await;
        assert_eq!(price(2, &service).await, Ok(7));
        tokio::time::sleep(secs(31)).await;
        begin_shutdown();
        let (stale, events) = record(price(1, &service)).await;
        assert_eq!((stale, events.names()), (Ok(7), vec!["cache.miss", "cache.stale"]));
        assert_eq!(
            (&events[1]["reason"], &events[1]["function"]),
            (&"shutdown".into(), &"shutdown::loads::price".into())
        );
        assert_eq!(price(2, &service).await, Ok(7), "fresh");
        let (missed, events) = record(price(3, &service)).await;
        assert_eq!((missed, events.names()), (rejected("shutdown prices"), vec!["cache.miss", "shutdown.rejected"]));
        assert_eq!(service.calls(), 2);
    });
}

#[test]
fn a_synchronous_cache_serves_what_it_has() {
    let (_process, clock) = (Process::start(), ManualClock::install());
    let service = Script::new().ok_times(9, 7);
    assert_eq!(price_blocking(1, &service), Ok(7));
    clock.advance(secs(61));
    begin_shutdown();
    let (stale, events) = record_blocking(|| price_blocking(1, &service));
    assert_eq!((stale, events.names(), service.calls()), (Ok(7), vec!["cache.miss", "cache.stale"], 1));
    assert_eq!(price_blocking(2, &service), rejected("shutdown prices of threads"));
    assert_eq!(service.calls(), 1);
}

#[test]
fn who_waits_for_a_load_is_woken_and_the_load_finishes() {
    run(async {
        let (service, began) = (Script::new().then_ok(7).delayed(secs(9)), Instant::now());
        let waiting = async { (price(1, &service).await, began.elapsed()) };
        let (loaded, (waited, time), report) = tokio::join!(price(1, &service), waiting, async {
            tokio::time::sleep(secs(1)).await;
            shutdown(secs(30)).await
        });
        assert_eq!((loaded, waited, report.woken), (Ok(7), rejected("shutdown prices"), 1));
        assert!(time < secs(2), "{time:?}");
        assert_eq!(price(1, &service).await, Ok(7), "the load has been stored");
    });
}

#[test]
fn a_thread_that_waits_for_a_load_is_woken() {
    let _process = Process::start();
    let (leave, may_leave) = std::sync::mpsc::channel::<()>();
    let may_leave = std::sync::Mutex::new(may_leave);
    let service = Script::<u32, Error>::new().then(move || {
        may_leave.lock().expect("one call").recv().expect("the test sends");
        Ok(7)
    });
    thread::scope(|scope| {
        let first = scope.spawn(|| price_blocking(5, &service));
        while service.calls() == 0 {
            thread::sleep(millis(1));
        }
        let second = scope.spawn(|| price_blocking(5, &service));
        // Before or after it has begun to wait, it is rejected.
        begin_shutdown();
        assert_eq!(second.join().expect("no panic"), rejected("shutdown prices of threads"));
        leave.send(()).expect("the first call waits");
        assert_eq!(first.join().expect("no panic"), Ok(7));
    });
}

#[test]
fn a_function_that_cannot_hold_the_error_runs_its_body() {
    #[cached(name = "shutdown plain", key = id)]
    async fn plain(id: u32, service: &Script<u32, String>) -> Option<u32> {
        service.call().await.ok()
    }
    run(async {
        let service = Script::new().ok_times(1, 7).delayed(secs(5)).then_ok(8);
        let (first, second, ()) = tokio::join!(plain(1, &service), plain(1, &service), async {
            tokio::time::sleep(secs(1)).await;
            begin_shutdown();
        });
        assert_eq!((first, second, service.calls()), (Some(7), Some(7), 1), "no second body of one key");
        assert_eq!(plain(2, &service).await, Some(8));
    });
}

#[test]
fn a_cached_policy_rejects_as_its_layers_do() {
    let inner = Policy::new() >> policy::timeout(secs(60)).expect("it is valid");
    let cache = policy::cached::<u32, u32, Error>("shutdown cached policy").ttl(secs(60)).build().expect("it is valid");
    let cached = cache >> inner;
    let bare = policy::cached::<u32, u32, Error>("shutdown bare").build().expect("it is valid") >> Policy::new();
    run(async {
        let service = Script::new().ok_times(9, 7);
        assert_eq!(cached.call_for(&1, || service.call()).await, Ok(7));
        begin_shutdown();
        assert_eq!(cached.call_for(&1, || service.call()).await, Ok(7));
        assert_eq!(cached.call_for(&2, || service.call()).await, rejected("shutdown cached policy"));
        assert_eq!(cached.call_for_blocking(&2, || service.call_blocking()), rejected("shutdown cached policy"));
        assert_eq!(service.calls(), 1);
        assert_eq!(bare.call_for(&2, || service.call()).await, Ok(7), "no layer of it can fail by itself");
    });
}
