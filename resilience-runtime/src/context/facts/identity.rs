//! Recognises an error that a function has passed on, by its type, variant and text.

use std::any::type_name;
use std::error::Error;
use std::fmt::{self, Write};
use std::hash::{Hash, Hasher};
use std::iter;
use std::mem;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::classify::LONGEST;

/// Reads the identity of the errors of a type, as far as the type allows. It never downcasts, so
/// lifetimes do not matter.
pub trait Identity<E>: Copy {
    fn head(self, error: &E) -> Option<&dyn Error>;

    /// Returns whether the type could have an identity that is out of reach here.
    fn is_opaque(self) -> bool {
        false
    }
}

#[derive(Debug, Clone, Copy)]
pub struct ErrorIdentity;

/// For a pointer to `dyn Error`, such as `Box<dyn Error>` and `anyhow::Error`.
#[derive(Debug, Clone, Copy)]
pub struct ErrorPointerIdentity;

#[derive(Debug, Clone, Copy)]
pub struct NoIdentity;

/// For the generic code of a policy, which cannot ask what its error type implements.
#[derive(Debug, Clone, Copy)]
pub struct OpaqueIdentity;

impl<E: Error> Identity<E> for ErrorIdentity {
    fn head(self, error: &E) -> Option<&dyn Error> {
        Some(error)
    }
}

impl<E: Deref<Target: ErasedError>> Identity<E> for ErrorPointerIdentity {
    fn head(self, error: &E) -> Option<&dyn Error> {
        Some((**error).as_error())
    }
}

impl<E> Identity<E> for NoIdentity {
    fn head(self, _: &E) -> Option<&dyn Error> {
        None
    }
}

impl<E> Identity<E> for OpaqueIdentity {
    fn head(self, _: &E) -> Option<&dyn Error> {
        None
    }

    fn is_opaque(self) -> bool {
        !matches!(type_name::<E>(), "()" | "&str" | "alloc::string::String" | "alloc::boxed::Box<str>")
    }
}

pub trait ErasedError {
    fn as_error(&self) -> &dyn Error;
}

macro_rules! erased {
    ($($error:ty),*) => {$(
        impl ErasedError for $error {
            fn as_error(&self) -> &dyn Error {
                self
            }
        }
    )*};
}

erased!(dyn Error + '_, dyn Error + Send + '_, dyn Error + Send + Sync + '_);

#[derive(Debug, Clone, Copy)]
pub struct ErrorId {
    type_name: &'static str,
    variant: u64,
    text: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recognized {
    Yes,
    No,
    /// One of the two has nothing to compare.
    Unknown,
}

impl ErrorId {
    pub const NONE: Self = Self { type_name: "", variant: 0, text: None };

    pub fn of<E>(error: &E, identity: impl Identity<E>) -> Self {
        let text = identity.head(error).and_then(text_of);
        Self { type_name: type_name::<E>(), variant: variant_of(error), text }
    }

    pub const fn has_text(self) -> bool {
        self.text.is_some()
    }

    /// Returns whether `error` is this error, or has it among its sources.
    pub fn recognizes<E>(self, error: &E, identity: impl Identity<E>, is_fresh: bool) -> Recognized {
        let is_same_type = self.type_name == type_name::<E>();
        let is_other_variant = is_same_type && self.variant != variant_of(error);
        match (self.text, identity.head(error)) {
            (Some(text), Some(head)) => {
                // The first link is `error` itself.
                let mut links = chain(head).skip(usize::from(is_other_variant));
                Recognized::when(links.any(|link| text_of(link) == Some(text)))
            }
            _ if is_other_variant => Recognized::No,
            (None, None) if !identity.is_opaque() => Recognized::Unknown,
            _ if is_same_type && is_fresh => Recognized::Yes,
            _ => Recognized::Unknown,
        }
    }

    /// Replaces the identity by that of an error in which it was recognised.
    pub fn carried_by(self, outer: Self) -> Self {
        let text = if self.type_name == outer.type_name { outer.text.or(self.text) } else { outer.text };
        Self { text, ..outer }
    }
}

impl Recognized {
    const fn when(is_same: bool) -> Self {
        if is_same { Self::Yes } else { Self::No }
    }
}

fn chain<'a>(head: &'a (dyn Error + 'a)) -> impl Iterator<Item = &'a (dyn Error + 'a)> {
    iter::successors(Some(head), |&link| link.source().map(|source| source as _)).take(LONGEST)
}

/// A `Display` that panics has no text.
fn text_of(error: &dyn Error) -> Option<u64> {
    catch_unwind(AssertUnwindSafe(|| {
        let mut hash = Fnv::NEW;
        write!(hash, "{error}").ok().map(|()| hash.0)
    }))
    .ok()
    .flatten()
}

fn variant_of<E>(error: &E) -> u64 {
    let mut hash = Fnv::NEW;
    mem::discriminant(error).hash(&mut hash);
    hash.0
}

struct Fnv(u64);

impl Fnv {
    const NEW: Self = Self(0xcbf2_9ce4_8422_2325);

    const fn mix(&mut self, part: u64) {
        self.0 = (self.0 ^ part).wrapping_mul(0x100_0000_01b3);
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.mix(u64::from(byte));
        }
    }

    /// A discriminant.
    fn write_isize(&mut self, number: isize) {
        #[expect(clippy::cast_sign_loss, reason = "only its bits count")]
        self.mix(number as u64);
    }
}

impl Write for Fnv {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.write(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Inner {
        #[error("down")]
        Down,
        #[error("down")]
        AlsoDown,
        #[error("{0}")]
        Other(&'static str),
    }

    #[derive(Debug, thiserror::Error)]
    enum Outer {
        #[error("storage")]
        Storage(#[from] Inner),
        #[error(transparent)]
        Transparent(Inner),
    }

    fn is_in<E>(error: &Inner, outer: &E, identity: impl Identity<E>) -> Recognized {
        ErrorId::of(error, ErrorIdentity).recognizes(outer, identity, false)
    }

    #[test]
    fn an_error_is_recognised_by_type_variant_and_text() {
        assert_eq!(is_in(&Inner::Down, &Inner::Down, ErrorIdentity), Recognized::Yes);
        assert_eq!(is_in(&Inner::Down, &Inner::AlsoDown, ErrorIdentity), Recognized::No);
        assert_eq!(is_in(&Inner::Other("a"), &Inner::Other("a"), ErrorIdentity), Recognized::Yes);
        assert_eq!(is_in(&Inner::Other("a"), &Inner::Other("b"), ErrorIdentity), Recognized::No);
    }

    #[test]
    fn an_error_is_recognised_in_an_error_that_holds_it() {
        assert_eq!(is_in(&Inner::Down, &Outer::Storage(Inner::Down), ErrorIdentity), Recognized::Yes);
        assert_eq!(is_in(&Inner::Down, &Outer::Storage(Inner::Other("x")), ErrorIdentity), Recognized::No);
        assert_eq!(is_in(&Inner::Down, &Outer::Transparent(Inner::Down), ErrorIdentity), Recognized::Yes);
        let boxed: Box<dyn Error + Send + Sync> = Outer::Storage(Inner::Down).into();
        assert_eq!(is_in(&Inner::Down, &boxed, ErrorPointerIdentity), Recognized::Yes);
        let boxed: Box<dyn Error + '_> = Inner::Other("x").into();
        assert_eq!(is_in(&Inner::Down, &boxed, ErrorPointerIdentity), Recognized::No);
    }

    #[test]
    fn text_has_no_identity() {
        let fact = ErrorId::of(&"down".to_owned(), NoIdentity);
        assert_eq!(fact.recognizes(&"down".to_owned(), NoIdentity, true), Recognized::Unknown);
        assert_eq!(fact.recognizes(&"down".to_owned(), OpaqueIdentity, true), Recognized::Unknown);
        assert_eq!(is_in(&Inner::Down, &"down".to_owned(), NoIdentity), Recognized::Unknown);
        assert_eq!(is_in(&Inner::Down, &Inner::AlsoDown, OpaqueIdentity), Recognized::No);
    }

    #[test]
    fn an_error_whose_text_panics_has_no_text() {
        #[derive(Debug)]
        struct Panics;
        impl fmt::Display for Panics {
            fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
                panic!("text")
            }
        }
        impl Error for Panics {}
        assert!(!ErrorId::of(&Panics, ErrorIdentity).has_text());
    }
}
