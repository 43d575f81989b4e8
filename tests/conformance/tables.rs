//! The tables in `tests/tables` and the tags above the tests agree.
//!
//! A tag such as `BUG-A13` stands in the documentation comment of a test or of the module of a test. A row of a table names its
//! tags, and either tests or `no counterpart` with a reason.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const KINDS: [&str; 4] = ["AT", "BUG", "MP", "SYS"];

/// The tags of a text; `MP-T01 to MP-T08` are eight.
fn tags(text: &str) -> Vec<String> {
    /// The text before the number, the number, and how many digits it has.
    fn parts(tag: &str) -> (&str, u32, usize) {
        let digits = tag.trim_start_matches(|c: char| !c.is_ascii_digit());
        (tag.trim_end_matches(digits), digits.parse().unwrap_or_default(), digits.len())
    }
    fn tag(word: &str) -> Option<&str> {
        let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let (kind, row) = word.split_once('-')?;
        let is_row = !row.is_empty() && row.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        (KINDS.contains(&kind) && is_row).then_some(word)
    }

    let words: Vec<&str> = text.split_whitespace().collect();
    let mut tags = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let Some(last) = tag(word) else { continue };
        let first = match index.checked_sub(2).map(|before| &words[before..index]) {
            Some(&[first, "to"]) => tag(first),
            _ => None,
        };
        match first.map(parts) {
            Some((kind, first, width)) => {
                tags.extend((first + 1..=parts(last).1).map(|row| format!("{kind}{row:0width$}")));
            }
            None => tags.push(last.to_owned()),
        }
    }
    tags
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every source file in a folder of the workspace; none if the folder is not there, as in a published package.
fn sources(folder: &str) -> Vec<PathBuf> {
    let mut folders = vec![Path::new(ROOT).join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files
}

/// The tags above the functions and modules of a file.
fn tagged(source: &str) -> BTreeSet<String> {
    let mut tagged = BTreeSet::new();
    let mut above = Vec::new();
    for line in source.lines().map(str::trim_start) {
        let item = line.strip_prefix("async ").unwrap_or(line);
        if let Some(comment) = line.strip_prefix("///") {
            above.extend(tags(comment));
        } else if item.starts_with("fn ") || item.starts_with("mod ") {
            tagged.extend(above.drain(..));
        } else if !line.starts_with("#[") {
            above.clear();
        }
    }
    tagged
}

/// The tags of the compile-time rejections, which are rows of a list and not tests of their own.
fn of_definitions() -> impl Iterator<Item = String> {
    super::definition::REJECTED.iter().map(|(tag, ..)| (*tag).to_owned())
}

/// Each tag in the tables, with what the row says about tests.
fn rows() -> BTreeMap<String, String> {
    let mut rows = BTreeMap::new();
    for table in fs::read_dir(Path::new(ROOT).join("tests/tables")).expect("a folder of tables") {
        for line in read(&table.expect("an entry").path()).lines() {
            let [_, names, _, tests, _] = *line.split('|').collect::<Vec<_>>() else { continue };
            for tag in tags(names) {
                let earlier = rows.insert(tag.clone(), tests.trim().to_owned());
                assert_eq!(earlier, None, "two rows for {tag}");
            }
        }
    }
    rows
}

#[test]
fn every_row_has_a_test_or_a_reason() {
    if sources("resilience-runtime/src").is_empty() {
        return; // a published package comes without its siblings
    }
    let folders = ["tests", "resilience-runtime/src", "resilience-macros/src", "resilience-options/src"];
    let mut tested: BTreeSet<String> = of_definitions().collect();
    tested.extend(folders.into_iter().flat_map(sources).flat_map(|path| tagged(&read(&path))));
    let rows = rows();
    let without: Vec<&String> = rows.keys().filter(|tag| !tested.contains(*tag)).collect();
    let unexplained: Vec<_> = without.iter().filter(|tag| !rows[**tag].starts_with("no counterpart: ")).collect();
    assert!(unexplained.is_empty(), "neither a test nor a reason: {unexplained:?}");
    let both: Vec<_> = tested.iter().filter(|tag| rows.get(*tag).is_some_and(|row| row.starts_with("no c"))).collect();
    assert!(both.is_empty(), "a test, and a reason for none: {both:?}");
    let unknown: Vec<_> = tested.iter().filter(|tag| !rows.contains_key(*tag)).collect();
    assert!(unknown.is_empty(), "in no table: {unknown:?}");
}

#[test]
fn no_row_of_the_bugs_is_left_out() {
    const ROWS: [(char, u32); 9] =
        [('A', 28), ('B', 20), ('C', 22), ('D', 17), ('E', 31), ('F', 11), ('G', 10), ('H', 29), ('I', 3)];

    let expected = ROWS.iter().flat_map(|(part, count)| (1..=*count).map(move |row| format!("BUG-{part}{row}")));
    let written = rows().into_keys().filter(|tag| tag.starts_with("BUG-"));
    assert_eq!(written.collect::<BTreeSet<_>>(), expected.collect());
}

#[test]
fn every_test_that_a_row_names_exists_and_carries_its_tag() {
    for (tag, tests) in rows() {
        if tests.starts_with("no counterpart: ") || tests.starts_with("unit tests of ") {
            continue;
        }
        let mut carried = of_definitions().any(|other| other == tag);
        for place in tests.split("; ") {
            let Some((place, names)) = place.split_once(": ") else { continue };
            let file = [format!("tests/{place}.rs"), format!("tests/{place}/main.rs")]
                .map(|file| Path::new(ROOT).join(file))
                .into_iter()
                .find(|file| file.exists());
            let source = read(&file.unwrap_or_else(|| panic!("{tag}: there is no tests/{place}.rs")));
            for name in names.split(", ").map(|name| name.trim_matches('`')) {
                let is_there =
                    [format!("fn {name}("), format!("mod {name} {{")].iter().any(|item| source.contains(item));
                assert!(is_there, "{tag}: there is no {name} in {place}");
            }
            carried |= tagged(&source).contains(&tag);
        }
        assert!(carried, "{tag}: none of its tests carries it");
    }
}

#[test]
fn every_tag_in_a_source_file_stands_in_a_table() {
    let rows = rows();
    for path in ["tests", "resilience-runtime/src", "resilience-macros/src", "resilience-options/src"]
        .into_iter()
        .flat_map(sources)
    {
        let source = read(&path);
        let words = source.split(|c: char| c.is_whitespace() || "\"`()".contains(c));
        for tag in words.flat_map(tags) {
            assert!(rows.contains_key(&tag), "{}: {tag}", path.display());
        }
    }
}
