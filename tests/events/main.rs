#![deny(warnings)]
#![allow(clippy::unnecessary_wraps, clippy::unused_async, reason = "the forms of the functions that are tested")]
//! Every event of a call names the function or policy that was called. One of them is about a shutdown, so this is a
//! program of its own.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;
mod attributes;
mod one_line;
mod policies;
mod shared;

use std::collections::BTreeSet;

use resilience::testing::Events;

/// Events of handles, of the process and of configurations: nobody has been called.
const OF_NO_CALL: [&str; 15] = [
    "breaker.conflict",
    "bulkhead.conflict",
    "rate_limit.conflict",
    "cache.conflict",
    "breaker.window_restarted",
    "config.applied",
    "config.rejected",
    "config.unknown_name",
    "config.invalid",
    "store.away",
    "store.connected",
    "store.refused",
    "store.dropped",
    "shutdown.begun",
    "shutdown.finished",
];

/// Every event that `tracing` receives, as the documentation lists them.
fn documented() -> BTreeSet<String> {
    let page = include_str!("../../docs/observability.md");
    let table = page.split_once("| event | level | fields |").expect("the table").1;
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    let cells = rows.filter_map(|row| row.split('|').nth(1)).filter(|cell| cell.contains('`'));
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned)).collect()
}

/// The events of calls that scenarios have emitted.
#[derive(Default)]
struct Walk {
    seen: BTreeSet<String>,
}

impl Walk {
    /// Each event but those of the process has to name this function.
    #[track_caller]
    fn saw(&mut self, function: &str, events: &Events) {
        for event in events.iter().filter(|event| !OF_NO_CALL.contains(&event.name())) {
            let named = event.get("function").and_then(|function| function.as_str()).unwrap_or_default();
            assert!(named.contains(function), "`{event}` is about a call of {function}");
            self.seen.insert(event.name().to_owned());
        }
    }

    #[track_caller]
    fn has_seen_all_but(&self, missing: &[&str]) {
        let known: BTreeSet<String> = OF_NO_CALL.iter().chain(missing).map(|&name| name.to_owned()).collect();
        let seen: BTreeSet<String> = self.seen.union(&known).cloned().collect();
        assert_eq!(seen, documented());
        assert!(self.seen.is_disjoint(&known), "{:?}", self.seen);
    }
}
