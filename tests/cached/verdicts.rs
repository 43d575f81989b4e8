//! A stale value stands in for an outage of the service, and never for its verdict.

use resilience::policy::{self, CachedPolicy, InvalidPolicy};
use resilience::{
    Category, Classify, Error, Policy, Severity, bulkhead, cached, circuit_breaker, rate_limit, retry, timeout,
};

use crate::MINUTE;
use crate::common::{Answer, Classified, Script as Plan, TestError, Watchdog, awaiting, secs};

/// An error with every kind of classification.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Kind {
    #[error("down")]
    Down,
    #[error("slow down")]
    RateLimited,
    #[error("no access")]
    Forbidden,
    #[error("the key has expired")]
    ExpiredKey,
    #[error(transparent)]
    Resilience(#[from] Error),
}

impl Classify for Kind {
    fn category(&self) -> Category {
        match self {
            Self::Down => Category::Network,
            Self::RateLimited => Category::RateLimit,
            Self::Forbidden | Self::ExpiredKey => Category::Permanent,
            Self::Resilience(error) => error.category(),
        }
    }

    fn severity(&self) -> Severity {
        if *self == Self::ExpiredKey { Severity::Critical } else { Severity::Error }
    }
}

type Reply = Result<u32, Kind>;

/// The replies of a service, one a call. The last one is repeated.
struct Service(std::sync::Mutex<Vec<Reply>>);

impl Service {
    fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        let mut replies: Vec<_> = replies.into_iter().collect();
        replies.reverse();
        Self(std::sync::Mutex::new(replies))
    }

    fn reply(&self) -> Reply {
        let mut replies = self.0.lock().expect("no panic");
        if replies.len() > 1 { replies.pop().expect("one is left") } else { replies[0].clone() }
    }
}

#[sync_and_async::test]
async fn after_a_permanent_error_the_stale_value_goes() {
    #[cached(skip(service), ttl = 60, stale_if_error = "1h")]
    async fn call(case: &str, service: &Service) -> Reply {
        pause().await;
        service.reply()
    }

    let clock = Clock::start();
    for (case, outage) in [("down", Kind::Down), ("limit", Kind::RateLimited), ("key", Kind::ExpiredKey)] {
        let service = Service::new([Ok(1), Err(outage), Err(Kind::Forbidden), Err(Kind::Down)]);
        assert_eq!(call(case, &service).await, Ok(1));
        clock.sleep(MINUTE).await;
        assert_eq!(call(case, &service).await, Ok(1), "an outage");
        assert_eq!(call(case, &service).await, Err(Kind::Forbidden), "a verdict");
        assert_eq!(call(case, &service).await, Err(Kind::Down), "and the old value is gone");
    }
}

#[sync_and_async::test]
async fn rejections_and_timeouts_are_outages() {
    #[cached(skip(service), ttl = 60, stale_if_error = "1h")]
    #[circuit_breaker(failure_threshold = 1)]
    async fn call(service: &Service) -> Reply {
        pause().await;
        service.reply()
    }

    let clock = Clock::start();
    let service = Service::new([Ok(1), Err(Kind::Down)]);
    assert_eq!(call(&service).await, Ok(1));
    clock.sleep(MINUTE).await;
    assert_eq!([call(&service).await, call(&service).await], [Ok(1), Ok(1)], "down, and then rejected");
}

/// Neither the body of an unclassified error nor its text says what it means.
#[sync_and_async::test]
async fn an_error_without_a_classification_is_an_outage() {
    #[cached(skip(script), ttl = 60, stale_if_error = "1h")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[cached(skip(script), ttl = 60, stale_if_error = "1h")]
    async fn classified(script: &Script<'_>) -> Result<u32, Classified> {
        Ok(script.run().await?)
    }

    let clock = Clock::start();
    let plan = |call| if call == 1 { Ok(1) } else { Err(TestError::Permanent) };
    let (script, other) = (Plan::new(&clock, plan), Plan::new(&clock, plan));
    assert_eq!((call(&script).await, classified(&other).await), (Ok(1), Ok(1)));
    clock.sleep(MINUTE).await;
    assert_eq!(call(&script).await, Ok(1));
    assert_eq!(classified(&other).await, Err(Classified(TestError::Permanent)));
}

#[sync_and_async::test]
async fn stale_when_replaces_the_rule() {
    fn is_forbidden(error: &Kind) -> bool {
        *error == Kind::Forbidden
    }
    #[cached(skip(service), ttl = 60, stale_if_error = "1h", stale_when = is_forbidden)]
    async fn path(service: &Service) -> Reply {
        pause().await;
        service.reply()
    }
    #[cached(skip(service), ttl = 60, stale_while_revalidate = "1h", stale_when = |error| *error == Kind::Forbidden)]
    async fn closure(service: &Service) -> Reply {
        pause().await;
        service.reply()
    }
    #[cached(skip(script), ttl = 60, stale_if_error = "1h", stale_when = TestError::is_transient)]
    async fn unclassified(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[cached(skip(service), ttl = 60, stale_if_error = "1h", stale_when = |()| true)]
    async fn optional(service: &Service) -> Option<u32> {
        pause().await;
        service.reply().ok()
    }

    let clock = Clock::start();
    let services = [(); 3].map(|()| Service::new([Ok(1), Err(Kind::Forbidden), Err(Kind::Down), Err(Kind::Forbidden)]));
    let script = Plan::new(&clock, |call| match call {
        1 => Ok(1),
        2 => Err(TestError::Transient),
        _ => Err(TestError::Permanent),
    });
    let [one, two, three] = &services;
    assert_eq!((path(one).await, closure(two).await), (Ok(1), Ok(1)));
    assert_eq!((unclassified(&script).await, optional(three).await), (Ok(1), Some(1)));
    clock.sleep(MINUTE).await;
    assert_eq!((path(one).await, closure(two).await), (Ok(1), Ok(1)), "asked for");
    assert_eq!((path(one).await, closure(two).await), (Err(Kind::Down), Err(Kind::Down)), "not asked for");
    assert_eq!((path(one).await, closure(two).await), (Err(Kind::Forbidden), Err(Kind::Forbidden)), "gone");
    assert_eq!([unclassified(&script).await, unclassified(&script).await], [Ok(1), Err(TestError::Permanent)]);
    assert_eq!([optional(three).await, optional(three).await], [Some(1), Some(1)]);
}

#[sync_and_async::test]
async fn a_none_of_the_body_is_a_verdict_and_that_of_a_gate_an_outage() {
    #[cached(skip(service), ttl = 60, stale_if_error = "1h")]
    async fn plain(service: &Service) -> Option<u32> {
        pause().await;
        service.reply().ok()
    }
    #[cached(skip(service), ttl = 60, stale_if_error = "1h")]
    #[rate_limit(max = 1, per = "1d")]
    async fn gated(service: &Service) -> Option<u32> {
        pause().await;
        service.reply().ok()
    }

    let clock = Clock::start();
    let service = Service::new([Ok(1), Err(Kind::Down), Ok(3)]);
    assert_eq!(plain(&service).await, Some(1));
    clock.sleep(MINUTE).await;
    assert_eq!(plain(&service).await, None, "the row was deleted");
    assert_eq!(plain(&service).await, Some(3));

    let service = Service::new([Ok(1), Err(Kind::Down)]);
    assert_eq!(gated(&service).await, Some(1));
    clock.sleep(MINUTE).await;
    assert_eq!([gated(&service).await, gated(&service).await], [Some(1), Some(1)], "rejected");
}

#[sync_and_async::test]
async fn a_rejection_before_the_load_makes_its_none_no_outage() {
    #[rate_limit(max = 1, per = "1d")]
    async fn limited() -> Option<u32> {
        pause().await;
        Some(0)
    }
    #[cached(skip(service), ttl = 60, stale_if_error = "1h")]
    async fn load(service: &Service) -> Option<u32> {
        service.reply().ok()
    }

    let clock = Clock::start();
    let service = Service::new([Ok(1), Err(Kind::Down)]);
    assert_eq!(limited().await, Some(0));
    assert_eq!(load(&service).await, Some(1));
    clock.sleep(MINUTE).await;
    assert_eq!(limited().await, None);
    assert_eq!(load(&service).await, None, "the row was deleted");
}

#[tokio::test(start_paused = true)]
async fn a_none_of_a_limit_is_an_outage_in_its_own_stack_and_in_a_called_function() {
    let _watchdog = Watchdog::start();
    /// Answers, then hangs, then has no answer.
    async fn body(script: &awaiting::Script<'_>) -> Option<u32> {
        let call = script.next().ok()?;
        match call {
            1 => Some(1),
            2 => std::future::pending().await,
            _ => None,
        }
    }
    #[cached(skip(script), ttl = 60, stale_if_error = "1h")]
    #[timeout(secs = 1)]
    async fn in_one_stack(script: &awaiting::Script<'_>) -> Option<u32> {
        body(script).await
    }
    #[timeout(secs = 1)]
    async fn limited(script: &awaiting::Script<'_>) -> Option<u32> {
        body(script).await
    }
    #[cached(skip(script), ttl = 60, stale_if_error = "1h")]
    async fn in_a_called_function(script: &awaiting::Script<'_>) -> Option<u32> {
        limited(script).await
    }
    #[cached(skip(script), ttl = 60, stale_if_error = "1h")]
    #[retry(max = 1, backoff = "none", when = |()| true)]
    #[timeout(secs = 1)]
    async fn retried(script: &awaiting::Script<'_>) -> Option<u32> {
        body(script).await
    }

    let clock = awaiting::Clock::start();
    let script = Plan::fails(0, &clock);
    assert_eq!(in_one_stack(&script).await, Some(1));
    tokio::time::sleep(MINUTE).await;
    assert_eq!([in_one_stack(&script).await, in_one_stack(&script).await], [Some(1), None]);

    let script = Plan::fails(0, &clock);
    assert_eq!(in_a_called_function(&script).await, Some(1));
    tokio::time::sleep(MINUTE).await;
    assert_eq!([in_a_called_function(&script).await, in_a_called_function(&script).await], [Some(1), None]);

    let script = Plan::fails(0, &clock);
    assert_eq!(retried(&script).await, Some(1));
    tokio::time::sleep(MINUTE).await;
    assert_eq!(retried(&script).await, None, "the last attempt has ended with an answer");
}

#[sync_and_async::test]
async fn a_lone_caller_gets_the_stale_value_while_its_refreshes_fail() {
    #[cached(skip(service), ttl = 60, stale_while_revalidate = "1h")]
    async fn call(service: &Service) -> Reply {
        pause().await;
        service.reply()
    }

    let clock = Clock::start();
    let service = Service::new([Ok(1), Err(Kind::Down)]);
    assert_eq!(call(&service).await, Ok(1));
    clock.sleep(MINUTE).await;
    for _ in 0..5 {
        assert_eq!(call(&service).await, Ok(1));
    }
    clock.sleep(secs(3599)).await;
    assert_eq!(call(&service).await, Ok(1));
    clock.sleep(secs(1)).await;
    assert_eq!(call(&service).await, Err(Kind::Down), "the window has ended");

    let service = Service::new([Ok(1), Err(Kind::Forbidden)]);
    assert_eq!(call(&service).await, Ok(1));
    clock.sleep(MINUTE).await;
    assert_eq!(call(&service).await, Err(Kind::Forbidden), "a verdict");
}

/// A verdict that a caller's deadline may have caused does not end the value for the others.
#[tokio::test(start_paused = true)]
async fn a_verdict_due_to_the_caller_s_deadline_ends_no_value() {
    let _watchdog = Watchdog::start();
    #[cached(skip(service), ttl = 60, stale_if_error = "1h")]
    async fn call(service: &Service) -> Reply {
        awaiting::pause().await;
        if resilience::remaining().is_some() { Err(Kind::Forbidden) } else { service.reply() }
    }
    #[timeout(secs = 1)]
    async fn hurried(service: &Service) -> Reply {
        call(service).await
    }

    let service = Service::new([Ok(1), Err(Kind::Down)]);
    assert_eq!(call(&service).await, Ok(1));
    tokio::time::sleep(MINUTE).await;
    assert_eq!((hurried(&service).await, call(&service).await), (Err(Kind::Forbidden), Ok(1)));
}

#[tokio::test(start_paused = true)]
async fn a_verdict_leaves_a_value_loaded_meanwhile() {
    let _watchdog = Watchdog::start();
    #[cached(skip(reply, time), ttl = 60, stale_if_error = "1h", coalesce = false)]
    async fn call(reply: Reply, time: u64) -> Reply {
        tokio::time::sleep(secs(time)).await;
        reply
    }

    let (verdict, value) = tokio::join!(call(Err(Kind::Forbidden), 2), call(Ok(7), 1));
    assert_eq!((verdict, value), (Err(Kind::Forbidden), Ok(7)));
    assert_eq!(call(Ok(8), 1).await, Ok(7));
}

#[tokio::test(start_paused = true)]
async fn a_policy_follows_the_same_rules() -> Result<(), InvalidPolicy> {
    let _watchdog = Watchdog::start();
    let hour = secs(3600);
    let plain: CachedPolicy<u32, u32, Kind> =
        policy::cached("verdicts: plain").ttl(MINUTE).stale_if_error(hour).build()? >> Policy::new();
    let classified: CachedPolicy<u32, u32, Kind> =
        policy::cached("verdicts: classified").ttl(MINUTE).stale_while_revalidate(hour).classified().build()?
            >> Policy::new();
    let selected: CachedPolicy<u32, u32, Kind> = policy::cached("verdicts: selected")
        .ttl(MINUTE)
        .stale_if_error(hour)
        .stale_when(|error| *error == Kind::Forbidden)
        .build()?
        >> Policy::new();
    let forbidden = || Err(Kind::Forbidden);
    for (door, down, verdict, critical) in [
        (plain, Ok(1), forbidden(), Err(Kind::ExpiredKey)),
        (classified, Ok(1), forbidden(), Err(Kind::ExpiredKey)),
        (selected, Err(Kind::Down), forbidden(), Err(Kind::ExpiredKey)),
    ] {
        for key in [1, 2] {
            let replies = [Ok(1), Err(Kind::Down), Err(Kind::Forbidden), Err(Kind::ExpiredKey)];
            let service = Service::new(replies);
            let mut answers = Vec::new();
            for _ in 0..4 {
                let answer = if key == 1 {
                    door.call_for(&key, async || service.reply()).await
                } else {
                    door.call_for_blocking(&key, || service.reply())
                };
                answers.push(answer);
                tokio::time::sleep(MINUTE).await;
            }
            assert_eq!(answers, [Ok(1), down.clone(), verdict.clone(), critical.clone()]);
        }
    }
    Ok(())
}

/// A bulkhead's rejection is passed on as the stale value, too.
#[tokio::test(start_paused = true)]
async fn a_full_bulkhead_is_an_outage() {
    let _watchdog = Watchdog::start();
    #[cached(skip(holds), ttl = 60, stale_if_error = "1h", coalesce = false)]
    #[bulkhead(max = 1)]
    async fn call(holds: bool) -> Option<u32> {
        if holds {
            tokio::time::sleep(secs(10)).await;
        }
        Some(1)
    }

    assert_eq!(call(false).await, Some(1));
    tokio::time::sleep(MINUTE).await;
    assert_eq!(tokio::join!(call(true), call(false)), (Some(1), Some(1)));
}
