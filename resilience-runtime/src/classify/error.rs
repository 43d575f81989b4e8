use std::time::Duration;

use super::{Category, Classify, Severity};
use crate::error::Error;

#[diagnostic::do_not_recommend]
impl Classify for Error {
    fn category(&self) -> Category {
        match self {
            Self::Timeout { .. } => Category::Transient,
            Self::CircuitOpen { .. }
            | Self::BulkheadFull { .. }
            | Self::StoreAway { .. }
            | Self::NoThread { .. }
            | Self::ShuttingDown { .. } => Category::Resource,
            Self::RateLimited { .. } => Category::RateLimit,
            Self::CostAboveBurst { .. } => Category::Permanent,
        }
    }

    fn severity(&self) -> Severity {
        Severity::Warning
    }

    fn retry_after(&self) -> Option<Duration> {
        self.retry_after()
    }

    fn resilience_error(&self) -> Option<&Self> {
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejection_is_classified_by_its_gate() {
        let full = Error::BulkheadFull { name: "db".into() };
        let limited = Error::RateLimited { name: "api".into(), retry_after: Duration::from_millis(250) };
        assert_eq!((full.category(), limited.category()), (Category::Resource, Category::RateLimit));
    }
}
