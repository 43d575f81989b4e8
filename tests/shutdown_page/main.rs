#![deny(warnings)]
//! An open dashboard does not hold the shutdown of a server. A shutdown is for the whole process, so this is a program of
//! its own.

use std::error::Error;
use std::time::Duration;

use axum::Router;
use resilience::dashboard;
use tokio::sync::oneshot;

/// How long a server that hangs is waited for.
const TOO_LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_server_with_an_open_page_ends_its_shutdown() -> Result<(), Box<dyn Error>> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/page/events", listener.local_addr()?);
    let app = Router::new().nest("/page", dashboard::router());
    let (terminate, terminated) = oneshot::channel::<()>();
    let server = axum::serve(listener, app).with_graceful_shutdown(async {
        let _told = terminated.await;
    });
    let server = tokio::spawn(server.into_future());

    let browser = reqwest::Client::builder().no_proxy().build()?;
    let mut page = browser.get(&url).send().await?;
    let first = page.chunk().await?.ok_or("a first event at once")?;
    assert!(String::from_utf8_lossy(&first).contains(r#""is_shutting_down":false"#));

    resilience::begin_shutdown();
    let mut rest = String::new();
    let read = async {
        while let Some(chunk) = page.chunk().await? {
            rest.push_str(&String::from_utf8_lossy(&chunk));
        }
        Ok::<(), reqwest::Error>(())
    };
    tokio::time::timeout(TOO_LONG, read).await??;
    assert!(rest.contains(r#""is_shutting_down":true"#), "the page shows the shutdown: {rest}");

    // As a browser does that has lost its connection, while the server still takes requests.
    let again = tokio::time::timeout(TOO_LONG, browser.get(&url).send().await?.text()).await??;
    assert_eq!(again.matches("data:").count(), 1);
    assert!(again.contains(r#""is_shutting_down":true"#), "{again}");

    terminate.send(()).map_err(|()| "the server has ended")?;
    tokio::time::timeout(TOO_LONG, server).await???;
    Ok(())
}
