use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::event::SourceLocation;
use crate::sync::lock;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Configurer {
    Attribute,
    /// With its number: policies are numbered in the order in which they are built.
    Policy(u64),
}

impl Configurer {
    pub fn new_policy() -> Self {
        static BUILT: AtomicU64 = AtomicU64::new(0);
        Self::Policy(BUILT.fetch_add(1, Ordering::Relaxed))
    }
}

#[derive(Debug, Clone, Copy)]
pub struct PlacedSettings<C> {
    pub config: C,
    pub location: SourceLocation,
    pub by: Configurer,
}

/// The settings that attributes and policies have given to one name.
#[derive(Debug)]
pub struct Origins<C>(Mutex<OriginState<C>>);

#[derive(Debug)]
struct OriginState<C> {
    attribute: Option<PlacedSettings<C>>,
    current: PlacedSettings<C>,
    /// The settings in force, which overrides may have changed, and the number of changes.
    in_force: C,
    changes: u64,
}

#[derive(Debug)]
pub struct Reconciled<C> {
    pub applies: bool,
    /// The settings with which they conflict.
    pub conflict: Option<PlacedSettings<C>>,
}

impl<C: Copy + PartialEq> Origins<C> {
    pub fn new(first: PlacedSettings<C>, in_force: C) -> Self {
        let attribute = (first.by == Configurer::Attribute).then_some(first);
        Self(Mutex::new(OriginState { attribute, current: first, in_force, changes: 0 }))
    }

    pub fn current(&self) -> PlacedSettings<C> {
        lock(&self.0).current
    }

    /// Puts settings in force, unless they already are.
    pub fn put_in_force(&self, config: C, apply: impl Fn(&C)) {
        let (mut config, mut change) = (config, {
            let mut state = lock(&self.0);
            if state.in_force == config {
                return;
            }
            state.in_force = config;
            state.changes += 1;
            state.changes
        });
        // Applied without the lock, because it wakes calls. Another thread may be faster.
        loop {
            apply(&config);
            let state = lock(&self.0);
            if state.changes == change {
                return;
            }
            (config, change) = (state.in_force, state.changes);
        }
    }

    /// The newest policy applies. Between attributes, the first one does.
    pub fn reconcile(&self, new: PlacedSettings<C>) -> Reconciled<C> {
        let mut state = lock(&self.0);
        let differs = |other: &PlacedSettings<C>| other.config != new.config;
        let (applies, against) = match (new.by, state.current.by) {
            (Configurer::Policy(new), Configurer::Policy(current)) => (new > current, state.attribute),
            (Configurer::Policy(_), Configurer::Attribute) => (true, state.attribute),
            (Configurer::Attribute, _) => (false, Some(state.current)),
        };
        if new.by == Configurer::Attribute {
            state.attribute.get_or_insert(new);
        }
        if applies {
            state.current = new;
        }
        Reconciled { applies, conflict: against.filter(differs) }
    }
}

pub fn differences(first: &dyn fmt::Debug, second: &dyn fmt::Debug) -> [String; 2] {
    let (first, second) = (fields(first), fields(second));
    let shown = |one: &[String], other: &[String]| {
        let differing: Vec<&str> = one.iter().filter(|field| !other.contains(field)).map(|field| &**field).collect();
        differing.join(", ")
    };
    [shown(&first, &second), shown(&second, &first)]
}

fn fields(config: &dyn fmt::Debug) -> Vec<String> {
    let text = format!("{config:#?}");
    let mut fields: Vec<String> = Vec::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("    ")) {
        match fields.last_mut() {
            Some(field) if line.starts_with([' ', ')', '}', ']']) => field.push_str(line.trim_start()),
            _ => fields.push(line.to_owned()),
        }
    }
    fields.iter().map(|field| field.trim_end_matches(',').replace(",)", ")").replace(": ", " = ")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[derive(Debug, Clone, Copy, PartialEq)]
    struct Config {
        max: u32,
        wait: Option<Duration>,
        queue: u32,
    }

    #[test]
    fn a_conflict_shows_the_settings_that_differ() {
        let first = Config { max: 1, wait: None, queue: 3 };
        let second = Config { max: 2, wait: Some(Duration::from_secs(1)), queue: 3 };
        assert_eq!(differences(&first, &second), ["max = 1, wait = None", "max = 2, wait = Some(1s)"]);
    }
}
