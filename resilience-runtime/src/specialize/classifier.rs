//! Chooses the classifier of an error type: `(&&failure_type_of(error)).__resilience_classifier()`.
//! A wrapper would be checked in each function.

use std::marker::PhantomData;

use crate::classify::{Classify, NoClassifier, TraitClassifier};

pub const fn failure_type_of<E>(_: &E) -> PhantomData<fn(E)> {
    PhantomData
}

pub trait ClassifierIfClassify {
    fn __resilience_classifier(&self) -> TraitClassifier {
        TraitClassifier
    }
}

impl<E: Classify> ClassifierIfClassify for &PhantomData<fn(E)> {}

pub trait ClassifierOtherwise {
    fn __resilience_classifier(&self) -> NoClassifier {
        NoClassifier
    }
}

impl<E> ClassifierOtherwise for PhantomData<fn(E)> {}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::classify::{Category, Classifier};

    struct Plain;

    #[test]
    #[expect(clippy::needless_borrow, reason = "an expansion writes it like this")]
    fn an_error_is_classified_if_its_type_implements_classify() {
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        let classifier = (&&failure_type_of(&refused)).__resilience_classifier();
        assert_eq!(classifier.classify(&refused).category, Some(Category::Network));
        let classifier = (&&failure_type_of(&Plain)).__resilience_classifier();
        assert_eq!(classifier.classify(&Plain).category, None);
    }
}
