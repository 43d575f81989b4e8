//! Runs `tests/as_a_user`, a package that uses the crate as it ships.
//!
//! All tests of this workspace share one build with `testing` and tokio's `test-util`. What only other builds contain (the
//! coarse clock, sleeps in real time) is tested there.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

#[test]
fn the_crate_works_as_it_ships() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/as_a_user");
    // One after the other: they share a target directory.
    says_what_a_store_needs(&package);
    run(&package, &["--test", "promises"]);
    run(&package, &["--test", "manual_clock", "--features", "testing"]);
    run(&package, &["--test", "recorded", "--features", "recorded"]);
}

/// One error for each attribute. The tests of this workspace have the feature `store`.
fn says_what_a_store_needs(package: &Path) {
    let output = cargo(package, &["check", "--example", "without_a_store", "--features", "without_a_store"])
        .output()
        .expect("cargo runs");
    let words = String::from_utf8_lossy(&output.stderr);
    let problems: Vec<&str> = words.lines().filter(|line| line.starts_with("error: `store`")).collect();
    let all = words.lines().filter(|line| line.starts_with("error") && !line.contains("could not compile")).count();
    assert!((problems.len(), all) == (4, 4), "{words}");
    for problem in problems {
        assert!(problem.contains("`cargo add resilience-redis`"), "{problem}");
    }
}

fn run(package: &Path, arguments: &[&str]) {
    let status = cargo(package, &["test"])
        .args(arguments)
        // The tests sleep most of the time.
        .args(["--", "--test-threads", "16"])
        .status()
        .expect("cargo runs");
    assert!(status.success(), "`cargo test {}` in {}: see above", arguments.join(" "), package.display());
}

/// `cargo` in the package, with the versions that this workspace was built with, which are there without a network.
fn cargo(package: &Path, arguments: &[&str]) -> Command {
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock");
    fs::copy(lock, package.join("Cargo.lock")).expect("the workspace has been built");
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(package)
        .args(arguments)
        .args(["--quiet", "--offline", "--target-dir"])
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("as_a_user"));
    cargo
}
