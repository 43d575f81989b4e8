use std::borrow::Cow;

use resilience_options::OptionValue;
use resilience_options::bulkhead::check_wait;

use super::BulkheadConfig;
use crate::settings::{CodeTraits, NO_KEY, Overridable};

impl Overridable for BulkheadConfig {
    const ATTRIBUTE: &'static str = "bulkhead";

    type Live = Self;

    fn set_option(mut self, option: &str, value: &OptionValue) -> Result<Self, String> {
        // Settings cannot take back the `wait` of an attribute, and have to be able to end its queue.
        if let ("queue", OptionValue::Count(0)) = (option, value) {
            self.wait = None;
        }
        crate::validation::plain(self.set_plain(option, value))
    }

    fn validated(self) -> Result<Self, &'static str> {
        self.try_checked()
    }

    /// It still counts, so that a limit that comes back knows who is inside.
    fn switched_off(self) -> Self {
        Self { max: BulkheadConfig::UNLIMITED, queue: 0, ..self }
    }

    fn values(&self) -> Vec<(&'static str, Option<OptionValue>)> {
        let count = |count: u32| Some(OptionValue::Count(count.into()));
        vec![
            ("max", count(self.max)),
            ("queue", count(self.queue)),
            ("wait", self.wait.map(OptionValue::Time)),
            ("max_keys", count(self.max_keys)),
            ("lease", self.is_shared.then_some(OptionValue::Time(self.lease))),
        ]
    }

    fn ignores(&self, option: &str, code: CodeTraits) -> Option<&'static str> {
        if option == "lease" && !self.is_shared {
            return Some(
                "does nothing where the attribute has no `store`, because its places are those of one process",
            );
        }
        if option == "max_keys" && !code.is_keyed {
            return Some(NO_KEY);
        }
        (matches!(option, "queue" | "wait") && self.queue == 0 && !code.is_prepared).then_some(
            "does nothing where the attribute has no queue, because its code does not wait; write `config = \"..\"` \
             there, or give it a `queue`",
        )
    }

    fn leaves_idle(&self, option: &str) -> Option<Cow<'static, str>> {
        let problem = check_wait(option == "wait", self.queue).err();
        problem.map(Cow::Borrowed)
    }
}
