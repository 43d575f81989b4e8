//! The far level of a cache: the values that several processes share in an engine.
//!
//! After a miss in the near level, the cache of this process, the leader of the load asks the far
//! level once. The load keeps the state from the answer, so that its result replaces only the value
//! that the answer contained.

mod codec;
mod copies;
mod envelope;
mod fingerprint;
mod level;
mod lookup;
mod refresh;

pub(crate) use codec::KeyCodec;
pub use codec::{SharedKey, SharedPart, SharedValue, ValueCodec, key_codec, value_codec};
pub(super) use level::FarLevel;
pub use level::FarLoad;
