//! A client of the AWS SDK. All of them share the code that makes and sends requests, and this one is small.

use std::time::{Duration, Instant};

use aws_sdk_secretsmanager::config::retry::RetryConfig;
use aws_sdk_secretsmanager::config::timeout::TimeoutConfig;
use aws_sdk_secretsmanager::config::{Builder, Credentials, Region};
use aws_sdk_secretsmanager::error::SdkError;
use aws_sdk_secretsmanager::operation::get_secret_value::{GetSecretValueError, GetSecretValueOutput};
use aws_sdk_secretsmanager::{Client, Config};
use resilience::testing::{FlakyServer, HttpAnswer};
use resilience::{Classify, classify_chain, retry};

use crate::{CRITICAL, NETWORK, PERMANENT, RATE_LIMIT, TRANSIENT, meaning};

type Failure = SdkError<GetSecretValueError>;

fn config(url: &str) -> Builder {
    let http = aws_smithy_http_client::Builder::new().build_http();
    let config = Config::builder().endpoint_url(url).region(Region::from_static("eu-central-1"));
    config.credentials_provider(Credentials::new("id", "key", None, None, "test")).http_client(http)
}

/// As it belongs under a retry.
fn patient(url: &str) -> Client {
    Client::from_conf(config(url).retry_config(RetryConfig::disabled()).build())
}

async fn ask(client: &Client) -> Result<GetSecretValueOutput, Failure> {
    client.get_secret_value().secret_id("password").send().await
}

fn error(status: u16, code: &str) -> HttpAnswer {
    HttpAnswer::status(status).body(format!("{{\"__type\": \"{code}\", \"message\": \"no\"}}"))
}

fn secret() -> HttpAnswer {
    HttpAnswer::ok("{\"Name\": \"password\", \"SecretString\": \"swordfish\"}")
}

async fn failed(answer: HttpAnswer) -> Failure {
    let server = FlakyServer::start([answer]).expect("a server");
    let failed = ask(&patient(&server.url(""))).await.expect_err("a failure");
    assert_eq!(server.requests(), 1, "{failed}");
    failed
}

#[tokio::test]
async fn answers_of_the_service() {
    for (answer, expected) in [
        (error(400, "ThrottlingException"), RATE_LIMIT),
        (error(400, "com.amazonaws.secretsmanager#ThrottlingException"), RATE_LIMIT),
        (error(400, "LimitExceededException"), RATE_LIMIT),
        (error(429, "SomethingElse"), RATE_LIMIT),
        (HttpAnswer::status(429), RATE_LIMIT),
        (HttpAnswer::status(503), TRANSIENT),
        (HttpAnswer::status(502).body("<html>Bad Gateway</html>"), TRANSIENT),
        (error(500, "InternalServiceError"), TRANSIENT),
        (error(400, "RequestTimeoutException"), TRANSIENT),
        (error(400, "ResourceNotFoundException"), PERMANENT),
        (error(403, "AccessDeniedException"), PERMANENT),
        (error(400, "ExpiredTokenException"), CRITICAL),
        (error(400, "UnrecognizedClientException"), CRITICAL),
        (HttpAnswer::ok("<html>Login</html>"), TRANSIENT),
        (HttpAnswer::reset(), NETWORK),
        (secret().cut_after(9), TRANSIENT),
    ] {
        let error = failed(answer).await;
        assert_eq!(meaning(&error), expected, "{error:?}");
    }
}

#[tokio::test]
async fn the_hint_of_the_service() {
    let throttled = || error(400, "ThrottlingException");
    for (answer, hint) in [
        (throttled().header("x-amz-retry-after", "250"), Some(250)),
        (throttled().header("retry-after", "2"), Some(2_000)),
        (HttpAnswer::status(503).header("retry-after", "2").header("x-amz-retry-after", "30"), Some(30)),
        (throttled(), None),
    ] {
        assert_eq!(failed(answer).await.retry_after(), hint.map(Duration::from_millis));
    }
}

#[tokio::test]
async fn a_service_that_is_not_there_or_does_not_answer() {
    let nowhere = format!("http://127.0.0.1:{}", services::free_port());
    let error = ask(&patient(&nowhere)).await.expect_err("nobody listens");
    assert_eq!(meaning(&error), NETWORK, "{error:?}");
    let anyhow = anyhow::Error::new(error).context("asking");
    assert_eq!(classify_chain(anyhow.as_ref()).map(Classify::category), Some(NETWORK.0));

    let server = FlakyServer::start([HttpAnswer::hang(), HttpAnswer::hang()]).expect("a server");
    let soon = Duration::from_millis(50);
    let limits =
        [TimeoutConfig::builder().operation_timeout(soon).build(), TimeoutConfig::builder().read_timeout(soon).build()];
    for limit in limits {
        let config = config(&server.url("")).retry_config(RetryConfig::disabled()).timeout_config(limit).build();
        let error = ask(&Client::from_conf(config)).await.expect_err("a limit");
        assert_eq!(meaning(&error), TRANSIENT, "{error:?}");
    }
}

#[tokio::test]
async fn missing_credentials_count_as_some_that_could_not_be_loaded() {
    let server = FlakyServer::start([secret()]).expect("a server");
    let http = aws_smithy_http_client::Builder::new().build_http();
    let nobody = Config::builder().endpoint_url(server.url("")).region(Region::from_static("eu-central-1"));
    let nobody = nobody.http_client(http).retry_config(RetryConfig::disabled()).build();
    let error = ask(&Client::from_conf(nobody)).await.expect_err("no credentials");
    assert_eq!((meaning(&error), server.requests()), (TRANSIENT, 0), "{error:?}");
}

#[tokio::test]
async fn a_retry_heeds_the_hint_and_two_layers_of_retries_multiply() {
    #[retry(max = 2, base_delay = "1ms", max_delay = "1s", jitter = false)]
    async fn patiently(client: &Client) -> Result<GetSecretValueOutput, Failure> {
        ask(client).await
    }
    #[retry(max = 1, backoff = "none")]
    async fn insistently(client: &Client) -> Result<GetSecretValueOutput, Failure> {
        ask(client).await
    }

    let busy = error(400, "ThrottlingException").header("x-amz-retry-after", "200");
    let server = FlakyServer::start([busy, secret()]).expect("a server");
    let begin = Instant::now();
    let answer = patiently(&patient(&server.url(""))).await.expect("the second answer");
    assert_eq!((answer.secret_string(), server.requests()), (Some("swordfish"), 2));
    assert!(begin.elapsed() >= Duration::from_millis(200));

    let server = FlakyServer::start_with(|_| HttpAnswer::status(503)).expect("a server");
    let retry = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
    let insistent = Client::from_conf(config(&server.url("")).retry_config(retry).build());
    insistently(&insistent).await.expect_err("an outage");
    assert_eq!(server.requests(), (1 + 1) * 3);
    let server = FlakyServer::start_with(|_| HttpAnswer::status(503)).expect("a server");
    insistently(&patient(&server.url(""))).await.expect_err("an outage");
    assert_eq!(server.requests(), 1 + 1);
}
