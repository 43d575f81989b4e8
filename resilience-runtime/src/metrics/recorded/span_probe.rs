//! Whether a recorder takes labels from the current span, as `metrics-tracing-context` does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ::metrics::{Key, with_recorder};
use tracing::dispatcher::{self, Dispatch};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};
use tracing_core::callsite;
use tracing_core::span::Current;

use super::METADATA;

struct SpanProbe(Arc<AtomicBool>);

impl Subscriber for SpanProbe {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::never()
    }

    fn enabled(&self, _: &Metadata<'_>) -> bool {
        false
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::OFF)
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}

    fn current_span(&self) -> Current {
        self.0.store(true, Ordering::Relaxed);
        Current::none()
    }
}

/// Registers the series with the recorder of this thread. A handle of a recorder that asks belongs
/// to the span of one call.
pub fn asks_for_the_span(key: &Key) -> bool {
    let asked = Arc::new(AtomicBool::new(false));
    let probe = Dispatch::new(SpanProbe(Arc::clone(&asked)));
    dispatcher::with_default(&probe, || {
        drop(with_recorder(|recorder| recorder.register_counter(key, &METADATA)));
    });
    drop(probe);
    // The callsites of the program have learnt that a second subscriber exists.
    callsite::rebuild_interest_cache();
    asked.load(Ordering::Relaxed)
}
