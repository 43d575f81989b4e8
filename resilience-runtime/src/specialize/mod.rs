//! Autoref specialization: how generated code chooses an implementation by type.

#[allow(missing_docs, reason = "only generated code names it")]
pub(crate) mod log_error;
