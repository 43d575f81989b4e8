//! One process of the service, with the load that a load balancer sends it.

use std::error::Error;
use std::io::{Write, stdin, stdout};
use std::net::SocketAddr;
use std::ops::{Range, RangeInclusive};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use rand::rngs::Xoshiro256PlusPlus as Dice;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use resilience::store::SharedStore;
use resilience::{BreakerState, CircuitBreaker};
use serde::{Deserialize, Serialize};
use tokio::task::block_in_place;
use tokio::time::{Instant, interval, sleep_until, timeout_at};

use crate::service::{SHARED, Service, ServiceError};
use crate::upstream::Answer;

/// The articles that every process reads, and how often it reads them all.
pub const ARTICLES: u32 = 40;
pub const SWEEP: Duration = Duration::from_millis(250);

/// Questions a second of each process: 1.5 times the limit in all, and uneven, as behind every load balancer.
const QUESTIONS: [f64; 4] = [60.0, 45.0, 30.0, 15.0];
/// An answer takes three quarters of the tokens requested, ten on average.
const TOKENS: RangeInclusive<u32> = 8..=18;
const QUESTIONS_ALONE: f64 = 15.0;
const PAGES: f64 = 20.0;

pub struct Orders {
    pub process: usize,
    pub seed: u64,
    pub length: Duration,
    pub engine: String,
    pub upstream: SocketAddr,
}

/// The observations of one process. All times are microseconds since the start of the run.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Observations {
    pub shared: Vec<Call>,
    pub alone: Vec<Call>,
    /// The times at which the breaker was open or half-open.
    pub breaker: States,
    /// The times at which the engine was away.
    pub away: States,
    /// Errors that callers should not see.
    pub surprises: Vec<String>,
}

/// A state, with the times at which it changed.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct States(Vec<(u64, bool)>);

/// A call that passed or was rejected, and the time that the attributes took for it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Call {
    pub at: u64,
    pub took: u64,
}

impl Call {
    pub fn at(&self) -> Duration {
        Duration::from_micros(self.at)
    }

    pub fn took(&self) -> Duration {
        Duration::from_micros(self.took)
    }
}

impl States {
    fn add(&mut self, at: Duration, state: bool) {
        if self.0.last().is_some_and(|(_, last)| *last) != state {
            self.0.push((micros(at), state));
        }
    }

    /// Returns the intervals in which the state held.
    pub fn spans(&self) -> impl Iterator<Item = Range<Duration>> {
        let ends = self.0.iter().skip(1).map(|(at, _)| *at).chain([u64::MAX]);
        let spans = self.0.iter().zip(ends).filter(|((_, state), _)| *state);
        spans.map(|((from, _), to)| Duration::from_micros(*from)..Duration::from_micros(to))
    }
}

struct Child {
    service: Service,
    start: Instant,
    end: Instant,
    observations: Mutex<Observations>,
}

pub async fn run(orders: Orders) -> Result<(), Box<dyn Error>> {
    // The service could start without its engine, but this run begins with it.
    SHARED.connect(&orders.engine).await?;
    let start = block_in_place(wait_for_the_start)?;
    let service = Service { upstream: orders.upstream, process: orders.process };
    let child = Arc::new(Child { service, start, end: start + orders.length, observations: Mutex::default() });
    let dice = |load| Dice::seed_from_u64(orders.seed * 100 + orders.process as u64 * 10 + load);
    sleep_until(start).await;
    tokio::join!(
        child.every(1.0 / QUESTIONS[orders.process], dice(0), Child::ask),
        child.every(1.0 / QUESTIONS_ALONE, dice(1), Child::ask_alone),
        child.every(1.0 / PAGES, dice(2), Child::render),
        child.every(SWEEP.as_secs_f64(), dice(3), Child::read_articles),
        child.watch(),
    );
    // Updates for which no call waits, such as the last settlements.
    SHARED.flush().await;
    let observations = std::mem::take(&mut *child.observations());
    println!("{}", serde_json::to_string(&observations)?);
    Ok(())
}

/// The parent sends the start of the run, in microseconds of the clock that all processes share.
fn wait_for_the_start() -> Result<Instant, Box<dyn Error>> {
    println!("ready");
    stdout().flush()?;
    let mut line = String::new();
    stdin().read_line(&mut line)?;
    let start = SystemTime::UNIX_EPOCH + Duration::from_micros(line.trim().parse()?);
    Ok(Instant::now() + start.duration_since(SystemTime::now()).unwrap_or_default())
}

impl Child {
    /// Starts a call in each interval, even if the previous one has not ended: customers do not wait for each other.
    async fn every<F>(self: &Arc<Self>, seconds: f64, mut dice: Dice, call: fn(Arc<Self>, Dice) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut ticks = interval(Duration::from_secs_f64(seconds));
        while timeout_at(self.end, ticks.tick()).await.is_ok() {
            let dice_of_call = Dice::seed_from_u64(dice.random());
            tokio::spawn(call(Arc::clone(self), dice_of_call));
        }
    }

    async fn ask(self: Arc<Self>, mut dice: Dice) {
        let start = Instant::now();
        let outcome = self.service.ask(dice.random_range(TOKENS)).await;
        let call = self.call(start, &outcome);
        self.observations().shared.extend(call);
    }

    async fn ask_alone(self: Arc<Self>, mut dice: Dice) {
        let start = Instant::now();
        let outcome = self.service.ask_alone(dice.random_range(TOKENS)).await;
        let call = self.call(start, &outcome);
        self.observations().alone.extend(call);
    }

    async fn render(self: Arc<Self>, mut dice: Dice) {
        let outcome = self.service.render(dice.random_range(0..1_000)).await;
        self.expect_a_rejection_at_most(outcome);
    }

    async fn read_articles(self: Arc<Self>, mut dice: Dice) {
        let mut articles: Vec<u32> = (0..ARTICLES).collect();
        articles.shuffle(&mut dice);
        for id in articles {
            let outcome = self.service.article(id).await;
            self.expect_a_rejection_at_most(outcome);
        }
    }

    /// An error of the upstream says nothing about the attributes.
    fn call(&self, start: Instant, outcome: &Result<Answer, ServiceError>) -> Option<Call> {
        let outside = match outcome {
            Ok(answer) => answer.took,
            Err(ServiceError::Rejected(
                resilience::Error::RateLimited { .. } | resilience::Error::CircuitOpen { .. },
            )) => Duration::ZERO,
            Err(ServiceError::Upstream(_)) => return None,
            Err(surprise) => {
                self.observations().surprises.push(surprise.to_string());
                return None;
            }
        };
        let took = start.elapsed().saturating_sub(outside);
        Some(Call { at: micros(start.saturating_duration_since(self.start)), took: micros(took) })
    }

    fn expect_a_rejection_at_most<T>(&self, outcome: Result<T, ServiceError>) {
        match outcome {
            Ok(_) | Err(ServiceError::Rejected(resilience::Error::BulkheadFull { .. })) => {}
            Err(surprise) => self.observations().surprises.push(surprise.to_string()),
        }
    }

    async fn watch(&self) {
        let mut ticks = interval(Duration::from_millis(5));
        while timeout_at(self.end, ticks.tick()).await.is_ok() {
            let now = self.start.elapsed();
            // The breaker exists from the first call on.
            let state = CircuitBreaker::named("model").map(|breaker| breaker.snapshot().state);
            let mut seen = self.observations();
            seen.breaker.add(now, !matches!(state, None | Some(BreakerState::Closed)));
            seen.away.add(now, !SHARED.engine().is_available());
        }
    }

    fn observations(&self) -> MutexGuard<'_, Observations> {
        self.observations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Fits, because a run is far shorter than half a million years.
#[expect(clippy::cast_possible_truncation)]
fn micros(time: Duration) -> u64 {
    time.as_micros() as u64
}
