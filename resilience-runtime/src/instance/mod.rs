//! Named instances of stateful layers, shared by name, with one instance for each key.

#[allow(missing_docs, reason = "only generated code names it")]
mod function;
mod function_path;
#[allow(missing_docs, reason = "only generated code names it")]
pub(crate) mod key;
mod key_hasher;
mod keyed;
mod keyed_map;
mod keyed_maps;
#[allow(missing_docs, reason = "only generated code names it")]
mod named;
mod origin;
pub(crate) mod prehashed;
#[allow(missing_docs, reason = "only generated code names it")]
mod site;

pub use function::FunctionItem;
pub use keyed::Keyed;
pub(crate) use keyed::{KeyedInstance, KeyedInstances};
pub(crate) use keyed_map::{Evictable, EvictionClass};
#[cfg(feature = "testing")]
pub(crate) use named::reset_all;
pub(crate) use named::{NamedInstance, Registered, find, keyed_snapshots, snapshots};
#[cfg(feature = "cached")]
pub(crate) use origin::{Configurer, Origins, PlacedSettings, differences};
pub use site::{KeyedSite, Site};
