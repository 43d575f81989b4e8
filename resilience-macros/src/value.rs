//! The grammars of values: what a literal may be, and what is left to a `const` item.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, ExprUnary, Lit, UnOp};

use crate::attr::{Arguments, Given};
use crate::diagnostics::{Diagnostics, did_you_mean, list};

/// A value of configuration, as tokens for a `const` item. Of a literal the value is known here, and checked here,
/// with the error on the literal; of a constant the runtime's `const fn` asserts it.
#[derive(Debug, Clone)]
pub(crate) struct Const<T> {
    pub(crate) tokens: TokenStream,
    pub(crate) literal: Option<T>,
    pub(crate) span: Span,
}

/// Where the tokens of `value` stand. `Spanned` joins spans only where the compiler allows it; the first token is
/// always right.
pub(crate) fn span_of(value: &impl ToTokens) -> Span {
    value.to_token_stream().into_iter().next().map_or_else(Span::call_site, |token| token.span())
}

/// Through parentheses and the invisible group of a `$x:expr`.
fn bare(value: &Expr) -> &Expr {
    match value {
        Expr::Paren(paren) => bare(&paren.expr),
        Expr::Group(group) => bare(&group.expr),
        value => value,
    }
}

fn literal(value: &Expr) -> Option<&Lit> {
    match bare(value) {
        Expr::Lit(ExprLit { lit, .. }) => Some(lit),
        _ => None,
    }
}

/// The number after a minus.
fn negative(value: &Expr) -> Option<&Lit> {
    match bare(value) {
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => literal(expr),
        _ => None,
    }
}

fn is_const_expression(value: &Expr) -> bool {
    !matches!(bare(value), Expr::Closure(_) | Expr::Return(_) | Expr::Break(_) | Expr::Continue(_))
}

impl Arguments {
    /// A whole number of type `u32` or `usize`.
    pub(crate) fn count(&mut self, key: &'static str, least: u64, diagnostics: &mut Diagnostics) -> Option<Const<u64>> {
        let attribute = self.attribute();
        let Given { value, .. } = self.take(key)?;
        let span = value.span();
        let mut refuse = |what: std::fmt::Arguments<'_>| {
            diagnostics.error(span, format_args!("`{key}` of `#[{attribute}]` {what}"));
            None
        };
        if negative(&value).is_some() {
            return refuse(format_args!("cannot be negative; it counts, from {least}"));
        }
        match literal(&value) {
            Some(Lit::Int(number)) => match number.base10_parse::<u64>() {
                Ok(count) if count < least => refuse(format_args!("must be at least {least}")),
                Ok(count) if count > u64::from(u32::MAX) => {
                    refuse(format_args!("is too large; the largest number is {}", u32::MAX))
                }
                Ok(count) => {
                    let mut plain = proc_macro2::Literal::u64_unsuffixed(count);
                    plain.set_span(number.span());
                    Some(Const { tokens: plain.into_token_stream(), literal: Some(count), span })
                }
                Err(_) => refuse(format_args!("is too large; the largest number is {}", u32::MAX)),
            },
            Some(other) => {
                let example = least.max(3);
                refuse(format_args!("takes a whole number or a constant, not {}: `{key} = {example}`", kind(other)))
            }
            None if !is_const_expression(&value) => refuse(format_args!("takes a whole number or a constant")),
            None => Some(Const { tokens: value.to_token_stream(), literal: None, span }),
        }
    }

    /// A number between `least` and `most`, whole or not.
    pub(crate) fn number(
        &mut self,
        key: &'static str,
        (least, most): (f64, f64),
        diagnostics: &mut Diagnostics,
    ) -> Option<Const<f64>> {
        let attribute = self.attribute();
        let given = self.take(key)?;
        number(attribute, key, &given.value, (least, most), diagnostics)
    }

    /// `true` or `false`.
    pub(crate) fn flag(&mut self, key: &'static str, diagnostics: &mut Diagnostics) -> Option<bool> {
        let attribute = self.attribute();
        let Given { value, .. } = self.take(key)?;
        match literal(&value) {
            Some(Lit::Bool(flag)) => Some(flag.value),
            _ => {
                diagnostics
                    .error(value.span(), format_args!("`{key}` of `#[{attribute}]` is either `true` or `false`"));
                None
            }
        }
    }

    /// A string literal that names something.
    pub(crate) fn name(&mut self, key: &'static str, diagnostics: &mut Diagnostics) -> Option<syn::LitStr> {
        let attribute = self.attribute();
        let Given { value, .. } = self.take(key)?;
        match literal(&value) {
            Some(Lit::Str(name)) if name.value().trim().is_empty() => {
                diagnostics.error(
                    name.span(),
                    format_args!("`{key}` of `#[{attribute}]` is empty; leave it out, or give one"),
                );
                None
            }
            Some(Lit::Str(name)) => Some(name.clone()),
            _ => {
                diagnostics.error(
                    value.span(),
                    format_args!(
                        "`{key}` of `#[{attribute}]` takes a string literal, known to every reader of the source: `{key} = \"search\"`"
                    ),
                );
                None
            }
        }
    }

    /// A path, `Self::method` or a closure, called by the expansion.
    pub(crate) fn function(&mut self, key: &'static str, diagnostics: &mut Diagnostics) -> Option<Expr> {
        let attribute = self.attribute();
        let Given { value, .. } = self.take(key)?;
        let problem = match bare(&value) {
            Expr::Path(_) | Expr::Closure(_) | Expr::Field(_) => return Some(value),
            Expr::Call(_) | Expr::MethodCall(_) => "takes a function, not a call: leave the parentheses away",
            _ => "takes a function: a path or a closure",
        };
        diagnostics.error(value.span(), format_args!("`{key}` of `#[{attribute}]` {problem}"));
        None
    }

    /// A duration, given as `key`, `key_secs` or `key_ms`. `bare_seconds` is for `ttl`, which takes a plain number.
    pub(crate) fn duration(
        &mut self,
        [key, secs, ms]: [&'static str; 3],
        bare_seconds: bool,
        diagnostics: &mut Diagnostics,
    ) -> Option<Const<Duration>> {
        let attribute = self.attribute();
        let plain = self.take(key).map(|given| (given, Unit::Text { bare_seconds }));
        let in_secs = self.take(secs).map(|given| (given, Unit::Seconds));
        let in_ms = self.take(ms).map(|given| (given, Unit::Millis));
        let mut given = [plain, in_secs, in_ms].into_iter().flatten();
        let (first, unit) = given.next()?;
        if let Some((second, _)) = given.next() {
            diagnostics.error(
                second.key.span(),
                format_args!("`{key}` of `#[{attribute}]` is given in two units; keep one of them"),
            );
            return None;
        }
        let name = first.key.to_string();
        duration(attribute, &name, key, &first.value, unit, diagnostics)
    }
}

fn number(
    attribute: &str,
    key: &str,
    value: &Expr,
    (least, most): (f64, f64),
    diagnostics: &mut Diagnostics,
) -> Option<Const<f64>> {
    let span = value.span();
    let range = if most >= 1e9 { format!("at least {least}") } else { format!("between {least} and {most}") };
    let parsed = match literal(value).or_else(|| negative(value)) {
        Some(Lit::Int(number)) => number.base10_parse::<f64>().ok(),
        Some(Lit::Float(number)) => number.base10_parse::<f64>().ok(),
        Some(other) => {
            let other = kind(other);
            diagnostics.error(span, format_args!("`{key}` of `#[{attribute}]` takes a number {range}, not {other}"));
            return None;
        }
        None if is_const_expression(value) => {
            return Some(Const { tokens: value.to_token_stream(), literal: None, span });
        }
        None => None,
    };
    match parsed {
        Some(number) if negative(value).is_none() && number >= least && number <= most => {
            let tokens = quote_spanned!(span=> #number);
            Some(Const { tokens, literal: Some(number), span })
        }
        _ => {
            diagnostics.error(span, format_args!("`{key}` of `#[{attribute}]` must be a number {range}"));
            None
        }
    }
}

/// `jitter` is the one key that takes a word, a flag or a number; it asks for the pieces.
pub(crate) fn ratio(attribute: &str, key: &str, value: &Expr, diagnostics: &mut Diagnostics) -> Option<Const<f64>> {
    number(attribute, key, value, (0.0, 1.0), diagnostics)
}

/// What a literal says, for keys with values of several kinds.
pub(crate) enum Word<'a> {
    Text(&'a syn::LitStr),
    Flag(bool),
    Number,
    Other,
}

pub(crate) fn word(value: &Expr) -> Word<'_> {
    match literal(value) {
        Some(Lit::Str(text)) => Word::Text(text),
        Some(Lit::Bool(flag)) => Word::Flag(flag.value),
        Some(Lit::Int(_) | Lit::Float(_)) => Word::Number,
        _ if negative(value).is_some() => Word::Number,
        _ => Word::Other,
    }
}

/// Reports a string that is none of `known`.
pub(crate) fn unknown_word(what: &str, text: &syn::LitStr, known: &[&str], diagnostics: &mut Diagnostics) {
    let written = text.value();
    let hint = did_you_mean(&written, known.iter().copied(), '"')
        .unwrap_or_else(|| format!("; known are {}", list(known.iter().copied()).replace('`', "\"")));
    diagnostics.error(text.span(), format_args!("unknown {what} \"{written}\"{hint}"));
}

/// A flag as a value of configuration.
pub(crate) fn flag(flag: bool, span: Span) -> Const<bool> {
    Const { tokens: quote_spanned!(span=> #flag), literal: Some(flag), span }
}

/// How a number that stands for a duration is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// A string with units, or a constant of type `Duration`.
    Text {
        bare_seconds: bool,
    },
    Seconds,
    Millis,
}

/// `key` as it was written, `base` as the duration is called.
pub(crate) fn duration(
    attribute: &str,
    key: &str,
    base: &str,
    value: &Expr,
    unit: Unit,
    diagnostics: &mut Diagnostics,
) -> Option<Const<Duration>> {
    let span = value.span();
    let subject = if key == "limit" { "the limit".to_owned() } else { format!("`{key}`") };
    let mut refuse = |what: std::fmt::Arguments<'_>| {
        diagnostics.error(span, format_args!("{subject} of `#[{attribute}]` {what}"));
        None
    };
    if negative(value).is_some() {
        return refuse(format_args!("cannot be negative"));
    }
    let parsed = match (literal(value), unit) {
        (Some(Lit::Str(text)), Unit::Text { .. }) => match parse_duration(&text.value()) {
            Ok(parsed) => parsed,
            Err(reason) => {
                return refuse(format_args!("cannot be read: {reason}; write \"250ms\", \"30s\", \"1m30s\" or \"2h\""));
            }
        },
        (Some(Lit::Int(_) | Lit::Float(_)), Unit::Text { bare_seconds: false }) => {
            let number = value.to_token_stream();
            let (in_secs, in_ms) = if base == "limit" {
                ("secs".to_owned(), "ms".to_owned())
            } else {
                (format!("{base}_secs"), format!("{base}_ms"))
            };
            return refuse(format_args!(
                "has no unit: write \"{number}s\", `{in_secs} = {number}` or `{in_ms} = {number}`"
            ));
        }
        (Some(number @ (Lit::Int(_) | Lit::Float(_))), unit) => {
            let (digits, suffix) = match number {
                Lit::Int(int) => (int.base10_digits().to_owned(), int.suffix().to_owned()),
                Lit::Float(float) => (float.base10_digits().to_owned(), float.suffix().to_owned()),
                _ => Default::default(),
            };
            if !suffix.is_empty()
                && !matches!(&*suffix, "u8" | "u16" | "u32" | "u64" | "usize" | "i32" | "i64" | "f64" | "f32")
            {
                return refuse(format_args!("cannot end in `{suffix}`: the unit is in the key"));
            }
            let per_unit = if unit == Unit::Millis { 1_000_000 } else { 1_000_000_000 };
            match scaled(&digits, per_unit) {
                Some(parsed) => parsed,
                None => return refuse(format_args!("is too large for a duration")),
            }
        }
        (Some(Lit::Str(text)), _) => {
            return refuse(format_args!(
                "takes a number, its unit is in the key; write `{base} = \"{}\"`",
                text.value()
            ));
        }
        (Some(other), _) => {
            let other = kind(other);
            return refuse(format_args!("takes a duration, not {other}: \"30s\", or a constant of type `Duration`"));
        }
        (None, _) if !is_const_expression(value) => {
            return refuse(format_args!("takes a duration: \"30s\", or a constant of type `Duration`"));
        }
        (None, Unit::Text { .. }) => {
            return Some(Const { tokens: value.to_token_stream(), literal: None, span });
        }
        (None, Unit::Seconds) => {
            let tokens = quote_spanned!(span=> ::core::time::Duration::from_secs(#value));
            return Some(Const { tokens, literal: None, span });
        }
        (None, Unit::Millis) => {
            let tokens = quote_spanned!(span=> ::core::time::Duration::from_millis(#value));
            return Some(Const { tokens, literal: None, span });
        }
    };
    let (secs, nanos) = (parsed.as_secs(), parsed.subsec_nanos());
    // What is shortest to read in an expansion.
    let tokens = match (nanos, u64::try_from(parsed.as_millis())) {
        (0, _) => quote_spanned!(span=> ::core::time::Duration::from_secs(#secs)),
        (nanos, Ok(millis)) if nanos % 1_000_000 == 0 => {
            quote_spanned!(span=> ::core::time::Duration::from_millis(#millis))
        }
        _ => quote_spanned!(span=> ::core::time::Duration::new(#secs, #nanos)),
    };
    Some(Const { tokens, literal: Some(parsed), span })
}

/// Refuses a duration of zero, of which `why` says what it would do.
pub(crate) fn not_zero(
    duration: Option<Const<Duration>>,
    why: &str,
    diagnostics: &mut Diagnostics,
) -> Option<Const<Duration>> {
    let duration = duration?;
    if duration.literal.is_some_and(|literal| literal.is_zero()) {
        diagnostics.error(duration.span, why);
        return None;
    }
    Some(duration)
}

fn kind(literal: &Lit) -> &'static str {
    match literal {
        Lit::Str(_) => "a string",
        Lit::Bool(_) => "a flag",
        Lit::Char(_) => "a character",
        Lit::Float(_) => "a fraction",
        Lit::Int(_) => "a number",
        _ => "this literal",
    }
}

/// `"1m30s"`: numbers, each with a unit, in any order.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err("it is empty".to_owned());
    }
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let after = after.trim_start();
        let letters = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        if number.is_empty() {
            return Err(format!("\"{text}\" is no duration"));
        }
        let per_unit = match unit {
            "ns" => 1,
            "us" | "µs" => 1_000,
            "ms" => 1_000_000,
            "s" | "sec" | "secs" => 1_000_000_000,
            "m" | "min" | "mins" => 60_000_000_000,
            "h" | "hr" | "hours" => 3_600_000_000_000,
            "d" | "days" => 86_400_000_000_000,
            "" => return Err(format!("\"{text}\" has no unit")),
            other => return Err(format!("\"{other}\" is no unit of time")),
        };
        let part = scaled(&number.replace('_', ""), per_unit).ok_or_else(|| format!("\"{number}\" is no number"))?;
        total = total.checked_add(part).ok_or_else(|| "it is too long".to_owned())?;
        rest = after.trim_start();
    }
    Ok(total)
}

/// `digits` (which may have a decimal point, but no exponent) times `per_unit` nanoseconds, in integers.
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
        let of = |text| parse_duration(text).map_err(|error| error.clone());
        assert_eq!(of("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(of("1m30s"), Ok(Duration::from_secs(90)));
        assert_eq!(of(" 2h 5 min "), Ok(Duration::from_secs(7500)));
        assert_eq!(of("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(of("1_000us"), Ok(Duration::from_millis(1)));
        assert_eq!(of("0s"), Ok(Duration::ZERO));
    }

    #[test]
    fn what_is_no_duration_says_why() {
        let of = |text| parse_duration(text).err().unwrap_or_default();
        assert_eq!(of(""), "it is empty");
        assert_eq!(of("30"), "\"30\" has no unit");
        assert_eq!(of("5 parsecs"), "\"parsecs\" is no unit of time");
        assert_eq!(of("s"), "\"s\" is no duration");
        assert_eq!(of("1.2.3s"), "\"1.2.3\" is no number");
        assert_eq!(
            of("99999999999999999999999999999999999999h"),
            "\"99999999999999999999999999999999999999\" is no number"
        );
        assert_eq!(of("18446744073709551615s 1s"), "it is too long");
    }
}
