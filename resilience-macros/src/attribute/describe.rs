//! Renders values of arguments for the documentation of a function.

use std::time::Duration;

use syn::Expr;

use crate::parse::Const;
use crate::parse::tokens::readable;

pub(super) fn for_each_key(key: Option<&Expr>) -> String {
    key.map_or_else(String::new, |key| format!(" for each `{}`", readable(key)))
}

pub(super) fn duration_as_written(value: &Const<Duration>) -> String {
    value.literal.map_or_else(|| format!("`{}`", value.tokens), short)
}

pub(crate) fn short(duration: Duration) -> String {
    let (secs, millis) = (duration.as_secs(), duration.subsec_millis());
    if secs == 0 {
        return if millis == 0 { format!("{duration:?}") } else { format!("{millis}ms") };
    }
    let parts = [(secs / 3600, "h"), (secs / 60 % 60, "m"), (secs % 60, "s"), (u64::from(millis), "ms")];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect();
    parts.concat()
}

pub(super) fn decimal(number: f64) -> String {
    let text = format!("{number:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
