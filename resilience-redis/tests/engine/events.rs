//! All events of the test program, by the namespace of the store.

use std::fmt::Write as _;
use std::sync::{LazyLock, Mutex, Once};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

static EVENTS: LazyLock<Mutex<Vec<(&'static str, String)>>> = LazyLock::new(Mutex::default);

struct Collector;

impl Subscriber for Collector {
    fn enabled(&self, _metadata: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(String::new());
        event.record(&mut fields);
        EVENTS.lock().expect("no panic").push((event.metadata().name(), fields.0));
    }

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let _infallible = write!(self.0, "{field}={value:?} ");
    }
}

/// Collects from now on.
pub fn collect() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing::subscriber::set_global_default(Collector).expect("the only subscriber"));
}

/// The names of the events of one store so far.
pub fn of(namespace: &str) -> Vec<&'static str> {
    let store = format!("store=\"{namespace}\"");
    let events = EVENTS.lock().expect("no panic");
    events.iter().filter(|(_, fields)| fields.contains(&store)).map(|(name, _)| *name).collect()
}

/// All that was written so far.
pub fn text() -> String {
    format!("{:?}", EVENTS.lock().expect("no panic"))
}
