use std::time::Duration;

use resilience::testing::{self, ManualClock, Script, record, record_blocking};
use resilience::{
    Category, Classify, Error, begin_shutdown, bulkhead, cached, circuit_breaker, fallback, rate_limit, retry, timeout,
};

use crate::Walk;
use crate::common::Process;

/// What every service here fails with.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Failure {
    #[error("down")]
    Down,
    #[error("busy")]
    Busy,
    #[error(transparent)]
    Resilience(#[from] Error),
}

impl Classify for Failure {
    fn category(&self) -> Category {
        if *self == Self::Busy { Category::RateLimit } else { Category::Transient }
    }

    fn retry_after(&self) -> Option<Duration> {
        (*self == Self::Busy).then_some(Duration::from_secs(60))
    }
}

pub type Answer = Result<u32, Failure>;
pub type Service = Script<u32, Failure>;

pub const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub fn down() -> Service {
    Script::new().fail_times(99, || Failure::Down)
}

pub fn busy() -> Service {
    Script::new().fail_times(99, || Failure::Busy)
}

pub fn up() -> Service {
    Script::new().ok_times(99, 7)
}

mod asynchronous {
    use super::*;

    #[retry(max = 1, base_delay = "1s")]
    pub async fn retried(service: &Service) -> Answer {
        service.call().await
    }

    #[circuit_breaker(name = "asynchronous breaker", failure_threshold = 1, recovery = "9s")]
    pub async fn guarded(service: &Service) -> Answer {
        service.call().await
    }

    #[circuit_breaker(name = "asynchronous breakers", failure_threshold = 1, key = key, max_keys = 1)]
    pub async fn guarded_by_key(key: u32, service: &Service) -> Answer {
        let _ = key;
        service.call().await
    }

    #[bulkhead(name = "asynchronous places", max = 1)]
    pub async fn placed(again: bool) -> Answer {
        if again { Box::pin(placed(false)).await } else { Ok(1) }
    }

    #[bulkhead(name = "asynchronous places of keys", max = 9, key = key, max_keys = 1)]
    pub async fn placed_by_key(key: u32, other: Option<u32>) -> Answer {
        let _ = key;
        match other {
            Some(other) => Box::pin(placed_by_key(other, None)).await,
            None => Ok(1),
        }
    }

    #[rate_limit(name = "asynchronous limit", max = 1, per = "1h")]
    pub async fn limited() -> Answer {
        Ok(1)
    }

    #[rate_limit(name = "asynchronous turns", max = 1, per = "1h", wait = "9h")]
    pub async fn in_turn() -> Answer {
        Ok(1)
    }

    #[rate_limit(name = "asynchronous limits", max = 1, per = "1h", key = key, max_keys = 1)]
    pub async fn limited_by_key(key: u32) -> Answer {
        Ok(key)
    }

    #[rate_limit(name = "asynchronous costs", max = 9, cost = cost)]
    pub async fn costing(cost: u64) -> Answer {
        Ok(u32::try_from(cost).unwrap_or(1))
    }

    #[rate_limit(name = "asynchronous learner", learn = true)]
    pub async fn learning(service: &Service) -> Answer {
        service.call().await
    }

    #[fallback(value = 1)]
    pub async fn answered(service: &Service) -> Answer {
        service.call().await
    }

    #[cached(name = "asynchronous cache", ttl = 60, key = key, stale_if_error = "1h", when = |answer| *answer != Ok(0))]
    pub async fn kept(key: u32, service: &Service) -> Answer {
        let _ = key;
        service.call().await
    }
}

mod synchronous {
    use super::*;

    #[retry(max = 1, base_delay = "1s")]
    pub fn retried(service: &Service) -> Answer {
        service.call_blocking()
    }

    #[circuit_breaker(name = "synchronous breaker", failure_threshold = 1, recovery = "9s")]
    pub fn guarded(service: &Service) -> Answer {
        service.call_blocking()
    }

    #[circuit_breaker(name = "synchronous breakers", failure_threshold = 1, key = key, max_keys = 1)]
    pub fn guarded_by_key(key: u32, service: &Service) -> Answer {
        let _ = key;
        service.call_blocking()
    }

    #[bulkhead(name = "synchronous places", max = 1)]
    pub fn placed(again: bool) -> Answer {
        if again { placed(false) } else { Ok(1) }
    }

    #[bulkhead(name = "synchronous places of keys", max = 9, key = key, max_keys = 1)]
    pub fn placed_by_key(key: u32, other: Option<u32>) -> Answer {
        let _ = key;
        match other {
            Some(other) => placed_by_key(other, None),
            None => Ok(1),
        }
    }

    #[rate_limit(name = "synchronous limit", max = 1, per = "1h")]
    pub fn limited() -> Answer {
        Ok(1)
    }

    #[rate_limit(name = "synchronous turns", max = 1, per = "1h", wait = "9h")]
    pub fn in_turn() -> Answer {
        Ok(1)
    }

    #[rate_limit(name = "synchronous limits", max = 1, per = "1h", key = key, max_keys = 1)]
    pub fn limited_by_key(key: u32) -> Answer {
        Ok(key)
    }

    #[rate_limit(name = "synchronous costs", max = 9, cost = cost)]
    pub fn costing(cost: u64) -> Answer {
        Ok(u32::try_from(cost).unwrap_or(1))
    }

    #[rate_limit(name = "synchronous learner", learn = true)]
    pub fn learning(service: &Service) -> Answer {
        service.call_blocking()
    }

    #[fallback(value = 1)]
    pub fn answered(service: &Service) -> Answer {
        service.call_blocking()
    }

    #[cached(name = "synchronous cache", ttl = 60, key = key, stale_if_error = "1h", when = |answer| *answer != Ok(0))]
    pub fn kept(key: u32, service: &Service) -> Answer {
        let _ = key;
        service.call_blocking()
    }
}

/// Calls each function, awaited or not, and walks what it emits.
macro_rules! walk_through {
    ($walk:ident, $mode:ident, $pass:ident $(.$await:ident)?) => {
        macro_rules! see {
            ($function:ident, $call:expr) => {{
                use $mode::*;
                let (_, events) = record!($mode, $call);
                $walk.saw(concat!(stringify!($mode), "::", stringify!($function)), &events);
            }};
        }
        see!(retried, retried(&down()));
        see!(guarded, guarded(&down()));
        see!(guarded, guarded(&up()));
        $pass(secs(10))$(.$await)?;
        for _ in 0..5 {
            see!(guarded, guarded(&up()));
        }
        for key in [1, 2] {
            see!(guarded_by_key, guarded_by_key(key, &down()));
        }
        see!(placed, placed(true));
        see!(placed_by_key, placed_by_key(1, Some(2)));
        for _ in 0..2 {
            see!(limited, limited());
        }
        for key in [1, 2] {
            see!(limited_by_key, limited_by_key(key));
        }
        see!(costing, costing(99));
        see!(learning, learning(&busy()));
        see!(answered, answered(&down()));
        for _ in 0..2 {
            see!(kept, kept(1, &up()));
        }
        see!(kept, kept(2, &Script::new().then_ok(0)));
        $pass(secs(61))$(.$await)?;
        see!(kept, kept(1, &down()));
        begin_shutdown();
        see!(retried, retried(&down()));
        see!(kept, kept(3, &up()));
        see!(kept, kept(1, &up()));
        see!(in_turn, in_turn());
        see!(in_turn, in_turn());
        testing::reset();
    };
}

macro_rules! record {
    (asynchronous, $($call:tt)*) => { record($($call)*).await };
    (synchronous, $($call:tt)*) => { record_blocking(|| $($call)*) };
}

#[timeout("1s")]
async fn ended(service: &Service) -> Answer {
    service.call().await
}

/// The limit is above the breaker, which learns that the call was slow.
#[timeout("3s")]
#[circuit_breaker(name = "slow", window = 1, failure_rate = 1, slow_call = "2s", slow_rate = 1)]
async fn ended_when_slow(service: &Service) -> Answer {
    service.call().await
}

#[timeout("1s", mode = "cooperative")]
fn ended_blocking(clock: &ManualClock) -> Answer {
    clock.advance(secs(2));
    resilience::checkpoint()?;
    Ok(1)
}

struct Twin;

trait One {
    fn twin() -> Option<u32>;
}

trait Two {
    fn twin() -> Option<u32>;
}

impl One for Twin {
    #[circuit_breaker]
    fn twin() -> Option<u32> {
        Some(1)
    }
}

impl Two for Twin {
    #[circuit_breaker]
    fn twin() -> Option<u32> {
        Some(2)
    }
}

#[test]
fn every_event_of_a_call_of_a_function_names_it() {
    let _process = Process::start();
    let mut walk = Walk::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(async {
        let pass = tokio::time::advance;
        walk_through!(walk, asynchronous, pass.await);
        crate::shared::of_functions(&mut walk).await;
        walk.saw("attributes::ended", &record(ended(&Script::new().then_hang())).await.1);
        let (_, events) = record(ended_when_slow(&Script::new().then_hang())).await;
        assert_eq!(events.names(), ["timeout", "breaker.open"]);
        walk.saw("attributes::ended_when_slow", &events);
    });
    let clashes = record_blocking(|| (<Twin as One>::twin(), <Twin as Two>::twin())).1;
    walk.saw("Twin::twin", &clashes);
    walk.has_seen_all_but(&[]);
}

#[test]
fn every_event_of_a_synchronous_call_names_its_function() {
    let _process = Process::start();
    let (mut walk, clock) = (Walk::default(), ManualClock::install());
    let pass = |time| clock.advance(time);
    walk_through!(walk, synchronous, pass);
    walk.saw("attributes::ended_blocking", &record_blocking(|| ended_blocking(&clock)).1);
    let mut others = crate::shared::EVENTS.to_vec();
    others.push("function.conflict");
    walk.has_seen_all_but(&others);
}
