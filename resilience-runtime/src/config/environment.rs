//! Settings in variables of the environment: `RESILIENCE_LLM_RETRY_MAX=5`.

use std::ffi::OsStr;

use resilience_options::suggest::did_you_mean;
use resilience_options::{Written, spellings};

use super::attributes::{AttributeTable, FALLBACK_IS_CODE};
use super::draft::SettingsDraft;
use super::file::ALL;
use crate::settings::{OverrideSource, SectionName, folded, targets};

pub const PREFIX: &str = "RESILIENCE_";

struct Reading {
    /// The name as the variable spells it.
    name: String,
    table: &'static AttributeTable,
    word: String,
}

pub fn read<K: AsRef<OsStr>, V: AsRef<OsStr>>(variables: impl IntoIterator<Item = (K, V)>) -> SettingsDraft {
    let mut draft = SettingsDraft::new(OverrideSource::Environment);
    let known = known_names();
    let mut ours: Vec<(String, String)> = Vec::new();
    for (variable, value) in variables {
        // Variables of other programs need not be valid Unicode.
        let variable = variable.as_ref().to_string_lossy().into_owned();
        if without_prefix(&variable).is_none() {
            continue;
        }
        match value.as_ref().to_str() {
            Some(value) => ours.push((variable, value.to_owned())),
            None => draft.problem(variable, "", "its value is not Unicode"),
        }
    }
    ours.sort();
    let mut seen: Vec<(String, &'static str)> = Vec::new();
    for (variable, value) in ours {
        let reading = match reading(&variable, &known) {
            Ok(reading) => reading,
            Err(problem) => {
                draft.problem(variable, "", problem);
                continue;
            }
        };
        let Reading { name, table, word } = reading;
        let here = (name.clone(), table.name);
        if seen.last() != Some(&here) {
            draft.begin_table();
            seen.push(here);
        }
        let section = if name == folded(ALL) { SectionName::All } else { SectionName::Folded(name) };
        let places = [variable.clone(), variable.clone()];
        draft.setting(&section, table, "", &word, places, &Written::Untyped(value.trim().to_owned()));
    }
    draft
}

fn known_names() -> Vec<(String, String)> {
    let mut names: Vec<_> = targets().iter().map(|target| target.section()).collect();
    names.sort();
    names.dedup();
    names.into_iter().map(|name| (folded(&name), name)).collect()
}

fn reading(variable: &str, known: &[(String, String)]) -> Result<Reading, String> {
    let rest = &without_prefix(variable).unwrap_or(variable).to_uppercase();
    let readings = readings(rest);
    let is_known =
        |reading: &&Reading| reading.name == folded(ALL) || known.iter().any(|(name, _)| *name == reading.name);
    let mut candidates: Vec<&Reading> = readings.iter().filter(is_known).collect();
    if candidates.len() > 1 {
        let names: Vec<String> = candidates.iter().map(|reading| describe(reading)).collect();
        return Err(format!("`{variable}` may mean {}; write it in a file", names.join(" or ")));
    }
    // The attribute is near the end, so the longest name is the most likely one.
    candidates.extend(readings.iter().max_by_key(|reading| reading.name.len()));
    let Some(found) = candidates.first() else { return Err(unknown(variable, rest)) };
    let Reading { name, table, word } = found;
    Ok(Reading { name: name.clone(), table, word: word.clone() })
}

/// On some systems, the names of variables are case-insensitive.
fn without_prefix(variable: &str) -> Option<&str> {
    let (prefix, rest) = variable.split_at_checked(PREFIX.len())?;
    prefix.eq_ignore_ascii_case(PREFIX).then_some(rest)
}

fn describe(reading: &Reading) -> String {
    format!("`{}` of `[{}.{}]`", reading.word, reading.name.to_lowercase(), reading.table.name)
}

/// Returns every way to divide a variable into a name, an attribute and an option.
fn readings(rest: &str) -> Vec<Reading> {
    let mut readings = Vec::new();
    for table in AttributeTable::all() {
        let middle = format!("_{}_", folded(table.name));
        // Matches may overlap: `A_RETRY_RETRY_MAX` may be about the name `a-retry`.
        for index in rest.match_indices('_').map(|(index, _)| index).filter(|at| rest[*at..].starts_with(&middle)) {
            let (name, word) = (&rest[..index], rest[index + middle.len()..].to_lowercase());
            let is_option = table.option(&word).is_ok() || table.keys.iter().any(|key| key.is(&word));
            if !name.is_empty() && is_option {
                readings.push(Reading { name: name.to_owned(), table, word });
            }
        }
    }
    readings
}

fn unknown(variable: &str, rest: &str) -> String {
    let hint = with_single_underscores(rest)
        .or_else(|| with_known_option(rest))
        .or_else(|| with_known_attribute(rest))
        .map(|nearest| format!("; did you mean `{PREFIX}{nearest}`?"))
        .or_else(|| without_option(rest))
        .or_else(|| fixed(rest));
    let hint = hint.unwrap_or_else(|| {
        "; a variable is `RESILIENCE_<NAME>_<ATTRIBUTE>_<OPTION>`, such as `RESILIENCE_LLM_RETRY_MAX`".to_owned()
    });
    format!("`{variable}` names no setting{hint}")
}

/// Other crates separate the parts of a variable with two underscores.
fn with_single_underscores(rest: &str) -> Option<String> {
    let words: Vec<&str> = rest.split('_').filter(|word| !word.is_empty()).collect();
    Some(words.join("_")).filter(|joined| !readings(joined).is_empty())
}

fn with_known_option(rest: &str) -> Option<String> {
    AttributeTable::all().iter().find_map(|table| {
        let middle = format!("_{}_", folded(table.name));
        let (name, word) = rest.split_once(&middle)?;
        let words: Vec<String> = spellings(table.keys).collect();
        let nearest = nearest(&word.to_lowercase(), words.iter().map(String::as_str))?;
        Some(format!("{name}{middle}{}", nearest.to_uppercase()))
    })
}

/// Corrects the attribute before a known option.
fn with_known_attribute(rest: &str) -> Option<String> {
    let words: Vec<&str> = rest.split('_').collect();
    let divisions = (1..words.len()).flat_map(|begin| [2, 1].map(|length| (begin, begin + length)));
    divisions.filter(|(_, end)| *end < words.len()).find_map(|(begin, end)| {
        let (written, option) = (words[begin..end].join("_").to_lowercase(), words[end..].join("_"));
        let tables = AttributeTable::all().iter().filter(|table| table.option(&option.to_lowercase()).is_ok());
        let nearest = nearest(&written, tables.map(|table| table.name))?;
        Some(format!("{}_{}_{option}", words[..begin].join("_"), nearest.to_uppercase()))
    })
}

/// Explains a variable that ends with the attribute.
fn without_option(rest: &str) -> Option<String> {
    AttributeTable::all().iter().find_map(|table| {
        let name = rest.strip_suffix(&format!("_{}", folded(table.name))).filter(|name| !name.is_empty())?;
        let option = spellings(table.keys).next()?.to_uppercase();
        Some(format!("; the option is missing, as in `{PREFIX}{name}_{}_{option}`", folded(table.name)))
    })
}

fn fixed(rest: &str) -> Option<String> {
    let is_of_fallback = rest.split('_').skip(1).any(|word| word == "FALLBACK");
    is_of_fallback.then(|| format!("; {FALLBACK_IS_CODE}; remove the variable"))
}

fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    did_you_mean(written, candidates, '`')?.split('`').nth(1).map(str::to_owned)
}
