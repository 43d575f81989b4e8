//! Chooses how errors of a type are classified, and how they are recognised:
//! `failure_type_of(error).__resilience_classifier()`, and `__resilience_identity()`.
//!
//! Nearly every function asks, so the preferred case is a method of the type itself, which the
//! compiler finds without a trait, and no case needs a `&`.

#![expect(clippy::unused_self, reason = "the compiler chooses by the receiver")]

use std::error::Error;
use std::ops::Deref;

use crate::classify::{Classify, NoClassifier, TraitClassifier};
use crate::context::facts::identity::{ErasedError, ErrorIdentity, ErrorPointerIdentity, NoIdentity};
use crate::outcome::{FailureType, Outcome};

pub const fn failure_type_of<E>(_: &E) -> FailureType<E> {
    FailureType::NEW
}

pub fn failure_type_of_outcome<R: Outcome>(_: &R) -> FailureType<R::Failure> {
    FailureType::NEW
}

impl<E: Classify> FailureType<E> {
    #[inline]
    pub fn __resilience_classifier(self) -> TraitClassifier {
        TraitClassifier
    }
}

pub trait ClassifierOtherwise: Sized {
    #[inline]
    fn __resilience_classifier(self) -> NoClassifier {
        NoClassifier
    }
}

impl<E> ClassifierOtherwise for FailureType<E> {}

impl<E: Error> FailureType<E> {
    #[inline]
    pub fn __resilience_identity(self) -> ErrorIdentity {
        ErrorIdentity
    }
}

pub trait IdentityIfErrorPointer: Sized {
    #[inline]
    fn __resilience_identity(self) -> ErrorPointerIdentity {
        ErrorPointerIdentity
    }
}

impl<E: Deref<Target: ErasedError>> IdentityIfErrorPointer for FailureType<E> {}

pub trait IdentityOtherwise {
    #[inline]
    fn __resilience_identity(&self) -> NoIdentity {
        NoIdentity
    }
}

impl<E> IdentityOtherwise for FailureType<E> {}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;
    use std::io;

    use super::*;
    use crate::classify::{Category, Classifier};

    struct Plain;

    #[test]
    fn an_error_is_classified_if_its_type_implements_classify() {
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        let classifier = failure_type_of(&refused).__resilience_classifier();
        assert_eq!(classifier.classify(&refused).category, Some(Category::Network));
        let classifier = failure_type_of(&Plain).__resilience_classifier();
        assert_eq!(classifier.classify(&Plain).category, None);
    }

    #[test]
    fn the_type_of_an_error_decides_how_it_is_recognised() {
        let name = |identity: &dyn Debug| format!("{identity:?}");
        let known: Result<(), std::io::Error> = Ok(());
        assert_eq!(name(&failure_type_of_outcome(&known).__resilience_identity()), "ErrorIdentity");
        let boxed: Result<(), Box<dyn Error + Send + Sync>> = Ok(());
        assert_eq!(name(&failure_type_of_outcome(&boxed).__resilience_identity()), "ErrorPointerIdentity");
        let text: Result<(), String> = Ok(());
        assert_eq!(name(&failure_type_of_outcome(&text).__resilience_identity()), "NoIdentity");
        assert_eq!(name(&failure_type_of_outcome(&None::<u8>).__resilience_identity()), "NoIdentity");
    }

    #[test]
    fn the_bounds_of_a_generic_function_decide_in_it() {
        fn identity<E: Error>(error: &E) -> impl Debug {
            failure_type_of(error).__resilience_identity()
        }
        fn nothing<E>(error: &E) -> impl Debug {
            failure_type_of(error).__resilience_identity()
        }
        let error = io::Error::other("x");
        assert_eq!(format!("{:?} {:?}", identity(&error), nothing(&error)), "ErrorIdentity NoIdentity");
    }
}
