//! Keys that are looked up borrowed and stored owned. A hit clones nothing.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};

/// A part of a key: a type that is `Hash + Eq + Clone + Send + Sync`, or borrowed from one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a key",
    label = "a part of a key needs `Hash + Eq + Clone + Send + Sync`, and to own its data once stored",
    note = "name the part of it that identifies the call: `key = ..`, an expression over the parameters",
    note = "`#[cached]` can also leave it out of its key: `skip(name)`"
)]
pub trait Part<Kind> {
    #[doc(hidden)]
    fn kind(&self, kind: Kind) -> Kind;
}

#[diagnostic::do_not_recommend]
impl<T, Kind> Part<Kind> for T
where
    T: ?Sized + ToOwned + Hash + Eq,
    T::Owned: Hash + Eq + Clone + Send + Sync,
{
    fn kind(&self, kind: Kind) -> Kind {
        kind
    }
}

pub trait KeyPart {
    type Owned: Hash + Eq + Clone + Send + Sync + 'static;
    fn hash_part<H: Hasher>(&self, state: &mut H);
    fn is(&self, owned: &Self::Owned) -> bool;
    fn to_owned_part(&self) -> Self::Owned;
}

#[derive(Debug)]
pub struct Borrowed<'a, T: ?Sized>(pub(crate) &'a T);

// `Borrow` promises that both forms hash and compare alike.
impl<T> KeyPart for Borrowed<'_, T>
where
    T: ?Sized + ToOwned + Hash + Eq,
    T::Owned: Hash + Eq + Clone + Send + Sync + 'static,
{
    type Owned = T::Owned;

    fn hash_part<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
    fn is(&self, owned: &T::Owned) -> bool {
        *self.0 == *owned.borrow()
    }
    fn to_owned_part(&self) -> T::Owned {
        self.0.to_owned()
    }
}

#[derive(Debug)]
pub struct Own<T>(pub(crate) T);

impl<T: Hash + Eq + Clone + Send + Sync + 'static> KeyPart for Own<T> {
    type Owned = T;

    fn hash_part<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
    fn is(&self, owned: &T) -> bool {
        self.0 == *owned
    }
    fn to_owned_part(&self) -> T {
        self.0.clone()
    }
}

#[derive(Debug)]
pub struct KeyRef<P>(pub P);

pub trait Key {
    type Owned: Hash + Eq + Clone + Send + Sync + 'static;
    fn hash_key<H: Hasher>(&self, state: &mut H);
    fn is_key(&self, owned: &Self::Owned) -> bool;
    fn to_owned_key(&self) -> Self::Owned;
}

pub fn to_owned_key<P: Key>(key: &KeyRef<P>) -> KeyBuf<P::Owned> {
    KeyBuf(key.0.to_owned_key())
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyBuf<O>(pub O);

impl<P: Key> Hash for KeyRef<P> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash_key(state);
    }
}

#[cfg(feature = "cached")]
impl<P: Key> quick_cache::Equivalent<KeyBuf<P::Owned>> for KeyRef<P> {
    fn equivalent(&self, key: &KeyBuf<P::Owned>) -> bool {
        self.0.is_key(&key.0)
    }
}

macro_rules! keys {
    ($($($part:ident $index:tt)*;)*) => {$(
        impl<$($part: KeyPart),*> Key for ($($part,)*) {
            type Owned = ($($part::Owned,)*);

            fn hash_key<S: Hasher>(&self, _state: &mut S) {
                $(self.$index.hash_part(_state);)*
            }
            fn is_key(&self, _owned: &Self::Owned) -> bool {
                $(self.$index.is(&_owned.$index) &&)* true
            }
            #[allow(clippy::unused_unit, reason = "the key without parts")]
            fn to_owned_key(&self) -> Self::Owned {
                ($(self.$index.to_owned_part(),)*)
            }
        }
    )*};
}

/// Calls another macro with the type and the index of each part, for keys of 1 to 12 parts.
macro_rules! for_each_number_of_parts {
    ($implement:ident) => {
        $implement! {
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
    };
}

#[cfg(feature = "store")]
pub(crate) use for_each_number_of_parts;

keys! { ; }
for_each_number_of_parts!(keys);

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::{BuildHasher, RandomState};

    #[test]
    fn both_forms_of_a_key_hash_and_compare_alike() {
        let hasher = RandomState::new();
        let (number, owned) = (7_u32, String::from("text"));
        let key = KeyRef((Borrowed("text"), Borrowed(&number), Own(vec![1_u8])));
        let stored = KeyBuf(key.0.to_owned_key());
        assert_eq!(stored, KeyBuf((owned, 7, vec![1])));
        assert_eq!(hasher.hash_one(&key), hasher.hash_one(&stored));
        assert!(key.0.is_key(&stored.0));
    }

    #[test]
    fn parts_are_never_concatenated() {
        let split = |a, b| KeyBuf((Borrowed::<str>(a), Borrowed::<str>(b)).to_owned_key());
        assert_ne!(split("a:b", "c"), split("a", "b:c"));
        assert!(!(Borrowed("a"), Borrowed("b:c")).is_key(&split("a:b", "c").0));
    }
}
