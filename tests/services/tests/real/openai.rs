use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use async_openai::middleware::ReqwestService;
use async_openai::{Client, types::models::ListModelResponse};
use resilience::testing::{FlakyServer, HttpAnswer};
use resilience::{Classify, classify_chain, retry};

use crate::{CRITICAL, NETWORK, PERMANENT, RATE_LIMIT, TRANSIENT, meaning};

/// As it is by default: a request that fails is sent three more times.
fn insistent(url: &str) -> Client<OpenAIConfig> {
    Client::with_config(OpenAIConfig::new().with_api_base(url).with_api_key("key"))
}

/// As it belongs under a retry.
fn patient(url: &str) -> Client<OpenAIConfig> {
    insistent(url).with_http_service(ReqwestService::new(reqwest_0_13::Client::new()))
}

fn error(status: u16, kind: &str, code: &str) -> HttpAnswer {
    let error = serde_json::json!({ "error": { "message": "no", "type": kind, "param": null, "code": code } });
    HttpAnswer::status(status).header("retry-after", "0").body(error.to_string())
}

async fn failed(answer: HttpAnswer) -> OpenAIError {
    let server = FlakyServer::start([answer]).expect("a server");
    let failed = patient(&server.url("")).models().list().await.expect_err("a failure");
    assert_eq!(server.requests(), 1, "{failed}");
    failed
}

#[tokio::test]
async fn answers_of_the_service() {
    for (answer, expected) in [
        (error(429, "requests", "rate_limit_exceeded"), RATE_LIMIT),
        (error(429, "insufficient_quota", "insufficient_quota"), CRITICAL),
        (error(401, "invalid_request_error", "invalid_api_key"), CRITICAL),
        (error(403, "invalid_request_error", "unsupported_country_region_territory"), PERMANENT),
        (error(400, "invalid_request_error", "context_length_exceeded"), PERMANENT),
        (error(500, "server_error", "server_error"), TRANSIENT),
        (error(503, "server_error", "overloaded"), TRANSIENT),
        (HttpAnswer::status(502).body("<html>Bad Gateway</html>"), TRANSIENT),
        (HttpAnswer::status(429).body("<html>Slow down</html>"), TRANSIENT),
        (HttpAnswer::ok("<html>Login</html>"), TRANSIENT),
        (HttpAnswer::ok("{\"object\": \"li"), TRANSIENT),
        (HttpAnswer::ok("{\"object\": 7}"), PERMANENT),
        (HttpAnswer::reset(), NETWORK),
        (HttpAnswer::ok("{\"object\": \"list\"}").cut_after(5), NETWORK),
    ] {
        let error = failed(answer).await;
        assert_eq!(meaning(&error), expected, "{error:?}");
    }
}

#[tokio::test]
async fn a_service_that_is_not_there_is_a_network_error() {
    let nowhere = format!("http://127.0.0.1:{}", services::free_port());
    let error = patient(&nowhere).models().list().await.expect_err("nobody listens");
    assert_eq!(meaning(&error), NETWORK, "{error:?}");
    let anyhow = anyhow::Error::new(error).context("asking");
    assert_eq!(classify_chain(anyhow.as_ref()).map(Classify::category), Some(NETWORK.0));
}

#[tokio::test]
async fn two_layers_of_retries_multiply() {
    #[retry(max = 2, backoff = "none")]
    async fn list(client: &Client<OpenAIConfig>) -> Result<ListModelResponse, OpenAIError> {
        client.models().list().await
    }

    let limited = || FlakyServer::start_with(|_| error(429, "requests", "rate_limit_exceeded")).expect("a server");
    let server = limited();
    list(&insistent(&server.url(""))).await.expect_err("a limit");
    assert_eq!(server.requests(), (1 + 2) * (1 + 3));
    let server = limited();
    list(&patient(&server.url(""))).await.expect_err("a limit");
    assert_eq!(server.requests(), 1 + 2);
    let server = FlakyServer::start_with(|_| error(429, "insufficient_quota", "insufficient_quota")).expect("a server");
    list(&patient(&server.url(""))).await.expect_err("no credit");
    assert_eq!(server.requests(), 1);
}
