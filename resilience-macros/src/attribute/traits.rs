//! Facts about an attribute, for rules about stacks and for the layers around it.

use std::time::Duration;

use proc_macro2::Ident;
use syn::Expr;

use crate::parse::Const;

/// No field has a default, so a new attribute answers each question.
#[expect(clippy::struct_excessive_bools, reason = "facts that do not depend on each other")]
pub(crate) struct Traits<'a> {
    pub(crate) is_gate: bool,
    /// It gives back what it took from a call that a gate below rejects.
    pub(crate) is_refunded: bool,
    /// The return type must be able to hold failures.
    pub(crate) acts_on_failure: bool,
    /// A fallback below would hide every failure from it.
    pub(crate) judges_results: bool,
    /// Successes count too.
    pub(crate) counts_calls: bool,
    /// It may reject a call although it is no gate.
    pub(crate) rejects_calls: bool,
    /// It asks errors for nothing but their classification.
    pub(crate) classifies_only: bool,
    pub(crate) retries: Option<Retries>,
    /// It reads from failures how long the server asks to wait.
    pub(crate) learns_from_failures: bool,
    pub(crate) answers_failures: Answers,
    /// The part below may run again after a failure, or other code in its place.
    pub(crate) continues_after_failure: bool,
    pub(crate) uses_self_later: bool,
    pub(crate) stores_results: bool,
    pub(crate) deadline: Option<&'a Const<Duration>>,
    pub(crate) ends_calls: bool,
    /// Settings can make it end calls.
    pub(crate) may_end_calls: bool,
    /// An asynchronous call holds a scope of it across the await points below.
    pub(crate) has_scope: bool,
    pub(crate) key: Option<&'a Expr>,
    /// An expression over the parameters that is evaluated before each call.
    pub(crate) cost: Option<&'a Expr>,
    /// It takes arguments out of their slots and leaves them to the part below, under their names.
    pub(crate) rebinds_arguments: bool,
    pub(crate) reads_arguments: bool,
    pub(crate) shares: &'a [Ident],
    /// Two layers of one identity on a function share an instance.
    pub(crate) identity: Option<String>,
}

impl Traits<'_> {
    /// Returns whether the layer asks what is known about a failure.
    pub(crate) fn asks_for_facts(&self) -> bool {
        self.counts_calls || self.retries.is_some() || self.learns_from_failures
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Retries {
    /// `None` if a constant decides.
    pub(crate) attempts: Option<u64>,
    /// It retries even after an inner retry has given up.
    pub(crate) is_nested: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answers {
    Never,
    WhenStored,
    Always,
}
