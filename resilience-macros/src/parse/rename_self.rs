use std::iter::Peekable;

use proc_macro2::token_stream::IntoIter;
use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

use super::tokens::{has_delimiter, is_punct, starts_path_separator, take_through, with_content};

/// Renames the receiver, and no path, import, visibility or nested function.
pub(crate) fn rename_self(statements: TokenStream, this: &Ident) -> TokenStream {
    rename_self_in(statements, this, false)
}

fn rename_self_in(statements: TokenStream, this: &Ident, in_macro: bool) -> TokenStream {
    let mut renamed = TokenStream::new();
    let mut tokens = statements.into_iter().peekable();
    let (mut after_pub, mut after_bang) = (false, false);
    while let Some(token) = tokens.next() {
        let is_pub = matches!(&token, TokenTree::Ident(word) if word == "pub");
        let is_bang = is_punct(Some(&token), '!');
        match token {
            // `self = ..` names a field of a span or an event.
            TokenTree::Ident(word) if in_macro && word == "self" && is_assignment(&mut tokens.clone()) => {
                renamed.extend([TokenTree::Ident(word)]);
            }
            TokenTree::Ident(word) if word == "self" && !starts_path_separator(tokens.peek()) => {
                let mut this = this.clone();
                this.set_span(this.span().located_at(word.span()));
                renamed.extend([this]);
            }
            TokenTree::Ident(word) if word == "use" && !is_punct(tokens.peek(), '<') => {
                renamed.extend([TokenTree::Ident(word)]);
                renamed.extend(take_through(&mut tokens, |token| is_punct(Some(token), ';')));
            }
            TokenTree::Ident(word) if word == "fn" && !has_delimiter(tokens.peek(), Delimiter::Parenthesis) => {
                renamed.extend([TokenTree::Ident(word)]);
                renamed.extend(take_through(&mut tokens, |token| has_delimiter(Some(token), Delimiter::Parenthesis)));
                renamed.extend(take_through(&mut tokens, |token| {
                    has_delimiter(Some(token), Delimiter::Brace) || is_punct(Some(token), ';')
                }));
            }
            TokenTree::Group(group) if !(after_pub && group.delimiter() == Delimiter::Parenthesis) => {
                renamed.extend([with_content(&group, |inside| {
                    let inside = rename_self_in(inside, this, in_macro || after_bang);
                    if after_bang { rename_in_text(inside, this) } else { inside }
                })]);
            }
            token => renamed.extend([token]),
        }
        (after_pub, after_bang) = (is_pub, is_bang);
    }
    renamed
}

fn is_assignment(tokens: &mut Peekable<IntoIter>) -> bool {
    is_punct(tokens.next().as_ref(), '=') && !is_punct(tokens.next().as_ref(), '=')
}

/// Renames `{self}` in the text of a macro that formats it.
fn rename_in_text(arguments: TokenStream, this: &Ident) -> TokenStream {
    let renamed = |literal: proc_macro2::Literal| {
        let text = literal.to_string();
        let changed = ["}", ":"]
            .iter()
            .fold(text.clone(), |text, end| text.replace(&format!("{{self{end}"), &format!("{{{this}{end}")));
        if changed == text {
            return TokenTree::Literal(literal);
        }
        let mut changed = changed.parse().unwrap_or_else(|_| literal.clone());
        changed.set_span(literal.span());
        TokenTree::Literal(changed)
    };
    arguments
        .into_iter()
        .map(|token| match token {
            TokenTree::Literal(literal) => renamed(literal),
            TokenTree::Group(group) => with_content(&group, |inside| rename_in_text(inside, this)),
            token => token,
        })
        .collect()
}
