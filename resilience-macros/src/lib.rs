//! The attribute macros of [`resilience`](https://docs.rs/resilience). Use that crate: it re-exports them together with
//! the runtime they expand into.

mod attr;
mod check;
mod diagnostics;
mod entry;
mod expand;
mod item;
mod options;
mod recover;
mod runtime_path;
mod stack;
mod value;

use proc_macro::TokenStream;

use crate::stack::Kind;

/// Keeps results.
#[proc_macro_attribute]
pub fn cached(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute(Kind::Cached, arguments.into(), &item.into()).into()
}

/// Stops calling what keeps failing.
#[proc_macro_attribute]
pub fn circuit_breaker(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute(Kind::CircuitBreaker, arguments.into(), &item.into()).into()
}

/// Answers otherwise when a call has failed.
#[proc_macro_attribute]
pub fn fallback(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute(Kind::Fallback, arguments.into(), &item.into()).into()
}

/// Calls again after a failure.
#[proc_macro_attribute]
pub fn retry(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute(Kind::Retry, arguments.into(), &item.into()).into()
}

/// Limits the time of a call.
#[proc_macro_attribute]
pub fn timeout(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute(Kind::Timeout, arguments.into(), &item.into()).into()
}

/// Puts the attributes of other crates that stand above ours into written order.
#[proc_macro_attribute]
pub fn stack(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute(Kind::Stack, arguments.into(), &item.into()).into()
}

/// A block of our attributes above an attribute of another crate. Not to be written by hand.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn __apply(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::apply(arguments.into(), item.into()).into()
}
