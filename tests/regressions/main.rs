#![deny(warnings)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery)]
//! Mistakes that attribute macros have made before ours, each as a test of ours.
//!
//! `families` asks of our attributes what the regression tests of `async-trait` ask of it; `frameworks` puts them beside
//! the attributes of test frameworks; `catalogue` holds the rows of this table that had no test elsewhere. The tests of
//! the others name their row: `/// H4.`
//!
//! | row | mistake | tests |
//! |---|---|---|
//! | H1 | an argument collides with a generated name | `hygiene` |
//! | H2 | `mut` of an argument or of `self` is lost, or reported as unused | `signatures`; `families`: 23, 277; `ui-tests/fail/lints/arguments` |
//! | H3 | `self` in a macro of the body, or a function made by a macro | `signatures`; `families`: 17, 46, 68, 92, 104, 161 |
//! | H4 | patterns, and when an ignored argument is dropped | `signatures`; `families`: 125, 199, 232, 234 |
//! | H5 | `#[cfg]` on an argument or a generic parameter | `signatures`; `families`: 226, 288 |
//! | H6 | constant, defaulted and inferred generics | `signatures`; `families`: 1, 57, 123, 134 |
//! | H7 | `impl Trait`, associated types | `signatures`; `families`: 2, 106, 177, 204, 281 |
//! | H8 | `where` clauses, and `Self` in macros | `signatures`; `families`: 2, 44, 92 |
//! | H9 | early return, `?`, labels, coercion, `-> !` | `signatures`; `families`: 149; `catalogue`; `ui-tests/fail/stack/never_returns` |
//! | H10 | shadowed names, no prelude, renamed crates | `hygiene` |
//! | H11 | raw identifiers | `signatures`; `catalogue` |
//! | H12 | lints about generated code | `hygiene`; `unused`; `families`: 120, 129, 145, 147, 154, 183, 236, 238; every test file denies warnings and clippy |
//! | H13 | lints about the user's code that are lost | `ui-tests/fail/lints`; `signatures`; `catalogue` |
//! | H14 | documentation, visibility or attributes that are lost | `signatures`; `hygiene`; `ui-tests/fail/lints/function` |
//! | H15 | errors at the attribute, and more than one of a mistake | `ui-tests/fail`, `ui_spans`; `catalogue` |
//! | H16 | nothing completes while a function is being typed | snapshots of `resilience-macros`; `catalogue` |
//! | H17 | `const`, `unsafe` and `extern` functions, inner attributes | `ui-tests/fail/stack`; `signatures` |
//! | H18 | code in front of a returned future | `signatures`; `catalogue` |
//! | H19 | trait methods with and without a body, `#[async_trait]` above and below | `signatures`; `order`; `families`; `ui-tests/fail/async_trait`, `ui-tests/fail/stack/no_body` |
//! | H21 | `Send` or `Sync` is lost | `send`; `ui-tests/fail/async_trait/send_not_implemented` |
//! | H22 | another edition means something else | `catalogue`; the matrix, which `.ci/matrix` compiles in all of them |
//! | H23 | options that are accepted and ignored | `ui-tests/fail/*/contradictions`, `ui-tests/fail/stack`; `order` |
//! | H24 | types recognised by their name | `signatures`; `hygiene`; `catalogue` |
//! | H25 | a static or a function beside a method | `signatures`; `resilience-macros` |
//! | H26 | a feature that is off breaks an expansion | `resilience-macros`; `.ci/run` builds each feature alone |
//! | H27 | warnings about unknown `cfg`s and lints | `resilience-macros`; `hygiene` |
//! | H28 | something beside the function runs its body under a lock | nothing stands beside it: `resilience-macros` |
//! | H29 | `Clone` or `Hash` is asked for without need, or unclearly | `signatures`; `ui-tests/fail/types/argument_not_clone*`, `key_not_hashable*`, `value_not_clone*` |

mod arguments;
mod bodies;
mod catalogue;
mod frameworks;
mod generics;
mod lints;
mod macros;
mod receivers;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Fault {
    #[error("down")]
    Down,
    #[error(transparent)]
    Resilience(#[from] resilience::Error),
}

/// The other side: fails so many calls, then answers with the number of the call.
#[derive(Debug, Clone)]
struct Flaky {
    calls: Arc<AtomicU32>,
    failures: u32,
}

impl Flaky {
    fn failing(failures: u32) -> Self {
        Self { calls: Arc::default(), failures }
    }

    fn call(&self) -> Result<u32, Fault> {
        let call = self.calls.fetch_add(1, SeqCst) + 1;
        if call > self.failures { Ok(call) } else { Err(Fault::Down) }
    }

    fn calls(&self) -> u32 {
        self.calls.load(SeqCst)
    }
}

/// Every future that should be `Send` goes through here.
const fn send<T: Send>(future: T) -> T {
    future
}
