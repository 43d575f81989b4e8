use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Generics};

use super::{Answer, Case, FieldRef};
use crate::parse::tokens::mentions;
use crate::runtime_path::Facade;

/// ```text
/// // Input:
/// #[classify(rate_limit, retry_after = wait)] Busy { wait: Duration },
/// #[classify(transparent)] Io(io::Error),
/// // Output, for each method:
/// fn category(&self) -> Category {
///     match self {
///         Self::Busy { .. } => Category::RateLimit,
///         Self::Io { 0: __source, .. } => <io::Error as Classify>::category(__source),
///     }
/// }
/// ```
///
/// Methods that equal the trait's default are left out.
pub(super) fn implementation(input: &DeriveInput, facade: &Facade, cases: &[Case<'_>]) -> TokenStream {
    let private = facade.private();
    let generics = generics_with_bounds(input, &private, cases);
    let category = arms(cases, |case| match case.category {
        Answer::Delegated(field) => delegated(case, field, &private, "category"),
        Answer::Word(word) => plain(case, &variant_of(&private, "Category", word)),
        Answer::Default | Answer::Field(_) => plain(case, &variant_of(&private, "Category", "Permanent")),
    });
    let (severity, retry_after) = (severity(&private, cases), retry_after(&private, cases));
    let resilience_error = resilience_error(&private, cases);
    emit(
        input,
        &generics,
        &private,
        &quote_spanned!(Span::mixed_site()=> { #category }),
        &quote!(#severity #retry_after #resilience_error),
    )
}

/// Adds a bound for each field of a generic type that decides the category.
fn generics_with_bounds(input: &DeriveInput, private: &TokenStream, cases: &[Case<'_>]) -> Generics {
    let mut generics = input.generics.clone();
    let params: Vec<String> = generics.type_params().map(|param| param.ident.to_string()).collect();
    // The compiler could not resolve the bound of a recursive type on itself.
    let this = [input.ident.to_string(), "Self".to_owned()];
    // A field to which anything is delegated decides the category too.
    for case in cases {
        if let (Answer::Delegated(FieldRef { field, .. }), None) = (case.category, &case.with) {
            let ty = &field.ty;
            let tokens = ty.to_token_stream();
            if mentions(&tokens, &params) && !mentions(&tokens, &this) {
                generics.make_where_clause().predicates.push(syn::parse_quote!(#ty: #private::Classify));
            }
        }
    }
    generics
}

fn severity(private: &TokenStream, cases: &[Case<'_>]) -> Option<TokenStream> {
    cases.iter().any(|case| !matches!(case.severity, Answer::Default)).then(|| {
        let body = arms(cases, |case| match case.severity {
            Answer::Word(word) => plain(case, &variant_of(private, "Severity", word)),
            Answer::Delegated(field) => delegated(case, field, private, "severity"),
            Answer::Default | Answer::Field(_) => plain(case, &variant_of(private, "Severity", "Error")),
        });
        quote_spanned!(Span::mixed_site()=> fn severity(&self) -> #private::Severity { #body })
    })
}

fn retry_after(private: &TokenStream, cases: &[Case<'_>]) -> Option<TokenStream> {
    let at = Span::mixed_site();
    cases.iter().any(|case| !matches!(case.retry_after, Answer::Default)).then(|| {
        let body = arms(cases, |case| match case.retry_after {
            Answer::Field(field) => {
                let (ty, wait) = (&field.field.ty, quote_spanned!(at=> __wait));
                asked(case, field, &wait, quote_spanned!(at=> <#ty as #private::Wait>::wait(#wait)))
            }
            Answer::Delegated(field) => delegated(case, field, private, "retry_after"),
            Answer::Default | Answer::Word(_) => plain(case, &quote_spanned!(at=> ::core::option::Option::None)),
        });
        quote_spanned! {at=>
            fn retry_after(&self) -> ::core::option::Option<::core::time::Duration> { #body }
        }
    })
}

fn resilience_error(private: &TokenStream, cases: &[Case<'_>]) -> Option<TokenStream> {
    let at = Span::mixed_site();
    cases.iter().any(|case| case.cause.is_some()).then(|| {
        let body = arms(cases, |case| match case.cause {
            Some(field) => searched(case, field, private),
            None => plain(case, &quote_spanned!(at=> ::core::option::Option::None)),
        });
        quote_spanned! {at=>
            fn resilience_error(&self) -> ::core::option::Option<&#private::Error> { #body }
        }
    })
}

pub(super) fn placeholder(input: &DeriveInput, facade: &Facade) -> TokenStream {
    let private = facade.private();
    let category = variant_of(&private, "Category", "Permanent");
    emit(input, &input.generics, &private, &quote!({ #category }), &TokenStream::new())
}

fn emit(
    input: &DeriveInput,
    generics: &Generics,
    private: &TokenStream,
    category: &TokenStream,
    others: &TokenStream,
) -> TokenStream {
    let at = Span::mixed_site();
    let ident = &input.ident;
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    // The arms name deprecated variants.
    let allow = is_deprecated(input).then(|| quote!(#[allow(deprecated)]));
    quote_spanned! {at=>
        #allow
        #[automatically_derived]
        impl #impl_generics #private::Classify for #ident #type_generics #where_clause {
            fn category(&self) -> #private::Category #category
            #others
        }
    }
}

fn variant_of(private: &TokenStream, of: &str, name: &str) -> TokenStream {
    let at = Span::mixed_site();
    let (of, name) = (syn::Ident::new(of, at), syn::Ident::new(name, at));
    quote_spanned!(at=> #private::#of::#name)
}

struct Arm {
    pattern: TokenStream,
    answer: TokenStream,
    is_plain: bool,
}

fn arms<'a>(cases: &'a [Case<'a>], arm: impl Fn(&'a Case<'a>) -> Arm) -> TokenStream {
    let at = Span::mixed_site();
    if cases.is_empty() {
        return quote_spanned!(at=> match *self {});
    }
    // Clippy rejects several arms with equal answers.
    let mut grouped: Vec<(Arm, Vec<TokenStream>)> = Vec::new();
    for arm in cases.iter().map(arm) {
        let same = grouped
            .iter_mut()
            .find(|(first, _)| first.is_plain && arm.is_plain && first.answer.to_string() == arm.answer.to_string());
        match same {
            Some((_, others)) => others.push(arm.pattern),
            None => grouped.push((arm, Vec::new())),
        }
    }
    let arms =
        grouped.into_iter().map(|(Arm { pattern, answer, .. }, others)| quote!(#pattern #(| #others)* => #answer,));
    quote_spanned!(at=> match self { #(#arms)* })
}

fn path(case: &Case<'_>) -> TokenStream {
    let at = Span::mixed_site();
    match case.variant {
        Some(variant) => quote_spanned!(at=> Self::#variant),
        None => quote_spanned!(at=> Self),
    }
}

fn plain(case: &Case<'_>, answer: &TokenStream) -> Arm {
    let path = path(case);
    Arm { pattern: quote!(#path { .. }), answer: answer.clone(), is_plain: true }
}

fn asked(case: &Case<'_>, field: FieldRef<'_>, binding: &TokenStream, answer: TokenStream) -> Arm {
    let (path, member) = (path(case), field.member());
    Arm { pattern: quote!(#path { #member: #binding, .. }), answer, is_plain: false }
}

fn delegated(case: &Case<'_>, field: FieldRef<'_>, private: &TokenStream, method: &str) -> Arm {
    let at = Span::mixed_site();
    let (ty, source, method) = (&field.field.ty, quote_spanned!(at=> __source), syn::Ident::new(method, at));
    if let Some(function) = &case.with {
        let here = function.span().resolved_at(at);
        let answer = quote_spanned!(here=> {
            let __verdict: #private::Verdict = #function(__source);
            __verdict.#method()
        });
        return asked(case, field, &source, answer);
    }
    asked(case, field, &source, quote_spanned!(at=> <#ty as #private::Classify>::#method(#source)))
}

/// A field that classifies the error implements `Classify`. For others, autoref finds out.
fn searched(case: &Case<'_>, field: FieldRef<'_>, private: &TokenStream) -> Arm {
    if matches!((case.category, &case.with), (Answer::Delegated(_), None)) {
        return delegated(case, field, private, "resilience_error");
    }
    let at = Span::mixed_site();
    let source = quote_spanned!(at=> __source);
    let search = if has_lifetime(field.field.ty.to_token_stream()) { "of_borrowed" } else { "of" };
    let search = syn::Ident::new(search, at);
    let answer = quote_spanned!(at=> #private::ErrorSearch::#search(__source).__resilience_error());
    asked(case, field, &source, answer)
}

fn has_lifetime(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Punct(punct) => punct.as_char() == '\'',
        TokenTree::Group(group) => has_lifetime(group.stream()),
        TokenTree::Ident(_) | TokenTree::Literal(_) => false,
    })
}

fn is_deprecated(input: &DeriveInput) -> bool {
    let mut attributes = input.attrs.clone();
    match &input.data {
        Data::Struct(data) => attributes.extend(data.fields.iter().flat_map(|field| field.attrs.clone())),
        Data::Enum(data) => {
            for variant in &data.variants {
                attributes.extend(variant.attrs.clone());
                attributes.extend(variant.fields.iter().flat_map(|field| field.attrs.clone()));
            }
        }
        Data::Union(_) => {}
    }
    attributes.iter().any(|attribute| attribute.path().is_ident("deprecated"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(input: TokenStream) -> String {
        let file = syn::parse2(super::super::classify(input)).expect("an implementation");
        prettyplease::unparse(&file)
    }

    #[test]
    fn a_method_is_there_only_for_what_somebody_has_said() {
        let plain = expanded(quote! {
            enum Plain {
                #[classify(network)]
                Lost,
                #[classify(permanent)]
                Invalid(u8, u8),
                #[classify(network)]
                Reset { by: Peer, at: Instant },
            }
        });
        assert_eq!(
            plain,
            "#[automatically_derived]
impl ::resilience::__private::Classify for Plain {
    fn category(&self) -> ::resilience::__private::Category {
        match self {
            Self::Lost { .. } | Self::Reset { .. } => {
                ::resilience::__private::Category::Network
            }
            Self::Invalid { .. } => ::resilience::__private::Category::Permanent,
        }
    }
}
"
        );
    }

    #[test]
    fn a_field_that_does_not_classify_the_error_is_searched_by_its_type() {
        let searched = expanded(quote! {
            #[classify(permanent)]
            enum Wrapping<'a> {
                Unit,
                Any(Cause),
                Borrowing { at: u8, source: Cause<'a> },
            }
        });
        let (_category, method) = searched.split_once("    fn resilience_error").expect("the method");
        assert_eq!(
            method,
            "(
        &self,
    ) -> ::core::option::Option<&::resilience::__private::Error> {
        match self {
            Self::Unit { .. } => ::core::option::Option::None,
            Self::Any { 0: __source, .. } => {
                ::resilience::__private::ErrorSearch::of(__source).__resilience_error()
            }
            Self::Borrowing { source: __source, .. } => {
                ::resilience::__private::ErrorSearch::of_borrowed(__source)
                    .__resilience_error()
            }
        }
    }
}
"
        );
    }

    #[test]
    fn a_field_is_asked_through_its_own_type_and_bound_where_that_is_a_parameter() {
        let generic = expanded(quote! {
            #[classify(transparent, crate = a::b)]
            struct Wrapped<'a, E: Debug = io::Error>(#[from] Box<E>, &'a str);
        });
        assert_eq!(
            generic,
            "#[automatically_derived]
impl<'a, E: Debug> a::b::__private::Classify for Wrapped<'a, E>
where
    Box<E>: a::b::__private::Classify,
{
    fn category(&self) -> a::b::__private::Category {
        match self {
            Self { 0: __source, .. } => {
                <Box<E> as a::b::__private::Classify>::category(__source)
            }
        }
    }
    fn severity(&self) -> a::b::__private::Severity {
        match self {
            Self { 0: __source, .. } => {
                <Box<E> as a::b::__private::Classify>::severity(__source)
            }
        }
    }
    fn retry_after(&self) -> ::core::option::Option<::core::time::Duration> {
        match self {
            Self { 0: __source, .. } => {
                <Box<E> as a::b::__private::Classify>::retry_after(__source)
            }
        }
    }
    fn resilience_error(&self) -> ::core::option::Option<&a::b::__private::Error> {
        match self {
            Self { 0: __source, .. } => {
                <Box<E> as a::b::__private::Classify>::resilience_error(__source)
            }
        }
    }
}
"
        );
    }
}
