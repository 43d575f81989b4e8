use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::sync::LazyLock;

use siphasher::sip128::{Hasher128, SipHasher24};

/// Identifies a call to another service, so that the service performs it once.
///
/// It has 128 bits and is displayed as a random UUID (version 4), such as
/// `0b3f7c52-9d1e-4c55-8a43-6f0f3c0e9b1d`. Created by [`idempotency_key`](crate::idempotency_key).
///
/// With the feature `serde` it is serialized as that text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdempotencyKey(u128);

impl IdempotencyKey {
    /// The secrets are random, so that no two processes have keys in common.
    pub(super) fn of_call(call: u64) -> Self {
        static SECRETS: LazyLock<[RandomState; 2]> = LazyLock::new(|| [RandomState::new(), RandomState::new()]);
        Self::from_halves(SECRETS.each_ref().map(|secret| secret.hash_one(call)))
    }

    /// Sets the version and the variant of a random UUID.
    fn from_halves([high, low]: [u64; 2]) -> Self {
        let bits = u128::from(high) << 64 | u128::from(low);
        Self(bits & !(0xF << 76) & !(0b11 << 62) | 0x4 << 76 | 0b10 << 62)
    }

    /// Returns the key of one step of the call: the same for the same step, and another for each
    /// other step.
    ///
    /// It serves calls that write more than once. A step is best named by what it writes, such as
    /// `("invoice", order.id)`. The position in a list is no good name, because the list may have
    /// changed by the next attempt.
    ///
    /// The key of a step is the same in every process, on every platform and in every release of this crate,
    /// so two versions of a service that take up one stored job derive the same keys. That holds for what
    /// always gives a hasher the same: texts, numbers, `bool`, `char` and tuples of them. A type with a
    /// derived `Hash` is another step when its fields or variants change.
    ///
    /// # Examples
    ///
    /// ```
    /// use resilience::idempotency_key;
    ///
    /// let key = idempotency_key();
    /// let (charge, ship) = (key.derive("charge"), key.derive("ship"));
    /// assert_ne!(charge, ship);
    /// assert_eq!(charge, key.derive("charge"));
    /// ```
    #[must_use]
    pub fn derive(&self, step: impl Hash) -> Self {
        let mut hasher = StepHasher(SipHasher24::new());
        hasher.write_u128(self.0);
        step.hash(&mut hasher);
        let hash = hasher.0.finish128();
        Self::from_halves([hash.h1, hash.h2])
    }

    /// Returns the key that [`as_u128`](Self::as_u128) has returned: one that was stored with a job, or that
    /// another service has sent.
    ///
    /// # Examples
    ///
    /// ```
    /// use resilience::{IdempotencyKey, idempotency_key};
    ///
    /// let key = idempotency_key();
    /// let stored: u128 = key.as_u128();
    /// assert_eq!(IdempotencyKey::from_u128(stored), key);
    /// ```
    pub const fn from_u128(number: u128) -> Self {
        Self(number)
    }

    /// Returns the key as a number.
    pub const fn as_u128(&self) -> u128 {
        self.0
    }

    /// Returns the bytes of the UUID, in its order.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }
}

/// Writes numbers as every platform would: in one order of bytes, and `usize` in 64 bits.
struct StepHasher(SipHasher24);

macro_rules! in_one_order {
    ($($write:ident: $number:ty as $written:ty;)*) => {$(
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_lossless, reason = "no bit is lost")]
        fn $write(&mut self, number: $number) {
            self.write(&(number as $written).to_le_bytes());
        }
    )*};
}

impl Hasher for StepHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    fn finish(&self) -> u64 {
        self.0.finish()
    }

    in_one_order! {
        write_u16: u16 as u16;
        write_u32: u32 as u32;
        write_u64: u64 as u64;
        write_u128: u128 as u128;
        write_usize: usize as u64;
        write_i16: i16 as u16;
        write_i32: i32 as u32;
        write_i64: i64 as u64;
        write_i128: i128 as u128;
        write_isize: isize as i64;
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |bits: u32, shift: u32| self.0 >> shift & ((1 << bits) - 1);
        let (first, second, third) = (part(32, 96), part(16, 80), part(16, 64));
        f.pad(&format!("{first:08x}-{second:04x}-{third:04x}-{:04x}-{:012x}", part(16, 48), part(48, 0)))
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdempotencyKey({self})")
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for IdempotencyKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_key_is_displayed_as_a_random_uuid() {
        let key = IdempotencyKey::from_halves([0x0123_4567_89ab_cdef, 0x0f01_2345_6789_abcd]);
        assert_eq!(key.to_string(), "01234567-89ab-4def-8f01-23456789abcd");
        assert_eq!(format!("{key:?}"), "IdempotencyKey(01234567-89ab-4def-8f01-23456789abcd)");
        assert_eq!((key.to_bytes()[0], key.to_bytes()[15], key.as_u128() >> 120), (0x01, 0xcd, 1));
    }

    #[test]
    fn a_stored_key_is_the_same_key() {
        let key = IdempotencyKey::of_call(1);
        let stored = IdempotencyKey::from_u128(u128::from_be_bytes(key.to_bytes()));
        assert_eq!((stored, stored.derive("charge")), (key, key.derive("charge")));
    }

    /// Two versions of a service that take up one job would otherwise send two keys for one write. The expected keys are
    /// those of another implementation of SipHash-2-4-128.
    #[test]
    fn the_key_of_a_step_never_changes() {
        let key = IdempotencyKey::from_u128(0x0123_4567_89ab_4def_8f01_2345_6789_abcd);
        let keys = [
            (key.derive("charge"), "15c61f14-31a7-4739-8388-30d8744a1d0f"),
            (key.derive(("invoice", 7u32)), "1fa6c437-39e8-4b78-82a8-2b84cd6d0b90"),
            (key.derive(1usize), "8738d862-0402-43a5-aaf1-dbaa2fcaa997"),
            (key.derive(-1i64), "178b4ccb-018a-4b96-a78d-2a19fdfcca95"),
            (key.derive(()), "d62aa46c-d94d-48a9-9112-a85fce70e6a7"),
            (key.derive((true, '\u{fc}')), "837383af-7354-4522-a319-0c20c69212e9"),
        ];
        for (derived, expected) in keys {
            assert_eq!(derived.to_string(), expected);
        }
        assert_eq!(key.derive("charge".to_owned()), key.derive("charge"));
    }

    #[test]
    fn no_two_calls_and_no_two_steps_share_a_key() {
        let calls: HashSet<_> = (0..10_000).map(IdempotencyKey::of_call).collect();
        let key = IdempotencyKey::of_call(1);
        let steps: HashSet<_> = (0..10_000).map(|step| key.derive(step)).collect();
        assert_eq!((calls.len(), steps.len(), calls.intersection(&steps).count()), (10_000, 10_000, 0));
        assert_eq!(key.derive(("invoice", 7)), IdempotencyKey::of_call(1).derive(("invoice", 7)));
    }
}
