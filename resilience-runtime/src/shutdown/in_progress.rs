//! The calls in progress.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock};

use crate::metrics;
use crate::sync::lock;

/// The number of calls by name. A name without calls is removed.
static CALLS: Mutex<BTreeMap<Cow<'static, str>, u64>> = Mutex::new(BTreeMap::new());

/// Returns the names of the bulkheads, and the permits that each of them has granted.
type HeldPlaces = fn() -> Vec<(String, u64)>;

static PLACES: OnceLock<HeldPlaces> = OnceLock::new();

/// Makes a shutdown wait for calls that hold a permit, if the calls themselves are not counted.
pub(crate) fn wait_for_places(held: HeldPlaces) {
    PLACES.get_or_init(|| held);
}

/// Counts a piece of work as in progress until the returned guard is dropped, so that
/// [`shutdown`](crate::shutdown) waits for it: a request, a job, a message.
///
/// The name appears in the report and need not be unique. Calls in a bulkhead are counted without
/// it, and with the feature `metrics` and a recorder, or with a dashboard, so are those of all
/// annotated functions and policies.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use std::time::Duration;
///
/// let job = resilience::in_progress("import");
/// let report = resilience::shutdown(Duration::ZERO).await;
/// assert_eq!((report.left, &*report.left_by_name[0].name), (1, "import"));
///
/// drop(job);
/// assert_eq!(resilience::shutdown(Duration::ZERO).await.left, 0);
/// # }
/// ```
pub fn in_progress(name: impl Into<Cow<'static, str>>) -> InProgress {
    let name = name.into();
    *lock(&CALLS).entry(name.clone()).or_default() += 1;
    InProgress { name }
}

/// A guard from [`in_progress`]: the work is in progress until it is dropped.
#[derive(Debug)]
#[must_use = "it is in progress until this is dropped"]
pub struct InProgress {
    name: Cow<'static, str>,
}

impl Drop for InProgress {
    fn drop(&mut self) {
        let mut calls = lock(&CALLS);
        if let Some(count) = calls.get_mut(&self.name) {
            *count -= 1;
            if *count == 0 {
                calls.remove(&self.name);
            }
        }
    }
}

/// The calls in progress by name.
pub(super) fn by_name() -> BTreeMap<String, u64> {
    let mut counts = metrics::calls_in_progress();
    // Calls that are counted would be counted again by their permits.
    let places = PLACES.get().filter(|_| !metrics::counts_calls());
    for (name, held) in places.map_or_else(Vec::new, |places| places()) {
        if held > 0 {
            *counts.entry(name).or_default() += held;
        }
    }
    for (name, count) in &*lock(&CALLS) {
        *counts.entry(name.to_string()).or_default() += count;
    }
    counts
}

pub(super) fn total() -> u64 {
    by_name().values().sum()
}
