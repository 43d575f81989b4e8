//! Searches and changes in token streams.

use std::iter::Peekable;

use proc_macro2::token_stream::IntoIter;
use proc_macro2::{Delimiter, Group, Ident, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};

pub(crate) fn mentions(tokens: &TokenStream, names: &[String]) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => names.contains(&ident.to_string()),
        TokenTree::Group(group) => mentions(&group.stream(), names),
        _ => false,
    })
}

pub(crate) fn mention_of(name: &Ident, tokens: &TokenStream) -> Option<Span> {
    tokens.clone().into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) => (ident == *name).then(|| ident.span()),
        TokenTree::Group(group) => mention_of(name, &group.stream()),
        _ => None,
    })
}

/// Also searches the text of literals, as in `"{name}"`.
pub(crate) fn mentions_in_text(tokens: &TokenStream, names: &[String]) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => names.contains(&ident.to_string()),
        TokenTree::Group(group) => mentions_in_text(&group.stream(), names),
        TokenTree::Literal(text) => names.iter().any(|name| text.to_string().contains(&format!("{{{name}"))),
        TokenTree::Punct(_) => false,
    })
}

/// A single letter outside `declared` may be a generic parameter of the surrounding `impl`.
pub(crate) fn outer_parameter(tokens: TokenStream, declared: &[String]) -> Option<Span> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(word) => {
            let name = word.to_string();
            let is_letter = name.len() == 1 && name.starts_with(|letter: char| letter.is_ascii_uppercase());
            (is_letter && !declared.contains(&name)).then(|| word.span())
        }
        TokenTree::Group(group) => outer_parameter(group.stream(), declared),
        _ => None,
    })
}

pub(crate) fn calls_a_macro(tokens: &TokenStream) -> bool {
    let (mut is_named, mut is_called) = (false, false);
    tokens.clone().into_iter().any(|token| {
        let found = is_called && matches!(token, TokenTree::Group(_));
        is_called = is_named && matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '!');
        is_named = matches!(token, TokenTree::Ident(_));
        found || matches!(token, TokenTree::Group(group) if calls_a_macro(&group.stream()))
    })
}

pub(crate) fn calls_a_function(tokens: &TokenStream) -> bool {
    let mut is_named = false;
    tokens.clone().into_iter().any(|token| {
        let found = is_named && has_delimiter(Some(&token), Delimiter::Parenthesis);
        is_named = matches!(token, TokenTree::Ident(_));
        found || matches!(token, TokenTree::Group(group) if calls_a_function(&group.stream()))
    })
}

/// The compiler recommends a `LazyLock` in place of a call that is not constant in a `static`,
/// but not in a block of its own.
pub(crate) fn constant(tokens: &TokenStream, at: Span) -> TokenStream {
    if calls_a_function(tokens) { quote_spanned!(at=> const { #tokens }) } else { tokens.clone() }
}

pub(super) fn with_content(group: &Group, change: impl FnOnce(TokenStream) -> TokenStream) -> TokenTree {
    let mut changed = Group::new(group.delimiter(), change(group.stream()));
    changed.set_span(group.span());
    TokenTree::Group(changed)
}

/// Tokens for many places: the compiler would copy a `TokenStream` for each of them.
#[derive(Debug, Clone)]
pub(crate) struct Spelled(Vec<TokenTree>);

impl Spelled {
    pub(crate) fn last(&self) -> Option<&TokenTree> {
        self.0.last()
    }

    pub(crate) fn mentions(&self, name: &str) -> bool {
        self.0.iter().any(|token| match token {
            TokenTree::Ident(ident) => ident == name,
            TokenTree::Group(group) => mentions(&group.stream(), &[name.to_owned()]),
            _ => false,
        })
    }

    pub(crate) fn is_unknown(&self) -> bool {
        matches!(&self.0[..], [TokenTree::Ident(word)] if word == "_")
            || matches!(&self.0[..], [TokenTree::Punct(mark)] if mark.as_char() == '_')
    }

    pub(crate) fn is_unit(&self) -> bool {
        let [TokenTree::Group(group)] = &self.0[..] else { return false };
        match group.delimiter() {
            Delimiter::Parenthesis => group.stream().is_empty(),
            Delimiter::None => Self::from(group.stream()).is_unit(),
            _ => false,
        }
    }

    pub(crate) fn relocated(&self, at: Span) -> Self {
        Self(self.0.iter().map(|token| relocate_one(token.clone(), at)).collect())
    }

    pub(crate) fn placed(&self, at: Span) -> Self {
        Self(self.0.iter().map(|token| place(token.clone(), at)).collect())
    }
}

impl From<TokenStream> for Spelled {
    fn from(tokens: TokenStream) -> Self {
        Self(tokens.into_iter().collect())
    }
}

impl ToTokens for Spelled {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.0.iter().cloned());
    }
}

/// Keeps the resolution of the tokens.
pub(crate) fn relocate(tokens: TokenStream, at: Span) -> TokenStream {
    tokens.into_iter().map(|token| relocate_one(token, at)).collect()
}

fn relocate_one(mut token: TokenTree, at: Span) -> TokenTree {
    if let TokenTree::Group(group) = &token {
        token = with_content(group, |inside| relocate(inside, at));
    }
    token.set_span(token.span().located_at(at));
    token
}

pub(crate) fn relocated(tokens: &TokenStream, at: Span) -> TokenStream {
    relocate(tokens.clone(), at)
}

/// Moves the resolution too, except that of `$crate`.
pub(crate) fn placed(tokens: &TokenStream, at: Span) -> TokenStream {
    tokens.clone().into_iter().map(|token| place(token, at)).collect()
}

fn place(mut token: TokenTree, at: Span) -> TokenTree {
    if let TokenTree::Group(group) = &token {
        token = with_content(group, |inside| placed(&inside, at));
    }
    let is_relative = matches!(&token, TokenTree::Ident(word) if word == "$crate");
    token.set_span(if is_relative { token.span().located_at(at) } else { at });
    token
}

/// The parentheses have the last token's span: a call then ends where its argument ends.
pub(crate) fn parenthesized(tokens: TokenStream) -> Group {
    let end = tokens.clone();
    parenthesized_at(tokens, &end)
}

pub(crate) fn parenthesized_at(tokens: TokenStream, end: &TokenStream) -> Group {
    let last = end.clone().into_iter().last().map_or_else(Span::mixed_site, |token| token.span());
    let mut group = Group::new(Delimiter::Parenthesis, tokens);
    group.set_span(last.resolved_at(Span::mixed_site()));
    group
}

pub(crate) fn erase_impl(tokens: TokenStream) -> TokenStream {
    let mut erased = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(word) if word == "impl" => {
                let at = word.span();
                rest_of_type(&mut tokens, &[',']);
                erased.extend(quote_spanned!(at=> _));
            }
            TokenTree::Group(group) => erased.extend([with_content(&group, erase_impl)]),
            token => erased.extend([token]),
        }
    }
    erased
}

/// Ends at an unbalanced `>` or at one of `ends`.
fn rest_of_type(tokens: &mut Peekable<IntoIter>, ends: &[char]) -> TokenStream {
    let mut rest = TokenStream::new();
    let (mut depth, mut arrow) = (0_u32, false);
    while let Some(next) = tokens.peek() {
        let mut is_dash = false;
        if let TokenTree::Punct(punct) = next {
            match (punct.as_char(), depth) {
                ('<', _) => depth += 1,
                // Of `->`, as in `impl Fn(u32) -> u32`.
                ('>', _) if arrow => {}
                ('>', 0) => break,
                (end, 0) if ends.contains(&end) => break,
                ('>', _) => depth -= 1,
                (dash, _) => is_dash = dash == '-',
            }
        }
        arrow = is_dash;
        rest.extend(tokens.next());
    }
    rest
}

/// Calls back for each `&` and each lifetime that the type does not bind itself.
pub(crate) fn lifetimes(ty: &TokenStream, found: &mut dyn FnMut(Option<String>)) {
    const FUNCTIONS: [&str; 7] = ["AsyncFn", "AsyncFnMut", "AsyncFnOnce", "Fn", "FnMut", "FnOnce", "fn"];

    let mut bound: Vec<String> = Vec::new();
    let mut tokens = ty.clone().into_iter().peekable();
    while let Some(token) = tokens.next() {
        let mut unless_bound = |name: Option<String>| {
            if name.as_ref().is_none_or(|name| !bound.contains(name)) {
                found(name);
            }
        };
        match token {
            // The call of a function binds an elided lifetime in its signature.
            TokenTree::Ident(word)
                if FUNCTIONS.iter().any(|name| word == name)
                    && has_delimiter(tokens.peek(), Delimiter::Parenthesis) =>
            {
                let signature: TokenStream =
                    tokens.next().into_iter().chain(rest_of_type(&mut tokens, &[',', '+'])).collect();
                lifetimes(&signature, &mut |name| {
                    if name.as_ref().is_some_and(|name| name != "_") {
                        unless_bound(name);
                    }
                });
            }
            TokenTree::Ident(word) if word == "for" && is_punct(tokens.peek(), '<') => {
                let names = take_through(&mut tokens, |token| is_punct(Some(token), '>')).into_iter();
                bound.extend(names.filter_map(|token| {
                    if let TokenTree::Ident(name) = token { Some(name.to_string()) } else { None }
                }));
            }
            TokenTree::Group(group) => lifetimes(&group.stream(), &mut unless_bound),
            TokenTree::Punct(punct) if punct.as_char() == '\'' => unless_bound(tokens.peek().map(ToString::to_string)),
            TokenTree::Punct(punct) if punct.as_char() == '&' && !is_punct(tokens.peek(), '\'') => unless_bound(None),
            _ => {}
        }
    }
}

pub(super) fn take_through(
    tokens: &mut impl Iterator<Item = TokenTree>,
    last: impl Fn(&TokenTree) -> bool,
) -> TokenStream {
    let mut passed = TokenStream::new();
    for token in tokens {
        let is_last = last(&token);
        passed.extend([token]);
        if is_last {
            break;
        }
    }
    passed
}

pub(super) fn is_punct(token: Option<&TokenTree>, character: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == character)
}

pub(super) fn starts_path_separator(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == ':' && punct.spacing() == Spacing::Joint)
}

pub(super) fn has_delimiter(token: Option<&TokenTree>, delimiter: Delimiter) -> bool {
    matches!(token, Some(TokenTree::Group(group)) if group.delimiter() == delimiter)
}

pub(crate) fn without_mut(pattern: TokenStream) -> TokenStream {
    pattern
        .into_iter()
        .filter_map(|token| match token {
            TokenTree::Ident(word) if word == "mut" || word == "ref" => None,
            TokenTree::Group(group) => Some(with_content(&group, without_mut)),
            token => Some(token),
        })
        .collect()
}

/// Leaves out the spaces between tokens.
pub(crate) fn readable(expression: &impl ToTokens) -> String {
    let text = expression.to_token_stream().to_string();
    [("| _ |", "|_|"), (" . ", "."), (" ,", ","), ("& ", "&"), (" (", "("), (" :: ", "::")]
        .into_iter()
        .fold(text, |text, (spaced, close)| text.replace(spaced, close))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_function_borrows_when_it_is_called_is_no_borrow() {
        let of = |text: &str| {
            let mut names = Vec::new();
            lifetimes(&text.parse().unwrap_or_default(), &mut |name| names.push(name.unwrap_or_default()));
            names
        };
        assert_eq!(of("Option<&'a str>"), ["a"]);
        assert_eq!(of("(&str, Cow<'_, str>)"), ["", "_"]);
        assert!(of("Arc<dyn Fn(&str, Cow<'_, str>) -> Option<&str> + Send>").is_empty());
        assert!(of("for<'a> fn(&'a str) -> &'a str").is_empty());
        assert_eq!(of("Box<dyn for<'a> Fn(&'a str) -> &'b str + 'c>"), ["b", "c"]);
        assert_eq!(of("(fn(&str) -> Vec<&str>, &u8)"), [""]);
    }
}
