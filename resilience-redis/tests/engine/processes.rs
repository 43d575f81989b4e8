//! Several processes on one engine: the test program starts itself again.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use resilience::store::{Charged, LeaseRequest, Leased, SharedState, SharedWindow, ask};
use services::Redis as Server;

use crate::{Console, PATIENCE, charge, connected, key, process};

pub const URL: &str = "RESILIENCE_REDIS_URL";
const CALLS: &str = "RESILIENCE_REDIS_CALLS";

/// Far less than two processes ask for. A gap of the calls is longer than the burst only on a machine that stands
/// still for three seconds.
const WINDOW: SharedWindow<'static> =
    SharedWindow { key: key(SharedState::RateLimit, "shared"), max: 100, per: Duration::from_secs(1), burst: 300 };

const PLACES: LeaseRequest<'static> =
    LeaseRequest { key: key(SharedState::Bulkhead, "gpu"), max: 1, token: 1, time: Duration::from_millis(800) };

pub fn child(test: &str, server: &Server, before: &[&str]) -> Command {
    let this = std::env::current_exe().expect("a path");
    let mut words: Vec<_> = before.iter().map(|word| (*word).into()).collect();
    words.push(this.into_os_string());
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).args(["--exact", test, "--nocapture", "--include-ignored"]);
    command.env(URL, server.url()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    command
}

/// The words after the mark on a line of its output.
pub fn read(child: &mut Child, mark: &str) -> Vec<String> {
    // Nothing after the line is lost to a buffer.
    let lines = BufReader::with_capacity(1, child.stdout.as_mut().expect("a pipe")).lines().map_while(Result::ok);
    let found = lines.into_iter().find_map(|line| line.strip_prefix(mark).map(str::to_owned));
    found.expect("a line").split_whitespace().map(str::to_owned).collect()
}

/// The clock of the engine, in microseconds.
async fn time(console: &mut Console) -> u64 {
    let (seconds, micros): (u64, u64) = console.run("TIME").await;
    seconds * 1_000_000 + micros
}

/// What a child does: calls as fast as it can, and the passes and the time of them.
async fn call_as_a_child(url: &str) {
    let calls: u64 = std::env::var(CALLS).expect("a number").parse().expect("a number");
    let store = process("processes");
    store.connect(url).await.expect("a connection");
    let mut console = Console::open(url).await;
    println!("\nready to start");
    std::io::stdin().read_line(&mut String::new()).expect("a line");
    let mut passes = u64::from(matches!(charge(store, WINDOW, 1).await, Ok(Charged::Passed { .. })));
    let start = time(&mut console).await;
    let workers = (0..16).map(|worker| {
        tokio::spawn(async move {
            let mut passes = 0;
            for _ in (worker..calls - 2).step_by(16) {
                match charge(store, WINDOW, 1).await.expect("an answer") {
                    Charged::Passed { units: 1, wait: Duration::ZERO } => passes += 1,
                    Charged::Rejected { .. } => {}
                    waiting @ Charged::Passed { .. } => panic!("{waiting:?}"),
                }
            }
            passes
        })
    });
    for worker in workers.collect::<Vec<_>>() {
        passes += worker.await.expect("no panic");
    }
    let end = time(&mut console).await;
    passes += u64::from(matches!(charge(store, WINDOW, 1).await, Ok(Charged::Passed { .. })));
    let clock = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a time").as_secs();
    println!("\npassed {passes} {start} {end} {clock}");
}

async fn two_processes_share_one_limit(test: &str, calls: u64) {
    if let Ok(url) = std::env::var(URL) {
        return call_as_a_child(&url).await;
    }
    let Some(server) = Server::start(&[]) else { return };
    let faketime = services::program("faketime", &[], "faketime");
    let an_hour_ahead: &[&str] = if faketime.is_some() { &["faketime", "-f", "+1h"] } else { &[] };
    let mut console = Console::open(&server.url()).await;
    let before = time(&mut console).await;
    let children = [&[][..], an_hour_ahead].map(|before| {
        let mut command = child(test, &server, before);
        command.env(CALLS, (calls / 2).to_string()).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        command.spawn().expect("a child")
    });
    let mut children = children;
    for child in &mut children {
        assert_eq!(read(child, "ready "), ["to", "start"]);
    }
    for child in &mut children {
        child.stdin.as_mut().expect("a pipe").write_all(b"start\n").expect("it reads");
    }
    let reports = children.map(|mut child| {
        let report: Vec<u64> = read(&mut child, "passed ").iter().map(|word| word.parse().expect("a number")).collect();
        assert!(child.wait().expect("it ends").success());
        report
    });
    let after = time(&mut console).await;
    let passes: u64 = reports.iter().map(|report| report[0]).sum();
    let (first, last) = (reports.iter().map(|report| report[1]).min(), reports.iter().map(|report| report[2]).max());
    let in_time = |micros: u64| WINDOW.burst + micros * WINDOW.max / 1_000_000;
    let (lowest, highest) = (in_time(last.unwrap_or(0) - first.unwrap_or(0)) - 1, in_time(after - before) + 1);
    println!("{passes} of {calls} calls passed, between {lowest} and {highest}");
    if faketime.is_some() {
        assert!(reports[1][3] - reports[0][3] > 3_000, "one clock is an hour ahead: {reports:?}");
    }
    assert!((lowest..=highest).contains(&passes), "{passes}, and not between {lowest} and {highest}");
}

#[tokio::test]
async fn two_processes_admit_as_much_as_one_whatever_their_clocks_say() {
    let test = "processes::two_processes_admit_as_much_as_one_whatever_their_clocks_say";
    two_processes_share_one_limit(test, 10_000).await;
}

#[tokio::test]
#[ignore = "takes half a minute"]
async fn two_processes_admit_as_much_as_one_in_many_calls() {
    let test = "processes::two_processes_admit_as_much_as_one_in_many_calls";
    two_processes_share_one_limit(test, 100_000).await;
}

#[tokio::test]
async fn the_place_of_a_process_that_was_killed_is_free_after_its_lease() {
    const TEST: &str = "processes::the_place_of_a_process_that_was_killed_is_free_after_its_lease";
    if let Ok(url) = std::env::var(URL) {
        let store = process("killed-holder");
        store.connect(&url).await.expect("a connection");
        assert_eq!(ask(store, |store| store.lease(&PLACES)).await, Ok(Leased::Held));
        println!("\nheld now");
        return tokio::time::sleep(PATIENCE).await;
    }
    let Some(server) = Server::start(&[]) else { return };
    let mut holder = child(TEST, &server, &[]).spawn().expect("a child");
    assert_eq!(read(&mut holder, "held "), ["now"]);
    holder.kill().expect("it sleeps");
    holder.wait().expect("it was killed");
    let store = connected(&server, "killed-holder").await;
    let mine = LeaseRequest { token: 2, ..PLACES };
    match ask(store, |store| store.lease(&mine)).await.expect("an answer") {
        Leased::Full { next } => {
            assert!(next <= PLACES.time, "{next:?}");
            tokio::time::sleep(next + Duration::from_millis(1)).await;
            assert_eq!(ask(store, |store| store.lease(&mine)).await, Ok(Leased::Held));
        }
        // A busy machine took longer to start this process than the lease was.
        Leased::Held => {}
    }
}
