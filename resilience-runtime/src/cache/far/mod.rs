//! The far level of a cache: the values that several processes share in an engine.
//!
//! A miss of the near level, which is the cache of this process, leads to one question to the far
//! level for each flight. The state that the answer leaves behind goes with the load, so that its end
//! stores the value only over what the question has seen.

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
