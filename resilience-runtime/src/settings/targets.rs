use std::sync::{Arc, Mutex, OnceLock};

use resilience_options::OptionValue;

use super::merge::{MergeProblem, PassedOver, TracedValue};
use super::overrides::{OverrideSet, current};
use crate::emit::emit;
use crate::event::{Event, SourceLocation};
use crate::sync::lock;

pub type WrittenValue = (&'static str, Option<OptionValue>);

/// Something whose settings can be overridden: the attributes and policies of one name, or one site.
pub trait Target: Send + Sync {
    fn attribute(&self) -> &'static str;
    fn section(&self) -> String;
    fn location(&self) -> SourceLocation;
    fn is_alive(&self) -> bool;
    fn values(&self, set: &OverrideSet) -> Vec<TracedValue>;
    fn passed_over(&self, set: &OverrideSet) -> Vec<PassedOver>;
    fn check(&self, set: &OverrideSet) -> Result<(), MergeProblem>;
    fn apply(&self, set: &OverrideSet) -> Result<(), MergeProblem>;
}

#[derive(Default)]
struct Targets {
    all: Vec<Arc<dyn Target>>,
    /// The length beyond which targets that are gone are removed.
    crowded: usize,
}

static TARGETS: Mutex<Option<Targets>> = Mutex::new(None);

pub fn targets() -> Vec<Arc<dyn Target>> {
    let all = lock(&TARGETS).get_or_insert_default().all.clone();
    all.into_iter().filter(|target| target.is_alive()).collect()
}

pub fn register(target: Arc<dyn Target>) {
    let registered = Arc::clone(&target);
    let gone = {
        let mut targets = lock(&TARGETS);
        let targets = targets.get_or_insert_default();
        targets.all.push(target);
        if targets.all.len() > targets.crowded.max(64) {
            let (alive, gone): (Vec<_>, Vec<_>) = targets.all.drain(..).partition(|target| target.is_alive());
            targets.crowded = alive.len() * 2;
            targets.all = alive;
            gone
        } else {
            Vec::new()
        }
    };
    drop(gone);
    apply(&*registered);
    if let Some(hook) = ON_REGISTRATION.get() {
        hook(&registered.section(), registered.attribute());
    }
}

static ON_REGISTRATION: OnceLock<fn(&str, &'static str)> = OnceLock::new();

/// Calls `hook` with the name and the attribute of every later registration.
pub fn on_registration(hook: fn(&str, &'static str)) {
    let _is_first = ON_REGISTRATION.set(hook);
}

fn apply(target: &dyn Target) {
    report(&target.section(), target.attribute(), apply_until_stable(|set| target.apply(set)));
}

/// Applies the current settings, again if they have changed meanwhile.
pub fn apply_until_stable<T>(apply: impl Fn(&OverrideSet) -> T) -> T {
    let mut set = current();
    loop {
        let applied = apply(&set);
        let newest = current();
        if newest.generation == set.generation {
            return applied;
        }
        set = newest;
    }
}

/// Holds no lock, because applying settings wakes calls.
pub fn apply_to_all() {
    for target in targets() {
        apply(&*target);
    }
}

pub fn report(section: &str, attribute: &'static str, applied: Result<(), MergeProblem>) {
    let Err(problem) = applied else { return };
    let place = problem.setting.as_ref().map_or("", |(place, _)| place);
    emit(&Event::InvalidSettings { name: section, attribute, place, problem: &problem.message });
}
