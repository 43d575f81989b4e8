use serde::Serialize;

use crate::activity::{self, BreakerTimeline, FunctionActivity};
use crate::snapshot::{Snapshot, snapshot};

/// Everything that the page shows at one moment.
#[derive(Debug, Serialize)]
pub(super) struct PageState {
    snapshot: Snapshot,
    functions: Vec<FunctionActivity>,
    timelines: Vec<BreakerTimeline>,
    #[cfg(feature = "config")]
    settings: Vec<ShownSetting>,
}

#[cfg(feature = "config")]
#[derive(Debug, Serialize)]
struct ShownSetting {
    name: String,
    value: String,
    origin: String,
}

#[cfg(feature = "config")]
fn settings() -> Vec<ShownSetting> {
    let shown = |setting: crate::config::EffectiveSetting| {
        Some(ShownSetting {
            name: format!("{}.{}.{}", setting.name, setting.attribute, setting.option),
            value: setting.value?,
            origin: setting.origin.to_string(),
        })
    };
    crate::config::effective().into_iter().filter_map(shown).collect()
}

impl PageState {
    pub(super) fn now() -> Self {
        Self {
            snapshot: snapshot(),
            functions: activity::functions(),
            timelines: activity::timelines(),
            #[cfg(feature = "config")]
            settings: settings(),
        }
    }
}
