#![deny(warnings)]
//! What `resilience::testing` promises: scripts, recordings, skipped sleeps and the server.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;
mod engines;
mod recordings;
mod scripts;
mod server;
mod sleeps;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use resilience::testing::Script;

use crate::common::{Answer, Recorder, TestError};

type Service = Script<u32, TestError>;

fn down() -> TestError {
    TestError::Transient
}

/// The panic message of `call`.
fn panic_of<T>(call: impl FnOnce() -> T) -> String {
    let panic = catch_unwind(AssertUnwindSafe(call)).err().expect("a panic");
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).expect("a panic with a message")
}

/// One letter per call.
fn letters(answers: &[Answer]) -> String {
    answers.iter().map(common::letter).collect()
}

/// The events that tracing received, in the form of a recording.
fn told(recorder: &Recorder) -> Vec<(&'static str, BTreeMap<String, String>)> {
    let events = recorder.events().into_iter().map(|event| {
        let fields = event.fields.into_iter().filter(|(key, _)| !matches!(*key, "message" | "event" | "suppressed"));
        (event.name, fields.map(|(key, value)| (key.to_owned(), value)).collect())
    });
    events.collect()
}
