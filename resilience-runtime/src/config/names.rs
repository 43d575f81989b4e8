use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use resilience_options::suggest::{did_you_mean, is_slip, list};

use super::error::{ConfigError, ConfigProblem};
use super::file::ALL;
use super::problems_of;
use crate::emit::emit;
use crate::event::Event;
use crate::settings::{OverrideSet, SectionName, SettingOverride, current, folded, targets};
use crate::sync::lock;

static ALL_KNOWN: AtomicBool = AtomicBool::new(false);

/// The unused names that were reported, and whether they were reported as probable mistakes.
static REPORTED: Mutex<BTreeMap<String, bool>> = Mutex::new(BTreeMap::new());

static IS_ANY_UNUSED: AtomicBool = AtomicBool::new(false);

/// A name has come into use since the last report.
static HAS_NEW_NAMES: AtomicBool = AtomicBool::new(false);

pub fn are_all_known() -> bool {
    ALL_KNOWN.load(Ordering::Relaxed)
}

pub fn forget() {
    ALL_KNOWN.store(false, Ordering::Relaxed);
    IS_ANY_UNUSED.store(false, Ordering::Relaxed);
    lock(&REPORTED).clear();
}

/// Declares that every name is known by now, and checks all settings again. From then on, a setting
/// for an unknown name is an error.
///
/// Call it once the functions and policies of the program have been called: after a warm-up, or in a
/// test. Names that appear later are accepted, and take the settings in force.
///
/// # Errors
///
/// Returns every name that is not in use, with the most similar name that is, every setting for all
/// names that applies nowhere, and every setting that is invalid for its attribute. The settings stay
/// as they are.
pub fn check() -> Result<(), ConfigError> {
    ALL_KNOWN.store(true, Ordering::Relaxed);
    let set = current();
    let mut problems = problems_of(&set);
    problems.extend(unknown(&set, |_| true));
    ConfigError::unless_empty(problems)
}

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

/// Returns the settings for names that are not in use, once for each table.
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
            problems.push(ConfigProblem::new(&*one.place, setting, unknown_name(one, &known)));
        }
    }
    for one in set.all.iter().filter(|one| !one.section.is_specific() && is_asked(one)) {
        if let Some(problem) = applies_nowhere(set, one) {
            let setting = format!("[{}.{}]", one.section, one.attribute);
            problems.push(ConfigProblem::new(&*one.place, setting, problem));
        }
    }
    problems
}

fn applies_nowhere(set: &OverrideSet, one: &SettingOverride) -> Option<String> {
    let SettingOverride { attribute, option, .. } = one;
    let mut reason = None;
    for target in targets().iter().filter(|target| target.attribute() == *attribute) {
        let over = target.passed_over(set).into_iter().find(|over| over.setting == *one)?;
        reason.get_or_insert(over.reason);
    }
    Some(match reason {
        Some(reason) => format!("`{option}` applies to no `#[{attribute}]` in use: {reason}"),
        None => format!("no `#[{attribute}]` in use has a name or `config = \"..\"`; add one, or remove the table"),
    })
}

fn unknown_name(one: &SettingOverride, known: &[(String, &'static str)]) -> String {
    let SettingOverride { section, attribute, .. } = one;
    let mut others: Vec<&str> =
        known.iter().filter(|(name, _)| section.is_of(name)).map(|(_, attribute)| *attribute).collect();
    others.sort_unstable();
    others.dedup();
    if !others.is_empty() {
        return format!("`{section}` has no `#[{attribute}]` with this name or `config`; it has {}", list(others));
    }
    if is_meant_for_all(one) {
        return format!(
            "no `#[{attribute}]` has the name `{section}`; the table for every name is `[{ALL}.{attribute}]`"
        );
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
    let hint = near.unwrap_or_else(|| {
        if names.is_empty() {
            String::new()
        } else {
            format!("; in use are {}", list(names.iter().map(String::as_str)))
        }
    });
    format!("no `#[{attribute}]` has the name `{section}`{hint}")
}

/// Returns whether the settings were probably meant for all names.
fn is_meant_for_all(one: &SettingOverride) -> bool {
    let SectionName::Named(name) = &one.section else { return false };
    name == "*" || name.trim().eq_ignore_ascii_case(ALL)
}

/// Returns whether the settings were probably meant for this name, which is in use and has none.
fn is_meant_for(one: &SettingOverride, name: &str, attribute: &str, set: &OverrideSet) -> bool {
    let is_like = match &one.section {
        SectionName::All => false,
        SectionName::Named(written) => is_slip(written, name),
        SectionName::Folded(written) => is_slip(written, &folded(name)),
    };
    let has_own =
        || set.all.iter().any(|own| own.attribute == attribute && own.section.is_specific() && own.section.is_of(name));
    one.attribute == attribute && is_like && !has_own()
}

/// Reports the settings for names that are not in use yet, each name once as long as it has settings.
pub fn report_unused(set: &OverrideSet) {
    let known: Vec<_> = targets().iter().map(|target| (target.section(), target.attribute())).collect();
    let is_known = |one: &SettingOverride| known.iter().any(|(name, _)| one.section.is_of(name));
    let mut unused: BTreeMap<String, (&SettingOverride, String)> = BTreeMap::new();
    for one in &set.all {
        if one.section.is_specific() && !is_known(one) {
            unused.entry(one.section.to_string()).or_insert_with(|| (one, unknown_name(one, &known)));
        } else if !one.section.is_specific() {
            if let Some(problem) = applies_nowhere(set, one) {
                let (attribute, option) = (one.attribute, one.option);
                unused.entry(format!("all.{attribute}.{option}")).or_insert((one, problem));
            }
        }
    }
    IS_ANY_UNUSED.store(!unused.is_empty(), Ordering::Relaxed);
    if known.is_empty() {
        unused.retain(|_, (one, _)| is_meant_for_all(one));
    }
    let is_mistake = |one: &SettingOverride| {
        is_meant_for_all(one) || known.iter().any(|(name, of)| is_meant_for(one, name, of, set))
    };
    let now = unused.iter().map(|(name, (one, _))| (name.clone(), is_mistake(one))).collect();
    let reported = std::mem::replace(&mut *lock(&REPORTED), now);
    for (name, (one, problem)) in unused {
        let is_near_another = is_mistake(one);
        if reported.get(&name).is_none_or(|was_mistake| !was_mistake && is_near_another) {
            let name = one.section.to_string();
            emit(&Event::UnknownName { name: &name, place: &one.place, problem: &problem, is_near_another });
        }
    }
}

/// Reports unused settings again if names have come into use, when the program takes a snapshot.
pub fn report_new() {
    if IS_ANY_UNUSED.load(Ordering::Relaxed) && HAS_NEW_NAMES.swap(false, Ordering::Relaxed) {
        report_unused(&current());
    }
}

/// Reports the names that a new name in use reveals as misspelled. The others may be used later.
pub fn compare_with(name: &str, attribute: &'static str) {
    if !IS_ANY_UNUSED.load(Ordering::Relaxed) {
        return;
    }
    HAS_NEW_NAMES.store(true, Ordering::Relaxed);
    let set = current();
    if set.all.iter().any(|one| is_meant_for(one, name, attribute, &set)) {
        report_unused(&set);
    }
}
