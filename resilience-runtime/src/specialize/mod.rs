//! Autoref specialization: generated code chooses an implementation by the type of a value.
//!
//! An expansion sees tokens, not types, and stable Rust has no specialization. Method resolution
//! takes the first candidate whose bounds hold, and tries candidates with fewer `&` first:
//!
//! ```text
//! impl<E: Classify> ClassifierIfClassify for &ClassifierProbe<E> {} // preferred, if `E: Classify`
//! impl<E> ClassifierOtherwise for ClassifierProbe<E> {} // needs one dereference more
//! (&&ClassifierProbe::of(error)).__resilience_classifier()
//! ```
//!
//! `XProbe` wraps the value or its type, `XIfCapability` is the trait of a preferred case, and
//! `XOtherwise` the trait of all others. A generic function of this crate cannot choose: it knows
//! only its own bounds. A probe asks for no lifetime: the store checks and reports `'static`.

#[cfg(feature = "cached")]
pub(crate) mod cache_policy;
pub(crate) mod classifier;
pub(crate) mod failure;
pub(crate) mod fallback;
pub(crate) mod identity;
pub(crate) mod key_part;
pub(crate) mod log_error;
#[cfg(feature = "cached")]
pub(crate) mod negative_cache_policy;
#[cfg(feature = "cached")]
pub(crate) mod share_failure;

/// The traits of all families, which generated code imports: `use ..::probes::*;`.
pub mod probes {
    #[cfg(feature = "cached")]
    pub use super::cache_policy::{
        CachePolicyIfOutcome as _, CachePolicyIfSuccess as _, CachePolicyIfWhole as _, CachePolicyOtherwise as _,
    };
    pub use super::classifier::{ClassifierIfClassify as _, ClassifierOtherwise as _};
    pub use super::failure::{FailureIfOutcome as _, FailureOtherwise as _};
    pub use super::fallback::{FallbackIfFuture as _, FallbackOtherwise as _};
    pub use super::identity::{IdentityIfError as _, IdentityIfErrorPointer as _, IdentityOtherwise as _};
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
