use std::time::Duration;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::{BreakerState, Error};

/// `code`, `message` and, where the error has them, `name`, `state`, `limit_ms` and
/// `retry_after_ms`.
impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Error", 6)?;
        fields.serialize_field("code", self.code())?;
        fields.serialize_field("message", &self.to_string())?;
        field(&mut fields, "name", self.name())?;
        field(&mut fields, "state", self.breaker_state())?;
        field(&mut fields, "limit_ms", self.limit().map(millis))?;
        // Rounded up, so that no client comes back too early.
        field(
            &mut fields,
            "retry_after_ms",
            self.retry_after().map(|wait| millis(wait.saturating_add(Duration::from_nanos(999_999)))),
        )?;
        fields.end()
    }
}

fn field<F: SerializeStruct>(
    fields: &mut F,
    name: &'static str,
    value: Option<impl Serialize>,
) -> Result<(), F::Error> {
    match value {
        Some(value) => fields.serialize_field(name, &value),
        None => fields.skip_field(name),
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl Error {
    fn name(&self) -> Option<&str> {
        match self {
            Self::CircuitOpen { name, .. }
            | Self::BulkheadFull { name }
            | Self::RateLimited { name, .. }
            | Self::ShuttingDown { name }
            | Self::StoreAway { name, .. }
            | Self::CostAboveBurst { name, .. } => Some(name),
            Self::NoThread { function, .. } => Some(function),
            Self::Timeout { .. } => None,
        }
    }

    const fn breaker_state(&self) -> Option<BreakerState> {
        if let Self::CircuitOpen { state, .. } = self { Some(*state) } else { None }
    }

    const fn limit(&self) -> Option<Duration> {
        if let Self::Timeout { limit, .. } = self { Some(*limit) } else { None }
    }
}
