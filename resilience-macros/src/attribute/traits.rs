//! What the rules about a stack and the layers around need to know of an attribute.

use std::time::Duration;

use proc_macro2::Ident;
use syn::Expr;

use crate::parse::Const;

/// The traits of one attribute of a function. No field has a default: a new attribute has to answer for each.
#[expect(clippy::struct_excessive_bools, reason = "facts that do not depend on each other")]
pub(crate) struct Traits<'a> {
    pub(crate) is_gate: bool,
    /// Whether it acts on failures, or fails by itself: the return type has to be able to say so.
    pub(crate) acts_on_failure: bool,
    /// Whether it decides by the result of the part below, so that a fallback there would hide every failure from it.
    pub(crate) judges_results: bool,
    /// Whether it counts every call below, a success too.
    pub(crate) counts_calls: bool,
    /// Whether a rejection below counts as a failure of the dependency.
    pub(crate) counts_rejections: bool,
    /// Whether it asks errors for their classification, and for nothing else.
    pub(crate) classifies_only: bool,
    pub(crate) retries: Option<Retries>,
    pub(crate) answers_failures: Answers,
    /// Whether the part below may run again after a failure, or other code may run in its place.
    pub(crate) continues_after_failure: bool,
    pub(crate) uses_self_later: bool,
    pub(crate) stores_results: bool,
    pub(crate) deadline: Option<&'a Const<Duration>>,
    pub(crate) ends_calls: bool,
    pub(crate) key: Option<&'a Expr>,
    /// Whether it takes arguments of its own out of their slots, and leaves them to the part below under their names.
    pub(crate) rebinds_arguments: bool,
    pub(crate) reads_arguments: bool,
    pub(crate) shares: &'a [Ident],
    /// What its instance is found by; two layers of one identity on a function are one instance.
    pub(crate) identity: Option<String>,
}

#[derive(Clone, Copy)]
pub(crate) struct Retries {
    /// All executions together; `None` where a constant decides.
    pub(crate) attempts: Option<u64>,
    /// Whether it also retries what a retry further in has given up.
    pub(crate) is_nested: bool,
}

impl Retries {
    pub(crate) fn runs_again(self) -> bool {
        self.attempts != Some(1)
    }
}

/// Whether a failure below is answered with something else.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answers {
    Never,
    /// When there is a value from before.
    WhenStored,
    Always,
}
