//! The arguments of a limit that processes share.

use resilience_options::rate_limit::{ON_OUTAGE, OPTIONS, check_lease};
use syn::{Lit, LitStr};

use crate::attribute::store::{Store, store};
use crate::expand::Config;
use crate::parse::expression::literal;
use crate::parse::{Arguments, Const, KeyValue, unknown_word};

pub(super) struct Shared {
    pub(super) store: Store,
}

impl Shared {
    pub(super) fn parse(
        arguments: &mut Arguments<'_>,
        config: &mut Config,
        name: Option<&LitStr>,
        burst: Option<&Const<u64>>,
    ) -> Option<Self> {
        let at = arguments.span_of_key("store");
        let store = store(arguments);
        let lease = arguments.count(&OPTIONS.lease);
        let instances = arguments.count(&OPTIONS.instances);
        let outage = on_outage(arguments);
        let numbers = [&lease.as_ref(), &burst].map(|number| u32::try_from(number.as_ref()?.literal?).ok());
        if let ([Some(units), Some(burst)], Some(lease)) = (numbers, &lease) {
            if let Err(why) = check_lease(units, burst) {
                arguments.diagnostics.error(lease.span, why);
            }
        }
        if let Some(at) = at {
            config.call("shared", at);
        }
        config.set("lease", lease.as_ref());
        config.set("instances", instances.as_ref());
        if let Some((word, written)) = &outage {
            config.call(&format!("{word}_on_outage"), written.span());
        }
        let store = store?;
        store.require_name(arguments, name);
        Some(Self { store })
    }

    pub(super) fn describe(&self) -> String {
        format!(" of all processes with the store `{}`", self.store.describe())
    }
}

fn on_outage(arguments: &mut Arguments<'_>) -> Option<(&'static str, LitStr)> {
    let KeyValue { value, .. } = arguments.take("on_outage")?;
    let Some(Lit::Str(written)) = literal(&value) else {
        arguments.diagnostics.error_at(
            &value,
            "`on_outage` of `#[rate_limit]` takes a word in quotes: `on_outage = \"local\"`, `\"open\"` or `\"closed\"`",
        );
        return None;
    };
    let found = ON_OUTAGE.into_iter().find(|word| *word == written.value());
    if found.is_none() {
        unknown_word(arguments, "on_outage", written, &ON_OUTAGE, "");
    }
    found.map(|word| (word, written.clone()))
}
