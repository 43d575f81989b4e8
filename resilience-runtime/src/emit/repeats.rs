use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use crate::sync::lock;
use crate::time::{self, ClockId, Moment};

const ONCE_PER: Duration = Duration::from_secs(1);

const SHARDS: usize = 16;

/// For each shard: names made at run time would fill the memory.
const MOST_SUBJECTS: usize = 256;

type RepeatShard = HashMap<EventOfClock, HashMap<Box<str>, LastShown>>;

type EventOfClock = (ClockId, &'static str);

#[derive(Debug)]
struct LastShown {
    at: Moment,
    suppressed: u64,
}

impl LastShown {
    /// The clock may have been set back.
    fn is_over(&self, now: Moment) -> bool {
        now.since(self.at) >= ONCE_PER || self.at.since(now) >= ONCE_PER
    }
}

static LAST: LazyLock<(RandomState, [Mutex<RepeatShard>; SHARDS])> = LazyLock::new(Default::default);

/// Returns `None` if the same event of the same subject was shown within a second. Otherwise it is shown, with
/// the number of those that were not, if there were any.
pub fn shown(event: &'static str, subject: &str) -> Option<Option<u64>> {
    let (hasher, shards) = &*LAST;
    let event = (ClockId::current(), event);
    let shard = usize::try_from(hasher.hash_one((event, subject)) % SHARDS as u64).unwrap_or(0);
    let now = time::now();
    show(&mut lock(&shards[shard]), event, subject, now)
}

fn show(shard: &mut RepeatShard, event: EventOfClock, subject: &str, now: Moment) -> Option<Option<u64>> {
    if let Some(last) = shard.get_mut(&event).and_then(|subjects| subjects.get_mut(subject)) {
        if !last.is_over(now) {
            last.suppressed = last.suppressed.saturating_add(1);
            return None;
        }
        let LastShown { suppressed, .. } = std::mem::replace(last, LastShown { at: now, suppressed: 0 });
        return Some((suppressed > 0).then_some(suppressed));
    }
    if shard.values().map(HashMap::len).sum::<usize>() >= MOST_SUBJECTS {
        for subjects in shard.values_mut() {
            subjects.retain(|_, last| !last.is_over(now));
        }
        if shard.values().map(HashMap::len).sum::<usize>() >= MOST_SUBJECTS {
            return None;
        }
    }
    shard.entry(event).or_default().insert(subject.into(), LastShown { at: now, suppressed: 0 });
    Some(None)
}

#[cfg(feature = "testing")]
pub(crate) fn forget_all() {
    for shard in &LAST.1 {
        lock(shard).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Moment = Moment::from_nanos(5_000_000_000);
    const SECOND: Duration = Duration::from_secs(1);
    const RETRY: EventOfClock = (ClockId::Real, "retry");

    #[test]
    fn the_same_event_of_the_same_subject_is_shown_once_a_second_and_the_others_are_counted() {
        let mut shard = RepeatShard::new();
        assert_eq!(show(&mut shard, RETRY, "f", START), Some(None));
        assert_eq!(show(&mut shard, RETRY, "f", START.after(SECOND / 2)), None);
        assert_eq!(show(&mut shard, RETRY, "g", START.after(SECOND / 2)), Some(None));
        assert_eq!(show(&mut shard, (ClockId::Manual(1), "retry"), "f", START.after(SECOND / 2)), Some(None));
        assert_eq!(show(&mut shard, (ClockId::Real, "timeout"), "f", START.after(SECOND / 2)), Some(None));
        assert_eq!(show(&mut shard, RETRY, "f", START.after(SECOND * 9 / 10)), None);
        assert_eq!(show(&mut shard, RETRY, "f", START.after(SECOND)), Some(Some(2)));
        assert_eq!(show(&mut shard, RETRY, "f", START.after(SECOND * 2)), Some(None));
    }

    #[test]
    fn a_clock_that_was_set_back_silences_nothing() {
        let mut shard = RepeatShard::new();
        assert_eq!(show(&mut shard, RETRY, "f", START), Some(None));
        assert_eq!(show(&mut shard, RETRY, "f", Moment::from_nanos(START.as_nanos() - 1)), None);
        assert_eq!(show(&mut shard, RETRY, "f", Moment::from_nanos(0)), Some(Some(1)));
    }

    #[test]
    fn any_number_of_subjects_takes_bounded_memory() {
        let mut shard = RepeatShard::new();
        let fill = |shard: &mut RepeatShard, at| {
            (0..10_000).filter(|number: &u32| show(shard, RETRY, &number.to_string(), at).is_some()).count()
        };
        assert_eq!(fill(&mut shard, START), MOST_SUBJECTS);
        assert_eq!(fill(&mut shard, START.after(SECOND)), MOST_SUBJECTS, "those of a second ago have gone");
        assert_eq!(shard[&RETRY].len(), MOST_SUBJECTS);
    }
}
