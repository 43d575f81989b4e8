//! Real components for tests: each runs on a free port, in a folder of its own, and ends with its owner.
//!
//! A program that is not installed skips the test, and says what to install. With `CI` set it fails the test.

mod chrome;
mod daemon;
mod postgres;
mod redis;

use std::env;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

pub use chrome::Chrome;
pub use daemon::{Daemon, Folder};
pub use postgres::Postgres;
pub use redis::Redis;

/// Returns the path of a program, which is in one of these folders or in the `PATH`.
///
/// # Panics
///
/// Panics with `CI` set if the program is missing.
pub fn program(name: &str, folders: &[PathBuf], package: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = folders.iter().cloned().chain(env::split_paths(&path)).map(|folder| folder.join(name));
    let found = found.into_iter().find(|program| program.is_file());
    if found.is_none() {
        let advice = format!("`{name}` is not installed: `apt-get install {package}`");
        assert!(env::var_os("CI").is_none(), "{advice}");
        eprintln!("skipped: {advice}");
    }
    found
}

/// Returns a port that nobody uses, for now. Whoever starts a server tries several.
///
/// # Panics
///
/// Panics if this machine has no port left.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("an address").port()
}

/// The ports that a server tries before its start fails.
const PORTS: usize = 5;

fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
