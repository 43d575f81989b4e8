//! Permits that go along with a stream.

use super::permit::DetachedPermit;
use super::{CircuitBreaker, Permit};
use crate::gate::{HeldByStream, StreamGate};

impl HeldByStream for Permit<'_> {
    fn resume(&mut self) {
        Permit::resume(self);
    }

    fn suspend(&mut self) {
        Permit::suspend(self);
    }
}

impl StreamGate for CircuitBreaker {
    type Detached = DetachedPermit;

    fn detach(permit: Permit<'_>) -> DetachedPermit {
        permit.detach()
    }

    fn attach(&self, detached: DetachedPermit) -> Permit<'_> {
        Permit::attach(self, detached)
    }

    fn resumed(&self, detached: DetachedPermit) -> DetachedPermit {
        let mut permit = self.attach(detached);
        permit.resume();
        permit.detach()
    }

    fn suspended(&self, detached: DetachedPermit) -> DetachedPermit {
        let mut permit = self.attach(detached);
        permit.suspend();
        permit.detach()
    }
}
