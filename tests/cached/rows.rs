//! rows

use std::collections::BTreeSet;

const WITHOUT_A_TEST: [(u32, &str); 1] =
    [(24, "no code of the user's is called when an entry goes, but its destructors: E25")];

/// The rows that the comment above a test names: `/// E3, E10: and why`.
fn rows_of(comment: &str) -> impl Iterator<Item = u32> + '_ {
    let words = comment.split([':', '.']).next().unwrap_or_default().split(", ");
    words.filter_map(|word| word.trim().strip_prefix('E')?.parse().ok()).filter(|row| *row <= 31)
}

#[test]
fn every_row_has_a_test_or_a_reason() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cached");
    let Ok(files) = std::fs::read_dir(root) else { return };
    let mut tested = BTreeSet::new();
    for file in files {
        let path = file.expect("an entry").path();
        let source = std::fs::read_to_string(path).expect("a source");
        let mut rows = Vec::new();
        for line in source.lines().map(str::trim_start) {
            match line.strip_prefix("/// ") {
                Some(comment) => rows.extend(rows_of(comment)),
                None if line.starts_with("#[") => {}
                None if line.starts_with("fn ") || line.starts_with("async fn ") => tested.extend(rows.drain(..)),
                None => rows.clear(),
            }
        }
    }
    let reasons: BTreeSet<u32> = WITHOUT_A_TEST.iter().map(|(row, _)| *row).collect();
    let lost: Vec<u32> = (1..=31).filter(|row| !tested.contains(row) && !reasons.contains(row)).collect();
    assert!(lost.is_empty(), "neither a test nor a reason: {lost:?}");
    let both: Vec<_> = reasons.intersection(&tested).collect();
    assert!(both.is_empty(), "a test and a reason for none: {both:?}");
}
