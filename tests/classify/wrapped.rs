//! A handler finds the error of ours that an error is or wraps.

use std::error::Error as StdError;
use std::fmt::Debug;
use std::io;
use std::sync::Arc;

use resilience::{Category, Classify, Error, Verdict, circuit_breaker};

use crate::common::secs;

type Boxed = Box<dyn StdError + Send + Sync>;

fn ours() -> Error {
    Error::BulkheadFull { name: "db".into() }
}

fn is_found(error: &(impl Classify + ?Sized)) -> bool {
    error.resilience_error() == Some(&ours())
}

#[derive(Debug, thiserror::Error, Classify)]
enum ApiError {
    #[error(transparent)]
    #[classify(transparent)]
    Transparent(#[from] Error),
    #[error("while loading")]
    #[classify(transparent)]
    Loading { source: Box<Error>, _path: String },
    #[error("overloaded")]
    #[classify(permanent)]
    Overloaded(#[source] Arc<Error>, u8),
    #[error("{0}")]
    #[classify(transient)]
    Alone(Error),
    #[error("two")]
    Two(#[classify(transparent)] Error, u8),
    #[error("unknown user")]
    #[classify(permanent)]
    UnknownUser(u32),
    #[error("unit")]
    #[classify(network)]
    Unit,
}

#[derive(Debug, Classify)]
#[expect(dead_code, reason = "the derive reads one field of a variant at most")]
enum Outer<E> {
    #[classify(transparent)]
    Api(ApiError),
    #[classify(permanent)]
    Boxed { source: Box<ApiError> },
    #[classify(transparent)]
    Generic(E),
    #[classify(transient)]
    Further(Box<Self>),
    #[classify(transient)]
    Several(Error, Error),
}

#[test]
fn the_error_of_ours_is_found_in_every_kind_of_variant() {
    assert!(is_found(&ours()) && is_found(&&ours()) && is_found(&Box::new(ours())) && is_found(&Arc::new(ours())));
    let dynamic: Box<dyn Classify> = Box::new(ApiError::from(ours()));
    assert!(is_found(&dynamic));
    assert!(ApiError::from(ours()).source().is_none(), "a walk over the sources does not find it");
    for api in [
        ApiError::from(ours()),
        ApiError::Loading { source: Box::new(ours()), _path: String::new() },
        ApiError::Overloaded(Arc::new(ours()), 1),
        ApiError::Alone(ours()),
        ApiError::Two(ours(), 1),
    ] {
        assert!(is_found(&api), "{api:?}");
        assert!(is_found(&Outer::<Error>::Api(api)));
    }
    for api in [ApiError::UnknownUser(1), ApiError::Unit] {
        assert_eq!(api.resilience_error(), None, "{api:?}");
    }
    let nested = Outer::<Error>::Boxed { source: Box::new(ours().into()) };
    assert!(is_found(&nested));
    assert!(is_found(&Outer::<Error>::Further(Box::new(nested))));
    assert!(is_found(&Outer::Generic(ours())));
    assert!(is_found(&Outer::Generic(Outer::Generic(ApiError::from(ours())))));
    assert_eq!(Outer::Generic(io::Error::from(io::ErrorKind::NotFound)).resilience_error(), None);
    assert_eq!(Outer::<Error>::Several(ours(), ours()).resilience_error(), None, "none of them is the source");
}

/// Implements neither `Classify` nor `Error`.
#[derive(Debug)]
struct Silent;

#[derive(Debug, Classify)]
#[classify(transient)]
struct Tuple<E>(E);

#[derive(Debug, Classify)]
#[classify(permanent)]
struct Bounded<E: Classify>(E);

#[derive(Debug, Classify)]
#[classify(permanent)]
struct Named<'a, T: ?Sized + Debug> {
    source: &'a Error,
    #[expect(dead_code, reason = "what is derived must not need it")]
    text: &'a T,
}

#[derive(Debug, Classify)]
#[classify(permanent)]
struct Borrowed<'a>(Box<dyn StdError + 'a>);

#[derive(Debug, Classify)]
#[classify(permanent)]
struct Unsized {
    #[expect(dead_code, reason = "in front of it")]
    code: u8,
    source: [u8],
}

#[derive(Debug, Classify)]
#[classify(permanent)]
struct Empty;

#[test]
fn a_struct_is_searched_like_a_variant() {
    assert!(is_found(&Named { source: &ours(), text: "a" }));
    assert!(is_found(&Bounded(ours())));
    assert_eq!(Tuple(Silent).resilience_error(), None);
    assert_eq!(Tuple(ours()).resilience_error(), None, "without a bound, nothing is known about a parameter");
    assert_eq!(Borrowed(Box::new(ours())).resilience_error(), None, "only what is `'static` can be looked into");
    assert_eq!(Empty.resilience_error(), None);
    let _: fn(&Unsized) -> Option<&Error> = Unsized::resilience_error;
    let _ = |error: &Unsized| error.source.len();
}

fn permanent<E>(_: &E) -> Verdict {
    Verdict::new(Category::Permanent)
}

#[derive(Debug, Classify)]
#[classify(with = permanent)]
#[expect(dead_code, reason = "as above")]
enum Foreign {
    Ours(Error),
    Erased(Boxed),
    Anyhow {
        source: anyhow::Error,
    },
    Shared(Arc<dyn StdError + Send + Sync>),
    Io(io::Error),
    Silent(Silent),
    #[classify(with = permanent)]
    Named(#[classify(transparent)] Error, u8),
}

#[test]
fn a_field_with_a_function_is_searched_as_far_as_its_type_allows() {
    for foreign in [
        Foreign::Ours(ours()),
        Foreign::Erased(ours().into()),
        Foreign::Erased(io::Error::other(ours()).into()),
        Foreign::Anyhow { source: anyhow::Error::new(ours()).context("asking") },
        Foreign::Shared(Arc::new(ours())),
        Foreign::Io(io::Error::new(io::ErrorKind::InvalidData, ours())),
        Foreign::Named(ours(), 1),
    ] {
        assert!(is_found(&foreign), "{foreign:?}");
        assert_eq!(foreign.category(), Category::Permanent);
    }
    assert_eq!(Foreign::Silent(Silent).resilience_error(), None);
    assert_eq!(Foreign::Erased("text".into()).resilience_error(), None);
    assert_eq!(Foreign::Io(io::ErrorKind::NotFound.into()).resilience_error(), None);
}

#[test]
fn a_handler_tells_a_rejection_from_other_failures() {
    #[circuit_breaker(failure_threshold = 1)]
    fn load(id: u32) -> Result<(), ApiError> {
        if id == 0 { Err(ApiError::Unit) } else { Err(ApiError::UnknownUser(id)) }
    }
    assert_eq!(load(0).map_err(|error| error.resilience_error().cloned()), Err(None));
    let rejected = load(1).map_err(|error| error.resilience_error().map(Error::code));
    assert_eq!(rejected, Err(Some("circuit_open")));
    let timeout = Error::Timeout { limit: secs(1), elapsed: secs(1) };
    assert_eq!(ApiError::from(timeout.clone()).resilience_error(), Some(&timeout));
}
