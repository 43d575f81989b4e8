//! What holds for every expected compiler output in `ui-tests/fail`, read as text.

use std::fs;
use std::path::{Path, PathBuf};

/// Where the attribute as a whole is at fault, and no token in it can be pointed at.
const ABOUT_THE_ATTRIBUTE: [(&str, &str); 14] = [
    ("bulkhead/missing", "something is missing in it"),
    ("fallback/missing", "something is missing in it"),
    ("rate_limit/hints", "something is missing in it"),
    ("rate_limit/missing", "something is missing in it"),
    ("stack/cached_method_without_key", "something is missing in it"),
    ("stack/key_value_attribute", "the compiler's own error"),
    ("stack/renamed_below_a_foreign_attribute", "its name is at fault, which a macro cannot locate"),
    ("stack/sync_timeout", "something is missing in it"),
    ("stack/timeout_below_the_runner", "its place is at fault"),
    ("timeout/missing", "something is missing in it"),
    ("types/future_under_an_alias_timeout", "something is missing in it"),
    ("warnings/circuit_breaker", "its place is at fault"),
    ("stack/limit_hidden_lifetime", "the borrow checker's own error, about the loop that the attribute is"),
    ("types/shared_argument_consumed", "the borrow checker's own error, about the loop that the attribute is"),
];

/// Where rustc adds the bound that is not met, from our source, to what we say. Elsewhere that would be words of ours
/// that do not explain enough, and `std` reads differently where its source is installed.
const QUOTES_THE_RUNTIME: [&str; 14] = [
    "cached/clone_error",
    "cached/error_types",
    "cached/shared_types",
    "rate_limit/store_types",
    "stack/limit_hidden_lifetime",
    "streams/types",
    "streams/units",
    "types/error_not_clone",
    "types/hint_of_a_breaker",
    "types/hook_of_a_policy",
    "types/key_expression_borrows",
    "types/plain_return_type_negative_ttl",
    "types/policy_of_an_unknown_error",
    "types/value_not_",
];

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/ui-tests/fail");

fn files(extension: &str) -> Vec<PathBuf> {
    let list = |dir: &Path| -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> =
            fs::read_dir(dir).expect("a folder of cases").map(|entry| entry.expect("an entry").path()).collect();
        paths.sort();
        paths
    };
    list(Path::new(ROOT))
        .iter()
        .flat_map(|folder| list(folder))
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect()
}

/// `timeout/missing`
fn name(path: &Path) -> String {
    let path = path.strip_prefix(ROOT).expect("a case").with_extension("");
    path.to_str().expect("a name in ASCII").replace('\\', "/")
}

/// The part of a line of output behind its `|`.
fn quoted(line: &str) -> Option<&str> {
    let (margin, text) = line.split_once('|')?;
    margin.trim().chars().all(|c| c.is_ascii_digit()).then_some(text)
}

/// The lines on which carets start at the `#` of an attribute.
fn underlined_attributes(output: &str) -> Vec<String> {
    let lines: Vec<&str> = output.lines().collect();
    lines
        .windows(2)
        .filter_map(|pair| {
            let (source, marks) = (quoted(pair[0])?, quoted(pair[1])?);
            let attribute = source.find(|c: char| !c.is_whitespace()).filter(|at| source[*at..].starts_with("#["))?;
            (marks.find('^') == Some(attribute)).then(|| source.trim().to_owned())
        })
        .collect()
}

/// BUG-H15.
#[test]
fn an_error_points_at_a_token_and_not_at_the_whole_attribute() {
    let mut wrong = Vec::new();
    let mut listed: Vec<&str> = ABOUT_THE_ATTRIBUTE.map(|(name, _)| name).to_vec();
    for path in files("stderr") {
        let found = underlined_attributes(&fs::read_to_string(&path).expect("a readable output"));
        let name = name(&path);
        if listed.contains(&&*name) {
            listed.retain(|other| *other != name || found.is_empty());
        } else {
            wrong.extend(found.iter().map(|attribute| format!("{name}: {attribute}")));
        }
    }
    assert!(wrong.is_empty(), "whole attributes are underlined:\n{}", wrong.join("\n"));
    assert!(listed.is_empty(), "no longer needed in the list: {listed:?}");
}

#[test]
fn every_case_has_its_output_and_every_output_its_case() {
    let names = |extension| -> Vec<String> { files(extension).iter().map(|path| name(path)).collect() };
    assert_eq!(names("rs"), names("stderr"));
}

#[test]
fn an_output_quotes_the_case_and_nothing_else() {
    let mut wrong = Vec::new();
    let mut listed = QUOTES_THE_RUNTIME.to_vec();
    for path in files("stderr") {
        let name = name(&path);
        let output = fs::read_to_string(&path).expect("a readable output");
        let places = output.lines().filter_map(|line| {
            let line = line.trim_start();
            line.strip_prefix("--> ").or_else(|| line.strip_prefix("::: "))
        });
        for place in places.filter(|place| !place.starts_with("ui-tests/")) {
            match QUOTES_THE_RUNTIME.iter().find(|prefix| name.starts_with(**prefix)) {
                Some(known) if place.starts_with("resilience-runtime/") => listed.retain(|prefix| prefix != known),
                _ => wrong.push(format!("{name}: {place}")),
            }
        }
    }
    assert!(wrong.is_empty(), "other files are quoted:\n{}", wrong.join("\n"));
    assert!(listed.is_empty(), "no longer needed in the list: {listed:?}");
}
