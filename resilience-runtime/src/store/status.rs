//! The state of each store, for people: whether its engine answers, since when, and its last problem.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use crate::one_line::OneLine;
use crate::sync::lock;
use crate::time::{self, Moment};

/// A store in which processes share state, as this process knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct StoreSnapshot {
    /// The namespace of the store.
    pub name: String,
    /// True if the store is connected and its engine is not known to be away.
    pub is_available: bool,
    /// The time since that changed.
    pub unchanged_for: Duration,
    /// The last problem, also of a store that is available again. It contains no credentials, keys or
    /// values.
    pub last_problem: Option<StoreProblem>,
}

/// The last problem of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct StoreProblem {
    /// The message, on one line.
    pub message: String,
    /// The time since it occurred.
    pub age: Duration,
}

/// By namespace.
static STORES: Mutex<BTreeMap<&'static str, StoreState>> = Mutex::new(BTreeMap::new());

#[derive(Debug)]
struct StoreState {
    is_available: bool,
    since: Moment,
    last_problem: Option<(String, Moment)>,
}

/// The longest message that is kept, in bytes.
const LONGEST: usize = 500;

impl StoreState {
    fn new(is_available: bool) -> Self {
        Self { is_available, since: time::now(), last_problem: None }
    }
}

pub fn changed(namespace: &'static str, is_available: bool) {
    let mut stores = lock(&STORES);
    let last_problem = stores.remove(namespace).and_then(|state| state.last_problem);
    stores.insert(namespace, StoreState { last_problem, ..StoreState::new(is_available) });
}

/// `is_available` is the state of a store that was not recorded before.
pub fn failed(namespace: &'static str, is_available: bool, problem: &str) {
    let mut message = OneLine(problem).to_string();
    let end = (0..=LONGEST.min(message.len())).rev().find(|at| message.is_char_boundary(*at));
    message.truncate(end.unwrap_or_default());
    let mut stores = lock(&STORES);
    let state = stores.entry(namespace).or_insert_with(|| StoreState::new(is_available));
    state.last_problem = Some((message, time::now()));
}

/// Sorted by name.
pub fn snapshots() -> Vec<StoreSnapshot> {
    let now = time::now();
    let shown = |(name, state): (&&'static str, &StoreState)| StoreSnapshot {
        name: (*name).to_owned(),
        is_available: state.is_available,
        unchanged_for: now.since(state.since),
        last_problem: state
            .last_problem
            .as_ref()
            .map(|(message, at)| StoreProblem { message: message.clone(), age: now.since(*at) }),
    };
    lock(&STORES).iter().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_message_is_cut_between_two_letters() {
        failed("long messages", true, &"é\n".repeat(1_000));
        let all = snapshots();
        let store = all.iter().find(|store| store.name == "long messages").expect("it has failed");
        let problem = store.last_problem.as_ref().expect("a problem");
        assert_eq!((problem.message.len(), problem.message.contains('\n')), (LONGEST, false));
    }
}
