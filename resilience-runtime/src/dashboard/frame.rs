use serde::Serialize;

use crate::activity::{self, BreakerTimeline, FunctionActivity};
use crate::snapshot::{Snapshot, snapshot};

/// What the page shows at one moment.
#[derive(Debug, Serialize)]
pub(super) struct Frame {
    snapshot: Snapshot,
    functions: Vec<FunctionActivity>,
    timelines: Vec<BreakerTimeline>,
}

impl Frame {
    pub(super) fn now() -> Self {
        Self { snapshot: snapshot(), functions: activity::functions(), timelines: activity::timelines() }
    }
}
