//! Mistakes in a function or a stack, beyond the arguments of one attribute.

mod signature;
mod stack;

pub(crate) use signature::signature;
pub(crate) use stack::stack;
