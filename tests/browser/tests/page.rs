//! The dashboard in a browser.

use std::error::Error;
use std::time::Duration;

use axum::Router;
use fantoccini::key::Key;
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use resilience::{
    BreakerState, CircuitBreaker, RateLimiter, bulkhead, cached, circuit_breaker, dashboard, rate_limit, retry,
};
use serde_json::{Value, json};
use services::Chrome;
use tokio::time::{Instant, sleep};

type Done = Result<(), Box<dyn Error>>;

/// A secret that the page must not show: an argument, a key, a result and an error of every call.
const SECRET: &str = "canary-51be";

/// A breaker's name that is code in HTML, in an attribute, in CSS and in a script.
const HOSTILE: &str = "</script><img src=x onerror=document.title='owned'>\" onclick=\"x {{nonce}}";

#[cached(ttl = 60, name = "answers", key = query.to_owned())]
#[retry(max = 1, backoff = "none", budget = "shared budget")]
#[circuit_breaker(name = "llm", failure_threshold = 1, recovery = "10m")]
#[bulkhead(max = 4, name = "places")]
#[rate_limit(max = 1_000, per = "1s", name = "requests")]
fn ask(query: &str) -> Option<String> {
    (query == SECRET).then(|| query.to_owned())
}

#[rate_limit(learn = true, name = "told by the server")]
fn ask_server() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[circuit_breaker(
    name = "</script><img src=x onerror=document.title='owned'>\" onclick=\"x {{nonce}}",
    failure_threshold = 1
)]
fn hostile(up: bool) -> Option<u8> {
    up.then_some(1)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_shows_what_happens_and_is_used_by_keyboard() -> Done {
    let Some(chrome) = Chrome::start() else { return Ok(()) };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/ops", listener.local_addr()?);
    let app = Router::new().nest("/ops", dashboard::router_with(|_| true)).nest("/read", dashboard::router());
    tokio::spawn(async { axum::serve(listener, app).await });
    assert!(ask(SECRET).is_some());
    assert_eq!(hostile(true), Some(1));
    assert_eq!(ask_server(), Ok(1));

    let page = open(&chrome).await?;
    let checked = check(&page, &url).await;
    page.close().await?;
    checked
}

async fn open(chrome: &Chrome) -> Result<Client, Box<dyn Error>> {
    let options = json!({ "binary": chrome.program(), "args": chrome.arguments() });
    let mut wishes = Capabilities::new();
    wishes.insert("goog:chromeOptions".to_owned(), options);
    // What the console of the page says, for example about a violated policy.
    wishes.insert("goog:loggingPrefs".to_owned(), json!({ "browser": "ALL" }));
    let driver = ClientBuilder::new(HttpConnector::new()).capabilities(wishes).connect(&chrome.url()).await?;
    Ok(driver)
}

async fn check(page: &Client, url: &str) -> Done {
    page.goto(url).await?;
    page.wait().at_most(Duration::from_secs(10)).for_element(Locator::Css("article.card")).await?;
    until(page, "no breaker is open", Duration::from_secs(5)).await?;
    for name in ["llm", "answers", "places", "requests", "shared budget", "page::ask", HOSTILE] {
        until(page, name, Duration::from_secs(2)).await?;
    }

    // A limit of the server's has no number of its own, and says how long it holds calls back.
    until(page, "hints only", Duration::from_secs(2)).await?;
    RateLimiter::named("told by the server").ok_or("a limit")?.hold_back(Duration::from_secs(3_600));
    until(page, "none for ", Duration::from_secs(2)).await?;

    // A breaker opens, and the page says so within a second, in its title as well.
    assert_eq!(ask("another question"), None);
    until(page, "1 breaker open", Duration::from_secs(1)).await?;
    assert_eq!(page.title().await?, "(1 open) resilience");
    assert_eq!(script(page, "return document.getElementById('changes').textContent").await?, "llm is open");
    let red = "return document.querySelectorAll('svg rect[fill=\"var(--open)\"]').length";
    assert_eq!(script(page, red).await?, 1, "in the timeline of one breaker");

    // Nothing of a call is shown, and a name is text.
    let source = page.source().await?;
    assert!(!source.contains(SECRET) && !source.contains("another question"));
    assert_eq!(script(page, "return document.images.length").await?, 0);
    let names = "return [...document.querySelectorAll('.name')].map((name) => name.textContent)";
    assert!(script(page, names).await?.as_array().is_some_and(|names| names.contains(&json!(HOSTILE))));

    by_keyboard(page).await?;
    reload_of_settings(page).await?;
    read_only(page, &url.replace("/ops", "/read")).await?;

    let foreign =
        "return performance.getEntriesByType('resource').filter((r) => !r.name.startsWith(location.origin)).length";
    assert_eq!(script(page, foreign).await?, 0);
    Ok(())
}

/// Filters, closes the breaker after a question, and cancels another question, with keys alone.
async fn by_keyboard(page: &Client) -> Done {
    page.active_element().await?.send_keys("/").await?;
    page.active_element().await?.send_keys("llm").await?;
    let cards = "return document.querySelectorAll('article.card').length";
    assert_eq!(script(page, cards).await?, 1, "those with this name");

    let focused = "return document.activeElement.getAttribute('aria-label')";
    press(page, Key::Tab, 2).await?;
    assert_eq!(script(page, focused).await?, "Close llm");
    sleep(Duration::from_millis(1_200)).await;
    assert_eq!(script(page, focused).await?, "Close llm", "the focus stays while the page changes");
    press(page, Key::Enter, 1).await?;
    until(page, "Close “llm”? It lets calls pass", Duration::from_secs(2)).await?;
    press(page, Key::Enter, 1).await?;
    until(page, "no breaker is open", Duration::from_secs(2)).await?;
    let state = || CircuitBreaker::named("llm").map(|breaker| breaker.state());
    assert_eq!(state(), Some(BreakerState::Closed));
    assert_eq!(script(page, focused).await?, "Close llm", "the focus is back");

    press(page, Key::Enter, 1).await?;
    press(page, Key::Escape, 1).await?;
    sleep(Duration::from_millis(600)).await;
    assert_eq!(script(page, "return document.querySelector('dialog').open").await?, false);
    assert_eq!(state(), Some(BreakerState::Closed));
    Ok(())
}

/// Asks for a reload, and reads what came of it.
async fn reload_of_settings(page: &Client) -> Done {
    let file = std::env::temp_dir().join(format!("resilience-browser-{}.toml", std::process::id()));
    let setting = |line: &str| std::fs::write(&file, format!("[places.bulkhead]\n{line}\n"));
    setting("max = 4")?;
    resilience::config::load(&file)?;
    for (line, told) in [("max = 7", "applied 1 change"), ("max = 7", "no setting has changed"), ("maxi = 7", "did you mean `max`")] {
        setting(line)?;
        page.find(Locator::Css("#reload button")).await?.click().await?;
        until(page, "Load the file of settings again?", Duration::from_secs(2)).await?;
        press(page, Key::Enter, 1).await?;
        until(page, told, Duration::from_secs(2)).await?;
        assert_eq!(script(page, "return document.activeElement.textContent").await?, "Close");
        press(page, Key::Enter, 1).await?;
    }
    let value = "return [...document.querySelectorAll('#settings tr')].find((row) => \
                 row.textContent.startsWith('places.bulkhead.max'))?.children[1].textContent";
    let unfiltered = "const f = document.getElementById('filter'); f.value = ''; f.dispatchEvent(new Event('input'))";
    script(page, unfiltered).await?;
    until(page, "places.bulkhead.max", Duration::from_secs(2)).await?;
    assert_eq!(script(page, value).await?, "7");
    std::fs::remove_file(file)?;
    Ok(())
}

async fn read_only(page: &Client, url: &str) -> Done {
    page.goto(url).await?;
    page.wait().at_most(Duration::from_secs(10)).for_element(Locator::Css("article.card")).await?;
    assert_eq!(script(page, "return document.querySelectorAll('main button').length").await?, 0);
    Ok(())
}

async fn press(page: &Client, key: Key, times: usize) -> Done {
    for _ in 0..times {
        page.active_element().await?.send_keys(&char::from(key).to_string()).await?;
    }
    Ok(())
}

async fn script(page: &Client, script: &str) -> Result<Value, Box<dyn Error>> {
    Ok(page.execute(script, vec![]).await?)
}

/// Waits until the page shows this text.
async fn until(page: &Client, text: &str, at_most: Duration) -> Done {
    let begin = Instant::now();
    loop {
        let shown = script(page, "return document.body.innerText").await?;
        let shown = shown.as_str().unwrap_or_default();
        if shown.contains(text) {
            return Ok(());
        }
        if begin.elapsed() > at_most {
            return Err(format!("no {text:?} after {at_most:?} in:\n{shown}").into());
        }
        sleep(Duration::from_millis(20)).await;
    }
}
