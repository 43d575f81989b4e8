//! An error with and without a classification, and calls as letters.

use std::time::Duration;

use resilience::{Category, Classify};

pub type Answer = Result<u32, TestError>;

/// An error without a classification.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TestError {
    #[error("busy")]
    Transient,
    #[error("invalid")]
    Permanent,
    #[error("come back in {0:?}")]
    RateLimited(Duration),
    #[error(transparent)]
    Resilience(#[from] resilience::Error),
}

impl TestError {
    pub fn is_transient(&self) -> bool {
        *self == Self::Transient
    }

    pub fn is_permanent(&self) -> bool {
        *self == Self::Permanent
    }

    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Resilience(resilience::Error::Timeout { .. }))
    }

    pub fn is_open(&self) -> bool {
        matches!(self, Self::Resilience(resilience::Error::CircuitOpen { .. }))
    }

    pub fn is_full(&self) -> bool {
        matches!(self, Self::Resilience(resilience::Error::BulkheadFull { .. }))
    }

    pub fn is_limited(&self) -> bool {
        matches!(self, Self::Resilience(resilience::Error::RateLimited { .. }))
    }

    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited(wait) => Some(*wait),
            Self::Resilience(error) => error.retry_after(),
            Self::Transient | Self::Permanent => None,
        }
    }
}

/// A [`TestError`] with a classification.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct Classified(#[from] pub TestError);

impl From<resilience::Error> for Classified {
    fn from(error: resilience::Error) -> Self {
        Self(error.into())
    }
}

impl Classify for Classified {
    fn category(&self) -> Category {
        match &self.0 {
            TestError::Transient => Category::Transient,
            TestError::Permanent => Category::Permanent,
            TestError::RateLimited(_) => Category::RateLimit,
            TestError::Resilience(error) => error.category(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after()
    }
}

/// Returns whether an open breaker rejected the call.
pub fn is_open<T>(answer: &Result<T, TestError>) -> bool {
    answer.as_ref().is_err_and(TestError::is_open)
}

/// Returns whether the call timed out.
pub fn is_timeout<T>(answer: &Result<T, TestError>) -> bool {
    answer.as_ref().is_err_and(TestError::is_timeout)
}

/// A result as a letter: `S`uccess, `F`ailure, `T`imeout, or a rejection by an `O`pen breaker, a
/// full `B`ulkhead or a rate `L`imit.
pub fn letter<T>(answer: &Result<T, TestError>) -> char {
    match answer {
        Ok(_) => 'S',
        Err(error) if error.is_open() => 'O',
        Err(error) if error.is_full() => 'B',
        Err(error) if error.is_limited() => 'L',
        Err(error) if error.is_timeout() => 'T',
        Err(_) => 'F',
    }
}
