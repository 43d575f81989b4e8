//! Answers customers' questions through a language-model API that fails, unprotected and protected.
//!
//! The example starts an OpenAI-style chat-completions service on the loopback interface. It fails as
//! such services do: 503s, moments in which it rejects all calls with a 429 and `Retry-After`, calls
//! that hang, connections that break within the body, slow answers, streamed answers that stall, and
//! one outage of a few seconds. A second, smaller model behind the same endpoint is slower and more
//! reliable. The same traffic runs three times: unprotected, protected by the stack below without its
//! cache, and protected by the whole stack. A table compares the runs, `target/llm_gateway.svg` plots
//! them, and the last line is one JSON object.
//!
//! ```text
//! cargo run --release --example llm_gateway
//! cargo run --release --example llm_gateway -- --seed 42
//! cargo run --release --example llm_gateway -- --seed 42 --goals   # fails if a goal is missed
//! ```
//!
//! Time is compressed so that a whole incident fits into ten seconds. Typical limits in production are
//! 30 s for an attempt, 120 s for the whole call, 60 s until an open breaker is probed, and a first
//! delay of one second.

use std::error::Error;
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use futures_util::stream::{self, BoxStream, StreamExt};
use resilience::{cached, circuit_breaker, fallback, rate_limit, retry, timeout};

use crate::behaviour::Behaviour;
use crate::chart::Chart;
use crate::gateway::{Answer, AskError, Author, Gateway};
use crate::model::Model;
use crate::protection::Protection;
use crate::report::{Figures, Report};
use crate::run::Run;

#[path = "llm_gateway/behaviour.rs"]
mod behaviour;
#[path = "llm_gateway/chart.rs"]
mod chart;
#[path = "llm_gateway/gateway.rs"]
mod gateway;
#[path = "llm_gateway/model.rs"]
mod model;
#[path = "llm_gateway/progress.rs"]
mod progress;
#[path = "llm_gateway/protection.rs"]
mod protection;
#[path = "llm_gateway/report.rs"]
mod report;
#[path = "llm_gateway/run.rs"]
mod run;
#[path = "llm_gateway/server.rs"]
mod server;
#[path = "llm_gateway/svg.rs"]
mod svg;
#[path = "llm_gateway/timeline.rs"]
mod timeline;
#[path = "llm_gateway/traffic.rs"]
mod traffic;

const PICTURE: &str = "target/llm_gateway.svg";

/// The number of consecutive failures that opens the breaker.
const FAILURES_IN_A_ROW: u32 = 5;

/// The budget of tokens. It suffices because a call pays for the tokens that it took, not for its estimate.
const TOKENS_A_SECOND: u32 = 12_000;

/// The production stack, outermost first.
#[cached(ttl = 3600, max_size = 10_000, key = normalize(query), name = "answers")]
#[timeout(secs = 2)]
#[fallback(ask_small_model, canned_answer)]
#[retry(
    max = 3,
    base_delay = "30ms",
    max_delay = "300ms",
    when = is_transient,
    retry_after = server_hint
)]
#[circuit_breaker(name = "llm", failure_threshold = FAILURES_IN_A_ROW, success_threshold = 2, recovery = "500ms")]
#[rate_limit(
    name = "llm-tokens",
    max = TOKENS_A_SECOND,
    per = "1s",
    wait = "200ms",
    cost = estimate(query),
    settle = |answer: &Answer| answer.tokens
)]
#[rate_limit(name = "llm", learn = true, wait = "300ms", spread = "50ms", retry_after = server_hint)]
#[timeout(ms = 300)]
async fn ask(gateway: &Gateway, query: &str) -> Result<Answer, AskError> {
    gateway.complete(Model::Primary, query).await
}

/// The same for a customer who reads the answer as it arrives. A failure before the first word is retried, and then
/// replaced by a whole answer. A later failure is shown to the customer.
#[fallback(ask_whole)]
#[retry(max = 1, base_delay = "30ms", when = is_transient, retry_after = server_hint)]
#[circuit_breaker(name = "llm", failure_threshold = FAILURES_IN_A_ROW, success_threshold = 2, recovery = "500ms")]
#[rate_limit(
    name = "llm-tokens",
    max = TOKENS_A_SECOND,
    per = "1s",
    wait = "200ms",
    cost = estimate(query),
    settle = |answer: &Answer| answer.tokens
)]
#[rate_limit(name = "llm", learn = true, wait = "300ms", spread = "50ms", retry_after = server_hint)]
#[timeout(first = "300ms", idle = "150ms", secs = 2)]
async fn ask_streamed(
    gateway: &Gateway,
    query: &str,
) -> Result<BoxStream<'static, Result<Answer, AskError>>, AskError> {
    gateway.stream(Model::Primary, query).await
}

async fn ask_whole(gateway: &Gateway, query: &str) -> Result<BoxStream<'static, Result<Answer, AskError>>, AskError> {
    let answer = ask(gateway, query).await?;
    Ok(stream::iter([Ok(answer)]).boxed())
}

#[timeout(ms = 600)]
#[retry(max = 2, base_delay = "30ms")]
async fn ask_small_model(gateway: &Gateway, query: &str) -> Result<Answer, AskError> {
    gateway.complete(Model::Small, query).await
}

#[expect(clippy::unnecessary_wraps, reason = "a fallback has the signature of the function it stands in for")]
fn canned_answer(_: &Gateway, _: &str) -> Result<Answer, AskError> {
    Ok(Answer {
        tokens: None,
        text: "We are a little slow today. A colleague will write to you within the hour.".into(),
        author: Author::Canned,
    })
}

/// Maps all spellings of a question to one cache key, such as `WHERE is my  order` and `Where is my order?`.
fn normalize(query: &str) -> String {
    let letters: String = query.chars().filter(|c| !c.is_ascii_punctuation()).flat_map(char::to_lowercase).collect();
    letters.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The tokens that a call may take: those of the question, and of the longest answer.
fn estimate(query: &str) -> usize {
    query.split_whitespace().count() * 4 / 3 + 100
}

/// Returns whether another attempt may help, which it does not after a 400 or a 401.
fn is_transient(error: &AskError) -> bool {
    match error {
        AskError::Status(status) => *status >= 500,
        AskError::RateLimited(_) | AskError::Transport(_) | AskError::Malformed => true,
        AskError::Resilience(error) => matches!(error, resilience::Error::Timeout { .. }),
    }
}

fn server_hint(error: &AskError) -> Option<Duration> {
    match error {
        AskError::RateLimited(wait) => Some(*wait),
        _ => None,
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let Arguments { seed, goals } = arguments()?;
    let behaviour = Behaviour::from_seed(seed);
    let arrivals = traffic::arrivals(seed);
    let Range { start, end } = behaviour.outage();
    println!(
        "{} questions in {:?}; the primary model is down from {start:?} to {end:?} (seed {seed})\n",
        arrivals.len(),
        traffic::LENGTH,
    );

    let unprotected = Run::drive(Protection::Nothing, &behaviour, &arrivals).await?;
    let uncached = Run::drive(Protection::AllButCache, &behaviour, &arrivals).await?;
    let protected = Run::drive(Protection::Everything, &behaviour, &arrivals).await?;

    let report = Report {
        seed,
        unprotected: Figures::of(&unprotected),
        uncached: Figures::of(&uncached),
        protected: Figures::of(&protected),
    };
    let chart = Chart {
        title: "The same questions to a language model, unprotected and protected",
        summary: &report.summary(),
        unprotected: &unprotected,
        uncached: &uncached,
        protected: &protected,
        outage: behaviour.outage(),
    };
    save(&chart.draw())?;

    println!("\n{report}\npicture: {PICTURE}\n{}", report.json());
    match report.missed_goals() {
        missed if goals && !missed.is_empty() => Err(format!("missed: {}", missed.join(", ")).into()),
        _ => Ok(()),
    }
}

struct Arguments {
    seed: u64,
    goals: bool,
}

/// Reads `--seed N` and `--goals`, which fails the run if it misses a goal.
fn arguments() -> Result<Arguments, Box<dyn Error>> {
    let mut arguments = Arguments { seed: 7, goals: false };
    let mut given = std::env::args().skip(1);
    while let Some(argument) = given.next() {
        match (argument.as_str(), given.len()) {
            ("--goals", _) => arguments.goals = true,
            ("--seed", 1..) => arguments.seed = given.next().unwrap_or_default().parse()?,
            _ => return Err("usage: llm_gateway [--seed N] [--goals]".into()),
        }
    }
    Ok(arguments)
}

fn save(svg: &str) -> std::io::Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PICTURE);
    if let Some(target) = path.parent() {
        fs::create_dir_all(target)?;
    }
    fs::write(path, svg)
}
