//! The key of a call as processes share it.

use serde::Serialize;

use super::key::{KeyError, KeyHash, StateKey};
use crate::instance::key::{Borrowed, KeyRef, Own};

/// A part of a `key` with which processes find the state that they share.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a key that processes share",
    label = "with `store`, each part of a key is a `serde::Serialize`, by which every process finds the same state",
    note = "derive it: `#[derive(serde::Serialize)]`; or say with a type of the standard library what of it identifies the call: \
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

/// The parts of a key, all of which can be written.
pub trait SharedKey {
    fn key_hash(&self) -> Result<KeyHash, KeyError>;
}

impl<P: SharedKeyParts> SharedKey for KeyRef<P> {
    fn key_hash(&self) -> Result<KeyHash, KeyError> {
        let mut text = vec![b'['];
        self.0.write_parts(&mut text)?;
        text.push(b']');
        Ok(KeyHash::of(&text))
    }
}

pub trait SharedKeyParts {
    fn write_parts(&self, text: &mut Vec<u8>) -> Result<(), KeyError>;
}

macro_rules! shared_keys {
    ($($($part:ident $index:tt)*;)*) => {$(
        impl<$($part: UserPart<User: SharedKeyPart>),*> SharedKeyParts for ($($part,)*) {
            fn write_parts(&self, text: &mut Vec<u8>) -> Result<(), KeyError> {
                $(
                    if $index > 0 {
                        text.push(b',');
                    }
                    text.extend(self.$index.user().write()?);
                )*
                Ok(())
            }
        }
    )*};
}

shared_keys! {
    A 0;
    A 0 B 1;
    A 0 B 1 C 2;
    A 0 B 1 C 2 D 3;
    A 0 B 1 C 2 D 3 E 4;
    A 0 B 1 C 2 D 3 E 4 F 5;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_key_are_those_of_an_array() {
        let hash = KeyRef((Borrowed("rust"), Own(7_u32))).key_hash().expect("it can be written");
        let whole = StateKey::canonical(&("rust", 7_u32)).expect("it can be written");
        assert_eq!(hash, KeyHash::of(&whole));
        let owned = KeyRef((Own("rust".to_owned()), Borrowed(&7_u32))).key_hash().expect("it can be written");
        assert_eq!(hash, owned, "borrowed or not");
    }
}
