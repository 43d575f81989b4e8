//! Suggestions for words that are not known.

/// Returns "; did you mean `..`?" with the candidate that is nearest, if one is near.
pub fn did_you_mean<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>, quote: char) -> Option<String> {
    let written = written.trim_start_matches("r#").to_lowercase();
    // `seconds` for `secs` is too far for an edit distance.
    let written = [("milliseconds", "ms"), ("millis", "ms"), ("seconds", "secs"), ("second", "secs")]
        .iter()
        .fold(written, |written, (long, short)| written.replace(long, short));
    let written = &*written;
    let allowed = (written.chars().count() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .filter_map(|shown| {
            let candidate = &*shown.to_lowercase();
            // `retries` for `max_retries`, `recovery_seconds` for `recovery_secs`.
            let last = candidate.rsplit('_').next().unwrap_or(candidate);
            let whole = distance(written, candidate);
            let part = 1 + distance(written, last);
            let starts = if written.len() >= 3 && candidate.starts_with(written) { 2 } else { usize::MAX };
            // `initial_delay` for `base_delay`, `max_attempts` for `attempts`.
            let ends = if ends_alike(written, last) { 3 } else { usize::MAX };
            let nearest = whole.min(part).min(starts).min(ends);
            (whole <= allowed || part <= allowed || starts.min(ends) < usize::MAX).then_some((nearest, shown))
        })
        .min()
        .map(|(_, candidate)| format!("; did you mean {quote}{candidate}{quote}?"))
}

/// Returns whether a name is most likely a misspelling of another one: its words are separated or
/// capitalized differently, or one letter of a longer word is wrong. `orders-eu` is no misspelling
/// of `orders-us`, and `node-1` none of `node-2`.
pub fn is_slip(written: &str, name: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
        words.map(str::to_lowercase).collect()
    };
    let (written_words, words) = (words(written), words(name));
    if written_words.concat() == words.concat() {
        return written != name;
    }
    let mut differing = written_words.iter().zip(&words).filter(|(one, other)| one != other);
    let (Some((one, other)), None) = (differing.next(), differing.next()) else { return false };
    let digits = |word: &str| word.chars().filter(char::is_ascii_digit).collect::<String>();
    written_words.len() == words.len()
        && one.chars().count().min(other.chars().count()) >= 4
        && digits(one) == digits(other)
        && distance(one, other) == 1
}

/// Units do not count, since too many names end in them.
fn ends_alike(written: &str, last: &str) -> bool {
    !matches!(last, "secs" | "ms") && written.strip_suffix(last).is_some_and(|rest| rest.ends_with('_'))
}

/// The optimal string alignment distance.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    rows[0] = (0..=b.len()).collect();
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let same = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(rows[i - 1][j - 1] + same);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

/// Returns "`a`, `b` and `c`".
pub fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_candidate_and_nonsense_finds_none() {
        let keys = ["max", "max_delay", "base_delay", "backoff", "when"];
        let of = |written| did_you_mean(written, keys, '`');
        assert_eq!(of("backof").as_deref(), Some("; did you mean `backoff`?"));
        assert_eq!(of("bakcoff").as_deref(), Some("; did you mean `backoff`?"));
        assert_eq!(of("delay").as_deref(), Some("; did you mean `base_delay`?"));
        assert_eq!(of("base").as_deref(), Some("; did you mean `base_delay`?"));
        assert_eq!(did_you_mean("retires", ["max_retries"], '`').as_deref(), Some("; did you mean `max_retries`?"));
        assert_eq!(of("MAX_DELAY").as_deref(), Some("; did you mean `max_delay`?"));
        assert_eq!(did_you_mean("llm", ["LLM"], '`').as_deref(), Some("; did you mean `LLM`?"));
        assert_eq!(of("r#max").as_deref(), Some("; did you mean `max`?"));
        assert_eq!(of("initial_delay").as_deref(), Some("; did you mean `base_delay`?"));
        assert_eq!(
            did_you_mean("max_attempts", ["attempts", "max"], '`').as_deref(),
            Some("; did you mean `attempts`?")
        );
        assert_eq!(did_you_mean("seconds", ["ms", "secs"], '`').as_deref(), Some("; did you mean `secs`?"));
        assert_eq!(
            did_you_mean("wait_milliseconds", ["wait_ms", "wait_secs"], '`').as_deref(),
            Some("; did you mean `wait_ms`?")
        );
        assert_eq!(did_you_mean("grace_secs", ["base_delay_secs"], '`'), None);
        assert_eq!(of("colour"), None);
        assert_eq!(of("x"), None);
    }

    #[test]
    fn a_slip_is_one_letter_of_one_longer_word_and_no_number() {
        for (written, name) in [
            ("knwon", "known"),
            ("pay-ments", "payments"),
            ("Search_API", "search-api"),
            ("user.serach", "user.search"),
        ] {
            assert!(is_slip(written, name) && is_slip(name, written), "{written}");
        }
        let different = [("orders-eu", "orders-us"), ("node-1", "node-2"), ("shard10", "shard1"), ("get", "set")];
        for (written, name) in different.into_iter().chain([("a", "a"), ("read-orders", "read-users"), ("", "")]) {
            assert!(!is_slip(written, name) && !is_slip(name, written), "{written}");
        }
    }

    #[test]
    fn lists_read_as_prose() {
        assert_eq!(list(["a", "b", "c"]), "`a`, `b` and `c`");
        assert_eq!(list(["a"]), "`a`");
    }
}
