//! Looks for a `resilience::Error` in a field of a derived error, whatever its type:
//! `failure_type_of(&field).__resilience_error_search().search(field)`.
//!
//! The three cases need no `&`, as in `failure_type`.

#![expect(clippy::unused_self, reason = "the compiler chooses by the receiver")]

use std::error::Error as StdError;
use std::ops::Deref;

use crate::classify::{Classify, resilience_error_in};
use crate::error::Error;
use crate::outcome::FailureType;

/// The field answers itself.
#[derive(Debug, Clone, Copy)]
pub struct ByClassify;

/// For a pointer to `dyn Error`, whose chain of sources is searched.
#[derive(Debug, Clone, Copy)]
pub struct InChain;

#[derive(Debug, Clone, Copy)]
pub struct NoSearch;

impl ByClassify {
    pub fn search<E: Classify + ?Sized>(self, field: &E) -> Option<&Error> {
        field.resilience_error()
    }
}

impl InChain {
    pub fn search<E: Deref<Target: StaticError>>(self, field: &E) -> Option<&Error> {
        resilience_error_in((**field).as_static_error())
    }
}

impl NoSearch {
    pub const fn search<E: ?Sized>(self, _: &E) -> Option<&Error> {
        None
    }
}

pub trait StaticError {
    fn as_static_error(&self) -> &(dyn StdError + 'static);
}

macro_rules! static_errors {
    ($($error:ty),*) => {$(
        impl StaticError for $error {
            fn as_static_error(&self) -> &(dyn StdError + 'static) {
                self
            }
        }
    )*};
}

static_errors!(dyn StdError, dyn StdError + Send, dyn StdError + Send + Sync);

impl<E: Classify + ?Sized> FailureType<&E> {
    pub fn __resilience_error_search(self) -> ByClassify {
        ByClassify
    }
}

pub trait ErrorSearchIfErrorPointer: Sized {
    fn __resilience_error_search(self) -> InChain {
        InChain
    }
}

impl<E: Deref<Target: StaticError>> ErrorSearchIfErrorPointer for FailureType<&E> {}

pub trait ErrorSearchOtherwise {
    fn __resilience_error_search(&self) -> NoSearch {
        NoSearch
    }
}

impl<E> ErrorSearchOtherwise for FailureType<E> {}
