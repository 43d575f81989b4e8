#![deny(warnings)]
//! An error is classified once, and every attribute uses the classification.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use resilience::{Category, Classify, Severity, circuit_breaker, classify_chain, retry};

#[macro_use]
#[path = "../common/mod.rs"]
mod common;
mod wrapped;
use common::{Counter, Elapsed, millis, secs};

/// The category, the severity and the hint.
fn all(error: &(impl Classify + ?Sized)) -> (Category, Severity, Option<Duration>) {
    (error.category(), error.severity(), error.retry_after())
}

mod derived {
    use super::*;

    #[derive(Debug, thiserror::Error, Classify)]
    pub enum ApiError {
        #[error("lost")]
        #[classify(network)]
        Lost,
        #[error("too many")]
        #[classify(rate_limit, retry_after = wait, severity = "warning")]
        TooMany { wait: Duration, _user: String },
        #[error("full")]
        #[classify(resource, retry_after = 1)]
        Full(u32, Option<Duration>),
        #[error("busy")]
        #[classify(transient)]
        #[classify(severity = "info")]
        Busy,
        #[error("invalid")]
        #[classify(permanent, severity = "critical")]
        Invalid(#[classify(retry_after)] Option<Duration>),
        #[error(transparent)]
        #[classify(transparent)]
        Io(#[from] io::Error),
        #[error("while loading")]
        #[classify(transparent)]
        Loading { path: String, source: io::Error },
        #[error(transparent)]
        #[classify(transparent, severity = "critical")]
        Resilience(#[from] resilience::Error),
    }

    #[test]
    fn each_variant_has_its_own_classification() {
        use Category::{Network, Permanent, RateLimit, Resource, Transient};
        use Severity::{Critical, Error, Info, Warning};
        assert_eq!(all(&ApiError::Lost), (Network, Error, None));
        let too_many = ApiError::TooMany { wait: secs(9), _user: "ada".into() };
        assert_eq!(all(&too_many), (RateLimit, Warning, Some(secs(9))));
        assert_eq!(all(&ApiError::Full(1, Some(secs(2)))), (Resource, Error, Some(secs(2))));
        assert_eq!(all(&ApiError::Full(1, None)), (Resource, Error, None));
        assert_eq!(all(&ApiError::Busy), (Transient, Info, None));
        assert_eq!(all(&ApiError::Invalid(Some(secs(1)))), (Permanent, Critical, Some(secs(1))));
    }

    #[test]
    fn a_transparent_variant_delegates_to_its_field() {
        let missing = || io::Error::from(io::ErrorKind::NotFound);
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        assert_eq!(ApiError::from(missing()).category(), Category::Permanent);
        assert_eq!(ApiError::from(refused()).category(), Category::Network);
        let loading = ApiError::Loading { path: "a".into(), source: missing() };
        assert_eq!(loading.category(), Category::Permanent);
        let open = resilience::Error::CircuitOpen {
            name: "x".into(),
            state: resilience::BreakerState::Open,
            retry_after: Some(secs(3)),
        };
        assert_eq!(all(&open), (Category::Resource, Severity::Warning, Some(secs(3))));
        let critical = (Category::Resource, Severity::Critical, Some(secs(3)));
        assert_eq!(all(&ApiError::from(open)), critical, "the word beside it replaces the field's");
    }

    #[derive(Debug, Classify)]
    #[classify(permanent, severity = "info")]
    enum WithDefault {
        A,
        #[classify(severity = "error")]
        B,
        #[classify(transient)]
        C,
        D(#[classify(transparent)] resilience::Error),
        E {
            #[classify(retry_after)]
            wait: Option<Duration>,
        },
    }

    #[test]
    fn the_attribute_of_the_enum_is_the_default_for_variants() {
        use Severity::{Error, Info, Warning};
        assert_eq!(all(&WithDefault::A), (Category::Permanent, Info, None));
        assert_eq!(all(&WithDefault::B), (Category::Permanent, Error, None));
        assert_eq!(all(&WithDefault::C), (Category::Transient, Info, None));
        let timeout = resilience::Error::Timeout { limit: secs(1), elapsed: secs(1) };
        assert_eq!(all(&WithDefault::D(timeout)), (Category::Transient, Warning, None), "nearer than the default");
        let wait = Some(secs(4));
        assert_eq!(all(&WithDefault::E { wait }), (Category::Permanent, Info, Some(secs(4))));
    }

    #[derive(Debug, Classify)]
    #[classify(transparent, severity = "critical")]
    enum Either {
        Io(io::Error),
        Ours(Box<resilience::Error>),
        #[classify(permanent)]
        Neither,
    }

    #[derive(Debug, Classify)]
    #[classify(transparent)]
    struct Whole(resilience::Error);

    #[derive(Debug, Classify)]
    #[classify(rate_limit, retry_after = r#type)]
    struct Keyword {
        r#type: Duration,
    }

    #[derive(Debug, Classify)]
    #[classify(transient)]
    struct Unit;

    #[derive(Debug, Classify)]
    enum Never {}

    #[test]
    fn structs_and_defaults_that_delegate() {
        let timeout = || resilience::Error::Timeout { limit: secs(1), elapsed: secs(1) };
        assert_eq!(all(&Either::Io(io::ErrorKind::NotFound.into())), (Category::Permanent, Severity::Critical, None));
        assert_eq!(all(&Either::Ours(Box::new(timeout()))), (Category::Transient, Severity::Critical, None));
        assert_eq!(all(&Either::Neither), (Category::Permanent, Severity::Critical, None));
        assert_eq!(all(&Whole(timeout())), all(&timeout()));
        assert_eq!(all(&Keyword { r#type: secs(1) }), (Category::RateLimit, Severity::Error, Some(secs(1))));
        assert_eq!(Unit.category(), Category::Transient);
        let _: fn(&Never) -> Category = Never::category;
    }

    #[derive(Debug, Classify)]
    enum Generic<'a, T: ?Sized, E, const N: usize = 0>
    where
        T: 'a,
    {
        #[classify(transparent)]
        Inner(Box<E>),
        #[classify(permanent)]
        Other(&'a T),
        #[classify(transient)]
        Numbers([u8; N]),
    }

    /// Implements neither `Classify` nor any other trait.
    struct Silent;

    #[derive(Debug, Classify)]
    #[classify(transparent)]
    enum Nested<E> {
        Within(Box<Nested<E>>),
        Further(Box<Self>),
        Last(E),
    }

    #[test]
    fn a_generic_error_may_contain_itself() {
        let last = Nested::Last(io::Error::from(io::ErrorKind::NotFound));
        assert_eq!(Nested::Further(Box::new(Nested::Within(Box::new(last)))).category(), Category::Permanent);
    }

    #[test]
    fn a_type_parameter_is_bound_only_where_it_is_needed() {
        let inner: Generic<'_, Silent, io::Error> = Generic::Inner(Box::new(io::ErrorKind::NotFound.into()));
        assert_eq!(inner.category(), Category::Permanent);
        assert_eq!(Generic::<Silent, io::Error>::Other(&Silent).category(), Category::Permanent);
        assert_eq!(Generic::<Silent, io::Error, 2>::Numbers([0; 2]).category(), Category::Transient);
    }

    /// How a retry and a breaker treat one error.
    #[sync_and_async::test]
    async fn the_attributes_use_the_classification() {
        #[retry(max = 3, jitter = false)]
        #[circuit_breaker(failure_threshold = 2)]
        async fn call(calls: &Counter, fail: fn() -> ApiError) -> Result<(), ApiError> {
            calls.up();
            pause().await;
            Err(fail())
        }
        let clock = Clock::start();
        let calls = Counter::new();
        for expected in 1..=3 {
            let missing = || io::Error::from(io::ErrorKind::NotFound).into();
            assert_eq!(call(&calls, missing).await.map_err(|e| e.category()), Err(Category::Permanent));
            assert_eq!(calls.get(), expected, "neither retried nor a failure of the breaker");
        }
        for (expected, category) in [(4, Category::Permanent), (5, Category::Permanent), (5, Category::Resource)] {
            let invalid = || ApiError::Invalid(None);
            assert_eq!(call(&calls, invalid).await.map_err(|e| e.category()), Err(category));
            assert_eq!(calls.get(), expected, "not retried, and critical, so a failure of the breaker");
        }
        assert_eq!(clock.elapsed(), Duration::ZERO);

        #[retry(max = 1, jitter = false)]
        async fn hinted(fail: fn() -> ApiError) -> Result<(), ApiError> {
            pause().await;
            Err(fail())
        }
        assert!(hinted(|| ApiError::TooMany { wait: secs(9), _user: String::new() }).await.is_err());
        assert_eq!(clock.elapsed(), secs(9));
        assert!(hinted(|| ApiError::Full(1, Some(millis(1500)))).await.is_err());
        assert_eq!(clock.elapsed(), millis(10_500));
    }
}

type Boxed = Box<dyn StdError + Send + Sync>;

/// A `when` of one line classifies a boxed error.
#[sync_and_async::test]
async fn a_boxed_error_is_classified_by_its_content() {
    #[retry(
        max = 3,
        jitter = false,
        when = |error| classify_chain(&**error).is_none_or(|known| known.category().is_retryable()),
        retry_after = |error: &Boxed| classify_chain(&**error)?.retry_after()
    )]
    async fn call(calls: &Counter, fail: fn() -> Boxed) -> Result<(), Boxed> {
        calls.up();
        pause().await;
        Err(fail())
    }
    let clock = Clock::start();
    let calls = Counter::new();
    assert!(call(&calls, || Box::new(io::Error::from(io::ErrorKind::NotFound))).await.is_err());
    assert_eq!(calls.get(), 1, "permanent");
    assert!(
        call(&calls, || Box::new(derived::ApiError::from(io::Error::from(io::ErrorKind::TimedOut)))).await.is_err()
    );
    assert_eq!((calls.get(), clock.elapsed()), (1 + 4, secs(1 + 2 + 4)), "nothing known, or known as transient");
}

#[test]
fn an_anyhow_error_is_classified_through_its_contexts() {
    let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
    let error = anyhow::Error::new(refused).context("connecting").context("loading");
    assert_eq!(classify_chain(error.as_ref()).map(Classify::category), Some(Category::Network));
    assert!(classify_chain(anyhow::anyhow!("unknown").as_ref()).is_none());
}

#[test]
fn a_reference_a_box_and_an_arc_delegate() {
    let open = || resilience::Error::CircuitOpen {
        name: "x".into(),
        state: resilience::BreakerState::Open,
        retry_after: Some(secs(3)),
    };
    assert_eq!(all(&&open()), all(&open()));
    assert_eq!(all(&Box::new(open())), all(&open()));
    assert_eq!(all(&std::sync::Arc::new(open())), all(&open()));
    let dynamic: Box<dyn Classify> = Box::new(open());
    assert_eq!(all(&dynamic), all(&open()));
}

#[cfg(feature = "reqwest")]
mod requests {
    use super::*;
    use std::net::{Ipv4Addr, TcpListener as Reserved};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// Answers every request with these bytes and closes the connection; without bytes it never answers.
    async fn server(answer: Option<String>) -> String {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let url = format!("http://{}/", listener.local_addr().expect("an address"));
        tokio::spawn(async move {
            let mut open = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 1024];
                let _read = stream.read(&mut request).await;
                if let Some(answer) = &answer {
                    let _written = stream.write_all(answer.as_bytes()).await;
                } else {
                    open.push(stream);
                }
            }
        });
        url
    }

    fn client() -> reqwest::Client {
        reqwest::Client::builder().no_proxy().timeout(secs(30)).build().expect("a client")
    }

    async fn failed(answer: &str) -> reqwest::Error {
        let url = server(Some(answer.to_owned())).await;
        match client().get(url).send().await {
            Err(error) => error,
            Ok(response) => match response.error_for_status() {
                Err(error) => error,
                Ok(response) => response.json::<serde_json::Value>().await.expect_err("no JSON"),
            },
        }
    }

    #[tokio::test]
    async fn a_status_is_classified_by_its_number() {
        for (status, category) in [
            (400, Category::Permanent),
            (404, Category::Permanent),
            (408, Category::Transient),
            (429, Category::RateLimit),
            (500, Category::Transient),
            (503, Category::Transient),
        ] {
            let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            let error = failed(&answer).await;
            assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
            assert_eq!(all(&error), (category, Severity::Error, None), "{status}");
        }
    }

    #[tokio::test]
    async fn a_refused_connection_is_a_network_error() {
        let reserved = Reserved::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let url = format!("http://{}/", reserved.local_addr().expect("an address"));
        drop(reserved);
        let error = client().get(url).send().await.expect_err("nobody listens");
        assert!(error.is_connect());
        assert_eq!(error.category(), Category::Network);
    }

    #[tokio::test]
    async fn a_connection_cut_anywhere_is_a_network_error() {
        let before = failed("").await;
        assert_eq!(before.category(), Category::Network, "{before:?}");
        let head = failed("HTTP/1.1 200 OK\r\ncont").await;
        assert_eq!(head.category(), Category::Network, "{head:?}");
        let body = failed("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{").await;
        assert_eq!(body.category(), Category::Network, "{body:?}");
    }

    #[tokio::test]
    async fn an_invalid_response_is_permanent() {
        let json = failed("HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello").await;
        assert!(json.is_decode());
        assert_eq!(json.category(), Category::Permanent);
        let garbage = failed("SSH-2.0-OpenSSH_9.6\r\n\r\n").await;
        assert_eq!(garbage.category(), Category::Permanent, "{garbage:?}");
        let elsewhere =
            failed("HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
        assert!(elsewhere.is_redirect());
        assert_eq!(elsewhere.category(), Category::Permanent);
        let no_url = client().get("no url").send().await.expect_err("no URL");
        assert_eq!(no_url.category(), Category::Permanent);
    }

    #[tokio::test(start_paused = true)]
    async fn a_timeout_is_transient() {
        let error = client().get(server(None).await).send().await.expect_err("no answer");
        assert!(error.is_timeout());
        assert_eq!(error.category(), Category::Transient);
    }

    #[tokio::test]
    async fn a_retry_uses_the_classification() {
        #[retry(max = 2, backoff = "none")]
        async fn get(calls: &Counter, url: &str) -> Result<(), reqwest::Error> {
            calls.up();
            client().get(url).send().await?.error_for_status().map(drop)
        }
        let answer = |status| Some(format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"));
        let calls = Counter::new();
        assert!(get(&calls, &server(answer(400)).await).await.is_err());
        assert_eq!(calls.get(), 1);
        assert!(get(&calls, &server(answer(503)).await).await.is_err());
        assert_eq!(calls.get(), 1 + 3);
    }

    #[tokio::test]
    async fn a_boxed_error_is_found_behind_its_context() {
        let error = anyhow::Error::new(failed("HTTP/1.1 429 X\r\ncontent-length: 0\r\n\r\n").await).context("asking");
        assert_eq!(classify_chain(error.as_ref()).map(Classify::category), Some(Category::RateLimit));
    }
}

#[cfg(feature = "hyper")]
mod connections {
    use super::*;
    use http_body_util::{BodyExt, Empty, Full, StreamBody};
    use hyper::body::{Body, Bytes, Frame};
    use hyper_util::rt::TokioIo;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// The error of a request with this body, if the server answers with these bytes and closes the connection.
    async fn failed<B>(answer: &'static str, body: B) -> hyper::Error
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Boxed>,
    {
        let (near, mut far) = tokio::io::duplex(1024);
        tokio::spawn(async move {
            let mut request = [0; 1024];
            let _read = far.read(&mut request).await;
            let _written = far.write_all(answer.as_bytes()).await;
        });
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(near)).await.expect("hands");
        tokio::spawn(connection);
        let request = hyper::Request::post("/").header("host", "localhost").body(body).expect("a request");
        match sender.send_request(request).await {
            Err(error) => error,
            Ok(response) => response.into_body().collect().await.expect_err("no whole answer"),
        }
    }

    #[tokio::test]
    async fn a_connection_that_is_cut_is_a_network_error() {
        let before = failed("", Full::new(Bytes::from("x"))).await;
        assert_eq!(before.category(), Category::Network, "{before:?}");
        let body = failed("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{", Full::new(Bytes::from("x"))).await;
        assert_eq!(body.category(), Category::Network, "{body:?}");
    }

    #[tokio::test]
    async fn an_invalid_http_message_is_permanent() {
        let garbage = failed("SSH-2.0-OpenSSH_9.6\r\n\r\n", Empty::new()).await;
        assert!(garbage.is_parse());
        assert_eq!(garbage.category(), Category::Permanent);
    }

    #[tokio::test]
    async fn an_error_of_a_user_defined_body_is_classified_by_itself() {
        let broken = |kind: io::ErrorKind| {
            StreamBody::new(futures_util::stream::iter([Err::<Frame<Bytes>, io::Error>(kind.into())]))
        };
        let missing = failed("", broken(io::ErrorKind::NotFound)).await;
        assert!(missing.is_user(), "{missing:?}");
        assert_eq!(missing.category(), Category::Permanent);
        let reset = failed("", broken(io::ErrorKind::ConnectionReset)).await;
        assert_eq!(reset.category(), Category::Network, "{reset:?}");
    }
}

mod with {
    use std::num::ParseIntError;
    use std::sync::mpsc::RecvTimeoutError;
    use std::time::Duration;

    use resilience::{Category, Classify, Severity, Verdict, retry};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature of a classifying function")]
    fn of_channel(error: &RecvTimeoutError) -> Verdict {
        match error {
            RecvTimeoutError::Timeout => Verdict::new(Category::RateLimit).with_retry_after(Duration::from_secs(7)),
            RecvTimeoutError::Disconnected => Verdict::new(Category::Permanent).with_severity(Severity::Critical),
        }
    }

    mod foreign {
        pub fn of_number(_: &super::ParseIntError) -> super::Verdict {
            super::Verdict::new(super::Category::Permanent)
        }

        pub fn of_source(error: &std::io::Error) -> super::Verdict {
            super::Verdict::of(error).with_severity(super::Severity::Info)
        }
    }

    #[derive(Debug, Classify)]
    enum ReadError {
        #[classify(with = of_channel)]
        Channel(RecvTimeoutError),
        #[classify(with = foreign::of_number, severity = "warning")]
        Number {
            source: ParseIntError,
            _line: u32,
        },
        Io(#[classify(with = foreign::of_source)] std::io::Error, #[classify(retry_after)] Duration),
        #[classify(with = of_channel)]
        Named(&'static str, #[classify(transparent)] RecvTimeoutError),
        #[classify(transient)]
        Other,
    }

    #[derive(Debug, Classify)]
    #[classify(with = of_channel)]
    struct Wrapped<'a>(&'a RecvTimeoutError);

    #[derive(Debug, Classify)]
    #[classify(with = of_any)]
    struct Generic<E>(E);

    fn of_any<E>(_: &E) -> Verdict {
        Verdict::new(Category::Network)
    }

    fn read(error: &impl Classify) -> (Category, Severity, Option<u64>) {
        (error.category(), error.severity(), error.retry_after().map(|wait| wait.as_secs()))
    }

    #[test]
    fn a_function_classifies_the_error_of_another_crate() {
        let number =
            "x".parse::<u8>().map_or_else(|source| ReadError::Number { source, _line: 1 }, |_| ReadError::Other);
        let timeout = RecvTimeoutError::Timeout;
        let busy = (Category::RateLimit, Severity::Error, Some(7));
        assert_eq!(read(&ReadError::Channel(timeout)), busy);
        assert_eq!(read(&ReadError::Named("queue", timeout)), busy);
        assert!(matches!(ReadError::Named("queue", timeout), ReadError::Named("queue", _)));
        assert_eq!(read(&Wrapped(&timeout)), busy);
        let gone = ReadError::Channel(RecvTimeoutError::Disconnected);
        assert_eq!(read(&gone), (Category::Permanent, Severity::Critical, None));
        assert_eq!(read(&number), (Category::Permanent, Severity::Warning, None), "`severity` goes before");
        let io = ReadError::Io(std::io::ErrorKind::ConnectionReset.into(), Duration::from_secs(3));
        assert_eq!(read(&io), (Category::Network, Severity::Info, Some(3)));
        assert_eq!(read(&Generic(1)), (Category::Network, Severity::Error, None));
        assert_eq!(read(&ReadError::Other), (Category::Transient, Severity::Error, None));
    }

    #[test]
    fn a_retry_heeds_the_function() {
        #[retry(max = 3, backoff = "none", max_delay = "1s")]
        fn receive(calls: &mut u32) -> Result<(), ReadError> {
            *calls += 1;
            Err(ReadError::Channel(RecvTimeoutError::Disconnected))
        }

        let mut calls = 0;
        assert!(receive(&mut calls).is_err());
        assert_eq!(calls, 1);
    }
}

#[test]
fn an_error_of_ours_is_serialized_with_its_code_its_name_its_limit_and_its_hint() {
    use std::time::Duration;

    use resilience::{BreakerState, Error};
    use serde_json::json;

    let limit = Duration::from_millis(1500);
    let open = |retry_after| Error::CircuitOpen { name: "llm".into(), state: BreakerState::Open, retry_after };
    for (error, expected) in [
        (
            Error::Timeout { limit, elapsed: limit },
            json!({ "code": "timeout", "message": "timed out after 1.5s", "limit_ms": 1500 }),
        ),
        (
            open(Some(Duration::from_micros(6_000_001))),
            json!({
                "code": "circuit_open", "message": "circuit breaker `llm` is open, next probe in 6.000001s",
                "name": "llm", "state": "open", "retry_after_ms": 6001
            }),
        ),
        (
            open(None),
            json!({ "code": "circuit_open", "message": "circuit breaker `llm` is open", "name": "llm", "state": "open" }),
        ),
        (
            Error::RateLimited { name: "api".into(), retry_after: limit },
            json!({
                "code": "rate_limited", "message": "rate limit `api` is reached, next call in 1.5s", "name": "api",
                "retry_after_ms": 1500
            }),
        ),
        (
            Error::BulkheadFull { name: "db".into() },
            json!({ "code": "bulkhead_full", "message": "bulkhead `db` is full", "name": "db" }),
        ),
    ] {
        assert_eq!(serde_json::to_value(&error).ok(), Some(expected));
    }
    let never = Error::RateLimited { name: "api".into(), retry_after: Duration::MAX };
    assert_eq!(serde_json::to_value(&never).ok().map(|value| value["retry_after_ms"].clone()), Some(json!(u64::MAX)));
}
