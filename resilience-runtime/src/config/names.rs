use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use resilience_options::suggest::{did_you_mean, list};

use super::error::{ConfigError, ConfigProblem};
use super::problems_of;
use crate::emit::emit;
use crate::event::Event;
use crate::settings::{OverrideSet, SectionName, SettingOverride, current, folded, targets};
use crate::sync::lock;

static ALL_KNOWN: AtomicBool = AtomicBool::new(false);

/// The names that wait for somebody to use them, and have been told.
static TOLD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

pub fn are_all_known() -> bool {
    ALL_KNOWN.load(Ordering::Relaxed)
}

pub fn forget() {
    ALL_KNOWN.store(false, Ordering::Relaxed);
    lock(&TOLD).clear();
}

/// Declares that every name is known by now, and checks all settings again. From now on, a setting for
/// an unknown name is an error.
///
/// Call it once the functions and policies of the program have been called: after a warm-up, or in a
/// test. Names that appear later are accepted, and take the settings in force.
///
/// # Errors
///
/// Returns every name that nothing uses, with the most similar name in use, and every setting that does
/// not fit its attribute. The settings stay as they are.
pub fn check() -> Result<(), ConfigError> {
    ALL_KNOWN.store(true, Ordering::Relaxed);
    let set = current();
    let mut problems = problems_of(&set);
    problems.extend(unknown(&set, |_| true));
    ConfigError::unless_empty(problems)
}

/// Returns the variables that several names in use spell alike.
pub fn ambiguous(set: &OverrideSet) -> Vec<ConfigProblem> {
    let mut known: Vec<String> = targets().iter().map(|target| target.section()).collect();
    known.sort();
    known.dedup();
    let folded = set.all.iter().filter(|one| matches!(one.section, SectionName::Folded(_)));
    let problem_of = |one: &SettingOverride| {
        let alike: Vec<&String> = known.iter().filter(|name| one.section.is_of(name)).collect();
        let [first, second, ..] = &*alike else { return None };
        Some(ConfigProblem::new(&*one.place, "", twins(&one.place, first, second)))
    };
    folded.filter_map(problem_of).collect()
}

pub fn twins(variable: &str, first: &str, second: &str) -> String {
    format!(
        "`{variable}` may mean the name \"{first}\" or the name \"{second}\"; write it in a file, or change one name"
    )
}

/// Returns the settings for names that nobody uses, once for each table.
pub fn unknown(set: &OverrideSet, is_asked: impl Fn(&SettingOverride) -> bool) -> Vec<ConfigProblem> {
    let mut problems: Vec<ConfigProblem> = Vec::new();
    let mut seen: Vec<(&SectionName, &str)> = Vec::new();
    let known: Vec<(String, &'static str)> =
        targets().iter().map(|target| (target.section(), target.attribute())).collect();
    for one in set.all.iter().filter(|one| one.section.is_specific() && is_asked(one)) {
        let is_used = known.iter().any(|(name, attribute)| one.section.is_of(name) && *attribute == one.attribute);
        if !is_used && !seen.contains(&(&one.section, one.attribute)) {
            seen.push((&one.section, one.attribute));
            let setting = format!("[{}.{}]", one.section, one.attribute);
            problems.push(ConfigProblem::new(&*one.place, setting, unknown_name(one, &known).problem));
        }
    }
    problems
}

struct UnknownName {
    problem: String,
    is_near_another: bool,
}

fn unknown_name(one: &SettingOverride, known: &[(String, &'static str)]) -> UnknownName {
    let SettingOverride { section, attribute, .. } = one;
    let mut others: Vec<&str> =
        known.iter().filter(|(name, _)| section.is_of(name)).map(|(_, attribute)| *attribute).collect();
    others.sort_unstable();
    others.dedup();
    if !others.is_empty() {
        let hint = if *attribute == "timeout" { "; the limits of a stream have no settings" } else { "" };
        let problem =
            format!("`{section}` has no `#[{attribute}]` with this name or `config`; it has {}{hint}", list(others));
        return UnknownName { problem, is_near_another: true };
    }
    let is_folded = matches!(section, SectionName::Folded(_));
    let mut names: Vec<String> = known
        .iter()
        .filter(|(_, of)| of == attribute)
        .map(|(name, _)| if is_folded { folded(name).to_lowercase() } else { name.clone() })
        .collect();
    names.sort();
    names.dedup();
    let near = did_you_mean(&section.to_string(), names.iter().map(String::as_str), '`');
    let is_near_another = near.is_some();
    let hint = near.unwrap_or_else(|| {
        if names.is_empty() {
            String::new()
        } else {
            format!("; in use are {}", list(names.iter().map(String::as_str)))
        }
    });
    UnknownName { problem: format!("no `#[{attribute}]` has the name `{section}`{hint}"), is_near_another }
}

/// Tells of the names that nobody has used yet, each one once for as long as there are settings for it.
pub fn tell(set: &OverrideSet) {
    let known: Vec<_> = targets().iter().map(|target| (target.section(), target.attribute())).collect();
    if known.is_empty() {
        return;
    }
    let waiting = set.all.iter().filter(|one| one.section.is_specific());
    let waiting = waiting.filter(|one| !known.iter().any(|(name, _)| one.section.is_of(name)));
    let waiting: BTreeMap<String, &SettingOverride> = waiting.rev().map(|one| (one.section.to_string(), one)).collect();
    let told = std::mem::replace(&mut *lock(&TOLD), waiting.keys().cloned().collect());
    for (name, one) in waiting {
        if !told.contains(&name) {
            let UnknownName { problem, is_near_another } = unknown_name(one, &known);
            emit(&Event::UnknownName { name: &name, place: &one.place, problem: &problem, is_near_another });
        }
    }
}
