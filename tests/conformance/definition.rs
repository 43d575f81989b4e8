//! Definitions that are rejected at compile time. The rejections themselves are cases of `ui-tests/fail`.

use std::fs;

/// A tag, the case, and the line of the case that is rejected.
pub const REJECTED: [(&str, &str, &str); 25] = [
    ("MP-N01", "retry/durations", "#[retry(base_delay_ms = -5)]"),
    ("MP-N02", "retry/contradictions", "#[retry(base_delay = \"10s\", max_elapsed = \"10s\", jitter = false)]"),
    ("MP-N03", "retry/jitter", "#[retry(jitter = -0.1)]"),
    ("MP-N04", "retry/counts", "#[retry(max = -1)]"),
    ("MP-N05", "timeout/limits", "#[timeout(secs = -1)]"),
    ("MP-N06", "circuit_breaker/windows", "#[circuit_breaker(window = 100, failure_rate = -0.5)]"),
    ("MP-N07", "circuit_breaker/windows", "#[circuit_breaker(window = 100, failure_rate = 100.5)]"),
    ("MP-N08", "circuit_breaker/windows", "#[circuit_breaker(window = 100, failure_rate = 0.5, min_calls = 0)]"),
    ("MP-N09", "circuit_breaker/windows", "#[circuit_breaker(window = -5, failure_rate = 0.5)]"),
    ("MP-N10", "circuit_breaker/counts", "#[circuit_breaker(success_threshold = 0)]"),
    ("MP-N11", "circuit_breaker/counts", "#[circuit_breaker(failure_threshold = -5)]"),
    ("MP-N12", "circuit_breaker/recovery", "#[circuit_breaker(recovery_secs = -60)]"),
    ("MP-N13", "bulkhead/counts", "#[bulkhead(max = -1)]"),
    ("MP-N14", "bulkhead/counts", "#[bulkhead(max = 4, queue = -1)]"),
    ("MP-N17", "types/fallback_closure_wrong_result", "#[fallback("),
    ("MP-N18", "types/fallback_wrong_result", "#[fallback(canned)]"),
    ("MP-N19", "types/fallback_wrong_argument", "#[fallback(canned)]"),
    ("MP-N19", "types/fallback_too_few", "#[fallback(canned)]"),
    ("MP-N19", "types/fallback_too_many", "#[fallback(canned)]"),
    ("MP-N21", "types/fallback_missing", "#[fallback(caned)]"),
    ("MP-N22", "types/fallback_missing_method", "#[fallback("),
    ("SYS-E46", "stack/fallback_hides_failures", "#[fallback(canned)]"),
    ("SYS-E47", "stack/timeout_never_fires", "#[timeout(secs = 30)]"),
    ("SYS-E47", "stack/retry_never_sleeps", "#[retry(max = 2, base_delay = \"10s\", jitter = false)]"),
    ("SYS-E47", "stack/retry_never_sleeps", "#[retry(jitter = false)]"),
];

#[test]
fn each_rejection_is_a_case_of_the_ui_tests() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/ui-tests/fail");
    if fs::read_dir(folder).is_err() {
        return; // a packaged crate comes without them
    }
    for (row, case, line) in REJECTED {
        let read = |extension: &str| fs::read_to_string(format!("{folder}/{case}.{extension}")).unwrap_or_default();
        assert!(read("rs").contains(line), "{row}: {line} is not in {case}");
        let output = read("stderr");
        let quoted = line.trim_end_matches('(');
        assert!(output.contains("error") && (output.contains(quoted) || case.starts_with("types/")), "{row}: {case}");
    }
}
