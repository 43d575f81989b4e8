use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use resilience_options::Setting;
use resilience_options::suggest::{did_you_mean, list};
use syn::spanned::Spanned;
use syn::{Expr, ExprClosure, ExprPath, Lit, LitStr};

use super::expression::{as_ident, bare, is_const_expression, is_integer_suffix, kind_of, literal, negative, span_of};
use super::tokens::readable;
use super::{Arguments, KeyValue};

/// The macro checks literals, and a `const fn` of the runtime asserts constants.
#[derive(Debug, Clone)]
pub(crate) struct Const<T> {
    pub(crate) tokens: TokenStream,
    pub(crate) literal: Option<T>,
    pub(crate) span: Span,
    pub(crate) key: Span,
}

impl Arguments<'_> {
    pub(crate) fn count<T: Whole>(&mut self, setting: &Setting<T>) -> Option<Const<u64>> {
        let pair = self.take(setting.key.name)?;
        count(self, &pair, setting)
    }

    pub(crate) fn number(&mut self, setting: &Setting<f64>) -> Option<Const<f64>> {
        let pair = self.take(setting.key.name)?;
        number(self, &pair, setting)
    }

    pub(crate) fn flag(&mut self, key: &str) -> Option<bool> {
        let pair = self.take(key)?;
        match literal(&pair.value) {
            Some(Lit::Bool(flag)) => Some(flag.value),
            _ => {
                self.reject(&pair, "is either `true` or `false`");
                None
            }
        }
    }

    pub(crate) fn log_errors(&mut self) -> Option<Span> {
        let at = self.span_of_key("log_errors");
        self.flag("log_errors").filter(|is_on| *is_on).and(at)
    }

    pub(crate) fn name(&mut self, key: &str) -> Option<LitStr> {
        let pair = self.take(key)?;
        name(self, &pair)
    }

    /// Takes a path, `Self::method` or a closure.
    pub(crate) fn function(&mut self, key: &str) -> Option<Expr> {
        self.take_function(key, false)
    }

    /// Takes a function that may be asynchronous.
    pub(crate) fn hook(&mut self, key: &str) -> Option<Expr> {
        self.take_function(key, true)
    }

    fn take_function(&mut self, key: &str, is_awaited: bool) -> Option<Expr> {
        let pair = self.take(key)?;
        self.note_function(key);
        let value = bare(&pair.value);
        let problem = match value {
            Expr::Closure(closure) if closure.asyncness.is_some() && !is_awaited => {
                reject_async(self, key, closure);
                return None;
            }
            Expr::Path(path) if is_predicate(key) && is_variant(path) => {
                format!("takes a function: write `{key} = |error| matches!(error, {} {{ .. }})`", readable(path))
            }
            Expr::Path(_) | Expr::Closure(_) | Expr::Field(_) => return Some(pair.value),
            Expr::Call(_) | Expr::MethodCall(_) => "takes a function, not a call: remove the parentheses".to_owned(),
            Expr::Macro(_) | Expr::Struct(_) => {
                format!("takes a function: write `{key} = {}`", as_closure(value))
            }
            _ => match literal(value) {
                Some(Lit::Str(path)) if path.parse::<syn::Path>().is_ok() => {
                    format!("takes a function, not its name in quotes: write `{key} = {}`", path.value())
                }
                _ => "takes a function: a path or a closure".to_owned(),
            },
        };
        self.reject(&pair, problem);
        None
    }

    pub(super) fn reject(&self, KeyValue { key, value }: &KeyValue, problem: impl std::fmt::Display) {
        self.diagnostics.error_at(value, format_args!("`{key}` of `#[{}]` {problem}", self.attribute));
    }
}

fn is_predicate(key: &str) -> bool {
    ["when", "ignore", "stale_when"].contains(&key)
}

/// The compiler reports a variant with named fields as a value that lacks them.
fn is_variant(ExprPath { path, .. }: &ExprPath) -> bool {
    let last = path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
    path.segments.len() > 1 && last.starts_with(char::is_uppercase) && last.contains(char::is_lowercase)
}

fn as_closure(value: &Expr) -> String {
    let text = readable(value).replace(" !(", "!(");
    match value {
        Expr::Macro(call) => match call.mac.tokens.clone().into_iter().next() {
            Some(TokenTree::Ident(argument)) => format!("|{argument}| {text}"),
            _ => format!("|_| {text}"),
        },
        _ => format!("|error| matches!(error, {text})"),
    }
}

/// Nothing awaits the result of the closure.
pub(crate) fn reject_async(arguments: &Arguments<'_>, key: &str, closure: &ExprClosure) {
    let at = closure.asyncness.as_ref().map_or_else(|| span_of(closure), |keyword| keyword.span);
    let attribute = arguments.attribute;
    arguments.diagnostics.error(at, format_args!("`{key}` of `#[{attribute}]` is not awaited; remove `async`"));
}

/// The whole numbers that an argument can take.
pub(crate) trait Whole: TryFrom<u64> {
    /// On every target.
    const LARGEST: u64;

    fn check(setting: &Setting<Self>, value: Self) -> Result<(), &'static str>;
}

macro_rules! whole {
    ($($number:ty: $largest:expr;)*) => {$(
        impl Whole for $number {
            const LARGEST: u64 = $largest;

            fn check(setting: &Setting<Self>, value: Self) -> Result<(), &'static str> {
                setting.rule.check(value)
            }
        }
    )*};
}

whole! {
    u32: u32::MAX as u64;
    usize: u32::MAX as u64;
    u64: u64::MAX;
}

pub(crate) fn count<T: Whole>(arguments: &Arguments<'_>, pair: &KeyValue, setting: &Setting<T>) -> Option<Const<u64>> {
    let KeyValue { key, value } = pair;
    let span = value.span();
    let reject = |problem: std::fmt::Arguments<'_>| {
        arguments.reject(pair, problem);
        None
    };
    let found = |tokens, literal| Some(Const { tokens, literal, span, key: key.span() });
    if negative(value).is_some() {
        return reject(format_args!("is a count and cannot be negative"));
    }
    match literal(value) {
        Some(Lit::Int(number)) if !is_integer_suffix(number.suffix()) => {
            let digits = number.base10_digits();
            reject(format_args!("is a count and has no unit: `{key} = {digits}`"))
        }
        Some(Lit::Int(number)) => match number.base10_parse::<u64>() {
            Ok(count) if count <= T::LARGEST => {
                if let Some(Err(problem)) = T::try_from(count).ok().map(|count| T::check(setting, count)) {
                    arguments.diagnostics.error_at(value, problem);
                    return None;
                }
                let mut plain = proc_macro2::Literal::u64_unsuffixed(count);
                plain.set_span(number.span());
                found(plain.into_token_stream(), Some(count))
            }
            _ => reject(format_args!("is too large; the largest number is {}", T::LARGEST)),
        },
        Some(other) => {
            let example = match other {
                Lit::Str(text) => text.value().parse().unwrap_or(3_u64),
                _ => 3,
            };
            reject(format_args!("takes a whole number or a constant, not {}: `{key} = {example}`", kind_of(other)))
        }
        None if !is_const_expression(value) => reject(format_args!("takes a whole number or a constant")),
        None => found(value.to_token_stream(), None),
    }
}

pub(crate) fn number(arguments: &Arguments<'_>, pair: &KeyValue, setting: &Setting<f64>) -> Option<Const<f64>> {
    let KeyValue { key, value } = pair;
    let span = value.span();
    let must = setting.must;
    let reject = |problem: std::fmt::Arguments<'_>| {
        arguments.reject(pair, problem);
        None
    };
    let parsed = match literal(value).or_else(|| negative(value)) {
        Some(Lit::Int(number)) if is_integer_suffix(number.suffix()) => number.base10_parse::<f64>().ok(),
        Some(Lit::Float(number)) if matches!(number.suffix(), "" | "f32" | "f64") => number.base10_parse::<f64>().ok(),
        Some(Lit::Int(_) | Lit::Float(_)) => return reject(format_args!("is a number without a unit; it {must}")),
        Some(other) => return reject(format_args!("takes a number, not {}; it {must}", kind_of(other))),
        None if is_const_expression(value) => {
            return Some(Const { tokens: value.to_token_stream(), literal: None, span, key: key.span() });
        }
        None => None,
    };
    let Some(number) = parsed else {
        return reject(format_args!("takes a number or a constant; it {must}"));
    };
    if negative(value).is_some() || setting.rule.check(number).is_err() {
        arguments.diagnostics.error_at(value, setting.rule.problem);
        return None;
    }
    let tokens = quote_spanned!(span=> #number);
    Some(Const { tokens, literal: Some(number), span, key: key.span() })
}

/// `others` says what else the key takes.
pub(crate) fn unknown_word(arguments: &Arguments<'_>, key: &str, text: &LitStr, known: &[&str], others: &str) {
    arguments.diagnostics.error(text.span(), unknown_word_message(key, &text.value(), known, others));
}

pub(crate) fn unknown_word_message(key: &str, written: &str, known: &[&str], others: &str) -> String {
    let hint = did_you_mean(written, known.iter().copied(), '"')
        .unwrap_or_else(|| format!("; known are {}{others}", list(known.iter().copied()).replace('`', "\"")));
    format!("unknown {key} \"{written}\"{hint}")
}

pub(crate) fn name(arguments: &Arguments<'_>, pair: &KeyValue) -> Option<LitStr> {
    let KeyValue { key, value } = pair;
    match literal(value) {
        Some(Lit::Str(name)) if name.value().trim().is_empty() => {
            arguments.reject(pair, "is empty; leave it out, or give one");
            None
        }
        Some(Lit::Str(name)) => Some(name.clone()),
        _ => {
            let example = as_ident(value).map_or_else(|| "search".to_owned(), ToString::to_string);
            arguments.reject(pair, format_args!("takes a string literal: `{key} = \"{example}\"`"));
            None
        }
    }
}

pub(crate) fn flag(flag: bool, span: Span) -> Const<bool> {
    Const { tokens: quote_spanned!(span=> #flag), literal: Some(flag), span, key: span }
}
