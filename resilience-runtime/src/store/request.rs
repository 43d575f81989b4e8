use std::time::Duration;

use super::key::StateKey;
use super::notice::Notice;

/// One window of a rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SharedWindow<'a> {
    /// The limit to which it belongs.
    pub key: StateKey<'a>,
    /// The number of units that may pass per `per`. At least one.
    pub max: u64,
    /// The period. Not zero.
    pub per: Duration,
    /// The most units that may pass at once after a pause. At least one.
    pub burst: u64,
}

/// A call that asks to pass.
#[derive(Debug, Clone, Copy)]
pub struct Charge<'a> {
    /// The windows, all of which must admit the call. Their keys share the name and the hash, so
    /// that they are on one node of a cluster.
    pub windows: &'a [SharedWindow<'a>],
    /// The number of units to take from each window. With zero, the call passes unless a window is held.
    pub units: u64,
    /// The longest time that the call would wait for its turn. A turn within this time is reserved at
    /// once, and the answer says how long to wait for it.
    pub patience: Duration,
    /// The most units to take in advance for later calls. Only units that are available at once are
    /// taken. Zero takes none.
    pub lease: u64,
}

/// The answer to a [`Charge`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charged {
    /// The units are taken.
    Passed {
        /// The number of units taken: those of the call, and those in advance.
        units: u64,
        /// The time until the call's turn. Zero if it passes at once.
        wait: Duration,
    },
    /// Nothing is taken.
    Rejected {
        /// The time after which the same call would pass, if no other came before it.
        wait: Duration,
    },
}

/// An entry of a cache, as the engine has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fetched {
    /// The stored value, byte for byte. `None` if there is none.
    pub value: Option<Vec<u8>>,
    /// The time for which the engine still keeps the value. `None` if it does not expire, or if
    /// there is no value.
    ///
    /// The value itself records its whole lifetime. The difference is its age, by the clock of the
    /// engine alone.
    pub left: Option<Duration>,
    /// A number that changes with each clear of the cache. A value that was stored before the last clear
    /// is not returned: at once in the process that has cleared it, and in others as soon as they have
    /// received the message, or after a few milliseconds without it.
    pub clears: u64,
}

/// The state of an entry as a process read it before it loaded a new value.
///
/// The engine compares it when the new value arrives: see [`Update::Put`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen {
    /// [`Fetched::clears`].
    pub clears: u64,
    /// The first bytes of [`Fetched::value`], enough to tell two values apart. Empty if there was
    /// no value.
    pub stamp: Vec<u8>,
}

/// A call that asks for a place in a bulkhead.
#[derive(Debug, Clone, Copy)]
pub struct LeaseRequest<'a> {
    /// The bulkhead.
    pub key: StateKey<'a>,
    /// The number of places that it has.
    pub max: u32,
    /// The token of the call, different for each call. A token that has a place keeps it for
    /// another `time`.
    pub token: u128,
    /// The time after which the place is free, unless the lease is renewed.
    pub time: Duration,
}

/// The answer to a [`LeaseRequest`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leased {
    /// The token has a place.
    Held,
    /// All places are taken.
    Full {
        /// The time until the first lease ends, unless it is renewed or left before.
        next: Duration,
    },
}

/// The state of a breaker for all processes, as they have reported it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OpenSignal {
    /// A number that grows with each opening and closing, by one or more: odd after an opening,
    /// even after a closing, and zero before the first opening.
    pub generation: u64,
    /// The time until a process may probe. Zero if the breaker is not open, or if that time has
    /// passed.
    pub left: Duration,
}

/// A process that asks for the right to probe.
#[derive(Debug, Clone, Copy)]
pub struct Probe<'a> {
    /// The breaker.
    pub key: StateKey<'a>,
    /// The generation of the opening from which it recovers. A request for another one is refused.
    pub generation: u64,
    /// The most processes that may probe at once.
    pub max: u32,
    /// The token of the process.
    pub token: u128,
    /// The time after which the right passes to another process.
    pub time: Duration,
}

/// A change that no call waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Update {
    /// Gives units back to a window, or takes more than were asked for.
    Settle {
        /// The window, as in its [`SharedWindow`].
        window: OwnedWindow,
        /// Units to take in addition, into debt if necessary, or, if negative, to give back.
        units: i64,
    },
    /// Lets nothing pass a window for a time. A hold that ends before the current one changes
    /// nothing.
    Hold {
        /// The window.
        window: OwnedWindow,
        /// The length of the hold, from now on.
        time: Duration,
    },
    /// Forgets what has passed a window, and any hold.
    ResetWindow {
        /// The window.
        key: OwnedStateKey,
    },
    /// Stores a value.
    Put {
        /// The entry.
        key: OwnedStateKey,
        /// The value, which [`Fetched::value`] returns.
        value: Vec<u8>,
        /// The state in which the entry must still be: the cache has not been cleared, and the
        /// value begins with the stamp, or there is no value for an empty stamp. `None` stores in
        /// any case.
        seen: Option<Seen>,
        /// After this time the entry is gone. `None` for an entry that stays until it is evicted.
        time: Option<Duration>,
    },
    /// Replaces an entry with a mark for a time. [`Fetched::value`] returns the mark, and a value
    /// whose load began earlier is not stored over it.
    Mark {
        /// The entry.
        key: OwnedStateKey,
        /// The bytes of the mark.
        mark: Vec<u8>,
        /// After this time the entry is gone.
        time: Duration,
    },
    /// Removes an entry. With `unless_changed`, only if it still has this value.
    Remove {
        /// The entry.
        key: OwnedStateKey,
        /// The value to remove.
        unless_changed: Option<Vec<u8>>,
    },
    /// Makes all entries of a cache invalid.
    Clear {
        /// The `name` of the cache.
        name: String,
    },
    /// Renews the lease of a place after each third of its time, until [`Leave`](Self::Leave). The
    /// connection does so while the process lives, because a body may run longer than a lease.
    Keep {
        /// The bulkhead.
        key: OwnedStateKey,
        /// The token that has the place.
        token: u128,
        /// The time of the lease.
        time: Duration,
    },
    /// Leaves a place of a bulkhead.
    Leave {
        /// The bulkhead.
        key: OwnedStateKey,
        /// The token that has the place.
        token: u128,
    },
    /// Reports that this process has opened a breaker.
    Open {
        /// The breaker.
        key: OwnedStateKey,
        /// The process.
        token: u128,
        /// The time until it may recover.
        time: Duration,
        /// The number of processes that have to report it before the breaker is open for all.
        quorum: u32,
    },
    /// Reports that a breaker has recovered, or was closed or reset. A report about an earlier
    /// opening is ignored.
    Close {
        /// The breaker.
        key: OwnedStateKey,
        /// The generation of the opening that is over.
        generation: u64,
    },
    /// Sends a message to all other processes, after all updates before it.
    Tell(Notice),
}

/// An owned [`StateKey`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OwnedStateKey {
    /// Its kind.
    pub state: super::SharedState,
    /// The `name` of the attribute.
    pub name: String,
    /// The format and version of the stored value.
    pub variant: String,
    /// The hash of the `key`.
    pub hash: Option<super::KeyHash>,
}

impl OwnedStateKey {
    /// Returns the borrowed form.
    pub fn borrow(&self) -> StateKey<'_> {
        let Self { state, name, variant, hash } = self;
        StateKey { state: *state, name, variant, hash: *hash }
    }
}

impl From<StateKey<'_>> for OwnedStateKey {
    fn from(StateKey { state, name, variant, hash }: StateKey<'_>) -> Self {
        Self { state, name: name.to_owned(), variant: variant.to_owned(), hash }
    }
}

/// An owned [`SharedWindow`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedWindow {
    /// The limit to which it belongs.
    pub key: OwnedStateKey,
    /// Units per `per`.
    pub max: u64,
    /// The period.
    pub per: Duration,
    /// Units at once after a pause.
    pub burst: u64,
}

impl OwnedWindow {
    /// Returns the borrowed form.
    pub fn borrow(&self) -> SharedWindow<'_> {
        let Self { key, max, per, burst } = self;
        SharedWindow { key: key.borrow(), max: *max, per: *per, burst: *burst }
    }
}

impl From<SharedWindow<'_>> for OwnedWindow {
    fn from(SharedWindow { key, max, per, burst }: SharedWindow<'_>) -> Self {
        Self { key: key.into(), max, per, burst }
    }
}
