//! Chooses the classifier of an error type: `(&&ClassifierProbe::of(error)).__resilience_classifier()`.

use std::marker::PhantomData;

use crate::classify::{Classify, NoClassifier, TraitClassifier};

#[derive(Debug)]
pub struct ClassifierProbe<E>(PhantomData<fn(E)>);

impl<E> ClassifierProbe<E> {
    pub const fn new(error_type: PhantomData<fn(E)>) -> Self {
        Self(error_type)
    }

    pub const fn of(_: &E) -> Self {
        Self(PhantomData)
    }
}

pub trait ClassifierIfClassify {
    fn __resilience_classifier(&self) -> TraitClassifier {
        TraitClassifier
    }
}

impl<E: Classify> ClassifierIfClassify for &ClassifierProbe<E> {}

pub trait ClassifierOtherwise {
    fn __resilience_classifier(&self) -> NoClassifier {
        NoClassifier
    }
}

impl<E> ClassifierOtherwise for ClassifierProbe<E> {}

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
        let classifier = (&&ClassifierProbe::of(&refused)).__resilience_classifier();
        assert_eq!(classifier.classify(&refused).category, Some(Category::Network));
        let classifier = (&&ClassifierProbe::of(&Plain)).__resilience_classifier();
        assert_eq!(classifier.classify(&Plain).category, None);
    }
}
