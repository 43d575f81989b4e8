//! The bytes that are stored under a key of the far level.
//!
//! An envelope contains durations only. Its age is the difference between its whole lifetime and the
//! time for which the engine still keeps it, so only the clock of the engine matters.

use std::time::Duration;

use crate::rng;
use crate::store::{Fetched, KeyHash, Seen};

const MAGIC: &[u8; 4] = b"rslc";
const VERSION: u8 = 1;
/// The magic, the version, the kind and a random number, which together identify an envelope.
const STAMP: usize = 4 + 2 + 16;
/// After the stamp: three times, the fingerprint, and two lengths.
const HEAD: usize = STAMP + 3 * 8 + 16 + 2 * 4;
/// At the end: a hash, which detects damage but not tampering.
const CHECKSUM: usize = 8;
const NEVER: u64 = u64::MAX;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EnvelopeKind {
    Value = 0,
    /// The mark of a removed value, which must not be stored again.
    Tombstone = 1,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// The key in its canonical form.
    pub key: &'a [u8],
    pub payload: &'a [u8],
    pub fingerprint: u128,
    /// The time for which the value is fresh, from when it was stored. `None` for ever.
    pub fresh: Option<Duration>,
    /// The time for which the engine keeps it.
    pub kept: Option<Duration>,
    pub load_time: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened<'a> {
    Value(Envelope<'a>, Age),
    Tombstone,
}

/// The age of a value at the time of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// Fresh for this long, or for ever with `None`.
    Fresh(Option<Duration>),
    /// Expired this long ago.
    Stale(Duration),
}

/// The reason why stored bytes cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    Foreign,
    Version,
    Damaged,
    Key,
    NoEnd,
    Payload,
    Changed,
}

impl Unreadable {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Foreign => "it is no entry of a cache",
            Self::Version => "another release has stored it",
            Self::Damaged => "it is incomplete or damaged",
            Self::Key => "it belongs to another key",
            Self::NoEnd => "the engine does not know its age",
            Self::Payload => "it is a value of another type",
            Self::Changed => {
                "it is not what was stored; does the type have the same fields, and do `Serialize` and \
                              `Deserialize` agree?"
            }
        }
    }
}

fn nanos(time: Option<Duration>) -> [u8; 8] {
    time.map_or(NEVER, |time| u64::try_from(time.as_nanos()).unwrap_or(NEVER - 1)).to_le_bytes()
}

const fn time(nanos: u64) -> Option<Duration> {
    if nanos == NEVER { None } else { Some(Duration::from_nanos(nanos)) }
}

fn stamped(kind: EnvelopeKind, more: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(STAMP + more);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&[VERSION, kind as u8]);
    bytes.extend_from_slice(&rng::random().to_le_bytes());
    bytes.extend_from_slice(&rng::random().to_le_bytes());
    bytes
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM] {
    let [half @ .., _, _, _, _, _, _, _, _] = KeyHash::of(bytes).as_u128().to_le_bytes();
    half
}

fn checked(mut bytes: Vec<u8>) -> Vec<u8> {
    let checksum = checksum(&bytes);
    bytes.extend_from_slice(&checksum);
    bytes
}

pub fn tombstone() -> Vec<u8> {
    checked(stamped(EnvelopeKind::Tombstone, CHECKSUM))
}

/// The first bytes of a stored value, with which no other value begins.
pub fn stamp(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(STAMP)]
}

impl<'a> Envelope<'a> {
    /// `None` if a length is beyond four bytes.
    pub fn seal(&self) -> Option<Vec<u8>> {
        let lengths = [u32::try_from(self.key.len()).ok()?, u32::try_from(self.payload.len()).ok()?];
        let mut bytes = stamped(EnvelopeKind::Value, HEAD - STAMP + self.key.len() + self.payload.len() + CHECKSUM);
        for time in [self.fresh, self.kept, Some(self.load_time)] {
            bytes.extend_from_slice(&nanos(time));
        }
        bytes.extend_from_slice(&self.fingerprint.to_le_bytes());
        for length in lengths {
            bytes.extend_from_slice(&length.to_le_bytes());
        }
        bytes.extend_from_slice(self.key);
        bytes.extend_from_slice(self.payload);
        Some(checked(bytes))
    }

    pub fn open(bytes: &'a [u8], key: &[u8], left: Option<Duration>) -> Result<Opened<'a>, Unreadable> {
        let (bytes, sum) = bytes.split_at(bytes.len().saturating_sub(CHECKSUM));
        let mut reader = Reader(bytes);
        if reader.take(MAGIC.len()).is_none_or(|magic| magic != MAGIC) {
            return Err(Unreadable::Foreign);
        }
        if reader.array().ok_or(Unreadable::Damaged)? != [VERSION] {
            return Err(Unreadable::Version);
        }
        if checksum(bytes) != sum {
            return Err(Unreadable::Damaged);
        }
        let [kind] = reader.array().ok_or(Unreadable::Damaged)?;
        let _random: [u8; 16] = reader.array().ok_or(Unreadable::Damaged)?;
        if kind == EnvelopeKind::Tombstone as u8 && reader.0.is_empty() {
            return Ok(Opened::Tombstone);
        }
        if kind != EnvelopeKind::Value as u8 {
            return Err(Unreadable::Version);
        }
        let envelope = reader.envelope().ok_or(Unreadable::Damaged)?;
        if envelope.key != key {
            return Err(Unreadable::Key);
        }
        envelope.age(left).map(|age| Opened::Value(envelope, age)).ok_or(Unreadable::NoEnd)
    }

    fn age(&self, left: Option<Duration>) -> Option<Age> {
        let Some(fresh) = self.fresh else { return Some(Age::Fresh(None)) };
        let age = self.kept?.checked_sub(left?)?;
        Some(match fresh.checked_sub(age) {
            Some(left) if !left.is_zero() => Age::Fresh(Some(left)),
            _ => Age::Stale(age.saturating_sub(fresh)),
        })
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    /// Returns `None` if bytes are missing or left over.
    fn envelope(mut self) -> Option<Envelope<'a>> {
        let mut times = [None; 3];
        for each in &mut times {
            *each = time(u64::from_le_bytes(self.array()?));
        }
        let [fresh, kept, load_time] = times;
        let fingerprint = u128::from_le_bytes(self.array()?);
        let key = u32::from_le_bytes(self.array()?) as usize;
        let payload = u32::from_le_bytes(self.array()?) as usize;
        let (key, payload) = (self.take(key)?, self.take(payload)?);
        let load_time = load_time.unwrap_or_default();
        self.0.is_empty().then_some(Envelope { key, payload, fingerprint, fresh, kept, load_time })
    }
}

/// The state that the entry must have for the next change.
pub fn seen(fetched: &Fetched) -> Seen {
    let stamp = fetched.value.as_deref().map_or_else(Vec::new, |value| stamp(value).to_vec());
    Seen { clears: fetched.clears, stamp }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn envelope() -> Envelope<'static> {
        Envelope {
            key: b"7",
            payload: b"\"answer\"",
            fingerprint: 3,
            fresh: Some(seconds(60)),
            kept: Some(seconds(90)),
            load_time: seconds(1),
        }
    }

    #[test]
    fn the_age_follows_from_what_the_engine_has_left() {
        let sealed = envelope().seal().expect("it is short");
        let age = |left| match Envelope::open(&sealed, b"7", left) {
            Ok(Opened::Value(opened, age)) => {
                assert_eq!(opened, envelope());
                Ok(age)
            }
            Ok(Opened::Tombstone) => panic!("it is a value"),
            Err(problem) => Err(problem),
        };
        assert_eq!(age(Some(seconds(90))), Ok(Age::Fresh(Some(seconds(60)))));
        assert_eq!(age(Some(seconds(31))), Ok(Age::Fresh(Some(seconds(1)))));
        assert_eq!(age(Some(seconds(30))), Ok(Age::Stale(Duration::ZERO)));
        assert_eq!(age(Some(seconds(5))), Ok(Age::Stale(seconds(25))));
        assert_eq!(age(None), Err(Unreadable::NoEnd));
        assert_eq!(age(Some(seconds(91))), Err(Unreadable::NoEnd), "longer than it was to be kept");
        let lasting = Envelope { fresh: None, kept: None, ..envelope() }.seal().expect("it is short");
        let opened = Envelope::open(&lasting, b"7", None);
        assert!(matches!(opened, Ok(Opened::Value(_, Age::Fresh(None)))), "{opened:?}");
    }

    #[test]
    fn whatever_is_cut_changed_or_added_is_no_value() {
        let sealed = envelope().seal().expect("it is short");
        let open = |bytes: &[u8]| Envelope::open(bytes, b"7", Some(seconds(90))).map(|_| ());
        for length in 0..sealed.len() {
            assert!(open(&sealed[..length]).is_err(), "{length} bytes");
        }
        let longer = [&*sealed, b"x"].concat();
        assert_eq!(open(&longer), Err(Unreadable::Damaged));
        assert_eq!(open(b"OK"), Err(Unreadable::Foreign));
        assert_eq!(Envelope::open(&sealed, b"8", Some(seconds(90))), Err(Unreadable::Key));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 0x40;
            assert!(open(&changed).is_err(), "byte {at}");
        }
    }

    /// Has a valid checksum, so that only the content is wrong.
    #[test]
    fn what_another_release_has_sealed_is_no_value() {
        let sealed = envelope().seal().expect("it is short");
        let changed = |change: fn(&mut Vec<u8>)| {
            let mut bytes = sealed[..sealed.len() - CHECKSUM].to_vec();
            change(&mut bytes);
            Envelope::open(&checked(bytes), b"7", Some(seconds(90))).map(|_| ())
        };
        assert_eq!(changed(|_| ()), Ok(()));
        assert_eq!(changed(|bytes| bytes[MAGIC.len()] += 1), Err(Unreadable::Version));
        assert_eq!(changed(|bytes| bytes[MAGIC.len() + 1] = 1), Err(Unreadable::Version), "a tombstone with a value");
        assert_eq!(changed(|bytes| bytes[MAGIC.len() + 1] = 2), Err(Unreadable::Version), "a kind of its own");
        assert_eq!(changed(|bytes| bytes.push(0)), Err(Unreadable::Damaged), "it is longer than it says");
    }

    #[test]
    fn the_longest_time_is_an_end_and_none_is_not() {
        let long = Envelope { fresh: Some(Duration::MAX), kept: None, ..envelope() }.seal().expect("it is short");
        assert_eq!(Envelope::open(&long, b"7", None), Err(Unreadable::NoEnd), "600 years are not for ever");
    }

    #[test]
    fn no_two_stamps_are_the_same() {
        let sealed = || envelope().seal().expect("it is short");
        let stamps = [sealed(), sealed(), tombstone(), tombstone()].map(|bytes| stamp(&bytes).to_vec());
        assert!(stamps.iter().enumerate().all(|(at, one)| !stamps[..at].contains(one)));
        assert_eq!(Envelope::open(&tombstone(), b"7", None), Ok(Opened::Tombstone));
    }
}
