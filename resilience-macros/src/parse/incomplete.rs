//! Values that are still being typed.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};

/// Completes each value that ends with a dot, as values do while they are typed. An editor offers
/// completions there only if the rest expands.
pub(super) fn complete(tokens: TokenStream, report: &mut dyn FnMut(Span)) -> TokenStream {
    let (mut completed, mut was_dot) = (TokenStream::new(), false);
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let ends = tokens.peek().is_none_or(|next| matches!(next, TokenTree::Punct(mark) if mark.as_char() == ','));
        let is_dot = matches!(&token, TokenTree::Punct(mark) if mark.as_char() == '.');
        let at = token.span();
        match token {
            TokenTree::Group(group) => {
                let mut inside = Group::new(group.delimiter(), complete(group.stream(), report));
                inside.set_span(group.span());
                completed.extend([TokenTree::Group(inside)]);
            }
            token => completed.extend([token]),
        }
        if is_dot && ends && !was_dot {
            report(at);
            completed.extend([Ident::new("__incomplete", at)]);
        }
        was_dot = is_dot;
    }
    completed
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn a_word_follows_each_last_dot_at_every_depth_and_no_range() {
        let mut reported = 0;
        let typed = quote!(when = |error| keep(error., &error.kind.), key = self., max = list[1..], delay = ..);
        let completed = complete(typed, &mut |_| reported += 1);
        let expected = quote!(
            when = |error| keep(error.__incomplete, &error.kind.__incomplete),
            key = self.__incomplete,
            max = list[1..],
            delay = ..
        );
        assert_eq!((completed.to_string(), reported), (expected.to_string(), 3));
    }
}
