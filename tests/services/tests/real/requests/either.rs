use std::time::Duration;

use resilience::testing::{FlakyServer, HttpAnswer};
use resilience::{Classify, classify_chain, retry};

use crate::{NETWORK, PERMANENT, RATE_LIMIT, RESOURCE, TRANSIENT, meaning};

fn client(timeout: Duration) -> reqwest::Client {
    reqwest::Client::builder().no_proxy().timeout(timeout).build().expect("a client")
}

async fn get(client: &reqwest::Client, url: &str) -> Result<serde_json::Value, reqwest::Error> {
    client.get(url).send().await?.error_for_status()?.json().await
}

async fn failed(answer: HttpAnswer) -> reqwest::Error {
    let server = FlakyServer::start([answer]).expect("a server");
    get(&client(Duration::from_secs(30)), &server.url("/")).await.expect_err("a failure")
}

#[tokio::test]
async fn every_failure_of_a_server() {
    for (status, expected) in
        [(400, PERMANENT), (404, PERMANENT), (429, RATE_LIMIT), (500, TRANSIENT), (503, TRANSIENT), (507, RESOURCE)]
    {
        let error = failed(HttpAnswer::status(status)).await;
        assert_eq!(meaning(&error), expected, "{status}");
    }
    let reset = failed(HttpAnswer::reset()).await;
    assert_eq!(meaning(&reset), NETWORK, "{reset:?}");
    let cut = failed(HttpAnswer::ok("{\"a\": 1}").cut_after(3)).await;
    assert_eq!(meaning(&cut), NETWORK, "{cut:?}");
    let body = failed(HttpAnswer::ok("no JSON")).await;
    assert_eq!(meaning(&body), PERMANENT, "{body:?}");
}

#[tokio::test]
async fn no_answer_no_server_and_no_request() {
    let server = FlakyServer::start([HttpAnswer::hang()]).expect("a server");
    let late = get(&client(Duration::from_millis(200)), &server.url("/")).await.expect_err("no answer");
    assert!(late.is_timeout(), "{late:?}");
    assert_eq!(meaning(&late), TRANSIENT);

    let nowhere = format!("http://127.0.0.1:{}/", services::free_port());
    let client = client(Duration::from_secs(30));
    let refused = get(&client, &nowhere).await.expect_err("nobody listens");
    assert!(refused.is_connect(), "{refused:?}");
    assert_eq!(meaning(&refused), NETWORK);
    let anyhow = anyhow::Error::new(refused).context("asking");
    assert_eq!(classify_chain(anyhow.as_ref()).map(Classify::category), Some(NETWORK.0));

    let invalid = get(&client, "no url").await.expect_err("no URL");
    assert_eq!(meaning(&invalid), PERMANENT, "{invalid:?}");
}

#[tokio::test]
async fn a_retry_uses_the_classification() {
    #[retry(max = 2, backoff = "none")]
    async fn ask(client: &reqwest::Client, url: &str) -> Result<serde_json::Value, reqwest::Error> {
        get(client, url).await
    }
    let client = client(Duration::from_secs(30));
    let answers = [HttpAnswer::reset(), HttpAnswer::status(503), HttpAnswer::ok("7"), HttpAnswer::status(404)];
    let server = FlakyServer::start(answers).expect("a server");
    assert_eq!(ask(&client, &server.url("/")).await.expect("the third answer"), 7);
    assert_eq!(server.requests(), 3);
    ask(&client, &server.url("/")).await.expect_err("a permanent failure");
    assert_eq!(server.requests(), 4);
}
