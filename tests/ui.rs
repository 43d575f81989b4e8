//! What the compiler says about mistakes, word for word, and programs it must say nothing about.
//!
//! After a deliberate change of wording: `TRYBUILD=overwrite cargo test --test ui`, then read the difference.

use std::env;
use std::process::Command;

/// The compiler whose words are expected. Another one says the same in other words, and is asked only about the programs
/// that compile.
const RUSTC: &str = "rustc 1.95.";

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui-tests/pass/*.rs");
    let version = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())).arg("--version").output();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    if version.starts_with(RUSTC) {
        cases.compile_fail("ui-tests/fail/*/*.rs");
    } else {
        eprintln!("the messages of {} are not compared with those of {RUSTC}x", version.trim());
    }
}
