//! Runs `tests/as_a_user`, a package that uses the crate as it ships.
//!
//! All tests of this workspace share one build with `testing` and tokio's `test-util`. What only other builds contain (the
//! coarse clock, sleeps in real time) is tested there.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

#[test]
fn the_crate_works_as_it_ships() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let package = project.join("tests/as_a_user");
    // The versions that this workspace was built with are there without a network.
    fs::copy(project.join("Cargo.lock"), package.join("Cargo.lock")).expect("the workspace has been built");

    // One after the other: they share a target directory.
    run(&package, &["--test", "promises"]);
    run(&package, &["--test", "manual_clock", "--features", "testing"]);
}

fn run(package: &Path, arguments: &[&str]) {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .current_dir(package)
        .args(["test", "--quiet", "--offline", "--target-dir"])
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("as_a_user"))
        .args(arguments)
        // The tests sleep most of the time.
        .args(["--", "--test-threads", "16"])
        .status()
        .expect("cargo runs");
    assert!(status.success(), "`cargo test {}` in {}: see above", arguments.join(" "), package.display());
}
