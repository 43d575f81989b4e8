//! No call takes longer, and runs its body more often, than the generated documentation says.
//!
//! `stacks.rs` has random stacks. Their bodies take random times and fail at random, with hints of any length. Callers are
//! concurrent, and some are dropped.

#[path = "../common/mod.rs"]
mod common;
mod generate;
#[allow(deprecated, reason = "lints about stacks that nobody would write")]
#[allow(clippy::wildcard_imports, reason = "generated")]
#[rustfmt::skip]
mod stacks;

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use futures_util::future::join_all;
use rand::rngs::Xoshiro256PlusPlus as Dice;
use rand::{RngExt, SeedableRng};
use resilience::{bulkhead, cached, circuit_breaker, fallback, rate_limit, retry, timeout};
use tokio::time::{Instant, sleep};

use crate::common::{TestError, millis, secs};

type Stack = for<'a> fn(&'a World, u8) -> Pin<Box<dyn Future<Output = Result<u32, TestError>> + 'a>>;

/// What one caller meets.
struct World {
    dice: RefCell<Dice>,
    bodies: Cell<u32>,
}

const SLOW: Duration = secs(4);

impl World {
    fn new(seed: u64) -> Self {
        Self { dice: RefCell::new(Dice::seed_from_u64(seed)), bodies: Cell::new(0) }
    }

    async fn body(&self, key: u8) -> Result<u32, TestError> {
        self.bodies.set(self.bodies.get() + 1);
        let (time, outcome, hint) = {
            let mut dice = self.dice.borrow_mut();
            (dice.random_range(0..5), dice.random_range(0..6), dice.random_range(0..12_000))
        };
        sleep([Duration::ZERO, millis(250), millis(990), secs(3), secs(3600)][time]).await;
        match outcome {
            0 => Ok(key.into()),
            1 | 2 => Err(TestError::RateLimited(millis(hint))),
            _ => Err(TestError::Transient),
        }
    }
}

async fn slow(_: &World, _: u8) -> Result<u32, TestError> {
    sleep(SLOW).await;
    Err(TestError::Permanent)
}

async fn late() -> u32 {
    sleep(SLOW).await;
    7
}

/// The promise as it is written: how often the body runs, and how long a call takes if that is limited.
struct Promise {
    bodies: u32,
    time: Option<Duration>,
}

fn promises() -> Vec<Promise> {
    let source = include_str!("stacks.rs");
    source.lines().filter_map(|line| line.strip_prefix("/// **Worst case:** ")).map(promise).collect()
}

fn promise(text: &str) -> Promise {
    let bodies = match text.strip_prefix("the body runs ").expect("it says how often") {
        once if once.starts_with("once") => 1,
        times => times.split(' ').next().and_then(|count| count.parse().ok()).expect("a number"),
    };
    // The longer of the two, if hints make a difference.
    let longest = text.split("up to ").nth(1).or_else(|| text.split("the call takes ").nth(1));
    let time = longest.map(|text| duration(text.split([' ', ',', '.']).next().unwrap_or_default()));
    Promise { bodies, time: time.filter(|_| !text.contains(", plus ")) }
}

/// Reads `1h2m3s4ms`.
fn duration(mut text: &str) -> Duration {
    let mut sum = Duration::ZERO;
    while !text.is_empty() {
        let digits = text.find(|next: char| !next.is_ascii_digit()).expect("a unit");
        let count: u64 = text[..digits].parse().expect("a number");
        let unit = text[digits..].find(|next: char| next.is_ascii_digit()).map_or(text.len(), |unit| digits + unit);
        sum += match &text[digits..unit] {
            "h" => secs(3600 * count),
            "m" => secs(60 * count),
            "s" => secs(count),
            "ms" => millis(count),
            unit => panic!("no unit: {unit}"),
        };
        text = &text[unit..];
    }
    sum
}

#[test]
fn the_stacks_are_those_of_the_generator() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/worst_case/stacks.rs");
    let generated = generate::file();
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(path, generated).expect("a writable file");
        return;
    }
    let without_promises = |text: &str| {
        text.lines().filter(|line| !line.starts_with("/// **Worst case:**")).collect::<Vec<_>>().join("\n")
    };
    assert!(
        without_promises(include_str!("stacks.rs")) == without_promises(&generated),
        "run this test with `UPDATE_SNAPSHOTS=1`"
    );
}

#[tokio::test(start_paused = true)]
async fn no_call_of_a_random_stack_exceeds_its_documented_worst_case() {
    const ROUNDS: u64 = 40;
    const CALLERS: u64 = 4;

    let (mut limited, mut longest) = (0, 0.0_f64);
    let promises = promises();
    assert_eq!(promises.len(), stacks::STACKS.len());
    for ((name, stack), promise) in stacks::STACKS.iter().zip(promises) {
        limited += usize::from(promise.time.is_some());
        for round in 0..ROUNDS {
            let callers = (0..CALLERS).map(async |caller| {
                let seed = round * CALLERS + caller;
                let world = World::new(seed);
                let (arrival, patience) = {
                    let mut dice = world.dice.borrow_mut();
                    (dice.random_range(0..3000), dice.random_range(0..40_000))
                };
                sleep(millis(arrival)).await;
                let begin = Instant::now();
                let ended = tokio::time::timeout(millis(patience), stack(&world, 1)).await.is_ok();
                let (time, bodies) = (begin.elapsed(), world.bodies.get());
                assert!(bodies <= promise.bodies, "{name}, seed {seed}: {bodies} bodies, not {}", promise.bodies);
                if let Some(limit) = promise.time {
                    assert!(time <= limit, "{name}, seed {seed}: {time:?} instead of at most {limit:?}");
                    if ended {
                        return time.as_secs_f64() / limit.as_secs_f64();
                    }
                }
                0.0
            });
            longest = join_all(callers).await.into_iter().fold(longest, f64::max);
            sleep(secs(20)).await;
        }
    }
    assert!(limited >= 30, "only {limited} stacks have a limit");
    assert!((longest - 1.0).abs() < 1e-9, "none comes near its limit, only to {longest}");
}

#[test]
fn a_promise_is_read_as_it_is_written() {
    let read = |text| promise(text).time;
    assert_eq!(read("the body runs once, and the call takes 30s500ms."), Some(millis(30_500)));
    assert_eq!(
        read("the body runs 4 times, and the call takes 2m7s, or up to 5m if the service asks for longer pauses."),
        Some(secs(300))
    );
    assert_eq!(read("the body runs once, and the call takes 2m, plus the time of the fallbacks."), None);
    assert_eq!(read("the body runs once, and nothing limits its time."), None);
}
