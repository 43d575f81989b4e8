//! `#[derive(Classify)]`: what an error means, said where the error is defined.

mod expand;
mod said;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Field, Fields, Index, Member};

use self::said::{Meaning, Place, RetryAfter, Said};
use crate::diagnostics::{Diagnostics, did_you_mean, list};
use crate::runtime_path::Facade;

pub(crate) fn classify(tokens: TokenStream) -> TokenStream {
    let input = match syn::parse2::<DeriveInput>(tokens) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let diagnostics = Diagnostics::new();
    let facade = Facade::of(input.attrs.iter().filter_map(said::arguments));
    let cases = cases(&input, &diagnostics);
    match diagnostics.into_compile_errors() {
        None => expand::implementation(&input, &facade, &cases),
        Some(errors) => {
            // An implementation all the same, so that nothing else turns red.
            let implementation = expand::placeholder(&input, &facade);
            quote!(#errors #implementation)
        }
    }
}

/// A struct or a variant, and who answers for it.
struct Case<'a> {
    variant: Option<&'a Ident>,
    category: Answer<'a>,
    severity: Answer<'a>,
    retry_after: Answer<'a>,
}

/// Where an answer comes from.
#[derive(Clone, Copy)]
enum Answer<'a> {
    /// The trait's own.
    Default,
    /// A variant of `Category` or `Severity`.
    Word(&'static str),
    /// The classification of a field.
    Delegated(Chosen<'a>),
    /// A field is the answer.
    Field(Chosen<'a>),
}

#[derive(Clone, Copy)]
struct Chosen<'a> {
    index: usize,
    field: &'a Field,
}

impl Chosen<'_> {
    /// How a pattern names it.
    fn member(self) -> Member {
        match &self.field.ident {
            Some(name) => Member::Named(name.clone()),
            None => Member::Unnamed(Index::from(self.index)),
        }
    }
}

fn cases<'a>(input: &'a DeriveInput, diagnostics: &Diagnostics) -> Vec<Case<'a>> {
    let ident = &input.ident;
    match &input.data {
        Data::Struct(data) => {
            let said = Said::read(&input.attrs, Place::Struct, diagnostics);
            let shape = Shape::of(&data.fields, said, diagnostics);
            if shape.is_silent() {
                let message = format!(
                    "`{ident}` has no category, and none is safe to assume; write `#[classify(transient)]` above the \
                     struct, or one of {}",
                    others("transient")
                );
                diagnostics.error(ident.span(), message);
            }
            vec![shape.case(None, ident, &Said::default(), diagnostics)]
        }
        Data::Enum(data) => {
            let default = Said::read(&input.attrs, Place::Enum, diagnostics);
            let shapes: Vec<_> = data
                .variants
                .iter()
                .map(|variant| {
                    let said = Said::read(&variant.attrs, Place::Variant, diagnostics);
                    (&variant.ident, Shape::of(&variant.fields, said, diagnostics))
                })
                .collect();
            let has_default = default.meaning.is_some() || default.has_errors;
            let is_silent = !has_default && shapes.iter().all(|(_, shape)| shape.is_silent());
            if is_silent && !shapes.is_empty() {
                let message = format!(
                    "`{ident}` has no categories, and none is safe to assume; write `#[classify(transient)]` above each \
                     variant, or one of {}, or one of them above the enum for all its variants",
                    others("transient")
                );
                diagnostics.error(ident.span(), message);
            }
            shapes
                .into_iter()
                .map(|(variant, shape)| {
                    if !has_default && !is_silent && shape.is_silent() {
                        let message = format!(
                            "`{variant}` has no category, and none is safe to assume; write `#[classify(transient)]` \
                             above it, or one of {}, or a default for all variants above `enum {ident}`",
                            others("transient")
                        );
                        diagnostics.error(variant.span(), message);
                    }
                    shape.case(Some(variant), variant, &default, diagnostics)
                })
                .collect()
        }
        Data::Union(data) => {
            diagnostics.error(
                data.union_token.span,
                "`#[derive(Classify)]` goes on a struct or an enum, and this is a `union`: nobody knows which of its \
                 fields is there",
            );
            Vec::new()
        }
    }
}

fn others(first: &str) -> String {
    list(said::meanings().filter(|word| *word != first))
}

/// The fields of a struct or a variant, and all that is said about them.
struct Shape<'a> {
    fields: Vec<Chosen<'a>>,
    said: Said,
    transparent: Option<Chosen<'a>>,
    retry_after: Option<Chosen<'a>>,
}

impl<'a> Shape<'a> {
    fn of(fields: &'a Fields, mut said: Said, diagnostics: &Diagnostics) -> Self {
        let fields: Vec<_> = fields.iter().enumerate().map(|(index, field)| Chosen { index, field }).collect();
        let (mut transparent, mut retry_after) = (None, None);
        for field in &fields {
            let of_field = Said::read(&field.field.attrs, Place::Field, diagnostics);
            said.has_errors |= of_field.has_errors;
            if let Some((meaning, span)) = of_field.meaning {
                if transparent.replace(*field).is_some() {
                    diagnostics.error(span, "two fields are `transparent`, and only one can be asked; keep one");
                } else if !matches!(said.meaning, Some((Meaning::Transparent, _))) {
                    said.mean(meaning, span, diagnostics);
                }
            }
            if let Some(RetryAfter::This(span)) = of_field.retry_after {
                if said.retry_after.is_some() || retry_after.replace(*field).is_some() {
                    diagnostics.error(span, "`retry_after` is given twice; keep one");
                }
            }
        }
        Self { fields, said, transparent, retry_after }
    }

    /// Whether a category is missing.
    const fn is_silent(&self) -> bool {
        self.said.meaning.is_none() && !self.said.has_errors
    }

    /// Who answers. The nearer word counts: what stands at the variant, then the field that the variant delegates to, then
    /// what stands at the enum.
    fn case(self, variant: Option<&'a Ident>, name: &Ident, default: &Said, diagnostics: &Diagnostics) -> Case<'a> {
        let own = self.said.meaning;
        let category = match own.or(default.meaning) {
            Some((Meaning::Category(_, category), _)) => Answer::Word(category),
            Some((Meaning::Transparent, span)) => {
                // A default is at fault nowhere but at the variant it does not fit.
                let span = if own.is_some() { span } else { name.span() };
                self.delegate(name, span, diagnostics).map_or(Answer::Default, Answer::Delegated)
            }
            None => Answer::Default,
        };
        let delegated = matches!(category, Answer::Delegated(_)).then_some(category);
        let word = |said: &Said| said.severity.map(Answer::Word);
        let severity = if own.is_some() {
            word(&self.said).or(delegated).or_else(|| word(default))
        } else {
            word(&self.said).or_else(|| word(default)).or(delegated)
        };
        let named = self.said.retry_after.as_ref().and_then(|given| self.find(given, name, diagnostics));
        let retry_after = self.retry_after.or(named).map(Answer::Field).or(delegated);
        Case {
            variant,
            category,
            severity: severity.unwrap_or(Answer::Default),
            retry_after: retry_after.unwrap_or(Answer::Default),
        }
    }

    /// The field that `transparent` means.
    fn delegate(&self, name: &Ident, span: Span, diagnostics: &Diagnostics) -> Option<Chosen<'a>> {
        if self.transparent.is_some() {
            return self.transparent;
        }
        let sources: Vec<_> = self.fields.iter().copied().filter(|field| is_source(field.field)).collect();
        match (&*self.fields, &*sources) {
            ([field], _) | (_, [field]) => Some(*field),
            ([], _) => {
                diagnostics.error(
                    span,
                    format_args!(
                        "`transparent` takes over what a field says of itself, and `{name}` has no fields; give it a \
                         category of its own: `#[classify(transient)]`"
                    ),
                );
                None
            }
            _ => {
                diagnostics.error(
                    span,
                    format_args!(
                        "`transparent` takes over what a field says of itself, and `{name}` has several; put \
                         `#[classify(transparent)]` on the one that is meant"
                    ),
                );
                None
            }
        }
    }

    /// The field that `retry_after = ..` names.
    fn find(&self, given: &RetryAfter, name: &Ident, diagnostics: &Diagnostics) -> Option<Chosen<'a>> {
        let (written, span) = match given {
            RetryAfter::Field(field) => (field.unraw().to_string(), field.span()),
            RetryAfter::Index(index) => (index.base10_digits().to_owned(), index.span()),
            RetryAfter::This(_) => return None,
        };
        let names: Vec<String> = self
            .fields
            .iter()
            .map(|field| match &field.field.ident {
                Some(ident) => ident.unraw().to_string(),
                None => field.index.to_string(),
            })
            .collect();
        if let Some(index) = names.iter().position(|name| *name == written) {
            return Some(self.fields[index]);
        }
        let names = || names.iter().map(String::as_str);
        let slip = did_you_mean(&written, names(), '`').filter(|_| matches!(given, RetryAfter::Field(_)));
        let hint = slip.unwrap_or_else(|| match self.fields.len() {
            0 => "; it has none".to_owned(),
            1 => format!("; its only one is {}", list(names())),
            _ => format!("; it has {}", list(names())),
        });
        diagnostics.error(span, format_args!("`{name}` has no field `{written}`{hint}"));
        None
    }
}

/// As thiserror has it: `#[source]`, `#[from]`, or the name `source`.
fn is_source(field: &Field) -> bool {
    field.attrs.iter().any(|attribute| attribute.path().is_ident("source") || attribute.path().is_ident("from"))
        || field.ident.as_ref().is_some_and(|name| name == "source")
}
