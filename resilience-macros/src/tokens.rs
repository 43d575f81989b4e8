//! Tokens seen and changed as tokens: where they stand, what they mention.

use proc_macro2::{Delimiter, Group, Ident, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};

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

/// A group with something else inside, at the same place.
fn with_inside(group: &Group, change: impl FnOnce(TokenStream) -> TokenStream) -> TokenTree {
    let mut changed = Group::new(group.delimiter(), change(group.stream()));
    changed.set_span(group.span());
    TokenTree::Group(changed)
}

/// Tokens that go into many places. The compiler copies a stream for each of them; these are handed over with what is
/// around them.
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

    /// Whether they are `()`, also out of a variable of a macro.
    pub(crate) fn is_unit(&self) -> bool {
        let [TokenTree::Group(group)] = &self.0[..] else { return false };
        match group.delimiter() {
            Delimiter::Parenthesis => group.stream().is_empty(),
            Delimiter::None => Self::from(group.stream()).is_unit(),
            _ => false,
        }
    }

    /// See [`relocate`].
    pub(crate) fn relocated(&self, at: Span) -> Self {
        Self(self.0.iter().map(|token| relocate_one(token.clone(), at)).collect())
    }

    /// See [`placed`].
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

/// The same tokens, all located at `at`, each with its own resolution.
pub(crate) fn relocate(tokens: TokenStream, at: Span) -> TokenStream {
    tokens.into_iter().map(|token| relocate_one(token, at)).collect()
}

fn relocate_one(mut token: TokenTree, at: Span) -> TokenTree {
    if let TokenTree::Group(group) = &token {
        token = with_inside(group, |inside| relocate(inside, at));
    }
    token.set_span(token.span().located_at(at));
    token
}

/// The same, of borrowed tokens.
pub(crate) fn relocated(tokens: &TokenStream, at: Span) -> TokenStream {
    relocate(tokens.clone(), at)
}

/// The same tokens, as if they had been written at `at`. A `$crate` still means the crate it stands for.
pub(crate) fn placed(tokens: &TokenStream, at: Span) -> TokenStream {
    tokens.clone().into_iter().map(|token| place(token, at)).collect()
}

fn place(mut token: TokenTree, at: Span) -> TokenTree {
    if let TokenTree::Group(group) = &token {
        token = with_inside(group, |inside| placed(&inside, at));
    }
    let is_relative = matches!(&token, TokenTree::Ident(word) if word == "$crate");
    token.set_span(if is_relative { token.span().located_at(at) } else { at });
    token
}

/// The tokens in parentheses whose span is that of the last of them: a call then ends where the value ends.
pub(crate) fn parenthesized(tokens: TokenStream) -> Group {
    let end = tokens.clone();
    parenthesized_at(tokens, &end)
}

/// The same, with the end of other tokens.
pub(crate) fn parenthesized_at(tokens: TokenStream, end: &TokenStream) -> Group {
    let last = end.clone().into_iter().last().map_or_else(Span::mixed_site, |token| token.span());
    let mut group = Group::new(Delimiter::Parenthesis, tokens);
    group.set_span(last.resolved_at(Span::mixed_site()));
    group
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
            TokenTree::Group(group) => erased.extend([with_inside(&group, erase_impl)]),
            token => erased.extend([token]),
        }
    }
    erased
}

/// Every `self` that is a value, under another name. Not the beginning of a path, nor what stands in an import, a
/// visibility or a function of its own: those mean something else.
pub(crate) fn rename_self(statements: TokenStream, this: &Ident) -> TokenStream {
    let mut renamed = TokenStream::new();
    let mut tokens = statements.into_iter().peekable();
    let mut after_pub = false;
    while let Some(token) = tokens.next() {
        let is_pub = matches!(&token, TokenTree::Ident(word) if word == "pub");
        match token {
            TokenTree::Ident(word) if word == "self" && !starts_path_separator(tokens.peek()) => {
                renamed.extend([this.clone()]);
            }
            TokenTree::Ident(word) if word == "use" && !is_punct(tokens.peek(), '<') => {
                renamed.extend([TokenTree::Ident(word)]);
                renamed.extend(until(&mut tokens, |token| is_punct(Some(token), ';')));
            }
            TokenTree::Ident(word) if word == "fn" && !has_delimiter(tokens.peek(), Delimiter::Parenthesis) => {
                renamed.extend([TokenTree::Ident(word)]);
                renamed.extend(until(&mut tokens, |token| has_delimiter(Some(token), Delimiter::Parenthesis)));
                renamed.extend(until(&mut tokens, |token| {
                    has_delimiter(Some(token), Delimiter::Brace) || is_punct(Some(token), ';')
                }));
            }
            TokenTree::Group(group) if !(after_pub && group.delimiter() == Delimiter::Parenthesis) => {
                renamed.extend([with_inside(&group, |inside| rename_self(inside, this))]);
            }
            token => renamed.extend([token]),
        }
        after_pub = is_pub;
    }
    renamed
}

/// What comes up to the first such token, and that token.
fn until(tokens: &mut impl Iterator<Item = TokenTree>, last: impl Fn(&TokenTree) -> bool) -> TokenStream {
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

fn is_punct(token: Option<&TokenTree>, character: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == character)
}

fn starts_path_separator(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == ':' && punct.spacing() == Spacing::Joint)
}

fn has_delimiter(token: Option<&TokenTree>, delimiter: Delimiter) -> bool {
    matches!(token, Some(TokenTree::Group(group)) if group.delimiter() == delimiter)
}

/// A pattern for looking only: bindings neither change nor borrow anew.
pub(crate) fn without_mut(pattern: TokenStream) -> TokenStream {
    pattern
        .into_iter()
        .filter_map(|token| match token {
            TokenTree::Ident(word) if word == "mut" || word == "ref" => None,
            TokenTree::Group(group) => Some(with_inside(&group, without_mut)),
            token => Some(token),
        })
        .collect()
}
