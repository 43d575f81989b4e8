//! What attributes require of the types of a function, as compiler messages name it.
//!
//! Each trait is implemented for all types that qualify. Code neither implements nor calls it, and
//! a generic function has the bounds of the table in its place:
//!
//! | trait | required of | types that qualify |
//! |---|---|---|
//! | [`Outcome`] | a return type in which an attribute looks for failures | `Result<T, E>`, `Option<T>`, by any name |
//! | [`Rejection`] | the error, where an attribute fails on its own and has no `map_err` | `From<resilience::Error>` |
//! | [`StreamItem`] | the items of a stream in which an attribute looks for failures | `Result<T, E>`, by any name |
//! | [`IntoItemFailure`] | the error of a function that returns a stream in a `Result` | `Into` the error of the items |
//! | [`CloneArg`], [`CloneSelf`] | arguments passed by value, where the body may run again | `Clone` |
//! | [`MovedField`] | fields that the body moves out of such a `self` | `Copy`, if `self` is not `Clone` |
//! | [`Part`] | parts of a key | `Hash + Eq + Clone + Send + Sync`, or borrowed from it |
//! | [`Cacheable`], [`CacheableFailure`] | values and errors that `#[cached]` keeps | `Clone + Send + Sync + 'static` |
//! | [`SharedValue`], [`SharedKey`] | values and keys of `#[cached(store = ..)]` | `Serialize`, and values `DeserializeOwned` |
//! | [`ShareableError`] | errors with `clone_error` | `Send + Sync + 'static` |
//! | [`LogError`] | errors with `log_errors` | `Display` |
//! | [`HookResult`] | what `on_retry` returns | `()` |
//! | [`ClassifiedError`] | errors of a `Policy`, if their type is unknown where it is called | `Classify` |
//! | [`ThreadBody`] | the arguments and the result, with `mode = "thread"` | `Send + 'static` |
//! | [`Wait`] | the field that `#[classify(retry_after)]` names | `Duration`, `Option<Duration>` |
//! | [`Units`] | the value of `cost` of `#[rate_limit]` | unsigned integers |
//! | [`UnitsTaken`] | what `settle` of `#[rate_limit]` returns | `u64`, `Option<u64>` |
//! | [`Windowed`] | `window` of `#[circuit_breaker]` | `u32`, `Duration` |
//!
//! ```
//! use resilience::{Error, retry};
//!
//! // `Clone` is what `CloneArg` stands for.
//! #[retry(max = 3)]
//! fn send<B: AsRef<[u8]> + Clone>(body: B) -> Result<usize, Error> {
//!     Ok(body.as_ref().len())
//! }
//! # assert_eq!(send("text"), Ok(4));
//! ```

#[cfg(feature = "cached")]
pub use crate::cache::{Cacheable, CacheableFailure, ShareableError};
#[cfg(all(feature = "cached", feature = "store"))]
pub use crate::cache::{SharedKey, SharedValue};
pub use crate::circuit_breaker::Windowed;
pub use crate::classify::Wait;
pub use crate::gate::Rejection;
pub use crate::instance::key::Part;
pub use crate::outcome::Outcome;
pub use crate::policy::error_traits::ClassifiedError;
pub use crate::rate_limit::{Units, UnitsTaken};
pub use crate::retry::{CloneArg, CloneSelf, HookResult};
pub use crate::specialize::log_error::LogError;
pub use crate::specialize::receiver::{LentReceiver, MovedField};
pub use crate::stream::{IntoItemFailure, StreamItem};
pub use crate::timeout::ThreadBody;
