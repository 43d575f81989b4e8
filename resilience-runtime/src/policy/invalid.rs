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
/// assert_eq!(invalid.problems(), ["`max` must be at least 1", "`wait` must be longer than zero"]);
/// assert_eq!(
///     invalid.to_string(),
///     "invalid bulkhead in a policy: `max` must be at least 1; `wait` must be longer than zero"
/// );
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

/// A configuration under construction, with the errors found so far.
#[derive(Debug)]
pub(super) struct Draft<C> {
    config: C,
    problems: Vec<&'static str>,
}

impl<C: Copy> Draft<C> {
    pub const fn new(config: C) -> Self {
        Self { config, problems: Vec::new() }
    }

    pub fn set(&mut self, set: impl FnOnce(C) -> Result<C, &'static str>) {
        match set(self.config) {
            Ok(config) => self.config = config,
            Err(why) => self.problem(why),
        }
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
        let Self { config, problems } = self;
        if problems.is_empty() { Ok(config) } else { Err(InvalidPolicy { layer, problems }) }
    }
}
