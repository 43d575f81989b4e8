//! Prints a line per second during a run.

use std::time::Duration;

use tokio::time::Instant;

use crate::behaviour::Behaviour;
use crate::traffic::Arrival;

pub(crate) struct Progress<'a> {
    name: &'a str,
    behaviour: &'a Behaviour,
    arrivals: &'a [Arrival],
    start: Instant,
    answered: usize,
    failed: usize,
    printed: u64,
}

impl<'a> Progress<'a> {
    pub(crate) fn new(name: &'a str, behaviour: &'a Behaviour, arrivals: &'a [Arrival], start: Instant) -> Self {
        Self { name, behaviour, arrivals, start, answered: 0, failed: 0, printed: 0 }
    }

    pub(crate) fn count(&mut self, success: bool) {
        if success {
            self.answered += 1;
        } else {
            self.failed += 1;
        }
        let now = self.start.elapsed();
        let done = self.answered + self.failed == self.arrivals.len();
        if done || now.as_secs() > self.printed {
            self.printed = now.as_secs();
            self.print(now);
        }
    }

    fn print(&self, now: Duration) {
        let asked = self.arrivals.partition_point(|arrival| arrival.at <= now);
        let waiting = asked.saturating_sub(self.answered + self.failed);
        let outage = if self.behaviour.outage().contains(&now) { "   primary model down" } else { "" };
        println!(
            "{:<12} {:>5.1} s {:>6} asked {:>6} answered {:>5} failed {:>4} waiting{outage}",
            self.name,
            now.as_secs_f64(),
            asked,
            self.answered,
            self.failed,
            waiting,
        );
    }
}
