use resilience_options::Written;

use super::attributes::AttributeTable;
use super::error::ConfigProblem;
use crate::settings::{OverrideSource, SectionName, SettingOverride};

pub struct SettingsDraft {
    source: OverrideSource,
    pub overrides: Vec<SettingOverride>,
    pub problems: Vec<ConfigProblem>,
    words: Vec<(&'static str, String)>,
}

impl SettingsDraft {
    pub const fn new(source: OverrideSource) -> Self {
        Self { source, overrides: Vec::new(), problems: Vec::new(), words: Vec::new() }
    }

    pub fn problem(&mut self, place: impl Into<String>, setting: impl Into<String>, message: impl Into<String>) {
        self.problems.push(ConfigProblem::new(place, setting, message));
    }

    pub fn begin_table(&mut self) {
        self.words.clear();
    }

    /// Adds one setting. A mistake in the key is reported at the first place, and one in the value at the second.
    pub fn setting(
        &mut self,
        section: &SectionName,
        table: &'static AttributeTable,
        shown: &str,
        word: &str,
        [key_place, value_place]: [String; 2],
        value: &Written,
    ) {
        let key = match table.option(word) {
            Ok(key) => key,
            Err(problem) => return self.problem(key_place, shown, problem),
        };
        let option = key.name();
        if let Some((_, before)) = self.words.iter().find(|(known, _)| *known == option) {
            let problem = format!("`{option}` is given twice, as `{before}` and as `{word}`; keep one");
            return self.problem(key_place, shown, problem);
        }
        let alternatives = table.alternatives.iter().filter(|(one, other, _)| *one == option || *other == option);
        for (one, other, problem) in alternatives {
            let counterpart = if *one == option { other } else { one };
            if self.words.iter().any(|(known, _)| known == counterpart) {
                self.problem(key_place.clone(), shown, *problem);
            }
        }
        self.words.push((option, word.to_owned()));
        match table.read(&key, value) {
            Ok(value) => self.overrides.push(SettingOverride {
                section: section.clone(),
                attribute: table.name,
                option,
                order: table.keys.iter().position(|key| key.name == option).unwrap_or(usize::MAX),
                value,
                source: self.source,
                place: value_place,
            }),
            Err(problem) => self.problem(value_place, shown, problem),
        }
    }
}
