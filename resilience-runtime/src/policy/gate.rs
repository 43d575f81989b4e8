use std::fmt;

use super::{Blocking, InnerCall, Operation, Reject};
use crate::context::in_attempt;
use crate::gate::{Gate, enter, enter_blocking, leave};
use crate::instance::{NamedInstance, Site};

/// A gate of a name, and what its permits learn when a call ends.
pub(super) struct GateLayer<G: NamedInstance, E, S = Leave> {
    pub(super) site: Site<G>,
    pub(super) config: G::Config,
    pub(super) reject: Reject<E>,
    pub(super) settle: S,
}

pub(super) trait Settle<G: Gate, E> {
    fn settle<T>(&self, permit: G::Permit<'_>, out: &Result<T, E>);
}

/// For a gate that does not ask for the outcome.
pub(super) struct Leave;

impl<G: Gate, E> Settle<G, E> for Leave {
    fn settle<T>(&self, permit: G::Permit<'_>, _: &Result<T, E>) {
        leave(permit);
    }
}

impl<G: Gate + NamedInstance, E, S: Settle<G, E>> GateLayer<G, E, S> {
    pub(super) async fn call<T, F: Operation<T, E>>(&self, mut inner: InnerCall<'_, T, E, F>) -> Result<T, E> {
        let permit = match enter(self.site.instance(&self.config)).await {
            Ok(permit) => permit,
            Err(rejection) => return Err(inner.rejected(self.reject, rejection)),
        };
        let out = in_attempt((), inner.call()).await;
        self.settle.settle(permit, &out);
        out
    }

    pub(super) fn call_blocking<T>(&self, mut inner: InnerCall<'_, T, E, Blocking<'_, T, E>>) -> Result<T, E> {
        let permit = enter_blocking(self.site.instance(&self.config))
            .map_err(|rejection| inner.rejected(self.reject, rejection))?;
        let out = inner.call_blocking();
        self.settle.settle(permit, &out);
        out
    }
}

impl<G: NamedInstance, E, S> fmt::Debug for GateLayer<G, E, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.site, f)
    }
}
