//! Autoref specialization: generated code chooses an implementation by the type of a value.
//!
//! An expansion sees tokens, not types, and stable Rust has no specialization. Method resolution offers a way out: it
//! takes the first candidate whose bounds hold, and tries candidates with fewer `&` first.
//!
//! ```text
//! impl<E: Classify> ClassifierIfClassify for &ClassifierProbe<E> {}  // preferred
//! impl<E> ClassifierOtherwise for ClassifierProbe<E> {}
//!
//! (&&ClassifierProbe::of(error)).__resilience_classifier()
//! ```
//!
//! The receiver has the type `&&ClassifierProbe<E>`. Both methods take `&self`. The first one matches as it stands, if
//! `E: Classify` holds; the second one matches after one dereference. With more levels, each gets one `&` less. Both
//! methods have the same name, and each returns a type of its own, whose methods do the work.
//!
//! The choice is made where the method is called, so it cannot be made in a generic function of this crate: there only
//! the bounds of that function are known.
//!
//! All families follow one naming rule:
//!
//! | item | name |
//! |---|---|
//! | the wrapper around the value or its type | `XProbe` |
//! | the trait of a preferred case | `XIfCapability` |
//! | the trait of everything else | `XOtherwise` |
//! | the method | `__resilience_x`, which no trait of the user's has |
//!
//! Probes never ask for a lifetime. What must be `'static` is checked where it is stored, so that the error is reported
//! there.

#[cfg(feature = "cached")]
pub(crate) mod cache_policy;
pub(crate) mod classifier;
pub(crate) mod failure;
pub(crate) mod fallback;
pub(crate) mod key_part;
pub(crate) mod log_error;
#[cfg(feature = "cached")]
pub(crate) mod negative_cache_policy;
#[cfg(feature = "cached")]
pub(crate) mod share_failure;

/// The traits of all families, without names. Generated code imports all of them: `use ..::probes::*;`.
pub mod probes {
    #[cfg(feature = "cached")]
    pub use super::cache_policy::{
        CachePolicyIfOutcome as _, CachePolicyIfSuccess as _, CachePolicyIfWhole as _, CachePolicyOtherwise as _,
    };
    pub use super::classifier::{ClassifierIfClassify as _, ClassifierOtherwise as _};
    pub use super::failure::{FailureIfOutcome as _, FailureOtherwise as _};
    pub use super::fallback::{FallbackIfFuture as _, FallbackOtherwise as _};
    pub use super::key_part::{
        KeyPartIfReference as _, KeyPartIfStorable as _, KeyPartIfStorableReference as _, KeyPartOtherwise as _,
    };
    pub use super::log_error::{LogErrorIfError as _, LogErrorOtherwise as _};
    #[cfg(feature = "cached")]
    pub use super::negative_cache_policy::{
        NegativeCachePolicyIfBoth as _, NegativeCachePolicyIfOutcome as _, NegativeCachePolicyOtherwise as _,
    };
    #[cfg(feature = "cached")]
    pub use super::share_failure::{ShareFailureIfClone as _, ShareFailureOtherwise as _};
}
