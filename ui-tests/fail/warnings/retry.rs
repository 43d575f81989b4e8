//! What compiles and is rarely meant, and the name that says it is.

#![deny(deprecated)]

use std::time::Duration;

use resilience::{retry, timeout};

type Answer = Result<u32, resilience::Error>;

#[retry(max = 50, backoff = "none")]
fn a_burst() -> Answer {
    Ok(1)
}

#[retry(attempts = 11, base_delay = "1us", backoff = "constant")]
async fn almost_no_pause() -> Answer {
    Ok(1)
}

#[retry(max = 50)]
async fn no_end() -> Answer {
    Ok(1)
}

#[retry(base_delay = "10m", max_delay = "1h")]
#[timeout(secs = 30)]
async fn an_end_of_each_attempt() -> Answer {
    Ok(1)
}

#[retry(max = 4_000_000_000, backoff = "none", budget = "shared", allow(unbounded_retry))]
fn another_name() -> Answer {
    Ok(1)
}

struct Client;

impl Client {
    #[retry(max = 1_000)]
    async fn method(&self) -> Answer {
        Ok(1)
    }
}

trait Ask {
    async fn ask<T: Send>(&self, of: T) -> Option<u32>
    where
        T: Clone;

    #[retry(max_retries = 1_000)]
    fn default(&self) -> Option<u32> {
        None
    }
}

impl Ask for Client {
    #[retry(max = 1_000, jitter = false)]
    async fn ask<T: Send>(&self, of: T) -> Option<u32>
    where
        T: Clone,
    {
        let _ = of;
        None
    }
}

#[retry(max = 50, max_elapsed = "5m")]
fn ended_by_itself() -> Answer {
    Ok(1)
}

#[timeout(secs = 300)]
#[retry(max = 50)]
async fn ended_by_another() -> Answer {
    Ok(1)
}

const LIMIT: Duration = Duration::from_secs(300);
const MANY: u32 = 50;

#[retry(max = MANY, max_elapsed = LIMIT)]
fn what_nobody_can_read() -> Answer {
    Ok(1)
}

fn main() {}
