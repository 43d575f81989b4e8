use std::fmt;

use crate::one_line::OneLine;

/// Lists every mistake in settings that were rejected. Nothing has changed.
///
/// It displays one line for each mistake.
///
/// ```
/// # #[cfg(feature = "config")] {
/// use resilience::config;
///
/// let error = config::load_toml("[llm.retry]\nfactor = 0.5\nbackof = \"linear\"\n").expect_err("two mistakes");
/// let lines: Vec<String> = error.problems().iter().map(ToString::to_string).collect();
/// assert_eq!(lines[0], "settings:2:10: [llm.retry] `factor` must be between 1 and 1e9");
/// assert_eq!(lines[1], "settings:3:1: [llm.retry] `#[retry]` has no argument `backof`; did you mean `backoff`?");
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    problems: Vec<ConfigProblem>,
}

/// One mistake in settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    place: String,
    setting: String,
    message: String,
}

impl ConfigError {
    pub(super) fn unless_empty(mut problems: Vec<ConfigProblem>) -> Result<(), Self> {
        let mut seen = Vec::new();
        problems.retain(|problem| {
            let is_new = !seen.contains(problem);
            if is_new {
                seen.push(problem.clone());
            }
            is_new
        });
        if problems.is_empty() { Ok(()) } else { Err(Self { problems }) }
    }

    /// Returns the mistakes, in the order of the source.
    pub fn problems(&self) -> &[ConfigProblem] {
        &self.problems
    }
}

impl ConfigProblem {
    pub(super) fn new(place: impl Into<String>, setting: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), setting: setting.into(), message: message.into() }
    }

    /// Returns where the setting was given: `settings.toml:3:7`, the name of a variable, or an empty text for
    /// one that the program set.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Returns what is wrong, why, and what to write.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, setting, message } = self;
        for part in [place, setting].into_iter().filter(|part| !part.is_empty()) {
            fmt::Display::fmt(&OneLine(part), f)?;
            f.write_str(if part == place { ": " } else { " " })?;
        }
        fmt::Display::fmt(&OneLine(message), f)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            fmt::Display::fmt(problem, f)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}
