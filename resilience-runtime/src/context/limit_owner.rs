//! Whose limit a deadline is. Only errors and events ask.

use std::sync::Mutex;
use std::time::Duration;

use crate::registry::FunctionRef;
use crate::sync::lock;

/// A limit as it is configured, and the function on which it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConfiguredLimit {
    pub function: FunctionRef,
    pub limit: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitOwner {
    Attribute(ConfiguredLimit),
    /// The index of a [`PolicyLimit`].
    Policy(usize),
}

const NO_LIMIT: ConfiguredLimit = ConfiguredLimit { function: FunctionRef::UNNAMED, limit: Duration::MAX };

pub static UNLIMITED: LimitOwner = LimitOwner::Attribute(NO_LIMIT);

/// The limits of all policies. A deadline names its owner for `'static`, so an entry is never
/// removed; it is used again after its policy is gone.
struct PolicyLimits {
    all: Vec<ConfiguredLimit>,
    free: Vec<&'static LimitOwner>,
}

static POLICIES: Mutex<PolicyLimits> = Mutex::new(PolicyLimits { all: Vec::new(), free: Vec::new() });

impl LimitOwner {
    #[cold]
    pub fn limit(&self) -> ConfiguredLimit {
        match *self {
            Self::Attribute(limit) => limit,
            Self::Policy(index) => lock(&POLICIES).all.get(index).copied().unwrap_or(NO_LIMIT),
        }
    }
}

/// The limit of a policy.
#[derive(Debug)]
pub struct PolicyLimit(&'static LimitOwner);

impl PolicyLimit {
    pub fn new(limit: ConfiguredLimit) -> Self {
        let mut policies = lock(&POLICIES);
        let owner = policies.free.pop().unwrap_or_else(|| {
            policies.all.push(NO_LIMIT);
            Box::leak(Box::new(LimitOwner::Policy(policies.all.len() - 1)))
        });
        policies.set(owner, limit);
        Self(owner)
    }

    pub const fn owner(&self) -> &'static LimitOwner {
        self.0
    }
}

impl PolicyLimits {
    fn set(&mut self, owner: &LimitOwner, limit: ConfiguredLimit) {
        let LimitOwner::Policy(index) = *owner else { return };
        if let Some(entry) = self.all.get_mut(index) {
            *entry = limit;
        }
    }
}

impl Drop for PolicyLimit {
    fn drop(&mut self) {
        lock(&POLICIES).free.push(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_that_is_gone_leaves_its_entry_to_the_next() {
        let limit = |secs| ConfiguredLimit { function: FunctionRef::Text(&"policy"), limit: Duration::from_secs(secs) };
        let first = PolicyLimit::new(limit(1));
        assert_eq!(first.owner().limit(), limit(1));
        let entries = || lock(&POLICIES).all.len();
        let before = entries();
        drop(first);
        for secs in 1..100 {
            assert_eq!(PolicyLimit::new(limit(secs)).owner().limit(), limit(secs));
        }
        assert!(entries() <= before + 8, "tests of other policies may run beside this one");
    }
}
