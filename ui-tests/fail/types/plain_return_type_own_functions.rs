use std::time::Duration;

use resilience::{circuit_breaker, fallback, retry, timeout};

struct Answer;

#[retry(when = |_| true, when_ok = |_| true, retry_after = |_| None, on_retry = |_| (), backoff = |_| Duration::ZERO)]
fn with_closures() -> Answer {
    Answer
}

#[fallback(|_| Answer, value = Answer, when = |_| true)]
async fn answered() -> Answer {
    Answer
}

#[circuit_breaker(when = |_| true, ignore = |_| false, map_err = |error| error)]
fn guarded() -> std::sync::Mutex<Answer> {
    std::sync::Mutex::new(Answer)
}

#[retry]
#[timeout(secs = 1, mode = "thread")]
fn on_a_thread() -> Answer {
    Answer
}

fn main() {}
