use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use resilience::{bulkhead, cached, circuit_breaker, rate_limit, retry, timeout};

type Answer = Result<u32, resilience::Error>;

static TRIES: AtomicU32 = AtomicU32::new(3);
static LIMIT: LazyLock<Duration> = LazyLock::new(|| Duration::from_secs(3));

#[retry(max = tries)]
async fn of_a_parameter(tries: u32) -> Answer {
    Ok(tries)
}

#[retry(attempts = TRIES.load(Ordering::Relaxed))]
fn of_a_static() -> Answer {
    Ok(1)
}

#[timeout(*LIMIT)]
async fn of_a_lazy_static() -> Answer {
    Ok(1)
}

#[circuit_breaker(recovery_secs = std::env::var("RECOVERY").unwrap().parse().unwrap())]
fn of_the_environment() -> Answer {
    Ok(1)
}

pub struct Client {
    limit: u32,
    ttl: Duration,
}

impl Client {
    #[bulkhead(max = self.limit)]
    fn of_self(&self) -> Answer {
        Ok(self.limit)
    }

    #[rate_limit(max = self.limit + 1, per = "1s")]
    async fn of_self_later(&self) -> Answer {
        Ok(self.limit)
    }

    #[cached(ttl = self.ttl, skip(self))]
    fn kept(&self) -> Answer {
        Ok(1)
    }
}

fn limit() -> Duration {
    Duration::from_secs(3)
}

#[timeout(limit())]
async fn of_a_function() -> Answer {
    Ok(1)
}

fn main() {}
