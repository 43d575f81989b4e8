//! Tokens seen and changed as tokens: where they stand, what they mention.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::quote_spanned;

/// Whether any of these identifiers stands among the tokens.
pub(crate) fn mentions(tokens: &TokenStream, names: &[String]) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => names.contains(&ident.to_string()),
        TokenTree::Group(group) => mentions(&group.stream(), names),
        _ => false,
    })
}

/// The same, and in the text of literals: `"{name}"`.
pub(crate) fn mentions_in_text(tokens: &TokenStream, names: &[String]) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => names.contains(&ident.to_string()),
        TokenTree::Group(group) => mentions_in_text(&group.stream(), names),
        TokenTree::Literal(text) => names.iter().any(|name| text.to_string().contains(&format!("{{{name}"))),
        TokenTree::Punct(_) => false,
    })
}

/// Whether `name!(..)` stands among the tokens.
pub(crate) fn calls_a_macro(tokens: &TokenStream) -> bool {
    let (mut is_named, mut is_called) = (false, false);
    tokens.clone().into_iter().any(|token| {
        let found = is_called && matches!(token, TokenTree::Group(_));
        is_called = is_named && matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '!');
        is_named = matches!(token, TokenTree::Ident(_));
        found || matches!(token, TokenTree::Group(group) if calls_a_macro(&group.stream()))
    })
}

/// The same tokens, all located at `at`, each with its own resolution.
pub(crate) fn relocate(tokens: TokenStream, at: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token| {
            if let TokenTree::Group(group) = &token {
                let mut moved = Group::new(group.delimiter(), relocate(group.stream(), at));
                moved.set_span(group.span().located_at(at));
                return TokenTree::Group(moved);
            }
            token.set_span(token.span().located_at(at));
            token
        })
        .collect()
}

/// The same, of borrowed tokens.
pub(crate) fn relocated(tokens: &TokenStream, at: Span) -> TokenStream {
    relocate(tokens.clone(), at)
}

/// `impl Trait` cannot be written where a type is annotated: it is left to inference.
pub(crate) fn erase_impl(tokens: TokenStream) -> TokenStream {
    let mut erased = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(word) if word == "impl" => {
                let at = word.span();
                let (mut depth, mut arrow) = (0_u32, false);
                while let Some(next) = tokens.peek() {
                    let mut is_dash = false;
                    if let TokenTree::Punct(punct) = next {
                        match (punct.as_char(), depth) {
                            ('<', _) => depth += 1,
                            // The end of `->`, as in `impl Fn(u32) -> u32`.
                            ('>', _) if arrow => {}
                            ('>' | ',', 0) => break,
                            ('>', _) => depth -= 1,
                            (dash, _) => is_dash = dash == '-',
                        }
                    }
                    arrow = is_dash;
                    tokens.next();
                }
                erased.extend(quote_spanned!(at=> _));
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), erase_impl(group.stream()));
                inner.set_span(group.span());
                erased.extend([TokenTree::Group(inner)]);
            }
            token => erased.extend([token]),
        }
    }
    erased
}

/// Every `self` under another name.
pub(crate) fn rename_self(statements: TokenStream, this: &Ident) -> TokenStream {
    statements
        .into_iter()
        .map(|token| match token {
            TokenTree::Ident(word) if word == "self" => TokenTree::Ident(this.clone()),
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), rename_self(group.stream(), this));
                inner.set_span(group.span());
                TokenTree::Group(inner)
            }
            token => token,
        })
        .collect()
}

/// A pattern for looking only: bindings neither change nor borrow anew.
pub(crate) fn without_mut(pattern: TokenStream) -> TokenStream {
    pattern
        .into_iter()
        .filter_map(|token| match token {
            TokenTree::Ident(word) if word == "mut" || word == "ref" => None,
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), without_mut(group.stream()));
                inner.set_span(group.span());
                Some(TokenTree::Group(inner))
            }
            token => Some(token),
        })
        .collect()
}
