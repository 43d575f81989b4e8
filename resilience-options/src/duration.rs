//! Durations as text.

use std::time::Duration;

/// Parses a duration such as `250ms`, `30s` or `1m30s`.
///
/// # Errors
///
/// Why the text is no duration.
pub fn parse(text: &str) -> Result<Duration, String> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err("it is empty".to_owned());
    }
    if rest.starts_with('-') {
        return Err("it is negative".to_owned());
    }
    let mut total = Duration::ZERO;
    let mut seen = Vec::new();
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let after = after.trim_start();
        let letters = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        if number.is_empty() {
            return Err(format!("\"{text}\" is not a duration"));
        }
        let per_unit = match unit {
            "ns" => 1,
            // The micro sign, and the Greek letter to which Unicode normalizes it.
            "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
            "ms" => 1_000_000,
            "s" | "sec" | "secs" | "second" | "seconds" => 1_000_000_000,
            "m" | "min" | "mins" | "minute" | "minutes" => 60_000_000_000,
            "h" | "hr" | "hrs" | "hour" | "hours" => 3_600_000_000_000,
            "d" | "day" | "days" => 86_400_000_000_000,
            "" => return Err(format!("\"{text}\" has no unit")),
            other => return Err(format!("\"{other}\" is not a unit of time")),
        };
        if seen.contains(&per_unit) {
            return Err(format!("\"{unit}\" is given twice"));
        }
        seen.push(per_unit);
        let number = number.replace('_', "");
        if number.matches('.').count() > 1 || !number.contains(|c: char| c.is_ascii_digit()) {
            return Err(format!("\"{number}\" is not a number"));
        }
        let part = scaled(&number, per_unit).and_then(|part| total.checked_add(part));
        total = part.ok_or_else(|| "it is too long".to_owned())?;
        rest = after.trim_start();
    }
    Ok(total)
}

/// Multiplies a decimal number by a number of nanoseconds. Uses integers only. `digits` may have a
/// decimal point, but no exponent.
pub fn scaled(digits: &str, per_unit: u64) -> Option<Duration> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = fraction.get(..9).unwrap_or(fraction);
    let whole: u128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let scale = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    let fraction: u128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let per_unit = u128::from(per_unit);
    let nanos = whole.checked_mul(per_unit)?.checked_add(fraction * per_unit / scale)?;
    let secs = u64::try_from(nanos / 1_000_000_000).ok()?;
    Some(Duration::new(secs, u32::try_from(nanos % 1_000_000_000).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_add_up_their_parts() {
        let of = |text| parse(text).map_err(|error| error.clone());
        assert_eq!(of("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(of("1m30s"), Ok(Duration::from_secs(90)));
        assert_eq!(of(" 2h 5 min "), Ok(Duration::from_secs(7500)));
        assert_eq!(of("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(of("1_000us"), Ok(Duration::from_millis(1)));
        assert_eq!(of("1_000\u{b5}s"), of("1_000\u{3bc}s"));
        assert_eq!(of("0s"), Ok(Duration::ZERO));
    }

    #[test]
    fn a_text_that_is_no_duration_is_rejected_with_the_reason() {
        let of = |text| parse(text).err().unwrap_or_default();
        assert_eq!(of(""), "it is empty");
        assert_eq!(of("30"), "\"30\" has no unit");
        assert_eq!(of("5 parsecs"), "\"parsecs\" is not a unit of time");
        assert_eq!(of("s"), "\"s\" is not a duration");
        assert_eq!(of("1.2.3s"), "\"1.2.3\" is not a number");
        assert_eq!(of("99999999999999999999999999999999999999h"), "it is too long");
        assert_eq!(of("-5s"), "it is negative");
        assert_eq!(of("18446744073709551615s 1m"), "it is too long");
        assert_eq!(of("1h 1 hour"), "\"hour\" is given twice");
    }
}
