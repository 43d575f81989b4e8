//! An error from a server is one line of the log, whatever is in it: in text and in JSON.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use resilience::testing::ManualClock;
use resilience::{Policy, cached, circuit_breaker, fallback, policy, retry};
use tracing::Subscriber;

use crate::common::Process;

/// What a server may answer: a line that looks like one of the log, and what rewrites a terminal.
const FORGED: &str = "no\n2030-01-01T00:00:00Z ERROR root: logged in\r\u{1b}[2Jfor\u{9b}31m you\u{2028}\u{202e}";
const SHOWN: &str = r"no\n2030-01-01T00:00:00Z ERROR root: logged in\r\u{1b}[2Jfor\u{9b}31m you\u{2028}\u{202e}";

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("rejected")]
struct Rejected(#[source] Answered);

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{FORGED}")]
struct Answered;

impl From<resilience::Error> for Rejected {
    fn from(_: resilience::Error) -> Self {
        Self(Answered)
    }
}

#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(text);
        Ok(text.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn lines(&self) -> Vec<String> {
        let text = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        String::from_utf8(text).expect("text").split_inclusive('\n').map(str::to_owned).collect()
    }
}

fn text(log: &Log) -> Box<dyn Subscriber + Send + Sync> {
    let log = log.clone();
    Box::new(tracing_subscriber::fmt().with_writer(move || log.clone()).with_ansi(false).finish())
}

fn json(log: &Log) -> Box<dyn Subscriber + Send + Sync> {
    let log = log.clone();
    Box::new(tracing_subscriber::fmt().json().with_writer(move || log.clone()).finish())
}

fn attributes() {
    #[fallback(value = 0, log_errors = true)]
    #[retry(max = 1, backoff = "none", log_errors = true)]
    #[circuit_breaker(name = "one line", failure_threshold = 2, log_errors = true)]
    fn call() -> Result<u32, Rejected> {
        Err(Rejected(Answered))
    }
    #[cached(ttl = "1s", stale_if_error = "1h", log_errors = true, key = ())]
    fn stale(up: bool) -> Result<u32, Rejected> {
        if up { Ok(1) } else { Err(Rejected(Answered)) }
    }
    let clock = ManualClock::install();
    assert_eq!((call(), stale(true)), (Ok(0), Ok(1)));
    clock.advance(Duration::from_secs(2));
    assert_eq!(stale(false), Ok(1));
}

fn policies() {
    let shown = policy::retry().max(1).no_delay().log_errors_with(|error: &String| error.clone());
    let stack: Policy<u32, String> = Policy::named("one line").expect("a name")
        >> policy::fallback_value(0).log_errors_with(|error: &String| error.clone())
        >> shown.when(|_| true).build().expect("valid");
    let clock = ManualClock::install();
    assert_eq!(stack.call_blocking(|| Err(FORGED.to_owned())), Ok(0));
    let with_sources = policy::retry().max(1).no_delay().log_errors().build().expect("valid");
    let stack: Policy<u32, Rejected> = Policy::named("one line").expect("a name") >> with_sources;
    clock.advance(Duration::from_secs(10));
    assert_eq!(stack.call_blocking(|| Err(Rejected(Answered))), Err(Rejected(Answered)));
}

#[test]
fn a_logged_error_is_one_line_in_text_and_in_json() {
    let _process = Process::start();
    for (calls, events) in [(attributes as fn(), 4), (policies, 3)] {
        for subscriber in [text, json] {
            resilience::testing::reset();
            let log = Log::default();
            tracing::subscriber::with_default(subscriber(&log), calls);
            let lines = log.lines();
            let of_errors: Vec<&String> = lines.iter().filter(|line| line.contains("logged in")).collect();
            assert_eq!(of_errors.len(), events, "{lines:#?}");
            let is_json = lines[0].starts_with('{');
            let expected = if is_json { SHOWN.replace('\\', "\\\\") } else { SHOWN.to_owned() };
            for line in of_errors {
                assert!(line.contains(&expected) && line.contains("resilience"), "{line}");
            }
            for line in lines {
                let plain = line.strip_suffix('\n').expect("a whole line");
                assert!(!plain.contains(|letter: char| letter.is_control() || letter == '\u{202e}'), "{plain:?}");
                assert!(!is_json || serde_json::from_str::<serde_json::Value>(plain).is_ok(), "{plain}");
                assert!(!plain.starts_with("2030"), "{plain}");
            }
        }
    }
}
