//! A subscriber that keeps the events of this library.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tracing::Dispatch;
use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// One event of this library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    pub name: &'static str,
    pub level: tracing::Level,
    pub fields: BTreeMap<&'static str, String>,
}

impl Recorded {
    /// Returns a field as text, empty if it is missing.
    pub fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

/// Records the events of this library on this thread until it is dropped.
pub struct Recorder {
    events: Arc<Mutex<Vec<Recorded>>>,
    _guard: DefaultGuard,
}

impl Recorder {
    pub fn start() -> Self {
        // With a single subscriber in the process, tracing caches the interest of whichever thread asks first, and
        // that thread may have no subscriber.
        static OTHERS: OnceLock<[Dispatch; 2]> = OnceLock::new();
        OTHERS.get_or_init(|| [(); 2].map(|()| Dispatch::new(tracing_subscriber::registry())));

        let events = Arc::new(Mutex::new(Vec::new()));
        let subscriber = tracing_subscriber::registry().with(Log(Arc::clone(&events)));
        Self { events, _guard: tracing::subscriber::set_default(subscriber) }
    }

    pub fn events(&self) -> Vec<Recorded> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn names(&self) -> Vec<&'static str> {
        self.events().iter().map(|event| event.name).collect()
    }

    pub fn named(&self, name: &str) -> Vec<Recorded> {
        self.events().into_iter().filter(|event| event.name == name).collect()
    }
}

struct Log(Arc<Mutex<Vec<Recorded>>>);

impl<S: tracing::Subscriber> Layer<S> for Log {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        if metadata.target() == "resilience" {
            let mut fields = Fields::default();
            event.record(&mut fields);
            let recorded = Recorded { name: metadata.name(), level: *metadata.level(), fields: fields.0 };
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(recorded);
        }
    }
}

#[derive(Default)]
struct Fields(BTreeMap<&'static str, String>);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}
