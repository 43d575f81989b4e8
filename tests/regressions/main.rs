#![deny(warnings)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery)]
//! Mistakes that attribute macros have made before ours, each as a test of ours.

mod families;
mod frameworks;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Fault {
    #[error("down")]
    Down,
    #[error(transparent)]
    Resilience(#[from] resilience::Error),
}

/// The other side: fails so many calls, then answers with the number of the call.
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

/// Every future that should be `Send` goes through here.
const fn send<T: Send>(future: T) -> T {
    future
}
