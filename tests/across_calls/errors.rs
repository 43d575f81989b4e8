//! Errors that carry a failure from one function to the next.

use resilience::Classify;

/// An application's error, not classified.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum App {
    #[error("connection refused")]
    Down,
    #[error("{0}")]
    Other(&'static str),
    #[error(transparent)]
    Resilience(#[from] resilience::Error),
}

/// Made from [`App`], which is its source.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum Outer {
    #[error("storage")]
    Storage(#[from] App),
    #[error(transparent)]
    Resilience(#[from] resilience::Error),
}

/// Made from [`App`], which it hides.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error(transparent)]
pub struct Transparent(#[from] pub App);

impl From<resilience::Error> for Transparent {
    fn from(error: resilience::Error) -> Self {
        Self(error.into())
    }
}

/// A classified error.
#[derive(Debug, Clone, PartialEq, thiserror::Error, Classify)]
pub enum Known {
    #[error("503")]
    #[classify(network)]
    Down,
    #[error(transparent)]
    #[classify(transparent)]
    Resilience(#[from] resilience::Error),
}

pub type Boxed = Box<dyn std::error::Error + Send + Sync>;

pub const TIMED_OUT: resilience::Error =
    resilience::Error::Timeout { limit: crate::common::secs(1), elapsed: crate::common::secs(1) };
