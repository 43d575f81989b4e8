use std::fmt;
use std::sync::{Arc, Mutex};

use resilience_options::OptionValue;

use crate::sync::lock;

/// The source of a setting. A later source takes precedence over the earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OverrideSource {
    File,
    Environment,
    Program,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SectionName {
    All,
    Named(String),
    /// A name as a variable of the environment spells it.
    Folded(String),
}

impl SectionName {
    pub fn is_of(&self, section: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(name) => name == section,
            Self::Folded(name) => *name == folded(section),
        }
    }

    pub const fn is_specific(&self) -> bool {
        !matches!(self, Self::All)
    }
}

impl fmt::Display for SectionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Named(name) | Self::Folded(name) => f.write_str(name),
        }
    }
}

/// Returns how a variable of the environment spells a name: `LLM_SEARCH` for `llm.search`.
pub fn folded(name: &str) -> String {
    let fold = |letter: char| if letter.is_alphanumeric() { letter.to_uppercase().to_string() } else { "_".to_owned() };
    name.chars().map(fold).collect()
}

#[derive(Debug, Clone, PartialEq)]
pub struct SettingOverride {
    pub section: SectionName,
    pub attribute: &'static str,
    pub option: &'static str,
    pub order: usize,
    pub value: OptionValue,
    pub source: OverrideSource,
    /// A line of a file, or a variable; empty for the program.
    pub place: String,
}

impl SettingOverride {
    /// A setting of a larger rank takes precedence.
    pub fn rank(&self) -> (bool, OverrideSource) {
        (self.section.is_specific(), self.source)
    }
}

#[derive(Debug, Default)]
pub struct OverrideSet {
    pub generation: u64,
    pub all: Vec<SettingOverride>,
}

impl OverrideSet {
    /// Returns the settings of one attribute, in the order in which they are applied.
    pub fn of(&self, section: &str, attribute: &str) -> Vec<&SettingOverride> {
        let is_meant = |one: &&SettingOverride| one.attribute == attribute && one.section.is_of(section);
        let mut all: Vec<_> = self.all.iter().filter(is_meant).collect();
        // The order puts options about a window after the window itself.
        all.sort_by_key(|one| (one.rank(), one.order));
        all
    }
}

static CURRENT: Mutex<Option<Arc<OverrideSet>>> = Mutex::new(None);

pub fn current() -> Arc<OverrideSet> {
    Arc::clone(lock(&CURRENT).get_or_insert_default())
}

/// Replaces all settings. Returns false if another thread has replaced them since `before`.
pub fn replace(before: &Arc<OverrideSet>, all: Vec<SettingOverride>) -> bool {
    let mut current = lock(&CURRENT);
    let current = current.get_or_insert_default();
    if current.generation != before.generation {
        return false;
    }
    *current = Arc::new(OverrideSet { generation: before.generation + 1, all });
    true
}
