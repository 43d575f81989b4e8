//! The key of a call in the form that processes share.

use std::hash::Hasher;

use serde::Serialize;

use super::key::{KeyError, KeyHash, StateKey};
use crate::instance::key::{Borrowed, KeyPart, KeyRef, Own, for_each_number_of_parts};

/// A part of a `key` for state that processes share.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a key that processes share",
    label = "with `store`, each part of a key is a `serde::Serialize`, by which every process finds the same state",
    note = "derive it: `#[derive(serde::Serialize)]`; or use a type of the standard library for the part that identifies the call: \
            `key = ..`"
)]
pub trait SharedKeyPart {
    #[doc(hidden)]
    fn write(&self) -> Result<Vec<u8>, KeyError>;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + ?Sized> SharedKeyPart for T {
    fn write(&self) -> Result<Vec<u8>, KeyError> {
        StateKey::canonical(self)
    }
}

/// The type that the user knows.
pub trait UserPart {
    type User: ?Sized;
    fn user(&self) -> &Self::User;
}

impl<T: ?Sized> UserPart for Borrowed<'_, T> {
    type User = T;

    fn user(&self) -> &T {
        self.0
    }
}

impl<T> UserPart for Own<T> {
    type User = T;

    fn user(&self) -> &T {
        &self.0
    }
}

/// A part that can be serialized. It holds the function that does so: the compiler then reports a part that cannot be
/// serialized only once, where this is created.
#[derive(Debug)]
pub struct WrittenPart<P> {
    part: P,
    write: fn(&P) -> Result<Vec<u8>, KeyError>,
}

// Needed here as well: the documentation of another crate does not see that the re-export is hidden.
#[doc(hidden)]
pub fn shared_part<P>(part: P) -> WrittenPart<P>
where
    P: UserPart,
    P::User: SharedKeyPart,
{
    WrittenPart { part, write: |part| part.user().write() }
}

impl<P: KeyPart> KeyPart for WrittenPart<P> {
    type Owned = P::Owned;

    fn hash_part<H: Hasher>(&self, state: &mut H) {
        self.part.hash_part(state);
    }
    fn is(&self, owned: &P::Owned) -> bool {
        self.part.is(owned)
    }
    fn to_owned_part(&self) -> P::Owned {
        self.part.to_owned_part()
    }
}

/// A key whose parts can be serialized.
pub trait WrittenKey {
    fn key_hash(&self) -> Result<KeyHash, KeyError>;
}

macro_rules! shared_keys {
    ($($($part:ident $index:tt)*;)*) => {$(
        impl<$($part),*> WrittenKey for KeyRef<($(WrittenPart<$part>,)*)> {
            fn key_hash(&self) -> Result<KeyHash, KeyError> {
                let parts = [$((self.0.$index.write)(&self.0.$index.part)?),*];
                Ok(KeyHash::of(&[&b"["[..], &parts.join(&b','), b"]"].concat()))
            }
        }
    )*};
}

for_each_number_of_parts!(shared_keys);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_key_are_those_of_an_array() {
        let hash =
            KeyRef((shared_part(Borrowed("rust")), shared_part(Own(7_u32)))).key_hash().expect("it can be serialized");
        let whole = StateKey::canonical(&("rust", 7_u32)).expect("it can be serialized");
        assert_eq!(hash, KeyHash::of(&whole));
        let owned = KeyRef((shared_part(Own("rust".to_owned())), shared_part(Borrowed(&7_u32))))
            .key_hash()
            .expect("it can be serialized");
        assert_eq!(hash, owned, "borrowed or not");
    }
}
