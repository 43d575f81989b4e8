//! Layers of policies whose state processes share in a store.

#[cfg(feature = "store")]
mod by;
#[cfg(feature = "store")]
mod gates;
#[cfg(feature = "store")]
mod limit;
#[cfg(not(feature = "store"))]
mod unshared;

#[cfg(feature = "store")]
pub use by::SharedBy;
#[cfg(not(feature = "store"))]
pub use unshared::SharedBy;
