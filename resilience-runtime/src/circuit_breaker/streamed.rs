//! Permits that go along with a stream.

use super::permit::DetachedPermit;
use super::{CircuitBreaker, Permit};
use crate::gate::{HeldByStream, StreamGate};
use crate::time;

/// A stream is slow if its first item comes late. How long the rest takes depends on its length, and on the consumer.
impl<V> HeldByStream<V> for Permit<'_> {
    fn opened(&mut self) {
        self.answered_at(time::now());
    }

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

    fn opened(&self, detached: DetachedPermit) -> DetachedPermit {
        let mut permit = self.attach(detached);
        permit.answered_at(time::now());
        permit.detach()
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
