//! The grammar of `#[classify(..)]`.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use resilience_options::suggest::{did_you_mean, list};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Expr, Lit, LitInt, LitStr, Meta, Path, Token};

use crate::diagnostics::Diagnostics;
use crate::parse::expression::{as_ident, bare, literal};
use crate::parse::unknown_word_message;

const CATEGORIES: [(&str, &str); 5] = [
    ("network", "Network"),
    ("rate_limit", "RateLimit"),
    ("resource", "Resource"),
    ("transient", "Transient"),
    ("permanent", "Permanent"),
];

const SEVERITIES: [(&str, &str); 4] =
    [("info", "Info"), ("warning", "Warning"), ("error", "Error"), ("critical", "Critical")];

pub(super) fn classifications() -> impl Iterator<Item = &'static str> {
    CATEGORIES.iter().map(|(word, _)| *word).chain(["transparent"])
}

pub(super) fn arguments(attribute: &Attribute) -> Option<&TokenStream> {
    match &attribute.meta {
        Meta::List(list) if list.path.is_ident("classify") => Some(&list.tokens),
        _ => None,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    Struct,
    Enum,
    Variant,
    Field,
}

impl Target {
    fn takes(self, word: &str) -> bool {
        match word {
            "transparent" | "with" => true,
            "retry_after" => self != Self::Enum,
            _ => self != Self::Field,
        }
    }

    fn words(self) -> impl Iterator<Item = &'static str> {
        classifications().chain(["with", "severity", "retry_after"]).filter(move |word| self.takes(word))
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Struct => "a struct",
            Self::Enum => "an enum",
            Self::Variant => "a variant",
            Self::Field => "a field",
        }
    }
}

#[derive(Clone, Copy)]
pub(super) enum Classification {
    /// The word, and the variant of `Category`.
    Category(&'static str, &'static str),
    Transparent,
    /// A function of a field classifies the error.
    With,
}

impl Classification {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Category(word, _) => word,
            Self::Transparent => "transparent",
            Self::With => "with",
        }
    }
}

pub(super) enum RetryAfter {
    Field(Ident),
    Index(LitInt),
    /// The field that carries the word.
    This(Span),
}

pub(super) struct ClassifyArguments<'d> {
    pub(super) diagnostics: &'d Diagnostics,
    target: Target,
    pub(super) classification: Option<(Classification, Span)>,
    pub(super) with: Option<Path>,
    pub(super) severity: Option<&'static str>,
    pub(super) retry_after: Option<RetryAfter>,
    /// A seemingly missing argument may be one that could not be read.
    pub(super) has_errors: bool,
}

struct Reported;

impl<'d> ClassifyArguments<'d> {
    pub(super) const fn none(target: Target, diagnostics: &'d Diagnostics) -> Self {
        Self {
            diagnostics,
            target,
            classification: None,
            with: None,
            severity: None,
            retry_after: None,
            has_errors: false,
        }
    }

    pub(super) fn read(attributes: &[Attribute], target: Target, diagnostics: &'d Diagnostics) -> Self {
        let mut all = Self::none(target, diagnostics);
        let mut seen: Vec<String> = Vec::new();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("classify")) {
            for entry in all.entries(attribute) {
                let name = entry.name.to_string();
                if seen.contains(&name) {
                    diagnostics.error(entry.name.span(), format_args!("`{name}` is given twice; keep one"));
                    continue;
                }
                seen.push(name);
                all.has_errors |= all.take(&entry).is_err();
            }
        }
        all
    }

    fn entries(&mut self, attribute: &Attribute) -> Vec<Entry> {
        let example = if self.target == Target::Field { "transparent" } else { "transient" };
        match arguments(attribute) {
            Some(tokens) if !tokens.is_empty() => return self.parse(tokens),
            Some(_) => self.diagnostics.error_at(
                attribute.path(),
                format_args!("`#[classify()]` has no arguments; write `#[classify({example})]`, or remove it"),
            ),
            None => self
                .diagnostics
                .error_at(&attribute.meta, format_args!("arguments go in parentheses: `#[classify({example})]`")),
        }
        self.has_errors = true;
        Vec::new()
    }

    fn parse(&mut self, tokens: &TokenStream) -> Vec<Entry> {
        let mut entries = Vec::new();
        let result = (|input: ParseStream<'_>| {
            while !input.is_empty() {
                match entry(input) {
                    Ok(entry) => entries.push(entry),
                    Err(error) => {
                        self.diagnostics.push(error);
                        self.has_errors = true;
                    }
                }
                while !input.is_empty() && !input.peek(Token![,]) {
                    input.parse::<TokenTree>()?;
                }
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(())
        })
        .parse2(tokens.clone());
        if let Err(error) = result {
            self.diagnostics.push(error);
            self.has_errors = true;
        }
        entries
    }

    fn take(&mut self, entry: &Entry) -> Result<(), Reported> {
        let Entry { name, value } = entry;
        let written = name.to_string();
        let classification = match CATEGORIES.iter().find(|(word, _)| *word == written) {
            Some((word, variant)) => Some(Classification::Category(word, variant)),
            None => (written == "transparent").then_some(Classification::Transparent),
        };
        let is_known = classification.is_some() || matches!(&*written, "with" | "severity" | "retry_after" | "crate");
        self.check_word(name, is_known)?;
        if let Some(classification) = classification {
            if let Some(value) = value {
                let message = format!("`{written}` takes no value: `#[classify({written})]`");
                self.diagnostics.error_at(value, message);
                return Err(Reported);
            }
            return self.classify(classification, name.span());
        }
        match &*written {
            "with" => {
                self.with = Some(self.read_with(value.as_ref(), name)?);
                self.classify(Classification::With, name.span())?;
            }
            "severity" => self.severity = Some(self.read_severity(value.as_ref(), name)?),
            "retry_after" => self.retry_after = Some(self.read_retry_after(value.as_ref(), name)?),
            _ => self.check_facade(value.as_ref(), name)?,
        }
        Ok(())
    }

    fn check_word(&self, name: &Ident, is_known: bool) -> Result<(), Reported> {
        let (target, written) = (self.target, name.to_string());
        let message = if !is_known {
            let hint = did_you_mean(&written, target.words(), '`')
                .unwrap_or_else(|| format!("; on {} it is one of {}", target.name(), list(target.words())));
            format!("`#[classify]` has no argument `{written}`{hint}")
        } else if !target.takes(&written) || (written == "crate" && target == Target::Variant) {
            let hint = match target {
                Target::Field => "write it above the variant or the struct",
                Target::Enum => "write it above the variant that has the field",
                Target::Variant | Target::Struct => "write it above the enum",
            };
            format!("`{written}` does not go on {}; {hint}", target.name())
        } else {
            return Ok(());
        };
        self.diagnostics.error(name.span(), message);
        Err(Reported)
    }

    /// An error has one classification.
    fn classify(&mut self, classification: Classification, span: Span) -> Result<(), Reported> {
        if let Some((first, _)) = self.classification {
            let why = match (first, classification) {
                (Classification::Category(..), Classification::Category(..)) => "an error has one category",
                (Classification::With, _) | (_, Classification::With) => "the function of `with` classifies the error",
                _ => "`transparent` takes the category of a field",
            };
            let (first, word) = (first.word(), classification.word());
            let message = format!("{why}, and this is a second one; keep `{first}` or `{word}`");
            self.diagnostics.error(span, message);
            return Err(Reported);
        }
        self.classification = Some((classification, span));
        Ok(())
    }

    /// Returns whether a field that says `transparent` only names the field that is meant.
    pub(super) const fn asks_the_field_that(&self, of_field: Classification) -> bool {
        matches!(of_field, Classification::Transparent)
            && matches!(self.classification, Some((Classification::Transparent | Classification::With, _)))
    }

    pub(super) fn classify_field(&mut self, classification: Classification, span: Span) {
        self.has_errors |= self.classify(classification, span).is_err();
    }

    fn read_with(&self, value: Option<&Expr>, name: &Ident) -> Result<Path, Reported> {
        const MESSAGE: &str = "`with` takes the path of a function from the field to a `resilience::Verdict`, without \
                               quotes: `with = of_database`";
        match value.map(bare) {
            Some(Expr::Path(path)) if path.qself.is_none() => return Ok(path.path.clone()),
            Some(value) => self.diagnostics.error_at(value, MESSAGE),
            None => self.diagnostics.error(name.span(), MESSAGE),
        }
        Err(Reported)
    }

    fn read_severity(&self, value: Option<&Expr>, name: &Ident) -> Result<&'static str, Reported> {
        let known = SEVERITIES.map(|(word, _)| word);
        match value.map(|value| (value, literal(value))) {
            Some((_, Some(Lit::Str(text)))) => {
                let written = text.value();
                if let Some((_, variant)) = SEVERITIES.iter().find(|(word, _)| *word == written) {
                    return Ok(variant);
                }
                self.diagnostics.error(text.span(), unknown_word_message("severity", &written, &known, ""));
            }
            Some((value, _)) => {
                let word = as_ident(value).map(ToString::to_string);
                let example = word.as_deref().filter(|word| known.contains(word)).unwrap_or("warning");
                let message = format!("`severity` takes a string: `severity = \"{example}\"`");
                self.diagnostics.error_at(&value, message);
            }
            None => self.diagnostics.error(name.span(), "`severity` needs a value: `severity = \"warning\"`"),
        }
        Err(Reported)
    }

    fn read_retry_after(&self, value: Option<&Expr>, name: &Ident) -> Result<RetryAfter, Reported> {
        let is_field = self.target == Target::Field;
        let Some(value) = value else {
            if is_field {
                return Ok(RetryAfter::This(name.span()));
            }
            let message = "`retry_after` names the field with the time to wait: `retry_after = wait`";
            self.diagnostics.error(name.span(), message);
            return Err(Reported);
        };
        let message = match (bare(value), literal(value)) {
            _ if is_field => "on a field, `retry_after` means that field: `#[classify(retry_after)]`".to_owned(),
            (_, Some(Lit::Int(index))) if index.suffix().is_empty() => return Ok(RetryAfter::Index(index.clone())),
            (_, Some(Lit::Str(text))) if syn::parse_str::<Ident>(&text.value()).is_ok() => {
                format!("a field is named without quotes: `retry_after = {}`", text.value())
            }
            (Expr::Field(field), _) => {
                let member = &field.member;
                format!("a field is named alone: `retry_after = {}`", quote::quote!(#member))
            }
            _ => match as_ident(value) {
                Some(field) => return Ok(RetryAfter::Field(field.clone())),
                None => {
                    "`retry_after` names the field with the time to wait, as `retry_after = wait`, or `0` of a tuple; \
                         to compute the time, implement `Classify` by hand"
                        .to_owned()
                }
            },
        };
        self.diagnostics.error_at(value, message);
        Err(Reported)
    }

    /// `runtime_path` has read the value before.
    fn check_facade(&self, value: Option<&Expr>, name: &Ident) -> Result<(), Reported> {
        const MESSAGE: &str = "`crate` takes a path, without quotes: `crate = my_crate::resilience`";
        match value {
            Some(Expr::Path(_)) => return Ok(()),
            Some(value) => self.diagnostics.error_at(value, MESSAGE),
            None => self.diagnostics.error(name.span(), MESSAGE),
        }
        Err(Reported)
    }
}

/// `transient`, or `severity = "info"`
struct Entry {
    name: Ident,
    value: Option<Expr>,
}

fn entry(input: ParseStream<'_>) -> syn::Result<Entry> {
    if input.peek(LitStr) {
        let text: LitStr = input.parse()?;
        let word = text.value();
        return Err(syn::Error::new(text.span(), format!("a word has no quotes: write `{word}`")));
    }
    if !input.peek(Ident::peek_any) {
        return Err(input.error("expected a word: `transient`, or `severity = \"warning\"`"));
    }
    let name = input.call(Ident::parse_any)?;
    let value = if input.peek(Token![=]) {
        let equals: Token![=] = input.parse()?;
        if input.is_empty() || input.peek(Token![,]) {
            return Err(syn::Error::new(equals.span, format!("`{name}` needs a value here")));
        }
        Some(value(input)?)
    } else {
        None
    };
    if input.peek(syn::token::Paren) {
        return Err(input.error(format!("`{name}` takes no parentheses; words stand beside each other, with commas")));
    }
    if !input.is_empty() && !input.peek(Token![,]) {
        return Err(input.error(format!("expected `,` after `{name}`")));
    }
    Ok(Entry { name, value })
}

/// A field may have the name of a keyword.
fn value(input: ParseStream<'_>) -> syn::Result<Expr> {
    let fork = input.fork();
    match Ident::parse_any(&fork) {
        Ok(_) if fork.is_empty() || fork.peek(Token![,]) => {
            let name = Ident::parse_any(input)?;
            let name = if syn::parse_str::<Ident>(&name.to_string()).is_ok() || name == "crate" || name == "self" {
                name
            } else {
                Ident::new_raw(&name.to_string(), name.span())
            };
            Ok(Expr::Path(syn::ExprPath { attrs: Vec::new(), qself: None, path: name.into() }))
        }
        _ => input.parse(),
    }
}
