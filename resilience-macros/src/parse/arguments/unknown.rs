//! Reports arguments that the attribute does not take.

use proc_macro2::{Ident, Span, TokenTree};
use quote::ToTokens;
use resilience_options::suggest::{did_you_mean, list};
use syn::Expr;

use super::{ALLOW, Argument, Arguments, CONFIG, CRATE, KeyValue};
use crate::parse::expression::{as_ident, literal, span_of};
use crate::parse::{Key, ValueKind, foreign};

impl Arguments<'_> {
    /// Reports the spellings of other libraries, with their names here.
    pub(super) fn translate_spellings(&mut self) {
        let attribute = self.attribute;
        let takes_bare = self.keys.iter().any(|key| matches!(key.kind, ValueKind::Positional | ValueKind::Limit));
        let (mut known, mut without_key) = (Vec::new(), Vec::new());
        for argument in std::mem::take(&mut self.written) {
            let found = match &argument {
                Argument::KeyValue(KeyValue { key, value }) => {
                    match foreign::word(attribute, &key.to_string(), value) {
                        Some(word) => Some((
                            span_of(value),
                            format!("`{key}` takes a name in quotes: write `{key} = \"{word}\"`"),
                        )),
                        None => self.translated(key, Some(value)),
                    }
                }
                Argument::List { key, names, .. } if !takes_bare => self.translated(key, names.first()),
                // A function of this name is `self::default`.
                Argument::Bare(value) => as_ident(value)
                    .filter(|word| !takes_bare || *word == "default")
                    .and_then(|word| self.translated(word, None)),
                Argument::List { .. } => None,
            };
            match (found, argument) {
                (Some((at, message)), _) => {
                    self.is_readable = false;
                    self.diagnostics.error(at, message);
                }
                (None, Argument::Bare(value)) if !takes_bare && literal(&value).is_some() => without_key.push(value),
                (None, argument) => known.push(argument),
            }
        }
        self.written = known;
        let values: Vec<&Expr> = without_key.iter().collect();
        match (without_key.first(), foreign::values(attribute, &values)) {
            (Some(first), Some(pairs)) => {
                self.is_readable = false;
                self.diagnostics.error_at(
                    first,
                    format_args!("`#[{attribute}]` takes `key = value`; write `#[{attribute}({pairs})]`"),
                );
            }
            _ => self.written.extend(without_key.into_iter().map(Argument::Bare)),
        }
    }

    fn translated(&self, key: &Ident, value: Option<&Expr>) -> Option<(Span, String)> {
        let (attribute, written) = (self.attribute, key.to_string());
        if self.knows(&written) {
            return None;
        }
        let advice = foreign::key(attribute, &written, value)?;
        Some((key.span(), format!("`#[{attribute}]` has no argument `{key}`; {advice}")))
    }

    pub(crate) fn finish(self) {
        for argument in &self.written {
            match argument {
                Argument::KeyValue(KeyValue { key, .. }) | Argument::List { key, .. } => self.report_word(key),
                Argument::Bare(value) => match as_ident(value).cloned().or_else(|| self.leading_key(value)) {
                    Some(word) => self.report_word(&word),
                    None => self.report_value(value),
                },
            }
        }
    }

    fn report_word(&self, word: &Ident) {
        let (attribute, written) = (self.attribute, word.to_string());
        if self.knows(&written) {
            let form = self.form(&written);
            self.diagnostics.error(word.span(), format_args!("`{word}` of `#[{attribute}]` is written `{form}`"));
        } else {
            let hint = self.suggestion(&written);
            self.diagnostics.error(word.span(), format_args!("`#[{attribute}]` has no argument `{word}`{hint}"));
        }
    }

    fn report_value(&self, value: &Expr) {
        let attribute = self.attribute;
        let Expr::Assign(pair) = value else {
            let takes = self.takes();
            return self.diagnostics.error_at(
                &value,
                format_args!("`#[{attribute}]` takes `key = value`, and this value has no key{takes}"),
            );
        };
        // `max-retries = 3`
        let key = pair.left.to_token_stream();
        let words: Vec<String> = key.clone().into_iter().map(|token| token.to_string()).collect();
        let words = words.iter().filter(|word| word.starts_with(char::is_alphabetic));
        let written = words.map(String::as_str).collect::<Vec<_>>().join("_");
        let hint = if self.knows(&written) { format!(": write `{written} = ..`") } else { self.suggestion(&written) };
        self.diagnostics.error_at(&key, format_args!("this is no key of `#[{attribute}]`{hint}"));
    }

    fn suggestion(&self, written: &str) -> String {
        let spellings: Vec<String> = self.keys.iter().flat_map(Key::spellings).collect();
        let candidates =
            spellings.iter().map(String::as_str).chain([CRATE, ALLOW, CONFIG]).filter(|key| self.knows(key));
        did_you_mean(written, candidates, '`').unwrap_or_else(|| self.takes())
    }

    fn takes(&self) -> String {
        let names = self.keys.iter().filter(|key| key.is_listed()).map(|key| key.name);
        if self.keys.is_empty() {
            format!("; `#[{}]` takes none", self.attribute)
        } else {
            format!("; it takes {}", list(names.chain([ALLOW, CONFIG])))
        }
    }

    /// Finds the key in `share[a]` and `max += 3`.
    fn leading_key(&self, value: &Expr) -> Option<Ident> {
        let is_assigned = matches!(value, Expr::Assign(_));
        match value.to_token_stream().into_iter().next() {
            Some(TokenTree::Ident(word)) if !is_assigned && self.knows(&word.to_string()) => Some(word),
            _ => None,
        }
    }

    fn form(&self, word: &str) -> String {
        if word == ALLOW {
            return format!("{word}(warning, ..)");
        }
        match self.table_entry(word).map(|key| key.kind) {
            Some(ValueKind::Parameters) => format!("{word}(parameter, ..)"),
            _ => format!("{word} = .."),
        }
    }
}
