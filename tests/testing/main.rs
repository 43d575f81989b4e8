#![deny(warnings)]
//! What `resilience::testing` promises, but for the reset and the server: scripts, recordings, and sleeps that are skipped.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;
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

/// The message of the panic that `call` ends with.
fn panic_of<T>(call: impl FnOnce() -> T) -> String {
    let panic = catch_unwind(AssertUnwindSafe(call)).err().expect("a panic");
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).expect("a panic with a message")
}

/// One letter a call.
fn letters(answers: &[Answer]) -> String {
    answers.iter().map(common::letter).collect()
}

/// What tracing got, as a recording tells it.
fn told(recorder: &Recorder) -> Vec<(&'static str, BTreeMap<String, String>)> {
    let events = recorder.events().into_iter().map(|event| {
        let fields = event.fields.into_iter().filter(|(key, _)| *key != "message");
        (event.name, fields.map(|(key, value)| (key.to_owned(), value)).collect())
    });
    events.collect()
}
