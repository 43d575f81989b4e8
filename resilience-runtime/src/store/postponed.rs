//! Updates that are sent again after an outage.

use super::key::SharedState;
use super::notice::{Notice, NoticeKind};
use super::request::Update;

/// The most updates that are kept.
const MOST: usize = 2_048;

/// Updates to send when the engine is back. Without them, a value that the program has removed would
/// be read again, and a place that a call has left would stay taken for its whole lease.
///
/// All other updates are dropped during an outage. An inserted value may be too old by the time the
/// engine is back, so the entry is removed instead. A cache with too many removals is cleared.
#[derive(Debug, Default)]
pub struct Postponed {
    updates: Vec<Update>,
}

impl Postponed {
    /// Creates an empty list.
    pub const fn new() -> Self {
        Self { updates: Vec::new() }
    }

    /// Returns whether such an update is kept during an outage.
    pub const fn is_for(update: &Update) -> bool {
        match update {
            Update::Mark { .. } | Update::Clear { .. } | Update::Leave { .. } => true,
            Update::Put { seen, .. } => seen.is_none(),
            Update::Remove { unless_changed, .. } => unless_changed.is_none(),
            Update::Tell(Notice { state, .. }) => matches!(state, SharedState::Cache),
            _ => false,
        }
    }

    /// Keeps an update. Returns false if it is lost, and true if it is kept or a kept one has the
    /// same effect.
    pub fn keep(&mut self, update: Update) -> bool {
        if !Self::is_for(&update) {
            return false;
        }
        let update = match update {
            Update::Put { key, .. } => Update::Remove { key, unless_changed: None },
            other => other,
        };
        if self.updates.contains(&update) || cache(&update).is_some_and(|name| self.clears(name, &update)) {
            return true;
        }
        if self.updates.len() < MOST {
            self.updates.push(update);
            return true;
        }
        let Some(name) = cache(&update).map(str::to_owned) else { return false };
        self.updates.retain(|kept| cache(kept) != Some(&name));
        let notice = Notice { state: SharedState::Cache, name: name.clone(), hash: None, kind: NoticeKind::Cleared };
        self.updates.extend([Update::Clear { name }, Update::Tell(notice)]);
        true
    }

    /// Returns whether a clear that is kept has the effect of the update.
    fn clears(&self, name: &str, update: &Update) -> bool {
        let is_clear = |kept: &Update| match (kept, update) {
            (Update::Clear { name: cleared }, Update::Mark { .. } | Update::Remove { .. }) => cleared == name,
            (Update::Tell(kept), Update::Tell(_)) => kept.kind == NoticeKind::Cleared && kept.name == name,
            _ => false,
        };
        self.updates.iter().any(is_clear)
    }

    /// Returns all updates, in the order in which they must be sent.
    pub fn updates(&self) -> &[Update] {
        &self.updates
    }

    /// Takes all updates, in the order in which they must be sent.
    pub fn take(&mut self) -> Vec<Update> {
        std::mem::take(&mut self.updates)
    }

    /// Returns whether there are no updates.
    pub fn is_empty(&self) -> bool {
        self.updates.is_empty()
    }

    /// Returns the caches with changes that are not sent yet. Until then, the engine has outdated
    /// values of them.
    pub fn caches(&self) -> impl Iterator<Item = &str> {
        self.updates.iter().filter(|update| !matches!(update, Update::Tell(_))).filter_map(cache)
    }
}

/// The cache that an update is about.
fn cache(update: &Update) -> Option<&str> {
    match update {
        Update::Mark { key, .. } | Update::Remove { key, .. } => Some(&key.name),
        Update::Clear { name } | Update::Tell(Notice { name, .. }) => Some(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::store::{KeyHash, OwnedStateKey, Seen};

    fn key(state: SharedState, name: &str, number: usize) -> OwnedStateKey {
        let hash = Some(KeyHash::from_u128(number as u128));
        OwnedStateKey { state, name: name.to_owned(), variant: String::new(), hash }
    }

    fn mark(name: &str, number: usize) -> Update {
        let time = Duration::from_secs(600);
        Update::Mark { key: key(SharedState::Cache, name, number), mark: vec![7], time }
    }

    fn tell(name: &str, kind: NoticeKind) -> Update {
        Update::Tell(Notice { state: SharedState::Cache, name: name.to_owned(), hash: None, kind })
    }

    fn leave(number: usize) -> Update {
        Update::Leave { key: key(SharedState::Bulkhead, "gpu", 0), token: number as u128 }
    }

    #[test]
    fn what_nobody_makes_up_for_waits_in_order_and_once() {
        let mut postponed = Postponed::new();
        let entry = key(SharedState::Cache, "answers", 1);
        let put = |seen| Update::Put { key: entry.clone(), value: vec![1], seen, time: None };
        let remove = |unless_changed| Update::Remove { key: entry.clone(), unless_changed };
        assert!(!postponed.keep(put(Some(Seen::default()))), "a load of another process finds it too");
        assert!(!postponed.keep(remove(Some(vec![1]))));
        assert!(!postponed.keep(Update::ResetWindow { key: key(SharedState::RateLimit, "search", 1) }));
        assert!(postponed.is_empty());
        for _ in 0..2 {
            assert!(postponed.keep(mark("answers", 2)) && postponed.keep(put(None)) && postponed.keep(leave(3)));
        }
        assert_eq!(postponed.caches().collect::<Vec<_>>(), ["answers", "answers"]);
        assert_eq!(postponed.take(), [mark("answers", 2), remove(None), leave(3)]);
        assert!(postponed.is_empty());
    }

    #[test]
    fn a_clear_stands_for_the_removals_after_it() {
        let mut postponed = Postponed::new();
        let clear = Update::Clear { name: "answers".to_owned() };
        let (cleared, invalidated) = (tell("answers", NoticeKind::Cleared), tell("answers", NoticeKind::Invalidated));
        for update in [clear.clone(), mark("answers", 1), mark("others", 1), invalidated, cleared.clone()] {
            assert!(postponed.keep(update));
        }
        assert!(postponed.keep(tell("answers", NoticeKind::Invalidated)), "the message about the clear waits");
        let kept = postponed.take();
        assert_eq!(kept.len(), 4, "{kept:?}");
        assert_eq!((&kept[0], &kept[3]), (&clear, &cleared));
    }

    #[test]
    fn too_many_removals_become_a_clear_and_too_many_places_are_lost() {
        let mut postponed = Postponed::new();
        assert!(postponed.keep(leave(0)) && postponed.keep(mark("others", 0)));
        assert!((0..2 * MOST).all(|number| postponed.keep(mark("answers", number))));
        let clear = Update::Clear { name: "answers".to_owned() };
        let all = postponed.take();
        assert_eq!(all, [leave(0), mark("others", 0), clear, tell("answers", NoticeKind::Cleared)]);
        assert_eq!((0..2 * MOST).filter(|number| postponed.keep(leave(*number))).count(), MOST);
    }
}
