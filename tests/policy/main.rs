#![deny(warnings)]
#![allow(clippy::needless_pass_by_value, reason = "closures that are called more than once")]
//! A policy does what a stack of attributes does: every scenario runs through both.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;

/// The attributes of the second group, or of the first if there are some.
macro_rules! attributed {
    ([] { $($attributes:tt)* } $($item:tt)*) => { $($attributes)* $($item)* };
    ([$($attributes:tt)+] $instead:tt $($item:tt)*) => { $($attributes)* $($item)* };
}

/// Goes through both doors: `key, "name of the test", "script" [keys; pause] => "line"`, the attributes, and the policy. With
/// `blocking`, it does so in synchronous code too, where nothing can be stopped: the line may be another one there. State has
/// the name of the test and is the same for all doors, so two different configurations show as a conflict among the events.
macro_rules! doors {
    ($k:ident, $name:literal, $script:literal [$($key:literal)*; $pause:literal] => $line:literal
        $(, blocking $blocking:literal $([$($cooperative:tt)*])?)?; $attributes:tt { $($policy:tt)* }) => {{
        attributed! { [] $attributes
            async fn ask($k: u32, body: &$crate::Body) -> Answer {
                let _ = $k;
                body.run().await
            }
        }

        let keys = &[$($key),*];
        let door = $($policy)*;
        let attributed = $crate::asynchronously($name, 1, $script, keys, $pause, ask);
        assert_eq!(attributed.line(), $line);
        let through = async |key: u32, body: &$crate::Body| $crate::Door::through(&door, key, body).await;
        let called = $crate::asynchronously($name, 2, $script, keys, $pause, through);
        assert_eq!(called, attributed);

        $({
            attributed! { [$($($cooperative)*)?] $attributes
                fn ask($k: u32, body: &$crate::Body) -> Answer {
                    let _ = $k;
                    body.run_blocking()
                }
            }

            let attributed = $crate::blocking($name, 3, $script, keys, $pause, ask);
            assert_eq!(attributed.line(), $blocking);
            let through = |key: u32, body: &$crate::Body| $crate::BlockingDoor::through_blocking(&door, key, body);
            let called = $crate::blocking($name, 4, $script, keys, $pause, through);
            assert_eq!(called, attributed);
        })?
        Ok(())
    }};
}

mod caches;
mod classification;
mod combinations;
mod context;
mod keys;
mod layers;
mod panics_and_drops;
mod random;
mod send;
mod settings;
mod single_flight;
mod state;
mod types;
mod validation;

use std::cell::RefCell;
use std::future::pending;
use std::time::Duration;

use resilience::policy::{CachedPolicy, InvalidPolicy};
use resilience::testing::ManualClock;
use resilience::{Policy, RetryBudget, RetryState, observe, observe_blocking};

use crate::common::{Answer, Recorder, TestError, secs};

const FAILED: Answer = Err(TestError::Transient);

type Invalid = Result<(), InvalidPolicy>;

/// How much the process holds, where the system tells it.
fn resident() -> Option<usize> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(pages.split(' ').nth(1)?.parse::<usize>().ok()? * 4096)
}

/// Whether this process runs one test alone, with a memory of its own. If not, it starts one that does.
fn is_alone(test: &str) -> bool {
    const ALONE: &str = "RESILIENCE_TEST_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    let program = std::env::current_exe().expect("a test has a file");
    let ended =
        std::process::Command::new(program).args(["--exact", test]).env(ALONE, "1").output().expect("it starts");
    let out = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success() && out.contains("1 passed"), "{out}{}", String::from_utf8_lossy(&ended.stderr));
    false
}

/// The clock of a scenario.
enum World {
    Asynchronous,
    Blocking(ManualClock),
}

/// What is called: word number `n` of its script says how call number `n` ends. `S` is a success with the number of the
/// call, `F` and `P` are errors, `R` one that asks to come back in 2 s; `3S` takes 3 s, and `H` for ever.
struct Body {
    script: Vec<String>,
    starts: RefCell<Vec<Duration>>,
    began: tokio::time::Instant,
    /// The time of the manual clock at the start.
    zero: Duration,
    world: World,
}

impl Body {
    fn new(script: &str, world: World) -> Self {
        let script = script.split(' ').map(str::to_owned).collect();
        let zero = if let World::Blocking(clock) = &world { clock.elapsed() } else { Duration::ZERO };
        Self { script, starts: RefCell::default(), began: tokio::time::Instant::now(), zero, world }
    }

    fn elapsed(&self) -> Duration {
        match &self.world {
            World::Asynchronous => self.began.elapsed(),
            World::Blocking(clock) => clock.elapsed().saturating_sub(self.zero),
        }
    }

    /// How long this call takes and how it ends; without a result it never ends.
    fn next(&self) -> (Duration, Option<Answer>) {
        self.starts.borrow_mut().push(self.elapsed());
        let call = self.calls();
        let word = self.script.get(call - 1).map_or("S", |word| word);
        let (time, letter) = word.split_at(word.len() - 1);
        let answer = match letter {
            "S" => Ok(u32::try_from(call).expect("a few calls")),
            "F" => FAILED,
            "P" => Err(TestError::Permanent),
            "R" => Err(TestError::RateLimited(secs(2))),
            _ => return (Duration::ZERO, None),
        };
        (secs(time.parse().unwrap_or(0)), Some(answer))
    }

    async fn run(&self) -> Answer {
        let (time, answer) = self.next();
        tokio::time::sleep(time).await;
        match answer {
            Some(answer) => answer,
            None => pending().await,
        }
    }

    fn run_blocking(&self) -> Answer {
        let (time, answer) = self.next();
        if let World::Blocking(clock) = &self.world {
            clock.advance(time);
        }
        answer.expect("only what can be dropped may hang")
    }

    fn calls(&self) -> usize {
        self.starts.borrow().len()
    }
}

/// What a scenario shows to the outside.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    answers: Vec<String>,
    starts: Vec<Duration>,
    elapsed: Duration,
    /// With all fields except the generation of a breaker, which a reset does not restart.
    events: Vec<String>,
    report: resilience::Report,
}

impl Seen {
    /// `answers | seconds of the calls | seconds in all | events`
    fn line(&self) -> String {
        let starts: Vec<String> = self.starts.iter().map(|start| start.as_secs().to_string()).collect();
        let names: Vec<&str> = self.events.iter().map(|event| event.split(' ').next().unwrap_or("")).collect();
        let parts = [self.answers.join(" "), starts.join(" "), self.elapsed.as_secs().to_string(), names.join(" ")];
        parts.join(" | ")
    }
}

fn shown(answer: &Answer) -> String {
    match answer {
        Ok(value) => value.to_string(),
        answer => common::letter(answer).to_string(),
    }
}

fn seen(body: &Body, answers: Vec<String>, recorder: &Recorder, report: resilience::Report) -> Seen {
    let events = recorder.events().into_iter().map(|event| {
        let fields =
            event.fields.iter().filter(|(name, _)| !["message", "generation"].contains(name)).map(|(name, value)| {
                let value = value.rsplit("::").next().unwrap_or(value);
                format!(" {name}={value}")
            });
        event.name.to_owned() + &fields.collect::<String>()
    });
    Seen { answers, starts: body.starts.take(), elapsed: body.elapsed(), events: events.collect(), report }
}

/// Makes one call per key, `pause` seconds apart.
fn asynchronously(
    name: &str,
    hours: u64,
    script: &str,
    keys: &[u32],
    pause: u64,
    call: impl AsyncFn(u32, &Body) -> Answer,
) -> Seen {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    begin_anew(name);
    runtime.expect("a runtime").block_on(async {
        tokio::time::sleep(secs(hours * 3600)).await;
        let (recorder, body) = (Recorder::start(), Body::new(script, World::Asynchronous));
        let (answers, report) = observe(async {
            let mut answers = Vec::new();
            for (number, key) in keys.iter().enumerate() {
                if number > 0 {
                    tokio::time::sleep(secs(pause)).await;
                }
                answers.push(shown(&call(*key, &body).await));
            }
            answers
        })
        .await;
        seen(&body, answers, &recorder, report)
    })
}

fn blocking(
    name: &str,
    hours: u64,
    script: &str,
    keys: &[u32],
    pause: u64,
    call: impl Fn(u32, &Body) -> Answer,
) -> Seen {
    begin_anew(name);
    let clock = ManualClock::install();
    clock.advance(secs(hours * 3600));
    let (recorder, body) = (Recorder::start(), Body::new(script, World::Blocking(clock)));
    let (answers, report) = observe_blocking(|| {
        let mut answers = Vec::new();
        for (number, key) in keys.iter().enumerate() {
            if let (1.., World::Blocking(clock)) = (number, &body.world) {
                clock.advance(secs(pause));
            }
            answers.push(shown(&call(*key, &body)));
        }
        answers
    });
    seen(&body, answers, &recorder, report)
}

/// A policy as a way to make a call.
trait Door {
    async fn through(&self, key: u32, body: &Body) -> Answer;
}

trait BlockingDoor {
    fn through_blocking(&self, key: u32, body: &Body) -> Answer;
}

impl<M> Door for Policy<u32, TestError, M> {
    async fn through(&self, _: u32, body: &Body) -> Answer {
        self.call(|| body.run()).await
    }
}

impl BlockingDoor for Policy<u32, TestError> {
    fn through_blocking(&self, _: u32, body: &Body) -> Answer {
        self.call_blocking(|| body.run_blocking())
    }
}

impl<M> Door for CachedPolicy<u32, u32, TestError, M> {
    async fn through(&self, key: u32, body: &Body) -> Answer {
        self.call_for(&key, || body.run()).await
    }
}

impl BlockingDoor for CachedPolicy<u32, u32, TestError> {
    fn through_blocking(&self, key: u32, body: &Body) -> Answer {
        self.call_for_blocking(&key, || body.run_blocking())
    }
}

/// Resets the state that attributes and policies share by name.
fn begin_anew(name: &str) {
    if name == "an_empty_budget_ends_the_retries" {
        SMALL.reset();
    }
    if let Some(breaker) = resilience::CircuitBreaker::named(name) {
        breaker.reset();
    }
    if let Some(cache) = resilience::Cache::named(name) {
        cache.clear();
    }
    if let Some(budget) = RetryBudget::named(name) {
        budget.reset();
    }
}

static SMALL: RetryBudget = RetryBudget::new("small").ratio(0.0).min_per_second(0).capacity(2);

fn squares(state: &RetryState<'_, TestError>) -> Duration {
    secs(u64::from(state.attempt * state.attempt))
}

#[expect(clippy::unnecessary_wraps, reason = "a fallback returns what its function returns")]
fn canned(_: TestError) -> Answer {
    Ok(99)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what a cache gives")]
fn weigh(_: &u32, value: &u32) -> u64 {
    u64::from(*value) * 10
}
