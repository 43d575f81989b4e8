//! Tells whether a part of a `key` expression is borrowed or owned:
//! `Part::kind(&part, (&&&&KeyPartProbe::of(&part)).__resilience_key_part()).part(part)`.
//!
//! `Part` reports a type that cannot be part of a key, which continues as a part without content.

use std::hash::Hash;
use std::marker::PhantomData;

use crate::instance::key::{Borrowed, Own};

#[derive(Debug)]
pub struct KeyPartProbe<T>(PhantomData<fn(T)>);

impl<T> KeyPartProbe<T> {
    pub const fn of(_: &T) -> Self {
        Self(PhantomData)
    }
}

pub trait KeyPartIfStorableReference {
    fn __resilience_key_part(&self) -> PartByReference {
        PartByReference
    }
}

impl<T> KeyPartIfStorableReference for &&&KeyPartProbe<&T>
where
    T: ?Sized + ToOwned + Hash + Eq,
    T::Owned: Hash + Eq + Clone + Send + Sync,
{
}

pub trait KeyPartIfReference {
    fn __resilience_key_part(&self) -> UnfitPart {
        UnfitPart
    }
}

impl<T: ?Sized> KeyPartIfReference for &&KeyPartProbe<&T> {}

pub trait KeyPartIfStorable {
    fn __resilience_key_part(&self) -> PartByValue {
        PartByValue
    }
}

impl<T: Hash + Eq + Clone + Send + Sync> KeyPartIfStorable for &KeyPartProbe<T> {}

pub trait KeyPartOtherwise {
    fn __resilience_key_part(&self) -> UnfitPart {
        UnfitPart
    }
}

impl<T> KeyPartOtherwise for KeyPartProbe<T> {}

#[derive(Debug)]
pub struct PartByReference;

#[expect(clippy::unused_self, reason = "the type chooses the method")]
impl PartByReference {
    pub fn part<T: ?Sized + ToOwned<Owned: 'static>>(self, part: &T) -> Borrowed<'_, T> {
        Borrowed(part)
    }
}

#[derive(Debug)]
pub struct PartByValue;

#[expect(clippy::unused_self, reason = "the type chooses the method")]
impl PartByValue {
    pub fn part<T: 'static>(self, part: T) -> Own<T> {
        Own(part)
    }
}

#[derive(Debug)]
pub struct UnfitPart;

#[expect(clippy::unused_self, reason = "the type chooses the method")]
impl UnfitPart {
    pub fn part<T>(self, _: T) -> Own<()> {
        Own(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::key::KeyPart;

    #[test]
    #[expect(clippy::needless_borrow, reason = "an expansion writes it like this")]
    fn a_reference_is_borrowed_and_a_value_is_owned() {
        let text = "text";
        assert_eq!((&&&&KeyPartProbe::of(&text)).__resilience_key_part().part(text).to_owned_part(), "text");
        let value = text.to_uppercase();
        assert_eq!((&&&&KeyPartProbe::of(&value)).__resilience_key_part().part(value).to_owned_part(), "TEXT");
    }
}
