//! Whether a body moves `self`, as far as its tokens show.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};

use super::patterns;
use super::tokens::{has_delimiter, is_punct, mentions, starts_path_separator, take_through};

/// Returns whether a body may move `self` out as a whole: into a `move` closure, or as a value.
pub(crate) fn moves_self(statements: &TokenStream) -> bool {
    let mut tokens = statements.clone().into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(word) if word == "move" => return true,
            TokenTree::Ident(word)
                if word == "self"
                    && !starts_path_separator(tokens.peek())
                    && (!is_punct(tokens.peek(), '.') || is_converted(tokens.clone())) =>
            {
                return true;
            }
            TokenTree::Group(group) if moves_self(&group.stream()) => return true,
            _ => {}
        }
    }
    false
}

/// Returns whether a variable, or what it points to, is visibly used as a value, outside of macros.
/// A method such as `into_iter` takes it, and so does a pattern that binds a part of it.
pub(crate) fn consumes(name: &str, statements: &TokenStream) -> bool {
    let tokens: Vec<TokenTree> = statements.clone().into_iter().collect();
    let (mut is_borrowed, mut is_macro, mut is_let) = (false, false, false);
    for (index, token) in tokens.iter().enumerate() {
        let (before, after) = (&tokens[..index], &tokens[index + 1..]);
        let found = match token {
            TokenTree::Ident(word) if word == name && !is_borrowed && !is_let => {
                ends_value(after.first()) || is_converted(after.iter().cloned()) || is_taken_apart(before, after)
            }
            TokenTree::Group(group) => !is_macro && consumes(name, &group.stream()),
            _ => false,
        };
        if found {
            return true;
        }
        is_let = is_word(Some(token), "let");
        is_borrowed = is_punct(Some(token), '&') || is_borrowed && goes_on_borrowing(token);
        is_macro = is_punct(Some(token), '!');
    }
    false
}

/// Returns whether a value between these tokens, or what it points to, is matched by a pattern that
/// moves a part of it.
fn is_taken_apart(before: &[TokenTree], after: &[TokenTree]) -> bool {
    // What a smart pointer points to cannot be lent: the body sees a reference to the pointer.
    let (before, is_pointee) = match before {
        [before @ .., star] if is_punct(Some(star), '*') => (before, true),
        before => (before, false),
    };
    match (before, after) {
        ([.., word], [TokenTree::Group(arms), ..]) if is_word(Some(word), "match") => {
            is_pointee || patterns::arms_move(arms.stream())
        }
        ([before @ .., equals], [next, ..]) if is_punct(Some(equals), '=') && ends_scrutinee(next) => {
            let start = before.iter().rposition(|token| is_word(Some(token), "let"));
            let pattern = start.map(|start| before[start + 1..].iter().cloned().collect());
            pattern.is_some_and(|pattern| is_pointee || patterns::moves(pattern))
        }
        _ => false,
    }
}

/// `if let A(x) = self {`, `let A(x) = self else {`, `if let A(x) = self && x.is_new() {`
fn ends_scrutinee(next: &TokenTree) -> bool {
    has_delimiter(Some(next), Delimiter::Brace) || is_word(Some(next), "else") || is_punct(Some(next), '&')
}

fn is_converted(mut next: impl Iterator<Item = TokenTree>) -> bool {
    let is_call = is_punct(next.next().as_ref(), '.');
    is_call && matches!(next.next(), Some(TokenTree::Ident(name)) if name.to_string().starts_with("into"))
}

fn ends_value(next: Option<&TokenTree>) -> bool {
    match next {
        None => true,
        Some(TokenTree::Punct(mark)) => matches!(mark.as_char(), ',' | ';'),
        Some(_) => false,
    }
}

fn goes_on_borrowing(token: &TokenTree) -> bool {
    is_punct(Some(token), '*') || matches!(token, TokenTree::Ident(word) if word == "mut")
}

pub(crate) struct FieldOfSelf {
    pub(crate) span: Span,
    pub(crate) path: TokenStream,
}

/// Finds the fields of `self` that a body visibly uses as values, as in `Ok(self.name)`.
///
/// Code that depends on conditions, or is unsafe, may not be repeated elsewhere.
pub(crate) fn fields_used_as_values(statements: &TokenStream) -> Vec<FieldOfSelf> {
    let mut fields = Vec::new();
    let words = ["cfg", "unsafe"].map(str::to_owned);
    if !mentions(statements, &words) {
        find_fields(statements, &mut fields);
    }
    fields
}

fn find_fields(statements: &TokenStream, fields: &mut Vec<FieldOfSelf>) {
    let mut tokens = statements.clone().into_iter().peekable();
    let [mut first, mut before]: [Option<TokenTree>; 2] = [None, None];
    while let Some(token) = tokens.next() {
        match &token {
            TokenTree::Ident(word) if word == "fn" && !has_delimiter(tokens.peek(), Delimiter::Parenthesis) => {
                take_through(&mut tokens, |token| has_delimiter(Some(token), Delimiter::Brace));
            }
            TokenTree::Ident(word) if word == "self" && is_punct(tokens.peek(), '.') => {
                let mut path = TokenStream::new();
                while is_punct(tokens.peek(), '.') {
                    path.extend(tokens.next());
                    path.extend(tokens.next_if(|next| matches!(next, TokenTree::Ident(_) | TokenTree::Literal(_))));
                }
                let is_iterated = is_word(before.as_ref(), "in") && has_delimiter(tokens.peek(), Delimiter::Brace);
                let is_method = has_delimiter(tokens.peek(), Delimiter::Parenthesis);
                let ends = ends_value(tokens.peek()) || is_punct(tokens.peek(), '?') || is_iterated;
                if begins_value(first.as_ref(), before.as_ref())
                    && ends
                    && !is_method
                    && !mentions(&path, &["await".to_owned()])
                {
                    fields.push(FieldOfSelf { span: word.span(), path });
                }
            }
            TokenTree::Group(group) if !is_punct(before.as_ref(), '!') => find_fields(&group.stream(), fields),
            _ => {}
        }
        first = before.replace(token);
    }
}

fn is_word(token: Option<&TokenTree>, expected: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(word)) if word == expected)
}

fn begins_value(first: Option<&TokenTree>, before: Option<&TokenTree>) -> bool {
    let compares =
        |mark| matches!(first, Some(TokenTree::Punct(first)) if "=!<>".contains(first.as_char()) && mark == '=');
    match before {
        None => true,
        Some(TokenTree::Punct(mark)) if mark.as_char() == '>' => is_punct(first, '='),
        Some(TokenTree::Punct(mark)) => {
            matches!(mark.as_char(), ',' | ';' | '=' | ':' | '|') && !compares(mark.as_char())
        }
        Some(TokenTree::Ident(word)) => ["return", "break", "in", "move"].iter().any(|before| word == before),
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Vec<String> {
        let tokens = text.parse().unwrap_or_default();
        fields_used_as_values(&tokens).iter().map(|field| field.path.to_string().replace(' ', "")).collect()
    }

    #[test]
    fn a_field_is_moved_where_its_value_is_used() {
        assert_eq!(fields("Ok(self.0)"), [".0"]);
        assert_eq!(fields("let name = self.name; take(self.a.b, 1)"), [".name", ".a.b"]);
        assert_eq!(fields("Pair { left: self.left, right: self.1.0 }"), [".left", ".1.0"]);
        assert_eq!(fields("for item in self.items { drop(item); }"), [".items"]);
        assert_eq!(fields("Ok(self.answer?)"), [".answer"]);
        assert_eq!(fields("return self.name;"), [".name"]);
        assert_eq!(fields("match a { _ => self.name }"), [".name"]);
    }

    #[test]
    fn a_field_that_is_borrowed_or_called_or_unclear_is_not_moved() {
        for text in [
            "Ok(self.0.len())",
            "f(&self.0, &mut self.1)",
            "self.count += 1;",
            "if self.ready { 1 } else { 2 }",
            "match self.kind { _ => 1 }",
            "format!(\"{}\", self.0)",
            "Ok(self.0[3])",
            "Ok(self.handle.await)",
            "fn inner(self) -> u8 { self.0 }",
            "#[cfg(unix)] take(self.0);",
            "unsafe { take(self.0) }",
            "a + self.0 + b",
            "let same = name == self.name;",
            "let differs = name != self.name; let larger = name > self.name;",
        ] {
            assert_eq!(fields(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn a_variable_is_consumed_as_a_value_and_behind_a_box() {
        let is_consumed = |text: &str| consumes("self", &text.parse().unwrap_or_default());
        for text in ["Ok(self)", "drop(self);", "Ok(*self)", "let Self(name) = self;", "Ok(self.into_inner())"] {
            assert!(is_consumed(text), "{text}");
        }
        for text in
            ["self.0.len()", "f(&self)", "f(&mut self, 1)", "f(&*self)", "f(&mut *self)", "println!(\"{}\", self)"]
        {
            assert!(!is_consumed(text), "{text}");
        }
    }

    #[test]
    fn a_variable_is_consumed_by_a_pattern_that_binds_a_part_of_it() {
        let is_consumed = |text: &str| consumes("self", &text.parse().unwrap_or_default());
        for text in [
            "match self { Self::Text(text) => text, _ => String::new() }",
            "match self { Self::Empty => 0, Self::Pair { left, .. } if left > 1 => left, other => 1, }",
            "match self { Self::Pair { left: 0, right: (_, [first, ..]) } => first, _ => 1 }",
            "match self { Self::A | Self::B => 1, all @ Self::C(..) => f(all) }",
            "match *self { Self::Text(text) => text, _ => String::new() }",
            "if let Self::Text(text) = self { f(text) }",
            "if is_new && let Self::Text(text) = self && is_old { f(text) }",
            "while let Self::Text(mut text) = self { f(text) }",
            "let Self::Text(text) = self else { return Err(1) };",
            "let Self { text, .. }: Self = self else { return Err(1) };",
            "f(|| match self { Self::Text(text) => text, _ => String::new() })",
        ] {
            assert!(is_consumed(text), "{text}");
        }
        for text in [
            "match self { Self::Empty => 1, Self::Text(_) => 2, Self::Pair { .. } => 3, LARGE => 4, 5 | 6..=7 => 5, _ => 6 }",
            "match self { Self::Text(ref text) => text.len(), Self::Numbers(&first) => first, None => 0 }",
            "match &self { Self::Text(text) => text.len(), _ => 0 }",
            "match self.kind { Kind::Text(text) => text.len(), _ => 0 }",
            "match self.kind() { Kind::Text(text) => text, _ => String::new() }",
            "match other { Self::Text(text) => text.len(), _ => self.0 }",
            "if let Self::Text(text) = &self { f(text) }",
            "if let Self::Text(text) = &mut *self { f(text) }",
            "if let Some(text) = self.text() { f(text) }",
            "if let Self::Text(_) = self { 1 } else { 2 }",
            "let Some(text) = text else { return self.text() };",
            "if text == self && true {}",
            "matches!(self, Self::Text(text) if text.is_empty())",
            "match self { Self::Text(text",
        ] {
            assert!(!is_consumed(text), "{text}");
        }
    }
}
