//! Errors of clients inside of a user's own error, of `Arc`, `Box` and `anyhow`, in every attribute that asks.

use std::cell::Cell;
use std::error::Error;
use std::future::ready;
use std::io;
use std::sync::Arc;

use redis::RedisError;
use resilience::policy::{self, InvalidPolicy};
use resilience::{BreakerState, CircuitBreaker, Classify, Policy, circuit_breaker, classify_chain, retry};

use crate::{CRITICAL, Meaning, NETWORK, PERMANENT, RESOURCE, TRANSIENT, meaning};

#[derive(Debug, thiserror::Error, Classify)]
enum StoreError {
    #[error(transparent)]
    #[classify(transparent)]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    #[classify(transparent)]
    OldDatabase(#[from] sqlx_0_8::Error),
    #[error(transparent)]
    #[classify(transparent)]
    Postgres(#[from] tokio_postgres::Error),
    #[error(transparent)]
    #[classify(transparent)]
    Redis(#[from] RedisError),
    #[error("while completing")]
    #[classify(transparent)]
    Model { source: async_openai::error::OpenAIError },
    #[error(transparent)]
    #[classify(transparent)]
    Resilience(#[from] resilience::Error),
}

fn refused() -> RedisError {
    io::Error::from(io::ErrorKind::ConnectionRefused).into()
}

fn wrong_password() -> RedisError {
    (redis::ErrorKind::AuthenticationFailed, "a wrong password").into()
}

fn invalid() -> async_openai::error::OpenAIError {
    async_openai::error::OpenAIError::InvalidArgument("no model".into())
}

#[test]
fn a_derived_classification_passes_on_the_error_of_a_client() {
    for (error, expected) in [
        (StoreError::from(sqlx::Error::PoolTimedOut), RESOURCE),
        (sqlx_0_8::Error::RowNotFound.into(), PERMANENT),
        (tokio_postgres::Error::__private_api_timeout().into(), TRANSIENT),
        (refused().into(), NETWORK),
        (wrong_password().into(), CRITICAL),
        (StoreError::Model { source: invalid() }, PERMANENT),
    ] {
        assert_eq!(meaning(&error), expected, "{error:?}");
    }
}

type Erased = Box<dyn Error + Send + Sync>;

/// The error itself, and behind a context.
fn erased<E>(make: impl Fn() -> E, expected: Meaning) -> [(Erased, Meaning); 2]
where
    E: Error + Send + Sync + 'static,
{
    let behind_context = anyhow::Error::new(make()).context("while storing");
    [(Box::new(make()), expected), (behind_context.into(), expected)]
}

#[test]
fn an_erased_error_of_a_client_is_found() {
    let errors = [
        erased(|| sqlx::Error::PoolTimedOut, RESOURCE),
        erased(|| sqlx_0_8::Error::PoolClosed, PERMANENT),
        erased(tokio_postgres::Error::__private_api_timeout, TRANSIENT),
        erased(|| Arc::new(refused()), NETWORK),
        erased(|| io::Error::other(wrong_password()), CRITICAL),
        erased(|| StoreError::Model { source: invalid() }, PERMANENT),
    ];
    for (error, expected) in errors.into_iter().flatten() {
        assert_eq!(classify_chain(&*error).map(meaning), Some(expected), "{error:?}");
    }
}

#[tokio::test]
async fn attributes_and_policies_use_the_classification() -> Result<(), InvalidPolicy> {
    #[retry(max = 2, backoff = "none")]
    fn attribute(calls: &Cell<u32>, error: fn() -> RedisError) -> Result<(), RedisError> {
        calls.set(calls.get() + 1);
        Err(error())
    }

    #[circuit_breaker(name = "passwords", failure_threshold = 1)]
    fn guarded() -> Result<(), StoreError> {
        Err(wrong_password().into())
    }

    let policy: Policy<(), RedisError> = Policy::new() >> policy::retry().max(2).no_delay().build()?;
    for (error, expected) in [(refused as fn() -> RedisError, 3), (wrong_password, 1)] {
        let calls = Cell::new(0);
        attribute(&calls, error).expect_err("a failure");
        assert_eq!(calls.replace(0), expected);
        let operation = || {
            calls.set(calls.get() + 1);
            ready(Err(error()))
        };
        policy.call(operation).await.expect_err("a failure");
        assert_eq!(calls.get(), expected);
    }

    guarded().expect_err("a wrong password");
    let breaker = CircuitBreaker::named("passwords").expect("it was used");
    assert_eq!(breaker.state(), BreakerState::Open, "a critical error counts, though it is permanent");
    Ok(())
}
