use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::event::SourceLocation;
use crate::sync::lock;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Configurer {
    Attribute,
    /// With its age: policies are numbered as they are built.
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
}

#[derive(Debug)]
pub struct Reconciled<C> {
    pub applies: bool,
    /// The settings that they disagree with.
    pub conflict: Option<PlacedSettings<C>>,
}

impl<C: Copy + PartialEq> Origins<C> {
    pub fn new(first: PlacedSettings<C>) -> Self {
        let attribute = (first.by == Configurer::Attribute).then_some(first);
        Self(Mutex::new(OriginState { attribute, current: first }))
    }

    pub fn current(&self) -> PlacedSettings<C> {
        lock(&self.0).current
    }

    /// The newest policy applies. Between attributes, the first one does.
    pub fn reconcile(&self, new: PlacedSettings<C>, apply: impl Fn(&C)) -> Reconciled<C> {
        let (applies, conflict, mut change) = self.decide(new);
        // Applied without the lock, because it wakes calls. A newer policy may be faster.
        while let Some(applied) = change {
            apply(&applied.config);
            let current = lock(&self.0).current;
            change = (current.by != applied.by).then_some(current);
        }
        Reconciled { applies, conflict }
    }

    fn decide(&self, new: PlacedSettings<C>) -> (bool, Option<PlacedSettings<C>>, Option<PlacedSettings<C>>) {
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
        let changes = applies && differs(&state.current);
        if applies {
            state.current = new;
        }
        (applies, against.filter(differs), changes.then_some(new))
    }
}

/// Shows the settings in which two configurations differ, as pairs of both.
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
