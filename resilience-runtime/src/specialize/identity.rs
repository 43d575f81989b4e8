//! Chooses how errors of a type are recognised:
//! `(&&&IdentityProbe::of(&outcome)).__resilience_identity()`.

use std::error::Error;
use std::marker::PhantomData;
use std::ops::Deref;

use crate::context::facts::identity::{ErasedError, ErrorIdentity, ErrorPointerIdentity, NoIdentity};
use crate::outcome::Outcome;

#[derive(Debug)]
pub struct IdentityProbe<E>(PhantomData<fn(E)>);

impl<E> IdentityProbe<E> {
    pub const fn new(error_type: PhantomData<fn(E)>) -> Self {
        Self(error_type)
    }

    pub fn of<R: Outcome<Failure = E>>(_: &R) -> Self {
        Self(PhantomData)
    }
}

pub trait IdentityIfError {
    fn __resilience_identity(&self) -> ErrorIdentity {
        ErrorIdentity
    }
}

impl<E: Error> IdentityIfError for &&IdentityProbe<E> {}

pub trait IdentityIfErrorPointer {
    fn __resilience_identity(&self) -> ErrorPointerIdentity {
        ErrorPointerIdentity
    }
}

impl<E: Deref<Target: ErasedError>> IdentityIfErrorPointer for &IdentityProbe<E> {}

pub trait IdentityOtherwise {
    fn __resilience_identity(&self) -> NoIdentity {
        NoIdentity
    }
}

impl<E> IdentityOtherwise for IdentityProbe<E> {}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use super::*;

    #[test]
    #[expect(clippy::needless_borrow, reason = "an expansion writes it like this")]
    fn the_type_of_an_error_decides_how_it_is_recognised() {
        let name = |identity: &dyn Debug| format!("{identity:?}");
        let known: Result<(), std::io::Error> = Ok(());
        assert_eq!(name(&(&&&IdentityProbe::of(&known)).__resilience_identity()), "ErrorIdentity");
        let boxed: Result<(), Box<dyn Error + Send + Sync>> = Ok(());
        assert_eq!(name(&(&&&IdentityProbe::of(&boxed)).__resilience_identity()), "ErrorPointerIdentity");
        let text: Result<(), String> = Ok(());
        assert_eq!(name(&(&&&IdentityProbe::of(&text)).__resilience_identity()), "NoIdentity");
        assert_eq!(name(&(&&&IdentityProbe::of(&None::<u8>)).__resilience_identity()), "NoIdentity");
    }
}
