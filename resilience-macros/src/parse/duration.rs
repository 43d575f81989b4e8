use std::time::Duration;

use proc_macro2::{Delimiter, Group, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{BinOp, Expr, ExprBinary, Lit};

use super::expression::{bare, is_arithmetic, is_const_expression, is_integer_suffix, kind_of, literal, negative};
use super::tokens::{parenthesized, readable};
use super::{Arguments, Const, KeyValue};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// No plain number: the argument takes a string with units, or a constant.
    Text,
    /// Seconds, where the argument takes a string too: `ttl` only.
    TextOrSeconds,
    Seconds,
    Millis,
}

impl Arguments<'_> {
    /// Takes `key`, `key_secs` or `key_ms`.
    pub(crate) fn duration(&mut self, key: &'static str) -> Option<Const<Duration>> {
        self.duration_in(key, Unit::Text)
    }

    pub(crate) fn duration_in(&mut self, key: &'static str, plain: Unit) -> Option<Const<Duration>> {
        let named = self.take(key).map(|pair| (pair, plain));
        let in_secs = self.take(&format!("{key}_secs")).map(|pair| (pair, Unit::Seconds));
        let in_ms = self.take(&format!("{key}_ms")).map(|pair| (pair, Unit::Millis));
        let mut given = [named, in_secs, in_ms].into_iter().flatten();
        let (first, unit) = given.next()?;
        if let Some((second, _)) = given.next() {
            let attribute = self.attribute;
            self.diagnostics.error(
                second.key.span(),
                format_args!("`{key}` of `#[{attribute}]` is given twice, in two units; keep one of them"),
            );
            return None;
        }
        duration(self, Some(key), &first, unit)
    }
}

/// `_secs` and `_ms` are appended to `family`; the limit of a timeout has none.
pub(crate) fn duration(
    arguments: &Arguments<'_>,
    family: Option<&str>,
    pair: &KeyValue,
    unit: Unit,
) -> Option<Const<Duration>> {
    let reader = Reader { arguments, family, pair, unit };
    if negative(&pair.value).is_some() {
        return reader.reject(format_args!("cannot be negative"));
    }
    match literal(&pair.value) {
        Some(Lit::Str(text)) => reader.text(&text.value()),
        Some(number @ (Lit::Int(_) | Lit::Float(_))) => reader.number(number),
        Some(other) if reader.takes_text() => {
            let other = kind_of(other);
            reader.reject(format_args!("takes a duration, not {other}: \"30s\", or a constant of type `Duration`"))
        }
        Some(other) => {
            let (key, other) = (&pair.key, kind_of(other));
            reader.reject(format_args!("takes a number, not {other}: `{key} = 30`"))
        }
        None => reader.constant(),
    }
}

struct Reader<'a, 'b> {
    arguments: &'a Arguments<'b>,
    family: Option<&'a str>,
    pair: &'a KeyValue,
    unit: Unit,
}

type Read = Option<Const<Duration>>;

impl Reader<'_, '_> {
    fn takes_text(&self) -> bool {
        matches!(self.unit, Unit::Text | Unit::TextOrSeconds)
    }

    fn number_keys(&self) -> (String, String) {
        match self.family {
            Some(family) => (format!("{family}_secs"), format!("{family}_ms")),
            None => ("secs".to_owned(), "ms".to_owned()),
        }
    }

    fn reject(&self, problem: std::fmt::Arguments<'_>) -> Read {
        let KeyValue { key, value } = self.pair;
        let subject = if key == "limit" { "the limit".to_owned() } else { format!("`{key}`") };
        let attribute = self.arguments.attribute;
        self.arguments.diagnostics.error_at(value, format_args!("{subject} of `#[{attribute}]` {problem}"));
        None
    }

    fn value(&self, tokens: TokenStream, literal: Option<Duration>) -> Const<Duration> {
        let KeyValue { key, value } = self.pair;
        Const { tokens, literal, span: value.span(), key: key.span() }
    }

    fn known(&self, literal: Duration) -> Const<Duration> {
        self.value(tokens(literal, self.pair.value.span()), Some(literal))
    }

    fn text(&self, text: &str) -> Read {
        let key = &self.pair.key;
        match parse(text) {
            Ok(duration) if self.takes_text() => Some(self.known(duration)),
            Err(reason) if self.takes_text() => {
                self.reject(format_args!("cannot be read: {reason}; write \"250ms\", \"30s\", \"1m30s\" or \"2h\""))
            }
            _ if text.parse::<f64>().is_ok() => {
                self.reject(format_args!("takes a number without quotes: `{key} = {text}`"))
            }
            Err(_) => self.reject(format_args!("takes a number: `{key} = 30`")),
            Ok(_) => {
                let plain = match self.family {
                    Some(family) => format!("{family} = \"{text}\""),
                    None => format!("#[timeout(\"{text}\")]"),
                };
                self.reject(format_args!("takes a number, its unit is in the key; write `{plain}`"))
            }
        }
    }

    fn number(&self, number: &Lit) -> Read {
        let (digits, suffix) = match number {
            Lit::Int(int) => (int.base10_digits().to_owned(), int.suffix().to_owned()),
            Lit::Float(float) => (float.base10_digits().to_owned(), float.suffix().to_owned()),
            _ => Default::default(),
        };
        if !is_integer_suffix(&suffix) && !matches!(&*suffix, "f32" | "f64") {
            return self.number_with_unit(&digits, &suffix);
        }
        // The unit of zero does not matter, and the caller has a better message.
        if self.unit == Unit::Text && scaled(&digits, 1).is_some_and(|number| number.is_zero()) {
            return Some(self.known(Duration::ZERO));
        }
        if self.unit == Unit::Text {
            let (in_secs, in_ms) = self.number_keys();
            let digits = scaled(&digits, 1_000_000_000).map_or("30", |_| &*digits);
            return self.reject(format_args!(
                "has no unit: write \"{digits}s\", `{in_secs} = {digits}` or `{in_ms} = {digits}`"
            ));
        }
        if digits.contains(['e', 'E']) {
            return self.reject(format_args!("cannot have an exponent; write the number out"));
        }
        let per_unit = if self.unit == Unit::Millis { 1_000_000 } else { 1_000_000_000 };
        match scaled(&digits, per_unit) {
            Some(duration) => Some(self.known(duration)),
            None => self.reject(format_args!("is too long for a duration")),
        }
    }

    /// The compiler reads `30s` as a number with a suffix.
    fn number_with_unit(&self, digits: &str, suffix: &str) -> Read {
        let written = format!("{digits}{suffix}");
        if parse(&written).is_err() {
            return self.reject(format_args!("cannot end in `{suffix}`, which is not a unit of time"));
        }
        let plain = self.family.map_or_else(String::new, |family| format!("{family} = "));
        self.reject(format_args!("needs quotes around a number with a unit: `{plain}\"{written}\"`"))
    }

    fn constant(&self) -> Read {
        let (value, takes_text) = (&self.pair.value, self.takes_text());
        let (in_secs, in_ms) = self.number_keys();
        if !is_const_expression(value) {
            return self.reject(format_args!("takes a duration: \"30s\", or a constant of type `Duration`"));
        }
        let is_number = is_arithmetic(value);
        if self.unit == Unit::Text && is_number || takes_text && matches!(bare(value), Expr::Cast(_)) {
            return self.reject(format_args!("has no unit: write `{in_secs} = ..` or `{in_ms} = ..`"));
        }
        if is_number || !takes_text {
            return Some(self.value(from_number(value, self.unit), None));
        }
        match calculation(value) {
            Some(_) if mentions_text(value) => {
                self.reject(format_args!("cannot be calculated from a string; write the result, as in \"30s\""))
            }
            Some((operator, call)) => self.reject(format_args!(
                "cannot be calculated with `{operator}`, which is not constant for a `Duration`; write `{call}`, or \
                 `{in_secs} = ..` with a number of seconds"
            )),
            None => Some(self.value(value.to_token_stream(), None)),
        }
    }
}

fn from_number(value: &Expr, unit: Unit) -> TokenStream {
    let span = value.span();
    // The call ends where the value ends, and so does an error about it.
    let from = proc_macro2::Ident::new(if unit == Unit::Millis { "from_millis" } else { "from_secs" }, span);
    let block = quote_spanned! {span=>
        let __number: ::core::primitive::u64 = #value;
        ::core::time::Duration::#from(__number)
    };
    let mut block = Group::new(Delimiter::Brace, block);
    block.set_span(parenthesized(value.to_token_stream()).span());
    block.into_token_stream()
}

/// Returns the operator and a `const` call, since operators of `Duration` are not `const`.
fn calculation(value: &Expr) -> Option<(&'static str, String)> {
    let Expr::Binary(ExprBinary { left, op, right, .. }) = bare(value) else { return None };
    let (left, right) = (bare(left), bare(right));
    let is_number = |side| is_arithmetic(side) || negative(side).is_some();
    let (duration, other) = if is_number(left) { (right, left) } else { (left, right) };
    let is_whole = !matches!(literal(other), Some(Lit::Float(_)));
    let (operator, method) = match op {
        BinOp::Add(_) => ("+", "saturating_add"),
        BinOp::Sub(_) => ("-", "saturating_sub"),
        BinOp::Mul(_) if is_whole => ("*", "saturating_mul"),
        BinOp::Mul(_) => return Some(("*", "Duration::from_millis(..)".to_owned())),
        BinOp::Div(_) => return Some(("/", "Duration::from_millis(..)".to_owned())),
        _ => return None,
    };
    let is_simple = matches!(duration, Expr::Path(_) | Expr::Call(_) | Expr::MethodCall(_) | Expr::Field(_));
    let duration = if is_simple { readable(duration) } else { format!("({})", readable(duration)) };
    let other = if is_number(other) && matches!(method, "saturating_add" | "saturating_sub") {
        format!("Duration::from_secs({})", readable(other))
    } else {
        readable(other)
    };
    Some((operator, format!("{duration}.{method}({other})")))
}

fn mentions_text(value: &Expr) -> bool {
    match bare(value) {
        Expr::Binary(binary) => [&binary.left, &binary.right].into_iter().any(|side| mentions_text(side)),
        value => matches!(literal(value), Some(Lit::Str(_))),
    }
}

fn tokens(duration: Duration, span: proc_macro2::Span) -> TokenStream {
    let (secs, nanos) = (duration.as_secs(), duration.subsec_nanos());
    match (nanos, u64::try_from(duration.as_millis())) {
        (0, _) => quote_spanned!(span=> ::core::time::Duration::from_secs(#secs)),
        (nanos, Ok(millis)) if nanos % 1_000_000 == 0 => {
            quote_spanned!(span=> ::core::time::Duration::from_millis(#millis))
        }
        _ => quote_spanned!(span=> ::core::time::Duration::new(#secs, #nanos)),
    }
}

/// `message` says what zero would do.
pub(crate) fn non_zero(arguments: &Arguments<'_>, duration: Option<Const<Duration>>, message: &str) -> Read {
    let duration = duration?;
    if duration.literal.is_some_and(|literal| literal.is_zero()) {
        arguments.diagnostics.error(duration.span, message);
        return None;
    }
    Some(duration)
}

pub(super) fn parse(text: &str) -> Result<Duration, String> {
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

/// Uses integers only. `digits` may have a decimal point, but no exponent.
fn scaled(digits: &str, per_unit: u64) -> Option<Duration> {
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
