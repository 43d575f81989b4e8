mod arguments;
mod expand;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use resilience_options::suggest::{did_you_mean, list};
use syn::ext::IdentExt;
use syn::{Data, DataEnum, DeriveInput, Field, Fields, Index, Member, Path};

use self::arguments::{Classification, ClassifyArguments, RetryAfter, Target};
use crate::diagnostics::Diagnostics;
use crate::runtime_path::Facade;

pub(crate) fn classify(tokens: TokenStream) -> TokenStream {
    let input = match syn::parse2::<DeriveInput>(tokens) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let diagnostics = Diagnostics::new();
    let facade = Facade::of(input.attrs.iter().filter_map(arguments::arguments));
    let cases = cases(&input, &diagnostics);
    match diagnostics.into_compile_errors() {
        None => expand::implementation(&input, &facade, &cases),
        Some(errors) => {
            // Without an implementation, further errors would follow.
            let implementation = expand::placeholder(&input, &facade);
            quote!(#errors #implementation)
        }
    }
}

struct Case<'a> {
    variant: Option<&'a Ident>,
    category: Answer<'a>,
    severity: Answer<'a>,
    retry_after: Answer<'a>,
    /// The field that may wrap an error of ours.
    cause: Option<FieldRef<'a>>,
    /// The function that classifies the field.
    with: Option<Path>,
}

#[derive(Clone, Copy)]
enum Answer<'a> {
    Default,
    Word(&'static str),
    Delegated(FieldRef<'a>),
    Field(FieldRef<'a>),
}

#[derive(Clone, Copy)]
struct FieldRef<'a> {
    index: usize,
    field: &'a Field,
}

impl FieldRef<'_> {
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
            let arguments = ClassifyArguments::read(&input.attrs, Target::Struct, diagnostics);
            let fields = CaseFields::of(&data.fields, arguments);
            if fields.is_unclassified() {
                let message = format!(
                    "`{ident}` has no category, and none is safe to assume; write `#[classify(transient)]` above the \
                     struct, or one of {}",
                    all_but("transient")
                );
                diagnostics.error(ident.span(), message);
            }
            vec![fields.case(None, ident, &ClassifyArguments::none(Target::Enum, diagnostics))]
        }
        Data::Enum(data) => variants(input, data, diagnostics),
        Data::Union(data) => {
            diagnostics.error(
                data.union_token.span,
                "`#[derive(Classify)]` goes on a struct or an enum, and this is a `union`: it cannot tell which field \
                 it holds",
            );
            Vec::new()
        }
    }
}

fn variants<'a>(input: &'a DeriveInput, data: &'a DataEnum, diagnostics: &Diagnostics) -> Vec<Case<'a>> {
    let ident = &input.ident;
    let default = ClassifyArguments::read(&input.attrs, Target::Enum, diagnostics);
    let variants: Vec<_> = data
        .variants
        .iter()
        .map(|variant| {
            let arguments = ClassifyArguments::read(&variant.attrs, Target::Variant, diagnostics);
            (&variant.ident, CaseFields::of(&variant.fields, arguments))
        })
        .collect();
    let has_default = default.classification.is_some() || default.has_errors;
    let are_all_unclassified = !has_default && variants.iter().all(|(_, fields)| fields.is_unclassified());
    if are_all_unclassified && !variants.is_empty() {
        let message = format!(
            "`{ident}` has no categories, and none is safe to assume; write `#[classify(transient)]` above each \
             variant, or one of {}, or one of them above the enum for all its variants",
            all_but("transient")
        );
        diagnostics.error(ident.span(), message);
    }
    variants
        .into_iter()
        .map(|(variant, fields)| {
            if !has_default && !are_all_unclassified && fields.is_unclassified() {
                let message = format!(
                    "`{variant}` has no category, and none is safe to assume; write `#[classify(transient)]` \
                     above it, or one of {}, or a default for all variants above `enum {ident}`",
                    all_but("transient")
                );
                diagnostics.error(variant.span(), message);
            }
            fields.case(Some(variant), variant, &default)
        })
        .collect()
}

fn all_but(first: &str) -> String {
    list(arguments::classifications().filter(|word| *word != first))
}

struct CaseFields<'a, 'd> {
    fields: Vec<FieldRef<'a>>,
    arguments: ClassifyArguments<'d>,
    transparent: Option<FieldRef<'a>>,
    retry_after: Option<FieldRef<'a>>,
}

impl<'a, 'd> CaseFields<'a, 'd> {
    fn of(fields: &'a Fields, mut arguments: ClassifyArguments<'d>) -> Self {
        let diagnostics = arguments.diagnostics;
        let fields: Vec<_> = fields.iter().enumerate().map(|(index, field)| FieldRef { index, field }).collect();
        let (mut transparent, mut retry_after) = (None, None);
        for field in &fields {
            let of_field = ClassifyArguments::read(&field.field.attrs, Target::Field, diagnostics);
            arguments.has_errors |= of_field.has_errors;
            if let Some((classification, span)) = of_field.classification {
                if transparent.replace(*field).is_some() {
                    diagnostics
                        .error(span, "two fields are `transparent`, and only one can classify the error; keep one");
                } else if !arguments.asks_the_field_that(classification) {
                    arguments.classify_field(classification, span);
                    arguments.with = arguments.with.or(of_field.with);
                }
            }
            if let Some(RetryAfter::This(span)) = of_field.retry_after {
                if arguments.retry_after.is_some() || retry_after.replace(*field).is_some() {
                    diagnostics.error(span, "`retry_after` is given twice; keep one");
                }
            }
        }
        Self { fields, arguments, transparent, retry_after }
    }

    const fn is_unclassified(&self) -> bool {
        self.arguments.classification.is_none() && !self.arguments.has_errors
    }

    /// The nearest argument applies: the variant's, then its delegate field's, then the enum's.
    fn case(self, variant: Option<&'a Ident>, name: &Ident, default: &ClassifyArguments<'_>) -> Case<'a> {
        let own = self.arguments.classification;
        let category = match own.or(default.classification) {
            Some((Classification::Category(_, category), _)) => Answer::Word(category),
            Some((asked @ (Classification::Transparent | Classification::With), span)) => {
                // A default that does not fit a variant is reported at the variant.
                let span = if own.is_some() { span } else { name.span() };
                self.delegate(asked.word(), name, span).map_or(Answer::Default, Answer::Delegated)
            }
            None => Answer::Default,
        };
        let delegated = matches!(category, Answer::Delegated(_)).then_some(category);
        let word = |arguments: &ClassifyArguments<'_>| arguments.severity.map(Answer::Word);
        let severity = if own.is_some() {
            word(&self.arguments).or(delegated).or_else(|| word(default))
        } else {
            word(&self.arguments).or_else(|| word(default)).or(delegated)
        };
        let named = self.arguments.retry_after.as_ref().and_then(|given| self.find(given, name));
        let retry_after = self.retry_after.or(named).map(Answer::Field).or(delegated);
        let cause = match category {
            Answer::Delegated(field) => Some(field),
            _ => self.transparent.or_else(|| self.cause()),
        };
        let with = if own.is_some() { self.arguments.with } else { default.with.clone() };
        Case {
            variant,
            with,
            cause,
            category,
            severity: severity.unwrap_or(Answer::Default),
            retry_after: retry_after.unwrap_or(Answer::Default),
        }
    }

    fn delegate(&self, word: &str, name: &Ident, span: Span) -> Option<FieldRef<'a>> {
        if self.transparent.is_some() {
            return self.transparent;
        }
        let cause = self.cause();
        if cause.is_some() {
            return cause;
        }
        let message = match &*self.fields {
            [] => format!(
                "`{word}` takes the classification of a field, and `{name}` has no fields; give it a category of its \
                 own: `#[classify(transient)]`"
            ),
            _ => format!(
                "`{word}` takes the classification of a field, and `{name}` has several; put \
                 `#[classify(transparent)]` on the one that is meant"
            ),
        };
        self.arguments.diagnostics.error(span, message);
        None
    }

    /// The only field, or the only source.
    fn cause(&self) -> Option<FieldRef<'a>> {
        if let [field] = &*self.fields {
            return Some(*field);
        }
        let mut sources = self.fields.iter().copied().filter(|field| is_source(field.field));
        sources.next().filter(|_| sources.next().is_none())
    }

    fn find(&self, given: &RetryAfter, name: &Ident) -> Option<FieldRef<'a>> {
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
            0 => ", nor any other".to_owned(),
            1 => format!("; its only one is {}", list(names())),
            _ => format!("; it has {}", list(names())),
        });
        let message = format!("`{name}` has no field `{written}`{hint}");
        self.arguments.diagnostics.error(span, message);
        None
    }
}

/// Follows thiserror: `#[source]`, `#[from]`, or the name `source`.
fn is_source(field: &Field) -> bool {
    field.attrs.iter().any(|attribute| attribute.path().is_ident("source") || attribute.path().is_ident("from"))
        || field.ident.as_ref().is_some_and(|name| name == "source")
}
