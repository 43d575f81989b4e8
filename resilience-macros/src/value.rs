//! The grammars of values: what a literal may be, and what is left to a `const` item.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, ExprUnary, Lit, UnOp};

use crate::attr::{Arguments, Given};
use crate::diagnostics::{Diagnostics, did_you_mean, list};
use crate::tokens::{mentions, way_out};

/// A value of configuration, as tokens for a `const` item. Of a literal the value is known here, and checked here,
/// with the error on the literal; of a constant the runtime's `const fn` asserts it.
#[derive(Debug, Clone)]
pub(crate) struct Const<T> {
    pub(crate) tokens: TokenStream,
    pub(crate) literal: Option<T>,
    /// Where the value stands.
    pub(crate) span: Span,
    /// Where its key stands.
    pub(crate) key: Span,
}

/// Where the tokens of `value` stand. `Spanned` joins spans only where the compiler allows it; the first token is
/// always right.
pub(crate) fn span_of(value: &impl ToTokens) -> Span {
    value.to_token_stream().into_iter().next().map_or_else(Span::call_site, |token| token.span())
}

/// Through parentheses and the invisible group of a `$x:expr`.
pub(crate) fn bare(value: &Expr) -> &Expr {
    match value {
        Expr::Paren(paren) => bare(&paren.expr),
        Expr::Group(group) => bare(&group.expr),
        value => value,
    }
}

pub(crate) fn literal(value: &Expr) -> Option<&Lit> {
    match bare(value) {
        Expr::Lit(ExprLit { lit, .. }) => Some(lit),
        _ => None,
    }
}

/// The number after a minus.
pub(crate) fn negative(value: &Expr) -> Option<&Lit> {
    match bare(value) {
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => literal(expr),
        _ => None,
    }
}

/// `60 * 60`: a number, whatever it comes to.
pub(crate) fn is_arithmetic(value: &Expr) -> bool {
    match bare(value) {
        Expr::Binary(binary) => [&binary.left, &binary.right].iter().all(|side| is_arithmetic(side)),
        value => matches!(literal(value), Some(Lit::Int(_) | Lit::Float(_))),
    }
}

pub(crate) fn is_const_expression(value: &Expr) -> bool {
    let leaves = || {
        let tokens = value.to_token_stream();
        way_out(&tokens).is_some() || mentions(&tokens, &["await".to_owned()])
    };
    !matches!(bare(value), Expr::Closure(_) | Expr::Break(_) | Expr::Continue(_)) && !leaves()
}

impl Arguments {
    /// A whole number of type `u32` or `usize`.
    pub(crate) fn count(&mut self, key: &'static str, least: u64, diagnostics: &mut Diagnostics) -> Option<Const<u64>> {
        let attribute = self.attribute();
        let given = self.take(key)?;
        count(attribute, &given, least, diagnostics)
    }

    /// A whole number of type `u64`.
    pub(crate) fn large_count(
        &mut self,
        key: &'static str,
        least: u64,
        diagnostics: &mut Diagnostics,
    ) -> Option<Const<u64>> {
        let attribute = self.attribute();
        let given = self.take(key)?;
        whole(attribute, &given, (least, u64::MAX), diagnostics)
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
        number(attribute, &given, (least, most), diagnostics)
    }

    /// `true` or `false`.
    pub(crate) fn flag(&mut self, key: &'static str, diagnostics: &mut Diagnostics) -> Option<bool> {
        let attribute = self.attribute();
        let Given { value, .. } = self.take(key)?;
        match literal(&value) {
            Some(Lit::Bool(flag)) => Some(flag.value),
            _ => {
                diagnostics.error_at(&value, format_args!("`{key}` of `#[{attribute}]` is either `true` or `false`"));
                None
            }
        }
    }

    /// Where the attribute is told to show errors, if it is.
    pub(crate) fn log_errors(&mut self, diagnostics: &mut Diagnostics) -> Option<Span> {
        let at = self.span_of_key("log_errors");
        self.flag("log_errors", diagnostics).filter(|asked| *asked).and(at)
    }

    /// A string literal that names something.
    pub(crate) fn name(&mut self, key: &'static str, diagnostics: &mut Diagnostics) -> Option<syn::LitStr> {
        let attribute = self.attribute();
        let given = self.take(key)?;
        name(attribute, &given, diagnostics)
    }

    /// A path, `Self::method` or a closure, called by the expansion.
    pub(crate) fn function(&mut self, key: &'static str, diagnostics: &mut Diagnostics) -> Option<Expr> {
        let attribute = self.attribute();
        let Given { value, .. } = self.take(key)?;
        let problem = match bare(&value) {
            Expr::Closure(closure) if closure.asyncness.is_some() => {
                reject_async(attribute, key, closure, diagnostics);
                return None;
            }
            Expr::Path(_) | Expr::Closure(_) | Expr::Field(_) => return Some(value),
            Expr::Call(_) | Expr::MethodCall(_) => "takes a function, not a call: leave the parentheses away",
            _ => "takes a function: a path or a closure",
        };
        diagnostics.error_at(&value, format_args!("`{key}` of `#[{attribute}]` {problem}"));
        None
    }
}

/// What is asked about a result, nobody awaits.
pub(crate) fn reject_async(attribute: &str, key: &str, closure: &syn::ExprClosure, diagnostics: &mut Diagnostics) {
    let at = closure.asyncness.as_ref().map_or_else(|| span_of(closure), |keyword| keyword.span);
    diagnostics
        .error(at, format_args!("`{key}` of `#[{attribute}]` answers at once and is not awaited; take `async` away"));
}

pub(crate) fn count(attribute: &str, given: &Given, least: u64, diagnostics: &mut Diagnostics) -> Option<Const<u64>> {
    whole(attribute, given, (least, u64::from(u32::MAX)), diagnostics)
}

fn whole(
    attribute: &str,
    Given { key, value }: &Given,
    (least, most): (u64, u64),
    diagnostics: &mut Diagnostics,
) -> Option<Const<u64>> {
    let span = value.span();
    let mut reject = |what: std::fmt::Arguments<'_>| {
        diagnostics.error_at(value, format_args!("`{key}` of `#[{attribute}]` {what}"));
        None
    };
    let found = |tokens, literal| Some(Const { tokens, literal, span, key: key.span() });
    if negative(value).is_some() {
        return reject(format_args!("counts, and cannot be negative"));
    }
    match literal(value) {
        Some(Lit::Int(number)) if !is_integer_suffix(number.suffix()) => {
            let digits = number.base10_digits();
            reject(format_args!("counts, and has no unit: `{key} = {digits}`"))
        }
        Some(Lit::Int(number)) => match number.base10_parse::<u64>() {
            Ok(count) if count < least => reject(format_args!("must be at least {least}")),
            Ok(count) if count <= most => {
                let mut plain = proc_macro2::Literal::u64_unsuffixed(count);
                plain.set_span(number.span());
                found(plain.into_token_stream(), Some(count))
            }
            _ => reject(format_args!("is too large; the largest number is {most}")),
        },
        Some(other) => {
            let example = match other {
                Lit::Str(text) => text.value().parse().unwrap_or(least.max(3)),
                _ => least.max(3),
            };
            reject(format_args!("takes a whole number or a constant, not {}: `{key} = {example}`", kind(other)))
        }
        None if !is_const_expression(value) => reject(format_args!("takes a whole number or a constant")),
        None => found(value.to_token_stream(), None),
    }
}

fn number(
    attribute: &str,
    Given { key, value }: &Given,
    (least, most): (f64, f64),
    diagnostics: &mut Diagnostics,
) -> Option<Const<f64>> {
    let span = value.span();
    let range = if most >= 1e9 { format!("at least {least}") } else { format!("between {least} and {most}") };
    let parsed = match literal(value).or_else(|| negative(value)) {
        Some(Lit::Int(number)) if is_integer_suffix(number.suffix()) => number.base10_parse::<f64>().ok(),
        Some(Lit::Float(number)) if matches!(number.suffix(), "" | "f32" | "f64") => number.base10_parse::<f64>().ok(),
        Some(Lit::Int(_) | Lit::Float(_)) => {
            diagnostics
                .error_at(value, format_args!("`{key}` of `#[{attribute}]` is a number {range}, without a unit"));
            return None;
        }
        Some(other) => {
            let other = kind(other);
            diagnostics
                .error_at(value, format_args!("`{key}` of `#[{attribute}]` takes a number {range}, not {other}"));
            return None;
        }
        None if is_const_expression(value) => {
            return Some(Const { tokens: value.to_token_stream(), literal: None, span, key: key.span() });
        }
        None => None,
    };
    match parsed {
        Some(number) if negative(value).is_none() && number >= least && number <= most => {
            let tokens = quote_spanned!(span=> #number);
            Some(Const { tokens, literal: Some(number), span, key: key.span() })
        }
        Some(number) if number > most && negative(value).is_none() && most > 1.0 => {
            diagnostics.error_at(
                value,
                format_args!("`{key}` of `#[{attribute}]` is too large; the largest number is {most}"),
            );
            None
        }
        _ => {
            diagnostics.error_at(value, format_args!("`{key}` of `#[{attribute}]` must be a number {range}"));
            None
        }
    }
}

/// `jitter` is the one key that takes a word, a flag or a number; it asks for the pieces.
pub(crate) fn ratio(attribute: &str, given: &Given, diagnostics: &mut Diagnostics) -> Option<Const<f64>> {
    number(attribute, given, (0.0, 1.0), diagnostics)
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
///
/// `others` says what else the key takes.
pub(crate) fn unknown_word(
    what: &str,
    text: &syn::LitStr,
    known: &[&str],
    others: &str,
    diagnostics: &mut Diagnostics,
) {
    let written = text.value();
    let hint = did_you_mean(&written, known.iter().copied(), '"')
        .unwrap_or_else(|| format!("; known are {}{others}", list(known.iter().copied()).replace('`', "\"")));
    diagnostics.error(text.span(), format_args!("unknown {what} \"{written}\"{hint}"));
}

pub(crate) fn name(attribute: &str, given: &Given, diagnostics: &mut Diagnostics) -> Option<syn::LitStr> {
    let Given { key, value } = given;
    match literal(value) {
        Some(Lit::Str(name)) if name.value().trim().is_empty() => {
            diagnostics
                .error(name.span(), format_args!("`{key}` of `#[{attribute}]` is empty; leave it out, or give one"));
            None
        }
        Some(Lit::Str(name)) => Some(name.clone()),
        _ => {
            let example = crate::attr::as_ident(value).map_or_else(|| "search".to_owned(), ToString::to_string);
            diagnostics.error_at(
                value,
                format_args!("`{key}` of `#[{attribute}]` takes a string literal: `{key} = \"{example}\"`"),
            );
            None
        }
    }
}

/// A flag as a value of configuration.
pub(crate) fn flag(flag: bool, span: Span) -> Const<bool> {
    Const { tokens: quote_spanned!(span=> #flag), literal: Some(flag), span, key: span }
}

/// The parts of a `key`.
pub(crate) fn parts_of(key: &Expr) -> Vec<&Expr> {
    match bare(key) {
        Expr::Tuple(tuple) => tuple.elems.iter().collect(),
        // The reference to a tuple of parts says no more than the parts.
        Expr::Reference(reference) if matches!(bare(&reference.expr), Expr::Tuple(_)) => parts_of(&reference.expr),
        single => vec![single],
    }
}

pub(crate) fn kind(literal: &Lit) -> &'static str {
    match literal {
        Lit::Str(_) => "a string",
        Lit::Bool(_) => "a flag",
        Lit::Char(_) => "a character",
        Lit::Float(_) => "a fraction",
        Lit::Int(_) => "a number",
        Lit::Byte(_) | Lit::ByteStr(_) | Lit::CStr(_) => "bytes",
        _ => "this literal",
    }
}

pub(crate) fn is_integer_suffix(suffix: &str) -> bool {
    matches!(
        suffix,
        "" | "u8" | "u16" | "u32" | "u64" | "u128" | "usize" | "i8" | "i16" | "i32" | "i64" | "i128" | "isize"
    )
}
