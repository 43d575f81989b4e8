#![deny(warnings)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery)]
//! Mistakes that attribute macros have made before ours.
//!
//! Most modules ask of our attributes what the regression tests of `async-trait` ask of it (`AT-` tags, listed in
//! `tests/tables/async_trait.md`): under `#[async_trait]`, and on a native trait or alone where that makes sense. `frameworks`
//! combines our attributes with those of test frameworks. `catalogue` holds rows of `tests/tables/bugs.md` that no other
//! program tests.

mod arguments;
mod bodies;
mod catalogue;
mod frameworks;
mod generics;
mod lints;
mod macros;
mod receivers;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Fault {
    #[error("down")]
    Down,
    #[error(transparent)]
    Resilience(#[from] resilience::Error),
}

/// A service that fails the first calls and then returns the number of the call.
#[derive(Debug, Clone)]
struct Flaky {
    calls: Arc<AtomicU32>,
    failures: u32,
}

impl Flaky {
    fn failing(failures: u32) -> Self {
        Self { calls: Arc::default(), failures }
    }

    fn call(&self) -> Result<u32, Fault> {
        let call = self.calls.fetch_add(1, SeqCst) + 1;
        if call > self.failures { Ok(call) } else { Err(Fault::Down) }
    }

    fn calls(&self) -> u32 {
        self.calls.load(SeqCst)
    }
}

/// Asserts that a future is `Send`.
const fn send<T: Send>(future: T) -> T {
    future
}
