use std::sync::{Arc, Weak};

use resilience_options::OptionValue;
use resilience_options::budget::rules;

use super::budget::{BudgetConfig, RetryBudget};
use crate::event::SourceLocation;
use crate::registry::Entry;
use crate::settings::{
    self, CodeTraits, MergeProblem, Merged, Overridable, OverrideSet, PassedOver, Target, TracedValue, merge,
    passed_over, traced,
};

impl Overridable for BudgetConfig {
    const ATTRIBUTE: &'static str = "budget";

    type Live = Self;

    fn set_option(self, option: &str, value: &OptionValue) -> Result<Self, String> {
        match (option, value) {
            ("ratio", OptionValue::Number(ratio)) => {
                rules::ratio.check(*ratio)?;
                Ok(self.with_ratio(*ratio))
            }
            _ => crate::validation::plain(self.set_plain(option, value)),
        }
    }

    fn validated(self) -> Result<Self, &'static str> {
        Ok(self)
    }

    fn switched_off(self) -> Self {
        Self { capacity: u32::MAX, ..self }.with_ratio(1.0)
    }

    fn values(&self) -> Vec<(&'static str, Option<OptionValue>)> {
        vec![
            ("ratio", Some(OptionValue::Number(self.ratio_as_number()))),
            ("min_per_second", Some(OptionValue::Count(self.min_per_second.into()))),
            ("capacity", Some(OptionValue::Count(self.capacity.into()))),
        ]
    }
}

struct BudgetTarget(Weak<Entry<RetryBudget>>, String);

pub fn register(budget: &Arc<Entry<RetryBudget>>) {
    settings::register(Arc::new(BudgetTarget(Arc::downgrade(budget), budget.name().to_string())));
}

impl BudgetTarget {
    fn merged(&self, set: &OverrideSet) -> Result<Merged<BudgetConfig>, MergeProblem> {
        merge(set, &self.1, &BudgetConfig::DEFAULT, CodeTraits::PREPARED)
    }
}

impl Target for BudgetTarget {
    fn attribute(&self) -> &'static str {
        BudgetConfig::ATTRIBUTE
    }
    fn section(&self) -> String {
        self.1.clone()
    }
    fn location(&self) -> SourceLocation {
        SourceLocation::UNKNOWN
    }
    fn is_alive(&self) -> bool {
        self.0.strong_count() > 0
    }
    fn values(&self, set: &OverrideSet) -> Vec<TracedValue> {
        traced(set, &self.1, &BudgetConfig::DEFAULT, CodeTraits::PREPARED)
    }
    fn passed_over(&self, set: &OverrideSet) -> Vec<PassedOver> {
        passed_over(set, &self.1, &BudgetConfig::DEFAULT, CodeTraits::PREPARED)
    }
    fn check(&self, set: &OverrideSet) -> Result<(), MergeProblem> {
        self.merged(set).map(|_| ())
    }
    fn apply(&self, set: &OverrideSet) -> Result<(), MergeProblem> {
        let merged = self.merged(set);
        if let Some(budget) = self.0.upgrade() {
            budget.put_in_force(merged.as_ref().map_or(BudgetConfig::DEFAULT, |merged| merged.in_force()));
        }
        merged.map(|_| ())
    }
}
