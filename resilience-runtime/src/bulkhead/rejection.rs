//! Rejections of a full bulkhead.

use std::borrow::Cow;

use tracing::Level;

use super::Bulkhead;
use crate::context::facts::{Identity, RejectionFacts};
use crate::error::Error;
use crate::gate::{GateRejection, Rejection, count_unheard};
use crate::outcome::Outcome;
use crate::registry::FunctionRef;
use crate::time::Moment;

#[derive(Debug)]
pub enum BulkheadRejection<'a> {
    /// Counted when it is announced.
    Full(&'a Bulkhead),
    Counted(Error),
}

impl From<Error> for BulkheadRejection<'_> {
    fn from(error: Error) -> Self {
        Self::Counted(error)
    }
}

impl From<BulkheadRejection<'_>> for Error {
    fn from(rejection: BulkheadRejection<'_>) -> Self {
        match rejection {
            BulkheadRejection::Full(bulkhead) => Self::BulkheadFull { name: bulkhead.name.to_cow() },
            BulkheadRejection::Counted(error) => error,
        }
    }
}

impl RejectionFacts for BulkheadRejection<'_> {
    fn is_rejection(&self) -> bool {
        true
    }

    /// Nobody knows.
    fn ends(&self) -> Option<Moment> {
        Some(Moment::FAR)
    }
}

impl GateRejection for BulkheadRejection<'_> {
    fn announce(&self, function: FunctionRef) {
        match self {
            Self::Full(bulkhead) => drop(bulkhead.announce_full(function)),
            Self::Counted(error) => error.announce(function),
        }
    }

    #[inline]
    fn into_outcome<R: Outcome<Failure: Rejection>>(
        self,
        identity: impl Identity<R::Failure>,
        function: FunctionRef,
    ) -> R {
        match self {
            Self::Full(bulkhead) => rejected_by(bulkhead, identity, function),
            Self::Counted(error) => error.into_outcome(identity, function),
        }
    }
}

#[cold]
#[inline(never)]
fn rejected_by<R: Outcome<Failure: Rejection>>(
    bulkhead: &Bulkhead,
    identity: impl Identity<R::Failure>,
    function: FunctionRef,
) -> R {
    let name = match count_unheard(Level::WARN, &bulkhead.rejected, &bulkhead.name) {
        Some(name) => Cow::Borrowed(name),
        None => bulkhead.announce_full(function),
    };
    Rejection::remembered(Error::BulkheadFull { name }, Some(Moment::FAR), identity)
}

impl Bulkhead {
    /// Returns its name.
    #[cold]
    #[inline(never)]
    fn announce_full(&self, function: FunctionRef) -> Cow<'static, str> {
        self.rejected.add_one();
        let error = self.full();
        error.announce(function);
        self.name.to_cow()
    }
}
