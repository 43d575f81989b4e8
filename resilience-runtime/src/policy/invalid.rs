use std::borrow::Cow;

use resilience_options::Key;

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
    problems: Vec<Cow<'static, str>>,
}

impl InvalidPolicy {
    pub(super) fn unless_empty(layer: &'static str, problems: Vec<String>) -> Result<(), Self> {
        let problems: Vec<_> = problems.into_iter().map(Cow::Owned).collect();
        if problems.is_empty() { Ok(()) } else { Err(Self { layer, problems }) }
    }

    /// Returns the name of the layer, which is the name of its attribute, `name` for the name of the
    /// policy, or `stack` for the layers together.
    pub const fn layer(&self) -> &'static str {
        self.layer
    }

    /// Returns one text for each mistake. It names the setting and says how to correct it.
    pub fn problems(&self) -> &[Cow<'static, str>] {
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

    pub fn name(&mut self, name: &str) {
        self.problem_if(
            name.trim().is_empty(),
            "the name is empty: state is shared by name; pass a name such as `\"orders\"`",
        );
    }

    pub fn finish(self, layer: &'static str) -> Result<C, InvalidPolicy> {
        let Self { config, problems, .. } = self;
        if problems.is_empty() {
            Ok(config)
        } else {
            Err(InvalidPolicy { layer, problems: problems.into_iter().map(Cow::Borrowed).collect() })
        }
    }
}
