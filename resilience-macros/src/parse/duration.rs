use std::time::Duration;

use proc_macro2::{Delimiter, Group, TokenStream};
use quote::{ToTokens, quote_spanned};
use resilience_options::duration::{parse, scaled};
use syn::spanned::Spanned;
use syn::{BinOp, Expr, ExprBinary, Lit};

use super::expression::{bare, is_arithmetic, is_const_expression, is_integer_suffix, kind_of, literal, negative};
use super::tokens::{parenthesized, readable};
use super::{Arguments, Const, KeyValue};
use resilience_options::Setting;

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
    pub(crate) fn duration(&mut self, setting: &Setting<Duration>) -> Option<Const<Duration>> {
        self.duration_in(setting, Unit::Text)
    }

    pub(crate) fn duration_in(&mut self, setting: &Setting<Duration>, plain: Unit) -> Option<Const<Duration>> {
        let duration = self.unchecked_duration(setting.key.name, plain);
        checked_duration(self, duration, |time| setting.rule.check(time))
    }

    pub(crate) fn unchecked_duration(&mut self, key: &'static str, plain: Unit) -> Option<Const<Duration>> {
        if self.is_taken() {
            return None;
        }
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

pub(crate) fn checked_duration(
    arguments: &Arguments<'_>,
    duration: Read,
    check: impl Fn(Duration) -> Result<(), &'static str>,
) -> Read {
    let duration = duration?;
    match duration.literal.map_or(Ok(()), check) {
        Ok(()) => Some(duration),
        Err(problem) => {
            arguments.diagnostics.error(duration.span, problem);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use crate::attribute::parse_all;
    use crate::diagnostics::Diagnostics;

    #[test]
    fn a_number_with_a_unit_that_is_none_is_told_what_it_ends_in() {
        let diagnostics = Diagnostics::new();
        parse_all(&[("retry", quote!(base_delay = 5parsecs))], &diagnostics);
        let errors = diagnostics.into_compile_errors().map(|errors| errors.to_string()).unwrap_or_default();
        let expected = "`base_delay` of `#[retry]` cannot end in `parsecs`, which is not a unit of time";
        assert!(errors.contains(expected), "{errors}");
    }
}
