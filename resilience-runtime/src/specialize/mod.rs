//! Autoref specialization: generated code chooses an implementation by the type of a value, as
//! `docs/expansion.md` explains.
//!
//! `XProbe` wraps the value or its type, `XIfCapability` is the trait of a preferred case, and
//! `XOtherwise` the trait of all others. A generic function of this crate cannot choose: it knows
//! only its own bounds. A probe asks for no lifetime: the store checks and reports `'static`.

#[cfg(feature = "cached")]
pub(crate) mod cache_policy;
pub(crate) mod failure;
pub(crate) mod failure_type;
pub(crate) mod fallback;
pub(crate) mod hint;
pub(crate) mod hook;
pub(crate) mod key_part;
#[cfg(feature = "cached")]
pub(crate) mod load_rejection;
pub(crate) mod log_error;
#[cfg(feature = "cached")]
pub(crate) mod negative_cache_policy;
pub(crate) mod opening_error;
#[cfg(feature = "cached")]
pub(crate) mod outage;
pub(crate) mod receiver;
pub(crate) mod resilience_error;
#[cfg(feature = "cached")]
pub(crate) mod share_failure;

/// The traits of each family: the compiler resolves each imported name in each function.
pub mod probes {
    #[cfg(feature = "cached")]
    pub mod cache {
        pub use super::super::cache_policy::{
            CachePolicyIfOutcome as _, CachePolicyIfSuccess as _, CachePolicyIfWhole as _, CachePolicyOtherwise as _,
        };
        pub use super::super::load_rejection::LoadRejectionOtherwise as _;
        pub use super::super::negative_cache_policy::{
            NegativeCachePolicyIfBoth as _, NegativeCachePolicyIfOutcome as _, NegativeCachePolicyOtherwise as _,
        };
        pub use super::super::share_failure::{ShareFailureIfClone as _, ShareFailureOtherwise as _};
    }
    pub mod failure {
        pub use super::super::failure::{EndIfClassified as _, EndIfOutcome as _, EndOtherwise as _};
    }
    pub mod failure_type {
        pub use super::super::failure_type::{
            ClassifierOtherwise as _, IdentityIfErrorPointer as _, IdentityOtherwise as _,
        };
    }
    pub mod fallback {
        pub use super::super::fallback::{FallbackIfFuture as _, FallbackOtherwise as _};
    }
    pub mod hint {
        pub use super::super::hint::{HintIfOfFailure as _, HintIfOfOutcome as _, HintOtherwise as _};
    }
    pub mod hook {
        pub use super::super::hook::{HookIfFuture as _, HookOtherwise as _};
    }
    pub mod key_part {
        pub use super::super::key_part::{
            KeyPartIfReference as _, KeyPartIfStorable as _, KeyPartIfStorableReference as _, KeyPartOtherwise as _,
        };
    }
    #[cfg(feature = "cached")]
    pub mod outage {
        pub use super::super::outage::{OutageIfClassify as _, OutageIfOption as _, OutageOtherwise as _};
    }
    pub mod log_error {
        pub use super::super::log_error::{LogErrorIfError as _, LogErrorOtherwise as _};
    }
    pub mod opening_error {
        pub use super::super::opening_error::OpeningErrorOtherwise as _;
    }
    pub mod receiver {
        pub use super::super::receiver::{ReceiverIfClone as _, ReceiverOtherwise as _};
    }
}
