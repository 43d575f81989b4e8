use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

use crate::event::BreakerState;
use crate::sync::lock;
use crate::time::Moment;

/// The time for which a change is kept.
const WINDOW: Duration = Duration::from_secs(600);

/// The most changes that are kept for one breaker. One that recovers and fails again within a
/// second has more changes in ten minutes than a chart can show.
const MOST_CHANGES: usize = 1_000;

static TIMELINES: Mutex<Timelines> = Mutex::new(Timelines { breakers: BTreeMap::new() });

/// The states of one breaker in the last ten minutes.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct BreakerTimeline {
    pub name: String,
    /// Each state with the time since it began, the oldest first.
    pub changes: Vec<StateSince>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct StateSince {
    pub state: BreakerState,
    pub ago_ms: u64,
}

#[derive(Debug, Default)]
struct Timelines {
    breakers: BTreeMap<String, VecDeque<(Moment, BreakerState)>>,
}

impl Timelines {
    fn record(&mut self, name: &str, state: BreakerState, now: Moment) {
        self.forget(now);
        let changes = match self.breakers.get_mut(name) {
            Some(changes) => changes,
            None => self.breakers.entry(name.to_owned()).or_default(),
        };
        if changes.len() == MOST_CHANGES {
            changes.pop_front();
        }
        changes.push_back((now, state));
    }

    /// Keeps the last change before the window, because its state was in force when the window began.
    fn forget(&mut self, now: Moment) {
        let is_old = |(at, _): &(Moment, BreakerState)| now.since(*at) > WINDOW;
        self.breakers.retain(|_, changes| {
            while changes.get(1).is_some_and(is_old) {
                changes.pop_front();
            }
            changes.len() > 1
                || changes.front().is_some_and(|change| !is_old(change) || change.1 != BreakerState::Closed)
        });
    }

    fn all(&mut self, now: Moment) -> Vec<BreakerTimeline> {
        self.forget(now);
        let since = |&(at, state): &(Moment, BreakerState)| StateSince {
            state,
            ago_ms: u64::try_from(now.since(at).as_millis()).unwrap_or(u64::MAX),
        };
        let timeline = |(name, changes): (&String, &VecDeque<_>)| BreakerTimeline {
            name: name.clone(),
            changes: changes.iter().map(since).collect(),
        };
        self.breakers.iter().map(timeline).collect()
    }
}

pub(super) fn record(name: &str, state: BreakerState, now: Moment) {
    lock(&TIMELINES).record(name, state, now);
}

pub(super) fn all(now: Moment) -> Vec<BreakerTimeline> {
    lock(&TIMELINES).all(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states(timelines: &mut Timelines, now: Moment) -> Vec<(BreakerState, u64)> {
        timelines.all(now).into_iter().flat_map(|all| all.changes).map(|s| (s.state, s.ago_ms)).collect()
    }

    #[test]
    fn the_state_at_the_beginning_of_the_window_is_kept_and_older_ones_are_not() {
        let mut timelines = Timelines::default();
        let start = crate::time::now();
        let after = |seconds| start.after(Duration::from_secs(seconds));
        timelines.record("b", BreakerState::Open, start);
        timelines.record("b", BreakerState::HalfOpen, after(10));
        timelines.record("b", BreakerState::Closed, after(20));
        assert_eq!(states(&mut timelines, after(600)).len(), 3);
        let closed = [(BreakerState::HalfOpen, 605_000), (BreakerState::Closed, 595_000)];
        assert_eq!(states(&mut timelines, after(615)), closed);
        assert_eq!(states(&mut timelines, after(621)), [], "closed for longer than the window");

        timelines.record("b", BreakerState::Open, after(700));
        assert_eq!(states(&mut timelines, after(9_700)), [(BreakerState::Open, 9_000_000)], "still open");
    }

    #[test]
    fn memory_is_bounded() {
        let mut timelines = Timelines::default();
        let start = crate::time::now();
        for place in 0..3_000 {
            timelines.record("b", BreakerState::Open, start.after(Duration::from_millis(place)));
        }
        assert_eq!(states(&mut timelines, start).len(), MOST_CHANGES);
        for name in 0..100 {
            timelines.record(&name.to_string(), BreakerState::Closed, start);
        }
        timelines.record("last", BreakerState::Closed, start.after(Duration::from_secs(700)));
        assert_eq!(timelines.breakers.len(), 2, "the one that is open, and the newest");
    }
}
