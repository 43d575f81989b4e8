//! The caches of annotated functions and of policies.

#[allow(missing_docs, reason = "only generated code names it")]
mod cache_policy;
#[allow(missing_docs, clippy::missing_panics_doc, reason = "called in items of generated code only")]
mod config;
mod counters;
mod entry;
#[cfg(feature = "store")]
#[allow(missing_docs, reason = "only generated code names it")]
mod far;
mod handle;
mod hashing;
mod in_flight;
mod lookup;
mod named;
mod pending_load;
mod policy_site;
#[cfg(feature = "config")]
mod settings;
#[allow(missing_docs, reason = "only generated code names it")]
mod shutdown;
mod site;
mod store;
#[allow(missing_docs, reason = "only generated code names it")]
mod stored_key;
mod typed;
mod wait_graph;
#[allow(missing_docs, reason = "only generated code names it")]
mod weight;

pub use cache_policy::{
    AlwaysOutage, CacheBoth, CacheNothing, CachePolicy, CacheSuccess, CacheWhole, Cacheable, CacheableFailure,
    LoadFailure, NotShared, OutageByClass, OutageIfLayer, OutageRule, ShareByClone, ShareFailure, ShareWith,
    ShareableError, call_clone_error, share_with,
};
pub(crate) use cache_policy::{SharedFailure, ShownOutage};
pub use config::CacheConfig;
#[cfg(feature = "store")]
pub(crate) use far::{KeyCodec, SharedPart, ValueCodec};
#[cfg(feature = "store")]
pub use far::{SharedKey, SharedValue, key_codec, value_codec};
pub use handle::{Cache, CacheSnapshot, CacheStats, EntryError, WrongKeyType};
pub(crate) use lookup::Lookup;
pub use lookup::{Miss, call_ttl, lookup, weigh_with};
#[cfg(feature = "testing")]
pub(crate) use named::reset_all;
pub(crate) use named::snapshots;
pub(crate) use policy_site::PolicySite;
pub(crate) use shutdown::CacheCaller;
pub use shutdown::{CannotReject, RejectWithError, caller_of};
pub use site::{CacheSite, instantiation_of};
pub(crate) use typed::CacheLoad;
pub use weight::IdleTime;
#[cfg(feature = "store")]
pub(crate) use weight::SharedWeight;
pub(crate) use weight::Weight;
