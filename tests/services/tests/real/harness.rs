//! Daemons end with their owner.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{env, panic};

use services::{Postgres, Redis};

fn is_gone(id: u32) -> bool {
    let started = Instant::now();
    while Path::new(&format!("/proc/{id}")).exists() {
        if started.elapsed() > Duration::from_secs(30) {
            return false;
        }
        sleep(Duration::from_millis(20));
    }
    true
}

#[test]
fn a_daemon_ends_when_it_is_dropped_and_after_a_panic() {
    let Some(redis) = Redis::start(&[]) else { return };
    let id = redis.id().expect("it runs");
    drop(redis);
    assert!(is_gone(id));

    let (sender, receiver) = std::sync::mpsc::channel();
    let panicked = panic::catch_unwind(move || {
        let postgres = Postgres::start(&[]).map(|postgres| (postgres.id().expect("it runs"), postgres));
        let Some((id, _postgres)) = postgres else { return };
        sender.send(id).expect("the receiver lives");
        panic!("a test fails");
    });
    if let Ok(id) = receiver.recv() {
        assert!(panicked.is_err());
        assert!(is_gone(id));
    }
}

#[test]
fn a_daemon_ends_when_the_test_program_is_killed() {
    const MARK: &str = "SERVICES_IN_A_PROGRAM_THAT_IS_KILLED";
    if env::var_os(MARK).is_some() {
        let redis = Redis::start(&[]);
        let id = redis.as_ref().and_then(Redis::id);
        let frozen = Postgres::start(&[]).and_then(|postgres| {
            postgres.freeze();
            let id = postgres.id();
            // Only the end of the program ends it.
            std::mem::forget(postgres);
            id
        });
        println!("\nids {} {}", id.unwrap_or_default(), frozen.unwrap_or_default());
        sleep(Duration::from_secs(60));
    }
    if services::program("redis-server", &[], "redis-server").is_none() {
        return;
    }
    let this = env::current_exe().expect("a path");
    let mut child = Command::new(this);
    child.args(["--exact", "harness::a_daemon_ends_when_the_test_program_is_killed", "--nocapture"]).env(MARK, "1");
    let mut child = child.stdout(Stdio::piped()).spawn().expect("a second program");
    let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    let line = lines.into_iter().find(|line| line.starts_with("ids ")).expect("both have started");
    child.kill().expect("it sleeps");
    child.wait().expect("it was killed");
    for id in line.split(' ').skip(1) {
        let id = id.parse().expect("a number");
        assert!(id == 0 || is_gone(id), "{id} still runs");
    }
}

#[test]
fn a_program_that_is_missing_skips_the_test_or_fails_it_in_ci() {
    let found = panic::catch_unwind(|| services::program("no-such-program", &[], "no-such-package"));
    match found {
        Ok(found) => assert!(found.is_none() && env::var_os("CI").is_none()),
        Err(message) => {
            let message = message.downcast_ref::<String>().expect("a text");
            assert_eq!(message, "`no-such-program` is not installed: `apt-get install no-such-package`");
            assert!(env::var_os("CI").is_some());
        }
    }
}
