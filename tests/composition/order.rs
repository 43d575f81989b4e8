//! The top attribute is the outermost, whatever other attributes are between and around them. Each test records what
//! happens as a sentence of words, in order.

mod foreign_attributes;
mod pairs;
mod runners;
mod synchronous_pairs;

use std::cell::RefCell;
use std::future::pending;
use std::time::Duration;

use resilience::{bulkhead, cached, circuit_breaker, fallback, rate_limit, retry, timeout};
use tokio::task::yield_now;
use tokio::time::{Instant, sleep};

thread_local! {
    static LOG: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

fn log(word: &'static str) {
    LOG.with_borrow_mut(|words| words.push(word));
}

/// Takes what has been logged on this thread.
fn logged() -> String {
    LOG.take().join(" ")
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Fault {
    Down,
    Late,
    Open,
}

impl From<resilience::Error> for Fault {
    fn from(error: resilience::Error) -> Self {
        let fault = if error.code() == "timeout" { Self::Late } else { Self::Open };
        log(if fault == Self::Late { "late" } else { "open" });
        fault
    }
}

type Answer = Result<u32, Fault>;

async fn body() -> Answer {
    log("body");
    yield_now().await;
    Err(Fault::Down)
}

async fn stuck() -> Answer {
    log("stuck");
    pending().await
}

/// Logs, as a `key`, that the cache was asked, and whether under a deadline.
fn asked(number: u32) -> u32 {
    log(if resilience::remaining().is_some() { "asked-in-time" } else { "asked" });
    number
}

async fn spare() -> Answer {
    log(if resilience::remaining().is_some() { "spare-in-time" } else { "spare" });
    yield_now().await;
    Err(Fault::Down)
}

/// `#[resilience::stack]` on functions whose order is already right.
mod stack_alone {
    use super::*;
    use resilience::stack;

    #[stack]
    #[retry(max = 1, backoff = "none")]
    #[timeout(secs = 1)]
    async fn over_ours() -> Answer {
        stuck().await
    }

    #[stack]
    async fn over_nothing() -> Answer {
        body().await
    }

    #[stack]
    #[inline]
    fn over_nothing_now(number: u32) -> u32 {
        number + 1
    }

    #[tokio::test(start_paused = true)]
    async fn stack_changes_nothing_when_the_order_is_already_right() {
        assert_eq!(over_ours().await, Err(Fault::Late));
        assert_eq!(logged(), "stuck late stuck late");
        assert_eq!(over_nothing().await, Err(Fault::Down));
        assert_eq!(logged(), "body");
        assert_eq!(over_nothing_now(1), 2);
    }
}
