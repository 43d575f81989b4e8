//! What travels with a call.

#[allow(missing_docs, reason = "only generated code names it")]
pub(crate) mod await_point;
#[allow(missing_docs, reason = "only generated code names it")]
pub(crate) mod call;
#[allow(missing_docs, reason = "only generated code names it")]
pub(crate) mod exhausted;
pub(crate) mod observer;
