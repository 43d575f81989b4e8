//! Chooses how errors of a type are recognised:
//! `(&&&failure_type_of_outcome(&outcome)).__resilience_identity()`. The probe is the type itself, as
//! for the classifier.

use std::error::Error;
use std::marker::PhantomData;
use std::ops::Deref;

use crate::context::facts::identity::{ErasedError, ErrorIdentity, ErrorPointerIdentity, NoIdentity};
use crate::outcome::Outcome;

pub fn failure_type_of_outcome<R: Outcome>(_: &R) -> PhantomData<fn(R::Failure)> {
    PhantomData
}

pub trait IdentityIfError {
    fn __resilience_identity(&self) -> ErrorIdentity {
        ErrorIdentity
    }
}

impl<E: Error> IdentityIfError for &&PhantomData<fn(E)> {}

pub trait IdentityIfErrorPointer {
    fn __resilience_identity(&self) -> ErrorPointerIdentity {
        ErrorPointerIdentity
    }
}

impl<E: Deref<Target: ErasedError>> IdentityIfErrorPointer for &PhantomData<fn(E)> {}

pub trait IdentityOtherwise {
    fn __resilience_identity(&self) -> NoIdentity {
        NoIdentity
    }
}

impl<E> IdentityOtherwise for PhantomData<fn(E)> {}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use super::*;

    #[test]
    #[expect(clippy::needless_borrow, reason = "an expansion writes it like this")]
    fn the_type_of_an_error_decides_how_it_is_recognised() {
        let name = |identity: &dyn Debug| format!("{identity:?}");
        let known: Result<(), std::io::Error> = Ok(());
        assert_eq!(name(&(&&&failure_type_of_outcome(&known)).__resilience_identity()), "ErrorIdentity");
        let boxed: Result<(), Box<dyn Error + Send + Sync>> = Ok(());
        assert_eq!(name(&(&&&failure_type_of_outcome(&boxed)).__resilience_identity()), "ErrorPointerIdentity");
        let text: Result<(), String> = Ok(());
        assert_eq!(name(&(&&&failure_type_of_outcome(&text)).__resilience_identity()), "NoIdentity");
        assert_eq!(name(&(&&&failure_type_of_outcome(&None::<u8>)).__resilience_identity()), "NoIdentity");
    }
}
