//! Lints that are off by default.

#![deny(
    absolute_paths_not_starting_with_crate,
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    impl_trait_redundant_captures,
    let_underscore_drop,
    macro_use_extern_crate,
    meta_variable_misuse,
    missing_copy_implementations,
    missing_debug_implementations,
    missing_docs,
    nonstandard_style,
    redundant_imports,
    redundant_lifetimes,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unit_bindings,
    unnameable_types,
    unreachable_pub,
    unsafe_code,
    unused,
    unused_import_braces,
    unused_lifetimes,
    unused_qualifications,
    unused_results,
    variant_size_differences
)]
#![forbid(unused_must_use)]
#![deny(clippy::restriction)]
#![allow(
    clippy::absolute_paths,
    clippy::arbitrary_source_item_ordering,
    clippy::arithmetic_side_effects,
    clippy::field_scoped_visibility_modifiers,
    clippy::blanket_clippy_restriction_lints,
    clippy::implicit_return,
    clippy::missing_docs_in_private_items,
    clippy::missing_inline_in_public_items,
    clippy::pub_with_shorthand,
    clippy::question_mark_used,
    clippy::redundant_pub_crate,
    clippy::single_call_fn,
    clippy::unused_trait_names,
    reason = "the plain function has them too"
)]

use core::sync::atomic::AtomicU32;

use resilience::{bulkhead, cached, circuit_breaker, fallback, rate_limit, retry, timeout};
use tokio::task::yield_now;

use super::{Fault, third};

async fn spare(calls: &AtomicU32, number: u32) -> Result<u32, Fault> {
    yield_now().await;
    third(calls).map(|call| call + number)
}

fn spare_now(_calls: &AtomicU32, number: &mut Vec<u32>) -> Option<u32> {
    number.pop()
}

/// Asynchronous.
#[cached(ttl = 60, max_size = 5, key = (number, true))]
#[timeout("1m")]
#[fallback(spare, |fault| if number > 50 { Ok(number) } else { Err(fault) }, value = 7)]
#[retry(max = 2, backoff = "constant", base_delay_ms = 1, when = |fault| *fault == Fault::Down, on_retry = |_state| {})]
#[rate_limit(max = 1000, wait = "1s")]
#[bulkhead(max = 100, queue = 9, wait = "1s")]
#[circuit_breaker(recovery_secs = 3, failure_threshold = 100, ignore = |fault| *fault != Fault::Down)]
#[timeout(secs = 3)]
pub(super) async fn later(calls: &AtomicU32, mut number: u32) -> Result<u32, Fault> {
    number += third(calls)?;
    yield_now().await;
    Ok(number)
}

/// Synchronous.
#[timeout(secs = 60, mode = "cooperative")]
#[fallback(spare_now, |()| number.first().copied())]
#[retry(max = 2, backoff = "none", when_ok = |value| *value == 0)]
#[rate_limit(max = 1000, wait = "1s")]
#[bulkhead(max = 100, queue = 9, wait = "1s")]
#[circuit_breaker(failure_threshold = 100)]
pub(super) fn now(calls: &AtomicU32, number: &mut Vec<u32>) -> Option<u32> {
    number.push(third(calls).ok()?);
    number.first().copied()
}

/// Cached.
#[cached]
pub(super) fn kept((left, right): (u32, u32)) -> u32 {
    left + right
}

#[derive(Debug)]
pub(super) struct Service {
    pub(super) id: u32,
}

impl Service {
    /// A method.
    #[cached(key = (self.id, text))]
    #[fallback(self.other)]
    #[retry(max = 2, backoff = "none")]
    #[timeout(secs = 3)]
    pub(super) async fn ask(&self, calls: &AtomicU32, text: &'static str) -> Result<String, Fault> {
        yield_now().await;
        third(calls).map(|call| format!("{text}{call}{}", self.id))
    }

    async fn other(&self, calls: &AtomicU32, text: &'static str) -> Result<String, Fault> {
        yield_now().await;
        third(calls).map(|_call| text.to_owned())
    }

    /// An exclusive method.
    #[retry(max = 2, backoff = "none")]
    pub(super) async fn bump(&mut self, calls: &AtomicU32, sink: &mut Vec<u32>) -> Result<u32, Fault> {
        self.id += 1;
        yield_now().await;
        sink.push(third(calls)?);
        Ok(self.id)
    }
}
