//! The traits of the error type that are known where a policy is called: whether it is classified, and
//! how enclosing functions recognise one of its errors.
//!
//! Generic code cannot test for a trait. So a policy is a chain of types that dereference to each
//! other, and the compiler takes the method of the first type whose bounds the error type meets.

use std::error::Error as StdError;
use std::ops::Deref;

use super::ClassifyFn;
use crate::classify::{Classified, Classifier, Classify, NoClassifier, TraitClassifier};
use crate::context::facts::Identity;
use crate::context::facts::identity::{ErasedError, ErrorIdentity, ErrorPointerIdentity, OpaqueIdentity};

type HeadFn<E> = for<'a> fn(&'a E) -> Option<&'a (dyn StdError + 'a)>;

pub struct ErrorTraits<E> {
    pub classify: ClassifyFn<E>,
    /// `None` if nothing is known.
    head: Option<HeadFn<E>>,
}

impl<E> Clone for ErrorTraits<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for ErrorTraits<E> {}

impl<E> ErrorTraits<E> {
    pub const UNKNOWN: Self = Self { classify: unclassified, head: None };
}

impl<E: Classify> ErrorTraits<E> {
    pub const CLASSIFIED: Self = Self { classify: classified, ..Self::UNKNOWN };
}

impl<E: StdError> ErrorTraits<E> {
    pub const ERROR: Self = Self { head: Some(head), ..Self::UNKNOWN };
}

impl<E: ClassifiedError> ErrorTraits<E> {
    pub const CLASSIFIED_ERROR: Self = Self { classify: classified, ..Self::ERROR };
}

impl<E: Deref<Target: ErasedError>> ErrorTraits<E> {
    pub const ERROR_POINTER: Self = Self { head: Some(pointed_at), ..Self::UNKNOWN };
}

/// By reference: a call that succeeds does not read it.
impl<E> Identity<E> for &ErrorTraits<E> {
    fn head(self, error: &E) -> Option<&dyn StdError> {
        self.head?(error)
    }

    fn is_opaque(self) -> bool {
        self.head.is_none() && Identity::<E>::is_opaque(OpaqueIdentity)
    }
}

fn head<E: StdError>(error: &E) -> Option<&dyn StdError> {
    ErrorIdentity.head(error)
}

fn pointed_at<E: Deref<Target: ErasedError>>(error: &E) -> Option<&dyn StdError> {
    ErrorPointerIdentity.head(error)
}

fn unclassified<E>(error: &E) -> Classified {
    NoClassifier.classify(error)
}

pub fn classified<E: Classify>(error: &E) -> Classified {
    TraitClassifier.classify(error)
}

/// The errors of a policy that is called: a type that implements [`Classify`] and `Error`, where the
/// type is not known. A type that is known and does not implement them leads to the next type of the
/// chain.
#[diagnostic::on_unimplemented(
    message = "the errors of this policy are not known to be `{Self}` where it is called",
    label = "whether they are classified is asked here",
    note = "name the type of the policy, as in `let policy: Policy<_, {Self}> = ..`"
)]
pub trait ClassifiedError: Classify + StdError {}

#[diagnostic::do_not_recommend]
impl<E: Classify + StdError> ClassifiedError for E {}

/// The policies of a chain, from the one whose error type meets most bounds.
macro_rules! chain {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name<P>(pub(in crate::policy) P);

        impl<P> Deref for $name<P> {
            type Target = P;

            fn deref(&self) -> &P {
                &self.0
            }
        }
    )*};
}

chain! {
    /// A policy whose errors implement [`Classify`], and are not known to implement `Error`. You need not name it.
    WithClassified
    /// A policy whose errors implement `Error`, and are not known to implement [`Classify`]. You need not name it.
    WithError
    /// A policy whose errors point to a `dyn Error`. You need not name it.
    WithErrorPointer
}

/// The chain below a policy, and its parts.
pub type Chain<P> = WithClassified<FromError<P>>;
pub type FromError<P> = WithError<FromErrorPointer<P>>;
pub type FromErrorPointer<P> = WithErrorPointer<P>;
pub type Unknown<P> = P;

impl<P> Chain<P> {
    pub const fn of(policy: P) -> Self {
        Self(WithError(WithErrorPointer(policy)))
    }

    pub const fn unknown(&self) -> &P {
        &self.0.0.0
    }

    pub const fn unknown_mut(&mut self) -> &mut P {
        &mut self.0.0.0
    }

    pub fn into_unknown(self) -> P {
        self.0.0.0
    }
}

/// Calls a macro that implements the methods of a policy for each type of the chain, with the known traits and further
/// arguments.
macro_rules! along_the_chain {
    ($implement:ident $($argument:tt)*) => {
        $implement! { Chain, CLASSIFIED, [E: $crate::classify::Classify] $($argument)* }
        $implement! { FromError, ERROR, [E: ::std::error::Error] $($argument)* }
        $implement! {
            FromErrorPointer, ERROR_POINTER,
            [E: ::std::ops::Deref<Target: $crate::context::facts::identity::ErasedError>] $($argument)*
        }
        $implement! { Unknown, UNKNOWN, [] $($argument)* }
    };
}
