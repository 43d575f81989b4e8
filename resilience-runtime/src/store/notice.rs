use super::key::{KeyHash, SharedState};

/// A message from one process to all others, about a state that they share.
///
/// It may be lost or late, so nothing depends on it: a process learns of the change with its next
/// request at the latest.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Notice {
    /// The kind of the state.
    pub state: SharedState,
    /// The `name` of the attribute.
    pub name: String,
    /// The hash of the `key`, or `None` for state without one.
    pub hash: Option<KeyHash>,
    /// The change.
    pub kind: NoticeKind,
}

/// The change that a [`Notice`] reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NoticeKind {
    /// An entry of a cache was replaced or removed: forget the near copy.
    Invalidated,
    /// A cache was cleared: forget all near copies.
    Cleared,
    /// A breaker has opened or closed, or was reset: read its signal.
    Signal,
    /// A server has asked to wait, or a limit was reset: ask the engine again before the next call.
    Held,
}
