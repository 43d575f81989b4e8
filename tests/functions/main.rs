#![deny(warnings)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery)]
//! An attribute changes how often a function runs and nothing else, whatever the function looks like and wherever it stands.

mod arguments;
mod async_trait_methods;
mod bodies;
mod clones;
mod drop_order;
mod generics;
mod hygiene;
mod hygiene_derive;
mod made_by_macros;
mod outer_attributes;
mod owned_receivers;
mod plain_bodies;
mod receivers;
mod results;
mod returned_futures;
mod send;
mod traits;
mod unused;

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Fault {
    #[error("down")]
    Down,
    #[error(transparent)]
    Resilience(#[from] resilience::Error),
}

impl Fault {
    const fn is_timeout(&self) -> bool {
        matches!(self, Self::Resilience(resilience::Error::Timeout { .. }))
    }
}

/// A service that fails the first calls and then returns the number of the call.
#[derive(Debug, Default)]
struct Flaky {
    calls: AtomicU32,
    failures: u32,
}

impl Flaky {
    const fn failing(failures: u32) -> Self {
        Self { calls: AtomicU32::new(0), failures }
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
