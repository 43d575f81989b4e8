//! The output beside errors: the function as written, so that nothing else fails to compile.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use quote::quote;

use crate::item::Item;
use crate::stack::{Attr, keyword_of};

pub(crate) fn emit(item: &Item, attrs: &[impl ToTokens], probes: &TokenStream, errors: &TokenStream) -> TokenStream {
    match &item.body {
        Some(body) => {
            let body = body.stream();
            item.emit(attrs, None, Some(quote!(#probes #errors #body)))
        }
        None => {
            let declaration = item.emit(attrs, None, None);
            quote!(#declaration #errors)
        }
    }
}

pub(crate) fn not_a_function(attr: &Attr, item: &TokenStream) -> TokenStream {
    let name = attr.name();
    let misplaced = || syn::Error::new(attr.span, format!("`#[{name}]` goes on a function")).to_compile_error();
    let error = match keyword_of(item) {
        Some(keyword) => {
            let what = if keyword == "impl" || keyword == "enum" || keyword == "extern" { "an" } else { "a" };
            let inside = if keyword == "impl" || keyword == "trait" || keyword == "mod" {
                "; put it on a function inside"
            } else {
                ""
            };
            let message = format!("`#[{name}]` goes on a function, and this is {what} `{keyword}`{inside}");
            syn::Error::new(keyword.span(), message).to_compile_error()
        }
        // The compiler explains best why a function does not parse. It says nothing about a
        // closure or a statement.
        None if is_function(item) => TokenStream::new(),
        // An expression has room for one expression.
        None if is_expression(item) => return misplaced(),
        None => misplaced(),
    };
    quote!(#item #error)
}

fn is_expression(item: &TokenStream) -> bool {
    match item.clone().into_iter().next() {
        Some(TokenTree::Ident(word)) => word == "move" || word == "async",
        Some(TokenTree::Punct(mark)) => mark.as_char() == '|',
        Some(TokenTree::Group(_)) => true,
        _ => false,
    }
}

fn is_function(item: &TokenStream) -> bool {
    item.clone().into_iter().any(|token| matches!(token, TokenTree::Ident(word) if word == "fn"))
}
