//! The grammar of `#[classify(..)]`: words, and words with a value.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Expr, Lit, LitInt, LitStr, Meta, Token};

use crate::diagnostics::{Diagnostics, did_you_mean, list};
use crate::parse::expression::{as_ident, bare, literal};
use crate::parse::unknown_word_message;

/// Each category as it is written, and its variant of `Category`.
const CATEGORIES: [(&str, &str); 5] = [
    ("network", "Network"),
    ("rate_limit", "RateLimit"),
    ("resource", "Resource"),
    ("transient", "Transient"),
    ("permanent", "Permanent"),
];

const SEVERITIES: [(&str, &str); 4] =
    [("info", "Info"), ("warning", "Warning"), ("error", "Error"), ("critical", "Critical")];

/// What says what an error means.
pub(super) fn meanings() -> impl Iterator<Item = &'static str> {
    CATEGORIES.iter().map(|(word, _)| *word).chain(["transparent"])
}

/// The tokens between the parentheses.
pub(super) fn arguments(attribute: &Attribute) -> Option<&TokenStream> {
    match &attribute.meta {
        Meta::List(list) if list.path.is_ident("classify") => Some(&list.tokens),
        _ => None,
    }
}

/// Where an attribute stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Struct,
    Enum,
    Variant,
    Field,
}

impl Place {
    fn takes(self, word: &str) -> bool {
        match word {
            "transparent" => true,
            "retry_after" => self != Self::Enum,
            _ => self != Self::Field,
        }
    }

    fn words(self) -> impl Iterator<Item = &'static str> {
        meanings().chain(["severity", "retry_after"]).filter(move |word| self.takes(word))
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
pub(super) enum Meaning {
    /// The word, and the variant of `Category`.
    Category(&'static str, &'static str),
    Transparent,
}

impl Meaning {
    const fn word(self) -> &'static str {
        match self {
            Self::Category(word, _) => word,
            Self::Transparent => "transparent",
        }
    }
}

pub(super) enum RetryAfter {
    Field(Ident),
    Index(LitInt),
    /// The field that carries the word.
    This(Span),
}

/// What the attributes of one place say.
#[derive(Default)]
pub(super) struct Said {
    pub(super) meaning: Option<(Meaning, Span)>,
    pub(super) severity: Option<&'static str>,
    pub(super) retry_after: Option<RetryAfter>,
    /// Something could not be read: what seems to be missing may be there.
    pub(super) has_errors: bool,
}

impl Said {
    pub(super) fn read(attributes: &[Attribute], place: Place, diagnostics: &Diagnostics) -> Self {
        let mut said = Self::default();
        let mut given: Vec<String> = Vec::new();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("classify")) {
            let example = if place == Place::Field { "transparent" } else { "transient" };
            match arguments(attribute) {
                Some(tokens) if !tokens.is_empty() => {
                    for word in words(tokens, &mut said.has_errors, diagnostics) {
                        if given.contains(&word.name.to_string()) {
                            diagnostics
                                .error(word.name.span(), format_args!("`{}` is given twice; keep one", word.name));
                            continue;
                        }
                        given.push(word.name.to_string());
                        said.has_errors |= said.take(&word, place, diagnostics).is_none();
                    }
                }
                Some(_) => {
                    said.has_errors = true;
                    diagnostics.error_at(
                        attribute.path(),
                        format_args!("`#[classify()]` says nothing; write `#[classify({example})]`, or take it away"),
                    );
                }
                None => {
                    said.has_errors = true;
                    diagnostics.error_at(
                        &attribute.meta,
                        format_args!("words stand in parentheses: `#[classify({example})]`"),
                    );
                }
            }
        }
        said
    }

    /// `None` after an error.
    fn take(&mut self, word: &Word, place: Place, diagnostics: &Diagnostics) -> Option<()> {
        let Word { name, value } = word;
        let written = name.to_string();
        let meaning = match CATEGORIES.iter().find(|(word, _)| *word == written) {
            Some((word, variant)) => Some(Meaning::Category(word, variant)),
            None => (written == "transparent").then_some(Meaning::Transparent),
        };
        let is_known = meaning.is_some() || matches!(&*written, "severity" | "retry_after" | "crate");
        if !is_known {
            let hint = did_you_mean(&written, place.words(), '`')
                .unwrap_or_else(|| format!("; on {} it is one of {}", place.name(), list(place.words())));
            diagnostics.error(name.span(), format_args!("`#[classify]` knows no `{written}`{hint}"));
            return None;
        }
        if !place.takes(&written) || (written == "crate" && place == Place::Variant) {
            let hint = match place {
                Place::Field => "write it above the variant or the struct",
                Place::Enum => "write it above the variant that has the field",
                Place::Variant | Place::Struct => "write it above the enum",
            };
            diagnostics.error(name.span(), format_args!("`{written}` says nothing about {}; {hint}", place.name()));
            return None;
        }
        if let Some(meaning) = meaning {
            if let Some(value) = value {
                diagnostics.error_at(value, format_args!("`{written}` takes no value: `#[classify({written})]`"));
                return None;
            }
            return self.mean(meaning, name.span(), diagnostics);
        }
        match &*written {
            "severity" => self.severity = Some(severity(value.as_ref(), name, diagnostics)?),
            "retry_after" => self.retry_after = Some(retry_after(value.as_ref(), name, place, diagnostics)?),
            _ => facade(value.as_ref(), name, diagnostics)?,
        }
        Some(())
    }

    /// Every error has one meaning.
    pub(super) fn mean(&mut self, meaning: Meaning, span: Span, diagnostics: &Diagnostics) -> Option<()> {
        if let Some((first, _)) = self.meaning {
            let why = match (first, meaning) {
                (Meaning::Category(..), Meaning::Category(..)) => "an error has one category",
                _ => "`transparent` takes over the category of a field",
            };
            let (first, word) = (first.word(), meaning.word());
            diagnostics.error(span, format_args!("{why}, and there are two here; keep `{first}` or `{word}`"));
            return None;
        }
        self.meaning = Some((meaning, span));
        Some(())
    }
}

fn severity(value: Option<&Expr>, name: &Ident, diagnostics: &Diagnostics) -> Option<&'static str> {
    let known = SEVERITIES.map(|(word, _)| word);
    match value.map(|value| (value, literal(value))) {
        Some((_, Some(Lit::Str(text)))) => {
            let found = SEVERITIES.iter().find(|(word, _)| *word == text.value());
            if found.is_none() {
                diagnostics.error(text.span(), unknown_word_message("severity", &text.value(), &known, ""));
            }
            found.map(|(_, variant)| *variant)
        }
        Some((value, _)) => {
            let word = as_ident(value).map(ToString::to_string);
            let example = word.as_deref().filter(|word| known.contains(word)).unwrap_or("warning");
            diagnostics.error_at(&value, format_args!("`severity` takes a string: `severity = \"{example}\"`"));
            None
        }
        None => {
            diagnostics.error(name.span(), "`severity` needs a value: `severity = \"warning\"`");
            None
        }
    }
}

fn retry_after(value: Option<&Expr>, name: &Ident, place: Place, diagnostics: &Diagnostics) -> Option<RetryAfter> {
    let Some(value) = value else {
        if place == Place::Field {
            return Some(RetryAfter::This(name.span()));
        }
        diagnostics.error(name.span(), "`retry_after` names the field with the time to wait: `retry_after = wait`");
        return None;
    };
    if place == Place::Field {
        diagnostics.error_at(value, "on a field, `retry_after` means that field: `#[classify(retry_after)]`");
        return None;
    }
    let message = match (bare(value), literal(value)) {
        (_, Some(Lit::Int(index))) if index.suffix().is_empty() => return Some(RetryAfter::Index(index.clone())),
        (_, Some(Lit::Str(text))) if syn::parse_str::<Ident>(&text.value()).is_ok() => {
            format!("a field is named without quotes: `retry_after = {}`", text.value())
        }
        (Expr::Field(field), _) => {
            let member = &field.member;
            format!("a field is named alone: `retry_after = {}`", quote::quote!(#member))
        }
        _ => match as_ident(value) {
            Some(field) => return Some(RetryAfter::Field(field.clone())),
            None => "`retry_after` names the field with the time to wait, as `retry_after = wait`, or `0` of a tuple; \
                     what has to be computed is said by an implementation of `Classify`"
                .to_owned(),
        },
    };
    diagnostics.error_at(value, message);
    None
}

/// `crate = path` has been read before; see `runtime_path`.
fn facade(value: Option<&Expr>, name: &Ident, diagnostics: &Diagnostics) -> Option<()> {
    const MESSAGE: &str = "`crate` takes a path, without quotes: `crate = my_crate::resilience`";
    match value {
        Some(Expr::Path(_)) => return Some(()),
        Some(value) => diagnostics.error_at(value, MESSAGE),
        None => diagnostics.error(name.span(), MESSAGE),
    }
    None
}

/// `transient`, or `severity = "info"`.
struct Word {
    name: Ident,
    value: Option<Expr>,
}

fn words(tokens: &TokenStream, has_errors: &mut bool, diagnostics: &Diagnostics) -> Vec<Word> {
    let mut words = Vec::new();
    let result = (|input: ParseStream<'_>| {
        while !input.is_empty() {
            match word(input) {
                Ok(word) => words.push(word),
                Err(error) => {
                    diagnostics.push(error);
                    *has_errors = true;
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
        diagnostics.push(error);
        *has_errors = true;
    }
    words
}

fn word(input: ParseStream<'_>) -> syn::Result<Word> {
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
    Ok(Word { name, value })
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
