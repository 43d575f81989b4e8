//! Instances of stateful layers: found by name, one for each key, remembered by the attribute that uses them.

#[allow(missing_docs, reason = "only generated code names it")]
pub(crate) mod key;
#[allow(missing_docs, reason = "only generated code names it")]
pub(crate) mod keyed;
pub(crate) mod prehashed;
pub(crate) mod registry;
#[allow(missing_docs, reason = "only generated code names it")]
pub(crate) mod site;
