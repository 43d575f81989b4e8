use std::borrow::Cow;
use std::sync::{Arc, Weak};

use resilience_options::OptionValue;
use resilience_options::cached::JITTER_WITHOUT_TTL;

use super::CacheConfig;
use super::handle::AnyCache;
use super::store::Capacity;
use crate::event::SourceLocation;
use crate::instance::Origins;
use crate::settings::{
    self, CodeTraits, MergeProblem, Overridable, OverrideSet, PassedOver, Target, TracedValue, passed_over, traced,
};

impl Overridable for CacheConfig {
    const ATTRIBUTE: &'static str = "cached";

    type Live = Self;

    fn set_option(self, option: &str, value: &OptionValue) -> Result<Self, String> {
        crate::validation::plain(self.set_plain(option, value))
    }

    fn validated(self) -> Result<Self, &'static str> {
        if self.ttl_jitter.is_some() && self.ttl.is_none() && !self.has_ttl_function {
            return Err(JITTER_WITHOUT_TTL);
        }
        self.try_checked()
    }

    fn switched_off(self) -> Self {
        Self { is_enabled: false, ..self }
    }

    fn values(&self) -> Vec<(&'static str, Option<OptionValue>)> {
        let time = |time: Option<std::time::Duration>| time.map(OptionValue::Time);
        let (entries, weight) = match self.capacity {
            Capacity::Entries(entries) => (u64::try_from(entries).ok(), None),
            Capacity::Weight(weight) => (None, Some(weight)),
        };
        vec![
            ("ttl", time(self.ttl)),
            ("time_to_idle", time(self.time_to_idle)),
            ("max_size", entries.map(OptionValue::Count)),
            ("max_weight", weight.map(OptionValue::Count)),
            ("negative_ttl", time(self.negative_ttl)),
            ("stale_while_revalidate", time(self.stale_while_revalidate)),
            ("stale_if_error", time(self.stale_if_error)),
            ("ttl_jitter", self.ttl_jitter.map(|jitter| OptionValue::Number(jitter.to_f64()))),
            ("max_concurrent_loads", Some(OptionValue::Count(self.max_concurrent_loads.into()))),
            ("coalesce", Some(OptionValue::Flag(self.coalesce))),
            ("cache_degraded", Some(OptionValue::Flag(self.cache_degraded))),
            ("near", self.is_shared.then_some(OptionValue::Time(self.near))),
        ]
    }

    /// Only the settings of an unused name are checked as prepared, because no code of a cache
    /// reads every option at run time.
    fn ignores(&self, option: &str, code: CodeTraits) -> Option<&'static str> {
        if code.is_prepared {
            return None;
        }
        match (option, self.capacity) {
            ("ttl", _) if self.has_ttl_function => {
                Some("does nothing where a function computes it for each value; change the function")
            }
            ("negative_ttl", _) if self.negative_ttl.is_none() => {
                Some("does nothing where the attribute has none, because its code keeps no error; write it there")
            }
            ("stale_if_error" | "stale_while_revalidate", _) if self.stale_window().is_none() => {
                Some("does nothing where the attribute has none, because its code keeps no old value; write it there")
            }
            ("near", _) if !self.is_shared => {
                Some("does nothing where the attribute has no `store`, because its code asks none; write it there")
            }
            ("max_weight", Capacity::Entries(_)) => Some("needs `weigh`, which is code; write both in the attribute"),
            ("max_size", Capacity::Weight(_)) => Some("does nothing beside the `max_weight` of the attribute"),
            _ => None,
        }
    }

    fn leaves_idle(&self, option: &str) -> Option<Cow<'static, str>> {
        let message = match option {
            "ttl_jitter" if self.ttl.is_none() && !self.has_ttl_function => JITTER_WITHOUT_TTL,
            "max_concurrent_loads" if !self.coalesce => LOADS_WITHOUT_COALESCE,
            _ => return None,
        };
        Some(message.into())
    }
}

const LOADS_WITHOUT_COALESCE: &str = "`max_concurrent_loads` is about callers that wait for another's load, and with \
                                      `coalesce = false` none does; leave one of the two out";

struct CacheTarget {
    cache: Weak<dyn AnyCache>,
    origins: Arc<Origins<CacheConfig>>,
    section: String,
}

pub fn register(cache: &Arc<dyn AnyCache>, origins: &Arc<Origins<CacheConfig>>, section: Option<&str>) {
    let Some(section) = section.map(str::to_owned) else { return };
    let (cache, origins) = (Arc::downgrade(cache), Arc::clone(origins));
    settings::register(Arc::new(CacheTarget { cache, origins, section }));
}

impl Target for CacheTarget {
    fn attribute(&self) -> &'static str {
        CacheConfig::ATTRIBUTE
    }
    fn section(&self) -> String {
        self.section.clone()
    }
    fn location(&self) -> SourceLocation {
        self.origins.current().location
    }
    fn is_alive(&self) -> bool {
        self.cache.strong_count() > 0
    }
    fn values(&self, set: &OverrideSet) -> Vec<TracedValue> {
        traced(set, &self.section, &self.origins.current().config, CodeTraits::PLAIN)
    }
    fn passed_over(&self, set: &OverrideSet) -> Vec<PassedOver> {
        passed_over(set, &self.section, &self.origins.current().config, CodeTraits::PLAIN)
    }
    fn check(&self, set: &OverrideSet) -> Result<(), MergeProblem> {
        self.origins.check_set(set, &self.section, CodeTraits::PLAIN)
    }
    fn apply(&self, set: &OverrideSet) -> Result<(), MergeProblem> {
        let Some(cache) = self.cache.upgrade() else { return Ok(()) };
        self.origins.apply_set(set, &self.section, CodeTraits::PLAIN, |config| cache.reconfigure(config))
    }
}
