//! The questions of the customers and the times at which they ask.

use std::time::Duration;

use rand::rngs::Xoshiro256PlusPlus as Dice;
use rand::{RngExt, SeedableRng};

const QUESTIONS: &str = include_str!("../data/questions.txt");

/// Requests per second, and the length of a run.
const RATE: f64 = 160.0;
pub(crate) const LENGTH: Duration = Duration::from_secs(9);

/// The exponent of a Zipf distribution: the share of a question falls with the power of its rank, as
/// word counts, page views and help-desk questions do.
const SKEW: f64 = 0.9;

/// The share of customers who read answers as they arrive.
const STREAMED: f64 = 0.15;

#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    /// Relative to the start of a run.
    pub(crate) at: Duration,
    pub(crate) question: String,
    /// True if the customer reads the answer as it arrives.
    pub(crate) streamed: bool,
}

/// Draws the arrivals. Customers do not wait for each other: gaps are exponential, and no arrival
/// depends on an answer.
pub(crate) fn arrivals(seed: u64) -> Vec<Arrival> {
    let mut dice = Dice::seed_from_u64(seed);
    let questions = Questions::load();
    let mut at = Duration::ZERO;
    let mut arrivals = Vec::new();
    loop {
        let uniform: f64 = dice.random();
        at += Duration::from_secs_f64(-(1.0 - uniform).ln() / RATE);
        if at >= LENGTH {
            return arrivals;
        }
        let question = as_typed(questions.draw(&mut dice), &mut dice);
        arrivals.push(Arrival { at, question, streamed: dice.random_bool(STREAMED) });
    }
}

/// The lines of the file, each with the running sum of the weights.
struct Questions {
    lines: Vec<(f64, &'static str)>,
    total: f64,
}

impl Questions {
    fn load() -> Self {
        let mut total = 0.0;
        let mut rank = 0.0_f64;
        let lines = QUESTIONS
            .lines()
            .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
            .map(|line| {
                rank += 1.0;
                total += rank.powf(-SKEW);
                (total, line)
            })
            .collect();
        Self { lines, total }
    }

    fn draw(&self, dice: &mut Dice) -> String {
        let point = dice.random::<f64>() * self.total;
        let index = self.lines.partition_point(|(sum, _)| *sum <= point);
        let (_, line) = self.lines[index.min(self.lines.len() - 1)];
        let order: u32 = dice.random_range(10_000..100_000);
        line.replace("{order}", &order.to_string())
    }
}

/// Varies the spelling of a question, as different people type it.
fn as_typed(question: String, dice: &mut Dice) -> String {
    match dice.random_range(0..10) {
        0 | 1 => question.to_lowercase(),
        2 => question.trim_end_matches('?').to_lowercase(),
        3 => question.replace('?', "??"),
        4 => format!(" {} ", question.replacen(' ', "  ", 1)),
        5 => question.to_uppercase(),
        6 => question.replace('?', " ?"),
        _ => question,
    }
}
