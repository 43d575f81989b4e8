//! An HTTP service that ends without losing a request when it receives `SIGTERM`.
//!
//! It sends the signal to itself while one request is in progress and another one waits in a queue:
//!
//! ```console
//! cargo run --example shutdown --features axum
//! ```

use std::error::Error;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use resilience::{begin_shutdown, bulkhead, health, retry, shutdown};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{sleep, timeout};

/// In production, long enough for the load balancer to see several failed health checks.
const UNTIL_THE_BALANCER_KNOWS: Duration = Duration::from_millis(300);
const LIMIT: Duration = Duration::from_secs(20);

/// Makes one report at a time. No caller waits longer than a minute.
#[bulkhead(name = "reports", max = 1, queue = 10, wait = "1m")]
async fn report() -> Result<&'static str, resilience::Error> {
    sleep(Duration::from_secs(1)).await;
    Ok("the report")
}

/// Fails, and pauses for 20 seconds before the next attempt.
#[retry(max = 3, base_delay = "20s", jitter = false)]
async fn forecast() -> Result<&'static str, &'static str> {
    Err("no forecast")
}

async fn termination(mut terminated: tokio::signal::unix::Signal) {
    terminated.recv().await;
    // From here on, `/health` answers 503, waits end, and nothing is retried. Requests are still accepted.
    begin_shutdown();
    sleep(UNTIL_THE_BALANCER_KNOWS).await;
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let app = Router::new()
        .route("/health", get(async || health()))
        .route("/report", get(report))
        .route("/forecast", get(async || forecast().await.unwrap_or_else(|error| error)));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let server = axum::serve(listener, app).with_graceful_shutdown(termination(signal(SignalKind::terminate())?));

    let client = tokio::spawn(use_the_service(url));
    // Requests in progress finish; those that hang are abandoned.
    let ended = timeout(LIMIT, server.into_future()).await;
    println!("server: {}", if ended.is_ok() { "all requests have been answered" } else { "gave up" });
    // Waits for all other work: jobs, consumers of queues, and everything that holds an `in_progress`.
    println!("calls:  {:?}", shutdown(LIMIT).await);
    client.await??;
    Ok(())
}

async fn use_the_service(url: String) -> reqwest::Result<()> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let get = async |path: &str| {
        let response = client.get(format!("{url}{path}")).send().await?;
        println!("{path}: {}", response.status());
        reqwest::Result::Ok(())
    };
    get("/health").await?;
    let (first, second, third, ()) = tokio::join!(get("/report"), get("/report"), get("/forecast"), async {
        sleep(Duration::from_millis(200)).await;
        let told = std::process::Command::new("kill").args(["-TERM", &std::process::id().to_string()]).status();
        println!("SIGTERM: {}", told.is_ok_and(|status| status.success()));
        sleep(Duration::from_millis(100)).await;
        let _asked = get("/health").await;
    });
    first.and(second).and(third)
}
