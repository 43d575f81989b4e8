//! Looks for a `resilience::Error` in a field of a derived error, whatever its type:
//! `ErrorSearch::of(field).__resilience_error()`.
//!
//! The preferred cases are methods of the types themselves, and each type dereferences to the next
//! case, so nothing has to be imported: an import from a facade that is missing would be reported
//! a second time.

use std::error::Error as StdError;
use std::ops::Deref;

use crate::classify::{Classify, resilience_error_in};
use crate::error::Error;

/// A field that classifies itself answers itself.
#[derive(Debug, Clone, Copy)]
pub struct ErrorSearch<'a, E: ?Sized, Otherwise>(&'a E, Otherwise);

/// The sources behind a pointer to `dyn Error` are searched.
#[derive(Debug, Clone, Copy)]
pub struct ChainSearch<'a, E: ?Sized>(&'a E);

#[derive(Debug, Clone, Copy)]
pub struct NoSearch;

impl<'a, E: ?Sized> ErrorSearch<'a, E, ChainSearch<'a, E>> {
    pub const fn of(field: &'a E) -> Self {
        Self(field, ChainSearch(field))
    }
}

impl<'a, E: ?Sized> ErrorSearch<'a, E, NoSearch> {
    /// For a type with a lifetime: the sources of an error that may not be `'static` are out of reach.
    pub const fn of_borrowed(field: &'a E) -> Self {
        Self(field, NoSearch)
    }
}

impl<'a, E: Classify + ?Sized, Otherwise> ErrorSearch<'a, E, Otherwise> {
    pub fn __resilience_error(&self) -> Option<&'a Error> {
        self.0.resilience_error()
    }
}

impl<'a, E: Deref<Target: StaticError>> ChainSearch<'a, E> {
    pub fn __resilience_error(&self) -> Option<&'a Error> {
        resilience_error_in((**self.0).as_static_error())
    }
}

impl NoSearch {
    #[expect(clippy::unused_self, reason = "the compiler chooses by the receiver")]
    pub const fn __resilience_error(self) -> Option<&'static Error> {
        None
    }
}

impl<E: ?Sized, Otherwise> Deref for ErrorSearch<'_, E, Otherwise> {
    type Target = Otherwise;

    fn deref(&self) -> &Otherwise {
        &self.1
    }
}

impl<E: ?Sized> Deref for ChainSearch<'_, E> {
    type Target = NoSearch;

    fn deref(&self) -> &NoSearch {
        &NoSearch
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    struct Silent;

    #[test]
    fn the_type_of_a_field_decides_how_it_is_searched() {
        let ours = Error::BulkheadFull { name: "db".into() };
        let boxed: Box<dyn StdError> = ours.clone().into();
        let shared: Arc<dyn StdError + Send + Sync> = Arc::new(ours.clone());
        assert_eq!(ErrorSearch::of(&ours).__resilience_error(), Some(&ours));
        assert_eq!(ErrorSearch::of(&boxed).__resilience_error(), Some(&ours));
        assert_eq!(ErrorSearch::of(&shared).__resilience_error(), Some(&ours));
        assert_eq!(ErrorSearch::of(&Silent).__resilience_error(), None);
        assert_eq!(ErrorSearch::of("text").__resilience_error(), None);
        assert_eq!(ErrorSearch::of_borrowed(&&ours).__resilience_error(), Some(&ours));
        assert_eq!(ErrorSearch::of_borrowed(&boxed).__resilience_error(), None);
    }
}
