//! What `testing::FlakyServer` promises, seen through real clients.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::common::{Watchdog, millis, secs};
use resilience::testing::{self, FlakyServer, HttpAnswer, record, skip_sleeps};
use resilience::{retry, timeout};

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("status {0}, to be asked again after {1:?}")]
    Status(u16, Option<Duration>),
    #[error(transparent)]
    Transport(#[from] reqwest::Error),
    #[error(transparent)]
    Resilience(#[from] resilience::Error),
}

async fn get(client: &reqwest::Client, url: &str) -> Result<String, Failure> {
    let response = client.get(url).send().await?;
    let status = response.status().as_u16();
    if status != 200 {
        let after = response.headers().get("retry-after").and_then(|after| after.to_str().ok()?.parse().ok());
        return Err(Failure::Status(status, after.map(secs)));
    }
    Ok(response.text().await?)
}

/// Sends a request over its own connection and reads until the connection ends.
fn exchange(server: &FlakyServer, request: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(server.address())?;
    write!(stream, "{request}\r\nhost: here\r\nconnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    let ended = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    ended.map(|_| answer)
}

#[tokio::test]
async fn a_retry_succeeds_after_every_kind_of_server_failure() {
    #[retry(max = 5, base_delay = "1m", max_delay = "10m", jitter = false, retry_after = hint)]
    #[timeout(ms = 500)]
    async fn ask(client: &reqwest::Client, url: &str) -> Result<String, Failure> {
        get(client, url).await
    }

    fn hint(failure: &Failure) -> Option<Duration> {
        if let Failure::Status(_, after) = failure { *after } else { None }
    }

    let _watchdog = Watchdog::start();
    let server = FlakyServer::start([
        HttpAnswer::status(503).header("retry-after", "120"),
        HttpAnswer::reset(),
        HttpAnswer::ok("a long answer").cut_after(6),
        HttpAnswer::hang(),
        HttpAnswer::ok("too late").delayed(secs(3600)),
        HttpAnswer::ok("here").delayed(millis(1)),
    ])
    .expect("a server");

    let sleeps = skip_sleeps();
    let (answer, events) = record(ask(&reqwest::Client::new(), &server.url("/"))).await;
    assert_eq!(answer.expect("the last answer"), "here");
    assert_eq!(events.names().join(" "), "retry retry retry timeout retry timeout retry");
    assert_eq!((server.requests(), &events[0]["delay"]), (6, &testing::Value::Time(secs(120))), "as the server says");
    assert!(sleeps.skipped() >= secs(60 * (2 + 2 + 4 + 8 + 10)), "{sleeps:?}");
}

#[test]
fn each_kind_of_answer_behaves_as_named() {
    let _watchdog = Watchdog::start();
    let server = FlakyServer::start([
        HttpAnswer::ok("0123456789").cut_after(4),
        HttpAnswer::ok("0123456789").cut_after(0),
        HttpAnswer::reset(),
        HttpAnswer::status(204),
        HttpAnswer::status(418).header("x-one", "1").header("x-one", "2").body("short"),
    ])
    .expect("a server");
    let ask = || exchange(&server, "GET / HTTP/1.1");

    let cut = ask().expect("an end without a reset");
    assert!(cut.starts_with("HTTP/1.1 200 OK\r\n") && cut.contains("content-length: 10\r\n"), "{cut}");
    assert!(cut.ends_with("\r\n\r\n0123"), "{cut}");
    let nothing = ask().expect("an end without a reset");
    assert!(nothing.contains("content-length: 10\r\n") && nothing.ends_with("\r\n\r\n"), "{nothing}");
    assert_eq!(ask().map_err(|error| error.kind()), Err(std::io::ErrorKind::ConnectionReset));
    assert!(ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 204 ")));
    for _ in 0..2 {
        let last = ask().expect("an answer");
        assert!(last.starts_with("HTTP/1.1 418 ") && last.contains("x-one: 1\r\nx-one: 2\r\n"), "{last}");
        assert!(last.contains("content-length: 5\r\n") && last.ends_with("\r\n\r\nshort"), "{last}");
    }
    assert_eq!(server.requests(), 6);
}

#[test]
fn chunks_arrive_after_their_pauses_and_may_end_early_or_never() {
    let _watchdog = Watchdog::start();
    let pieces = || HttpAnswer::ok("a").chunk(millis(30), "").chunk(millis(30), "bc").chunk(Duration::ZERO, "d");
    let server = FlakyServer::start([pieces(), pieces().cut_after(2), pieces().stalled()]).expect("a server");
    let ask = || exchange(&server, "GET / HTTP/1.1");

    let begin = Instant::now();
    let whole = ask().expect("an answer");
    assert!(begin.elapsed() >= millis(60));
    assert!(whole.contains("transfer-encoding: chunked\r\n"), "{whole}");
    assert!(whole.ends_with("\r\n\r\n1\r\na\r\n2\r\nbc\r\n1\r\nd\r\n0\r\n\r\n"), "{whole}");
    let cut = ask().expect("an end without a reset");
    assert!(cut.ends_with("\r\n\r\n1\r\na\r\n1\r\nb\r\n"), "{cut}");

    let mut stream = TcpStream::connect(server.address()).expect("a connection");
    stream.set_read_timeout(Some(millis(200))).expect("a limit");
    write!(stream, "GET / HTTP/1.1\r\nhost: here\r\n\r\n").expect("a request");
    let mut answer = Vec::new();
    let ended = stream.read_to_end(&mut answer).map_err(|error| error.kind());
    assert!(matches!(ended, Err(std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut)), "{ended:?}");
    assert!(String::from_utf8_lossy(&answer).ends_with("1\r\na\r\n2\r\nbc\r\n1\r\nd\r\n"), "all but the end");
}

#[test]
fn an_answer_may_depend_on_the_request() {
    let _watchdog = Watchdog::start();
    let server = FlakyServer::start_with(|request| {
        assert_ne!(request.path(), "/panic");
        let (query, color) = (request.query().unwrap_or("-"), request.header("X-Color").unwrap_or("-"));
        let body = String::from_utf8_lossy(request.body());
        HttpAnswer::ok(format!("{} {} {query} {color} {body} {}", request.method(), request.path(), request.number()))
    })
    .expect("a server");

    let mut half = TcpStream::connect(server.address()).expect("a connection");
    write!(half, "POST / HTTP/1.1\r\nhost: here\r\ncontent-length: 4\r\n\r\nbo").expect("half a request");
    while server.requests() == 0 {
        std::thread::yield_now();
    }
    drop(half);
    let mut stream = TcpStream::connect(server.address()).expect("a connection");
    for (number, end) in [(2, ""), (3, "connection: close\r\n")] {
        write!(stream, "POST /a/b?c=d HTTP/1.1\r\nhost: here\r\nx-color: red\r\n{end}content-length: 4\r\n\r\nbody")
            .expect("a request");
        let mut answer = [0; 1024];
        let length = stream.read(&mut answer).expect("an answer");
        let answer = String::from_utf8_lossy(&answer[..length]);
        assert!(answer.ends_with(&format!("POST /a/b c=d red body {number}")), "on one connection: {answer}");
    }
    assert!(exchange(&server, "GET /panic HTTP/1.1").is_ok_and(|nothing| nothing.is_empty()));
    assert!(exchange(&server, "GET / HTTP/1.1").is_ok_and(|answer| answer.ends_with("GET / - -  5")), "it lives on");
    assert_eq!(server.url("health"), server.url("/health"));
}

#[tokio::test]
async fn a_dropped_server_closes_its_port_and_connections() {
    let _watchdog = Watchdog::start();
    let token = Arc::new(());
    let held = Arc::clone(&token);
    let server = FlakyServer::start_with(move |_| {
        assert_eq!(Arc::strong_count(&held), 2);
        HttpAnswer::hang()
    })
    .expect("a server");
    let (client, url, address) = (reqwest::Client::new(), server.url("/"), server.address());
    let hanging = tokio::spawn(async move { get(&client, &url).await });
    while server.requests() == 0 {
        tokio::task::yield_now().await;
    }
    let begin = Instant::now();
    drop(server);
    assert!(begin.elapsed() < secs(10));
    assert!(matches!(hanging.await, Ok(Err(Failure::Transport(_)))), "its connections are closed");
    assert!(TcpStream::connect(address).is_err(), "and so is its port");
    assert_eq!(Arc::strong_count(&token), 1, "no task has it any more");
}

#[test]
fn an_answer_invalid_in_http_panics_immediately() {
    let fails = |call: fn() -> HttpAnswer| catch_unwind(AssertUnwindSafe(call)).is_err();
    assert!(
        fails(|| HttpAnswer::status(99)) && fails(|| HttpAnswer::status(100)) && fails(|| HttpAnswer::status(1000))
    );
    assert!(fails(|| HttpAnswer::ok("").header("no name", "1")) && fails(|| HttpAnswer::ok("").header("name", "\n")));
    assert!(!fails(|| HttpAnswer::status(599)));
    assert_eq!(FlakyServer::start([]).map_err(|error| error.kind()).err(), Some(std::io::ErrorKind::InvalidInput));
}
