use std::time::Duration;

use super::key::StateKey;
use super::notice::Notice;

/// One window of a rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SharedWindow<'a> {
    /// Its name.
    pub key: StateKey<'a>,
    /// How many units may pass per `per`. At least one.
    pub max: u64,
    /// The period. Not zero.
    pub per: Duration,
    /// How many units may pass at once after a pause. At least one.
    pub burst: u64,
}

/// A call that asks to pass.
#[derive(Debug, Clone, Copy)]
pub struct Charge<'a> {
    /// All of them have to admit the call. Their keys have one name and one hash, so that one node of a
    /// cluster has them.
    pub windows: &'a [SharedWindow<'a>],
    /// How many units it takes of each window. Zero is admitted unless a window is held.
    pub units: u64,
    /// The longest time that it would wait for its turn. A turn within this time is taken at once:
    /// the answer says how long to wait.
    pub patience: Duration,
    /// How many units to take in advance, as far as they can be had without a wait. Zero takes none.
    pub lease: u64,
}

/// The answer to a [`Charge`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charged {
    /// The units are taken.
    Passed {
        /// The call's own, and those in advance.
        units: u64,
        /// How long the call has to wait for its turn. Zero if it passes at once.
        wait: Duration,
    },
    /// Nothing is taken.
    Rejected {
        /// The same call would pass after this time, if none came before it.
        wait: Duration,
    },
}

/// The answer of a cache.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fetched {
    /// What was stored, byte for byte.
    pub value: Option<Vec<u8>>,
    /// How long the engine keeps the value from now on. `None` without an end, or without a value.
    ///
    /// What is stored says how long it was to be kept, so this is also its age, by the clock of the
    /// engine alone.
    pub left: Option<Duration>,
    /// How often the cache of this name has been cleared. A value that was stored before the last
    /// time is none.
    pub clears: u64,
}

/// What a process has seen of an entry before it made a value for it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen {
    /// [`Fetched::clears`].
    pub clears: u64,
    /// The first bytes of [`Fetched::value`], as many as tell two values apart. Empty for no value.
    pub stamp: Vec<u8>,
}

/// A call that asks for a place in a bulkhead.
#[derive(Debug, Clone, Copy)]
pub struct LeaseRequest<'a> {
    /// The bulkhead.
    pub key: StateKey<'a>,
    /// How many places it has.
    pub max: u32,
    /// Who asks: another one for each call of each bulkhead. A token that has a place keeps it for
    /// another `time`.
    pub token: u128,
    /// After this time the place is free, unless it is renewed.
    pub time: Duration,
}

/// The answer to a [`LeaseRequest`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leased {
    /// The token has a place.
    Held,
    /// All places are taken.
    Full {
        /// When the first of them ends, unless it is renewed or left before.
        next: Duration,
    },
}

/// Whether a breaker is open, by what processes have told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OpenSignal {
    /// Grows at each opening and closing. Odd after an opening, even after a closing, and zero if there
    /// was neither.
    pub generation: u64,
    /// The time until it may recover; zero if it is not open.
    pub left: Duration,
}

/// A process that asks for the right to probe.
#[derive(Debug, Clone, Copy)]
pub struct Probe<'a> {
    /// The breaker.
    pub key: StateKey<'a>,
    /// The opening that it recovers from. The right to another one is refused.
    pub generation: u64,
    /// How many may probe at once.
    pub max: u32,
    /// Who asks.
    pub token: u128,
    /// After this time the right goes to another process.
    pub time: Duration,
}

/// A change that nobody waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Update {
    /// Gives units back to a window, or takes more than were asked for.
    Settle {
        /// The window, as in its [`SharedWindow`].
        window: OwnedWindow,
        /// Positive: taken in addition, into debt if need be. Negative: given back.
        units: i64,
    },
    /// Lets nothing pass a window for a time. A shorter hold than what is left changes nothing.
    Hold {
        /// The window.
        window: OwnedWindow,
        /// From now on.
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
        /// What [`Fetched::value`] returns.
        value: Vec<u8>,
        /// Only if nothing has happened to the entry since: its cache was not cleared, and its value
        /// begins with the stamp, or with an empty stamp there is none. `None` stores in any case.
        seen: Option<Seen>,
        /// After this time the entry is gone. `None` for an entry that stays until it is evicted.
        time: Option<Duration>,
    },
    /// Removes an entry. With `unless_changed`, only if it still has this value.
    Remove {
        /// The entry.
        key: OwnedStateKey,
        /// The value that is to go.
        unless_changed: Option<Vec<u8>>,
    },
    /// Makes all entries of a cache invalid.
    Clear {
        /// The `name` of the cache.
        name: String,
    },
    /// Renews the lease of a place at a third of its time, until [`Leave`](Self::Leave). The connection
    /// does it for as long as the process lives, because a body may wait longer than a lease.
    Keep {
        /// The bulkhead.
        key: OwnedStateKey,
        /// Who has the place.
        token: u128,
        /// The time of the lease.
        time: Duration,
    },
    /// Leaves a place of a bulkhead.
    Leave {
        /// The bulkhead.
        key: OwnedStateKey,
        /// Who has the place.
        token: u128,
    },
    /// Tells that this process has opened a breaker.
    Open {
        /// The breaker.
        key: OwnedStateKey,
        /// The process.
        token: u128,
        /// The time until it may recover.
        time: Duration,
        /// How many processes have to tell so before it is open for all.
        quorum: u32,
    },
    /// Tells that a breaker has recovered, or was closed or reset. An earlier generation changes
    /// nothing.
    Close {
        /// The breaker.
        key: OwnedStateKey,
        /// The opening that is over.
        generation: u64,
    },
    /// Sends a message to all other processes, after all updates before it.
    Tell(Notice),
}

/// A [`StateKey`] of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OwnedStateKey {
    /// Its kind.
    pub state: super::SharedState,
    /// The `name` of the attribute.
    pub name: String,
    /// The format and version of what is stored.
    pub variant: String,
    /// The hash of the `key`.
    pub hash: Option<super::KeyHash>,
}

impl OwnedStateKey {
    /// As a borrowed one.
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

/// A [`SharedWindow`] of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedWindow {
    /// Its name.
    pub key: OwnedStateKey,
    /// Units per `per`.
    pub max: u64,
    /// The period.
    pub per: Duration,
    /// Units at once after a pause.
    pub burst: u64,
}

impl OwnedWindow {
    /// As a borrowed one.
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
