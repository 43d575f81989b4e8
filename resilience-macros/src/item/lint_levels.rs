//! `#[expect(..)]` as `#[allow(..)]`: some lints see another function in an expansion, and an
//! expectation that nothing fulfils would be a warning.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::Attribute;

pub(crate) fn allow_what_is_expected(attributes: TokenStream) -> TokenStream {
    attributes
        .into_iter()
        .map(|token| match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => inside(&group),
            token => token,
        })
        .collect()
}

pub(crate) fn allow_expected(mut attribute: Attribute) -> Attribute {
    if let syn::Meta::List(list) = &mut attribute.meta {
        if list.path.is_ident("expect") {
            list.path = allow(list.path.segments[0].ident.span()).into();
        }
    }
    attribute
}

fn inside(attribute: &Group) -> TokenTree {
    let (mut starts, mut is_conditional) = (true, false);
    let tokens = attribute.stream().into_iter().map(|token| {
        let (was_start, was_conditional) = (starts, is_conditional);
        starts = matches!(&token, TokenTree::Punct(mark) if mark.as_char() == ',');
        is_conditional = matches!(&token, TokenTree::Ident(word) if was_start && word == "cfg_attr");
        match token {
            TokenTree::Ident(word) if was_start && word == "expect" => allow(word.span()).into(),
            TokenTree::Group(arguments) if was_conditional => inside(&arguments),
            token => token,
        }
    });
    let mut changed = Group::new(attribute.delimiter(), tokens.collect());
    changed.set_span(attribute.span());
    changed.into()
}

/// In the context of the expansion, or clippy would recommend `expect`.
fn allow(at: Span) -> Ident {
    Ident::new("allow", at.resolved_at(Span::mixed_site()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expectation_becomes_an_allowance_and_nothing_else_changes() {
        let changed =
            |text: &str| allow_what_is_expected(text.parse().unwrap_or_default()).to_string().replace(' ', "");
        assert_eq!(changed("#[expect(dead_code, reason = \"a\")]"), "#[allow(dead_code,reason=\"a\")]");
        assert_eq!(changed("#![expect(dead_code)] #![doc = \"expect\"]"), "#![allow(dead_code)]#![doc=\"expect\"]");
        assert_eq!(changed("#[cfg_attr(unix, expect(unused), inline)]"), "#[cfg_attr(unix,allow(unused),inline)]");
        assert_eq!(changed("#[cfg_attr(all(expect), inline)]"), "#[cfg_attr(all(expect),inline)]");
        assert_eq!(changed("#[test_case(expect, 3)]"), "#[test_case(expect,3)]");
    }
}
