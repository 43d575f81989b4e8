#![deny(warnings)]
#![allow(deprecated, reason = "hazards, where they are the shortest way to what is tested")]
//! Scenarios with exact counts that other systems are tested with: those of the test suite of `MicroProfile` Fault Tolerance
//! 4.1.1 (R, V, H, C, T, RT, B, F, G, D, X, A, M, I, N) and, from several more, what that suite leaves out (E). Each test is named
//! after its rows. [`WITHOUT_A_TEST`] says why a row has none.
//!
//! A class-level attribute has no counterpart, nor has a configuration file: an attribute stands on a function, and what it
//! says is a constant of the program.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;

mod asynchronous;
mod bulkhead;
mod cached;
mod circuit_breaker;
mod classification;
mod definition;
mod fallback;
mod rate_limit;
mod retry;
mod timeout;

/// Every row there is.
const ROWS: &str = "R01-R08 R10-R12 R14-R27 V01-V17 C01-C07 C12-C14 C16-C20 C22 C24-C41 T01-T10 T14 T15-T19 T22-T24 RT1-RT2 \
    B01-B04 B06-B09 B11-B13 B15-B16 F01-F04 F07-F12 F14-F16 G01-G27 D01-D09 X01-X04 A01-A08 M01-M04 M06 M08-M14 M17-M22 \
    M24-M29 I01-I02 N01-N24 E01 E03-E04 E06-E07 E09-E12 E14 E16-E17 E19 E21-E22 E24 E26 E28-E32 E34 E36-E37 E39-E41 E43-E48";

const WITHOUT_A_TEST: [(&str, &str); 20] = [
    ("R06-R08 R16-R19", "an attribute for all functions of a type"),
    ("V01-V06 V09-V10 V13-V17", "the same"),
    ("C05-C07 C18 C24-C29 C31 C36-C38 C40-C41", "the same"),
    ("T09-T10 T14 T24", "the same"),
    ("B02 A03-A04", "the same"),
    ("T16", "a body on a thread of its own: with `mode = \"thread\"`, in `tests/timeout.rs`"),
    ("T17", "an asynchronous body that does not await cannot be stopped, which the documentation says"),
    ("B03", "a queue is no matter of asynchronous functions alone: a synchronous call waits in it, too"),
    ("G01-G13 G16-G17 G20-G27 D01-D09", "a configuration read when the program starts"),
    ("M01-M04 M06 M08-M14 M17-M22 M24-M29", "metrics, under names of their own, in `tests/metrics.rs`"),
    ("I01-I02", "what stands between two attributes, in `tests/order.rs`"),
    ("N15-N16", "asynchronous is what a function is, and no attribute"),
    ("N20", "several fallbacks are tried one after the other"),
    ("N23-N24", "what a path may name is the compiler's business"),
    ("E01", "a budget counts retries and not failures"),
    ("E04", "a retry has one price, whatever it follows"),
    ("E06-E07 E09", "a budget of retries under way, and one of rejected calls"),
    ("E29-E32", "hedging: there is no attribute for it"),
    ("E44", "a limit for errors that nobody has classified: `when` says it"),
    ("E48", "what an attribute says cannot change while the program runs"),
];

/// `R01-R03 T14` as single rows.
fn expand(rows: &str) -> impl Iterator<Item = String> {
    /// `RT`, the number, and how many digits it has.
    fn parts(row: &str) -> (&str, u32, usize) {
        let digits = row.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        (row.trim_end_matches(digits), digits.parse().expect("a number"), digits.len())
    }
    rows.split_whitespace().flat_map(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let ((kind, first, width), (_, last, _)) = (parts(first), parts(last));
        (first..=last).map(move |row| format!("{kind}{row:0width$}"))
    })
}

/// The rows that the name of a test begins with: `r02_r03_the_time_ends_it`, `t01_to_t08_the_body_is_ended`.
fn named(test: &str) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    let mut words = test.split('_').peekable();
    while let Some(word) = words.next() {
        let number = word.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let letters = &word[..word.len() - number.len()];
        let number = number.trim_end_matches(['a', 'b']);
        if word == "to" {
            let (Some(first), Some(last)) = (rows.pop(), words.next()) else { break };
            rows.extend(expand(&format!("{first}-{}", last.to_uppercase())));
        } else if matches!(letters.len(), 1..=2) && !number.is_empty() {
            rows.push(format!("{}{number}", letters.to_uppercase()));
        } else {
            break;
        }
    }
    rows
}

#[test]
fn every_row_has_a_test_or_a_reason() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance");
    let Ok(files) = std::fs::read_dir(folder) else { return };
    let mut tested: Vec<String> = definition::rows().map(str::to_owned).collect();
    for file in files {
        let source = std::fs::read_to_string(file.expect("an entry").path()).expect("a source");
        tested.extend(source.split("fn ").skip(1).filter_map(|rest| rest.split('(').next()).flat_map(named));
    }
    let reasons: Vec<String> = WITHOUT_A_TEST.iter().flat_map(|(rows, _)| expand(rows)).collect();
    let all: Vec<String> = expand(ROWS).collect();
    let lost: Vec<_> = all.iter().filter(|row| !tested.contains(row) && !reasons.contains(row)).collect();
    assert!(lost.is_empty(), "neither a test nor a reason: {lost:?}");
    let both: Vec<_> = reasons.iter().filter(|row| tested.contains(row)).collect();
    assert!(both.is_empty(), "a test and a reason for none: {both:?}");
    let unknown: Vec<_> = tested.iter().chain(&reasons).filter(|row| !all.contains(row)).collect();
    assert!(unknown.is_empty(), "no such row: {unknown:?}");
}
