//! Success and failure of a call, decided by the return type and never by its name.

use std::marker::PhantomData;

use crate::error::Error;

/// A return type in which success and failure can be told apart: `Result` and `Option`, under any alias.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no failure case for a resilience attribute to act on",
    label = "this attribute needs a function that returns `Result<T, E>` or `Option<T>`",
    note = "return `Result<{Self}, E>`, or remove the attribute",
    note = "a function that returns a future under a type alias: write `async fn`, or spell the type as `impl Future<Output = ..>`"
)]
pub trait Outcome: Sized {
    type Value;
    /// `()` for `Option`.
    type Failure;
    #[doc(hidden)]
    type Itself;
    fn value(&self) -> Option<&Self::Value>;
    fn failure(&self) -> Option<&Self::Failure>;
    fn into_failure(self) -> Option<Self::Failure>;
    fn from_value(value: Self::Value) -> Self;
    fn from_failure(failure: Self::Failure) -> Self;

    /// Returns the outcome. A type that is none has no `Itself`, so rustc reports it once where it
    /// stands behind an `impl Trait`.
    #[doc(hidden)]
    fn itself(self) -> Self::Itself;

    /// Every expansion calls this once, so rustc reports a return type without a failure once.
    #[inline]
    fn failure_type() -> FailureType<Self::Failure> {
        FailureType::NEW
    }
}

/// The type of the failures of a function, which `specialize` asks for what it implements.
#[derive(Debug)]
pub struct FailureType<E>(PhantomData<fn(E)>);

impl<E> FailureType<E> {
    pub const NEW: Self = Self(PhantomData);
}

impl<E> Clone for FailureType<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for FailureType<E> {}

#[diagnostic::do_not_recommend]
impl<T, E> Outcome for Result<T, E> {
    type Value = T;
    type Failure = E;
    type Itself = Self;

    fn value(&self) -> Option<&T> {
        self.as_ref().ok()
    }
    fn failure(&self) -> Option<&E> {
        self.as_ref().err()
    }
    fn into_failure(self) -> Option<E> {
        self.err()
    }
    fn from_value(value: T) -> Self {
        Ok(value)
    }
    fn from_failure(failure: E) -> Self {
        Err(failure)
    }
    #[inline]
    fn itself(self) -> Self {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T> Outcome for Option<T> {
    type Value = T;
    type Failure = ();
    type Itself = Self;

    fn value(&self) -> Option<&T> {
        self.as_ref()
    }
    fn failure(&self) -> Option<&()> {
        if self.is_none() { Some(&()) } else { None }
    }
    fn into_failure(self) -> Option<()> {
        if self.is_none() { Some(()) } else { None }
    }
    fn from_value(value: T) -> Self {
        Some(value)
    }
    fn from_failure((): ()) -> Self {
        None
    }
    #[inline]
    fn itself(self) -> Self {
        self
    }
}

/// In a function that returns an `Option`, a rejection is `None`.
impl From<Error> for () {
    fn from(_: Error) -> Self {}
}

/// Tells a closure the type of its parameter before the compiler checks its body.
pub fn asks<T>(about: &T, predicate: impl FnOnce(&T) -> bool) -> bool {
    predicate(about)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_is_a_failure_of_unit() {
        assert_eq!(Outcome::failure(&None::<u8>), Some(&()));
        assert_eq!(Outcome::failure(&Some(1)), None);
        assert_eq!(<Option<u8> as Outcome>::from_failure(()), None);
    }

    #[test]
    fn an_alias_is_judged_by_what_it_is() {
        let failed: std::io::Result<u8> = Err(std::io::Error::other("x"));
        assert!(Outcome::failure(&failed).is_some());
        assert!(Outcome::value(&failed).is_none());
    }
}
