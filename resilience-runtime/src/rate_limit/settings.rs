use std::borrow::Cow;

use resilience_options::OptionValue;
use resilience_options::rate_limit::{NO_MAX_FOR_RATE, SPREAD_AND_MAX, check_lease};

use super::RateLimiterConfig;
use super::config::OnOutage;
use crate::settings::{CodeTraits, NO_KEY, Overridable};

impl Overridable for RateLimiterConfig {
    const ATTRIBUTE: &'static str = "rate_limit";

    type Live = Self;

    fn set_option(self, option: &str, value: &OptionValue) -> Result<Self, String> {
        if let ("on_outage", OptionValue::Word(word)) = (option, value) {
            return OnOutage::of_word(word).map(|decides| self.on_outage(decides));
        }
        crate::validation::plain(self.set_plain(option, value))
    }

    fn validated(self) -> Result<Self, &'static str> {
        if self.is_shared {
            check_lease(self.lease.unwrap_or_default(), self.effective_burst())?;
        }
        Ok(self)
    }

    /// It counts nothing that matters, and starts full when it is switched on again.
    fn switched_off(self) -> Self {
        Self { max: None, burst: None, is_enabled: false, ..self }
    }

    fn values(&self) -> Vec<(&'static str, Option<OptionValue>)> {
        let count = |count: u32| Some(OptionValue::Count(count.into()));
        vec![
            ("max", self.max.and_then(count)),
            ("per", Some(OptionValue::Time(self.per))),
            ("burst", count(self.effective_burst())),
            ("wait", self.wait.map(OptionValue::Time)),
            ("max_keys", count(self.max_keys)),
            ("spread", Some(OptionValue::Time(self.spread))),
            ("lease", self.lease.and_then(count)),
            ("on_outage", Some(OptionValue::Word(self.on_outage.word().to_owned()))),
            ("instances", count(self.instances)),
        ]
    }

    fn ignores(&self, option: &str, code: CodeTraits) -> Option<&'static str> {
        if !self.is_shared && matches!(option, "lease" | "on_outage" | "instances") {
            return Some("does nothing where the attribute has no `store`, because its limit is that of one process");
        }
        if option == "max_keys" && !code.is_keyed {
            return Some(NO_KEY);
        }
        (option == "wait" && self.wait.is_none() && !code.is_prepared).then_some(
            "does nothing where the attribute has no `wait`, because its code does not wait; write `config = \"..\"` \
             there, or give it a `wait`",
        )
    }

    fn leaves_idle(&self, option: &str) -> Option<Cow<'static, str>> {
        let message = match option {
            "per" | "burst" if self.max.is_none() => NO_MAX_FOR_RATE,
            "spread" if self.max.is_some() => SPREAD_AND_MAX,
            _ => return None,
        };
        Some(message.into())
    }
}
