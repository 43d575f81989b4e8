//! The basic promise of each attribute in real time, in the build that users ship.

use as_a_user::{Counter, Failure, Resilience, Watch, awaiting, blocking, millis};

mod bulkhead;
mod cached;
mod circuit_breaker;
mod destructors;
mod fallback;
mod policy;
mod rate_limit;
mod retry;
mod timeout;
mod wake_ups;
