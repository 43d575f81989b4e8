use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};

use super::tokens::{has_delimiter, is_punct, take_through};

/// Finds a `?` or a `return` that would leave the function. Ignores closures and `async` blocks.
pub(crate) fn control_flow_escape(expression: &TokenStream) -> Option<Span> {
    let mut tokens = expression.clone().into_iter().peekable();
    // Where a value begins, `|` opens a closure.
    let mut begins = true;
    while let Some(token) = tokens.next() {
        let was_begun = std::mem::replace(&mut begins, false);
        match token {
            TokenTree::Punct(mark) if mark.as_char() == '?' => return Some(mark.span()),
            TokenTree::Punct(mark) if mark.as_char() == '|' && was_begun => {
                take_through(&mut tokens, |token| is_punct(Some(token), '|'));
                take_through(&mut tokens, |token| is_punct(Some(token), ',') || is_punct(Some(token), ';'));
                begins = true;
            }
            TokenTree::Punct(mark) => {
                if mark.as_char() == '|' && is_punct(tokens.peek(), '|') {
                    tokens.next();
                }
                begins = true;
            }
            TokenTree::Ident(word) if word == "return" => return Some(word.span()),
            TokenTree::Ident(word) if word == "async" => {
                if matches!(tokens.peek(), Some(TokenTree::Ident(next)) if next == "move") {
                    tokens.next();
                }
                if has_delimiter(tokens.peek(), Delimiter::Brace) {
                    tokens.next();
                } else {
                    begins = true;
                }
            }
            TokenTree::Ident(word) => {
                begins = ["else", "if", "in", "match", "move"].iter().any(|before| word == before);
            }
            TokenTree::Group(group) => {
                if let Some(control_flow_escape) = control_flow_escape(&group.stream()) {
                    return Some(control_flow_escape);
                }
            }
            TokenTree::Literal(_) => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_mark_or_return_escapes_unless_a_closure_or_an_async_block_contains_it() {
        let leaves = |text: &str| control_flow_escape(&text.parse().unwrap_or_default()).is_some();
        let escapes = [
            "a?",
            "f(a?, b)",
            "a | b?",
            "a || b?",
            "return 3",
            "if a { return 3 } else { 4 }",
            "(|a| a + 1)(b?)",
            "(|a| a + 1, b?)",
            "vec![a?]",
            "async { 3 }.await?",
        ];
        for text in escapes {
            assert!(leaves(text), "{text}");
        }
        let kept =
            ["a", "a | b", "a || b", "(|| a?)()", "f(|a, b| a? + b, c)", "move |a| { return a; }", "a || (|b| b?)(c)"];
        for text in
            kept.iter().chain(&["async { a? }.await", "async move { return a; }", "async |a| a?", "f(\"{a:?}\")"])
        {
            assert!(!leaves(text), "{text}");
        }
    }
}
