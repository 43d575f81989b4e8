//! Layers of policies whose state processes share in a store.

#[cfg(feature = "store")]
mod gates;
#[cfg(feature = "store")]
mod limit;
#[cfg(feature = "store")]
mod sharing;
#[cfg(not(feature = "store"))]
mod unshared;

#[cfg(feature = "store")]
use crate::store::SharedStore;

/// The store of a layer, and the key under which processes share state in it.
#[cfg_attr(not(feature = "store"), derive(Debug))]
pub struct LayerSharing {
    #[cfg(feature = "store")]
    pub store: Option<&'static dyn SharedStore>,
    #[cfg(feature = "store")]
    hash: Option<sharing::HashOfKey>,
}
