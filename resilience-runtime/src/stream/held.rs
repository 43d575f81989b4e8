use std::fmt;
use std::ops::Deref;

use crate::gate::{Gate, HeldByStream, StreamGate};
use crate::metrics::CallGuard;

impl<V> HeldByStream<V> for CallGuard {}

/// A permit together with its gate, for a gate that is freed with its last reference, such as that of a key.
pub struct HeldGate<H: Deref<Target: StreamGate>> {
    gate: H,
    /// `None` after it is settled.
    permit: Option<<H::Target as StreamGate>::Detached>,
}

pub fn detach<G: StreamGate>(_: &G, permit: G::Permit<'_>) -> G::Detached {
    G::detach(permit)
}

impl<H: Deref<Target: StreamGate>> HeldGate<H> {
    pub fn new(gate: H, permit: <H::Target as StreamGate>::Detached) -> Self {
        Self { gate, permit: Some(permit) }
    }

    pub fn settle(mut self, settle: impl FnOnce(<H::Target as Gate>::Permit<'_>)) {
        if let Some(permit) = self.permit.take() {
            settle(self.gate.attach(permit));
        }
    }
}

impl<V, H: Deref<Target: StreamGate>> HeldByStream<V> for HeldGate<H> {
    fn opened(&mut self) {
        self.permit = self.permit.take().map(|permit| self.gate.opened(permit));
    }

    fn resume(&mut self) {
        self.permit = self.permit.take().map(|permit| self.gate.resumed(permit));
    }

    fn suspend(&mut self) {
        self.permit = self.permit.take().map(|permit| self.gate.suspended(permit));
    }
}

impl<H: Deref<Target: StreamGate>> Drop for HeldGate<H> {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            drop(self.gate.attach(permit));
        }
    }
}

impl<H: Deref<Target: StreamGate>> fmt::Debug for HeldGate<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeldGate").field("is_settled", &self.permit.is_none()).finish_non_exhaustive()
    }
}
