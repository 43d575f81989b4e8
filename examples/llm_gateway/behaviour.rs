//! Decides how the service treats each call: a pure function of the seed, the model, the number of
//! the call and the time. Two runs with one seed meet the same service.

use std::ops::{Range, RangeInclusive};
use std::time::Duration;

use rand::rngs::Xoshiro256PlusPlus as Dice;
use rand::{RngExt, SeedableRng};

use crate::model::Model;
use crate::traffic::LENGTH;

/// How the service treats one call.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Act {
    /// Answers completely after this delay.
    Answer(Duration),
    /// Responds with 503 at once.
    Unavailable,
    /// Responds with 429 and the time to wait.
    RateLimited(Duration),
    /// Begins to answer after this delay, and falls silent in the middle. The connection stays open.
    Stall(Duration),
    /// Accepts the request and never responds.
    Hang,
    /// Sends half an answer after this delay, and closes the connection.
    Cut(Duration),
}

/// The probability of each fault. The rest of the calls is answered in time.
struct Faults {
    unavailable: f64,
    /// The probability of a 429 that says nothing about other calls.
    rate_limited: f64,
    hang: f64,
    cut: f64,
    slow: f64,
    /// The probability that a streamed answer stalls.
    stall: f64,
    normal_ms: RangeInclusive<u64>,
    slow_ms: RangeInclusive<u64>,
}

const PRIMARY: Faults = Faults {
    unavailable: 0.04,
    rate_limited: 0.0,
    hang: 0.02,
    cut: 0.02,
    slow: 0.03,
    stall: 0.08,
    normal_ms: 50..=130,
    slow_ms: 400..=1_500,
};

const PRIMARY_DOWN: Faults = Faults { unavailable: 0.65, hang: 0.25, cut: 0.10, slow: 0.0, ..PRIMARY };

const SMALL: Faults = Faults {
    unavailable: 0.02,
    rate_limited: 0.01,
    hang: 0.01,
    cut: 0.01,
    slow: 0.01,
    stall: 0.02,
    normal_ms: 110..=200,
    slow_ms: 300..=450,
};

/// The behaviour that one seed determines.
#[derive(Debug, Clone)]
pub(crate) struct Behaviour {
    salt: u64,
    outage: Range<Duration>,
    /// When the primary model rejects all calls with a 429, and with the time that is left.
    closed: Vec<Range<Duration>>,
}

/// In each part of a run, the primary model is closed once.
const CLOSED_EVERY: Duration = Duration::from_millis(1_500);

impl Behaviour {
    pub(crate) fn from_seed(seed: u64) -> Self {
        let mut dice = Dice::seed_from_u64(seed);
        let start = milliseconds(&mut dice, 2_500..=4_000);
        let length = milliseconds(&mut dice, 2_000..=3_000);
        let salt = dice.random();
        let parts = std::iter::successors(Some(Duration::ZERO), |part| Some(*part + CLOSED_EVERY));
        let closed = parts.take_while(|part| *part < LENGTH).map(|part| {
            let start = part + milliseconds(&mut dice, 200..=1_200);
            start..start + milliseconds(&mut dice, 60..=180)
        });
        Self { salt, outage: start..start + length, closed: closed.collect() }
    }

    /// The outage of the primary model, relative to the start of a run.
    pub(crate) fn outage(&self) -> Range<Duration> {
        self.outage.clone()
    }

    pub(crate) fn act(&self, model: Model, call: u32, at: Duration, streamed: bool) -> Act {
        let closed = self.closed.iter().find(|closed| model == Model::Primary && closed.contains(&at));
        let faults = match (model, closed) {
            (Model::Primary, _) if self.outage.contains(&at) => PRIMARY_DOWN,
            (Model::Primary, Some(closed)) => return Act::RateLimited(closed.end.saturating_sub(at)),
            (Model::Primary, None) => PRIMARY,
            (Model::Small, _) => SMALL,
        };
        faults.act(self.dice(model, call), streamed)
    }

    /// Each call has dice of its own, so that its fate does not depend on the order of concurrent calls.
    fn dice(&self, model: Model, call: u32) -> Dice {
        Dice::seed_from_u64(self.salt ^ (u64::from(call) << 1) ^ u64::from(model == Model::Small))
    }
}

impl Faults {
    fn act(self, mut dice: Dice, streamed: bool) -> Act {
        let mut left: f64 = dice.random();
        let mut occurs = |probability: f64| {
            left -= probability;
            left < 0.0
        };
        if occurs(self.unavailable) {
            Act::Unavailable
        } else if occurs(self.rate_limited) {
            Act::RateLimited(milliseconds(&mut dice, 60..=180))
        } else if occurs(self.hang) {
            Act::Hang
        } else if occurs(self.cut) {
            Act::Cut(milliseconds(&mut dice, self.normal_ms))
        } else if occurs(self.slow) {
            Act::Answer(milliseconds(&mut dice, self.slow_ms))
        } else {
            // The probabilities of PRIMARY_DOWN add up to 1 only within the precision of floats.
            let after = milliseconds(&mut dice, self.normal_ms);
            if streamed && dice.random_bool(self.stall) { Act::Stall(after) } else { Act::Answer(after) }
        }
    }
}

fn milliseconds(dice: &mut Dice, range: RangeInclusive<u64>) -> Duration {
    Duration::from_millis(dice.random_range(range))
}
