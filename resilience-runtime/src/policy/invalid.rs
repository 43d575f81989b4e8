use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Mutex;

use resilience_options::Key;

use crate::sync::lock;

/// The error for invalid settings of a [`Policy`](crate::Policy) or of one of its layers. It lists
/// every mistake.
///
/// ```
/// use resilience::policy;
/// use std::time::Duration;
///
/// let layer = policy::bulkhead("db").max(0).wait(Duration::ZERO).build::<u32, resilience::Error>();
/// let invalid = layer.map(|_| ()).expect_err("a bulkhead of zero admits no call");
/// assert_eq!(invalid.layer(), "bulkhead");
/// assert_eq!(invalid.problems()[0], "`max` must be at least 1");
/// assert!(invalid.to_string().starts_with("invalid bulkhead in a policy: `max` must be at least 1; "));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid {layer} in a policy: {}", problems.join("; "))]
pub struct InvalidPolicy {
    layer: &'static str,
    problems: Vec<&'static str>,
}

impl InvalidPolicy {
    /// Returns the name of the layer, which is the name of its attribute, or `name` for the name of
    /// the policy.
    pub const fn layer(&self) -> &'static str {
        self.layer
    }

    /// Returns one text for each mistake. It names the setting and says how to correct it.
    pub fn problems(&self) -> &[&'static str] {
        &self.problems
    }
}

/// Writes setters that only store a value: `option(value: Type) => Config::try_setter;`
///
/// The documentation, the default and the rule of each are a row of `resilience-options`.
macro_rules! option_setters {
    ($options:ident, $docs:ident; $($option:ident($value:ident: $ty:ty) => $checked:expr;)*) => {$(
        #[doc = concat!("Sets", resilience_options::$docs!($option))]
        pub fn $option(mut self, $value: $ty) -> Self {
            self.draft.set_option($options.$option.key, |config| $checked(config, $value));
            self
        }
    )*};
}

/// A configuration under construction, with the errors found so far.
#[derive(Debug)]
pub(super) struct Draft<C> {
    config: C,
    given: Vec<Key>,
    problems: Vec<&'static str>,
}

impl<C: Copy> Draft<C> {
    pub const fn new(config: C) -> Self {
        Self { config, given: Vec::new(), problems: Vec::new() }
    }

    pub fn set_option(&mut self, key: Key, set: impl FnOnce(C) -> Result<C, &'static str>) {
        self.given.push(key);
        self.set(set);
    }

    pub fn has(&self, key: Key) -> bool {
        self.given.contains(&key)
    }

    pub fn set(&mut self, set: impl FnOnce(C) -> Result<C, &'static str>) {
        match set(self.config) {
            Ok(config) => self.config = config,
            Err(why) => self.problem(why),
        }
    }

    #[cfg(feature = "cached")]
    pub const fn config(&self) -> &C {
        &self.config
    }

    pub fn problem(&mut self, why: &'static str) {
        if !self.problems.contains(&why) {
            self.problems.push(why);
        }
    }

    pub fn problem_if(&mut self, is_wrong: bool, why: &'static str) {
        if is_wrong {
            self.problem(why);
        }
    }

    pub fn name(&mut self, name: Cow<'static, str>) -> &'static str {
        if name.trim().is_empty() {
            self.problem("the name is empty: state is shared by name; pass a name such as `\"orders\"`");
            return "";
        }
        if self.problems.is_empty() { leaked_name(name) } else { "" }
    }

    pub fn finish(self, layer: &'static str) -> Result<C, InvalidPolicy> {
        let Self { config, problems, .. } = self;
        if problems.is_empty() { Ok(config) } else { Err(InvalidPolicy { layer, problems }) }
    }
}

/// Leaks each distinct name once: named state lives as long as the process.
pub(super) fn leaked_name(name: Cow<'static, str>) -> &'static str {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

    let name = match name {
        Cow::Borrowed(name) => return name,
        Cow::Owned(name) => name,
    };
    let mut names = lock(&NAMES);
    if let Some(known) = names.get(&*name) {
        return known;
    }
    let new: &'static str = Box::leak(name.into_boxed_str());
    names.insert(new);
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_made_again_takes_no_more_memory() {
        let (one, other) = (leaked_name(Cow::Owned("made".to_owned())), leaked_name(Cow::Owned("made".to_owned())));
        assert!(std::ptr::eq(one, other));
    }
}
