//! How the service treats each call: a pure function of the seed, the model, the number of the
//! call and the time, so that two runs of one seed meet the same service.

use std::ops::{Range, RangeInclusive};
use std::time::Duration;

use rand::rngs::Xoshiro256PlusPlus as Dice;
use rand::{RngExt, SeedableRng};

use crate::model::Model;

/// What happens to one call.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Act {
    /// A complete answer after this long.
    Answer(Duration),
    /// 503 at once.
    Unavailable,
    /// 429 and the time after which a call is welcome again.
    RateLimited(Duration),
    /// The request is taken and nothing ever comes back.
    Hang,
    /// Half an answer after this long, then the connection is gone.
    Cut(Duration),
}

/// The chance of each misfortune; what is left of 1 is answered in time.
struct Temper {
    unavailable: f64,
    rate_limited: f64,
    hang: f64,
    cut: f64,
    slow: f64,
    /// Milliseconds until a normal answer and until a slow one.
    thinking: RangeInclusive<u64>,
    dawdling: RangeInclusive<u64>,
}

const PRIMARY: Temper = Temper {
    unavailable: 0.04,
    rate_limited: 0.04,
    hang: 0.02,
    cut: 0.02,
    slow: 0.03,
    thinking: 50..=130,
    dawdling: 400..=1_500,
};

const PRIMARY_DOWN: Temper =
    Temper { unavailable: 0.65, rate_limited: 0.0, hang: 0.25, cut: 0.10, slow: 0.0, ..PRIMARY };

const SMALL: Temper = Temper {
    unavailable: 0.02,
    rate_limited: 0.01,
    hang: 0.01,
    cut: 0.01,
    slow: 0.01,
    thinking: 110..=200,
    dawdling: 300..=450,
};

/// The script of one seed.
#[derive(Debug, Clone)]
pub(crate) struct Behaviour {
    salt: u64,
    outage: Range<Duration>,
}

impl Behaviour {
    pub(crate) fn from_seed(seed: u64) -> Self {
        let mut dice = Dice::seed_from_u64(seed);
        let start = milliseconds(&mut dice, 2_500..=4_000);
        let length = milliseconds(&mut dice, 2_000..=3_000);
        Self { salt: dice.random(), outage: start..start + length }
    }

    /// When the primary model answers nobody, counted from the start of a run.
    pub(crate) fn outage(&self) -> Range<Duration> {
        self.outage.clone()
    }

    pub(crate) fn act(&self, model: Model, call: u32, at: Duration) -> Act {
        let temper = match model {
            Model::Primary if self.outage.contains(&at) => PRIMARY_DOWN,
            Model::Primary => PRIMARY,
            Model::Small => SMALL,
        };
        temper.act(self.dice(model, call))
    }

    /// Every call throws dice of its own: what it meets does not depend on the order in which
    /// concurrent calls ask.
    fn dice(&self, model: Model, call: u32) -> Dice {
        Dice::seed_from_u64(self.salt ^ (u64::from(call) << 1) ^ u64::from(model == Model::Small))
    }
}

impl Temper {
    fn act(self, mut dice: Dice) -> Act {
        let mut left: f64 = dice.random();
        let mut befalls = |chance: f64| {
            left -= chance;
            left < 0.0
        };
        if befalls(self.unavailable) {
            Act::Unavailable
        } else if befalls(self.rate_limited) {
            Act::RateLimited(milliseconds(&mut dice, 60..=180))
        } else if befalls(self.hang) {
            Act::Hang
        } else if befalls(self.cut) {
            Act::Cut(milliseconds(&mut dice, self.thinking))
        } else if befalls(self.slow) {
            Act::Answer(milliseconds(&mut dice, self.dawdling))
        } else {
            // PRIMARY_DOWN's chances add up to 1 only as far as floats do.
            Act::Answer(milliseconds(&mut dice, self.thinking))
        }
    }
}

fn milliseconds(dice: &mut Dice, range: RangeInclusive<u64>) -> Duration {
    Duration::from_millis(dice.random_range(range))
}
