use std::sync::Arc;

use tonic::Status;

use super::Error;

/// `DeadlineExceeded` for a timeout, `ResourceExhausted` for a rate limit or a full bulkhead,
/// `FailedPrecondition` for a call that costs more than a rate limit ever lets pass, and
/// `Unavailable` for a breaker, for a store that is away, for a lack of threads and for a process
/// that shuts down. The time to wait is the push-back of gRPC A6, which clients with a retry policy
/// obey. The error is the source of the status.
impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        let mut status = match &error {
            Error::Timeout { .. } => Self::deadline_exceeded(message),
            Error::RateLimited { .. } | Error::BulkheadFull { .. } => Self::resource_exhausted(message),
            Error::CostAboveBurst { .. } => Self::failed_precondition(message),
            Error::CircuitOpen { .. }
            | Error::StoreAway { .. }
            | Error::NoThread { .. }
            | Error::ShuttingDown { .. } => Self::unavailable(message),
        };
        if let Some(wait) = error.retry_after() {
            let millis = wait.as_millis().saturating_add(u128::from(wait.subsec_nanos() % 1_000_000 > 0));
            if let Ok(millis) = millis.to_string().parse() {
                status.metadata_mut().insert("grpc-retry-pushback-ms", millis);
            }
        }
        status.set_source(Arc::new(error));
        status
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;
    use std::time::Duration;

    use tonic::Code;

    use super::*;
    use crate::classify::{Category, Classify};
    use crate::error::BreakerState;

    #[test]
    fn each_rejection_has_its_code_its_hint_and_itself_as_the_source() {
        let wait = Duration::from_micros(6_000_001);
        let limit = Duration::from_secs(1);
        for (error, code, category, hint) in [
            (Error::Timeout { limit, elapsed: limit }, Code::DeadlineExceeded, Category::Transient, None),
            (
                Error::CircuitOpen { name: "llm".into(), state: BreakerState::Open, retry_after: Some(wait) },
                Code::Unavailable,
                Category::Resource,
                Some(Duration::from_millis(6001)),
            ),
            (Error::BulkheadFull { name: "db".into() }, Code::ResourceExhausted, Category::RateLimit, None),
            (
                Error::RateLimited { name: "api".into(), retry_after: limit },
                Code::ResourceExhausted,
                Category::RateLimit,
                Some(limit),
            ),
            (Error::ShuttingDown { name: "db".into() }, Code::Unavailable, Category::Resource, None),
            (Error::NoThread { function: "f", running: 1, abandoned: 1 }, Code::Unavailable, Category::Resource, None),
        ] {
            let status = Status::from(error.clone());
            assert_eq!((status.code(), status.message()), (code, &*error.to_string()));
            assert_eq!((status.category(), status.retry_after()), (category, hint), "{error}");
            assert_eq!(status.source().and_then(|source| source.downcast_ref()), Some(&error));
        }
    }
}
