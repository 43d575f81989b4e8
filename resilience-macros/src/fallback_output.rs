//! What is emitted beside errors: the function itself, so that nothing else turns red.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use quote::quote;

use crate::item::Item;
use crate::stack::{Attr, keyword_of};

/// The function as it was written, with the errors inside of its body.
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

/// Something that is no function, untouched, with an error on the keyword that says what it is.
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
        // A function that cannot be parsed yet: the compiler reports it better than we could. On a closure or a
        // statement it would stay silent, so that one is ours.
        None if is_function(item) => TokenStream::new(),
        // In the place of an expression there is room for one.
        None if is_expression(item) => return misplaced(),
        None => misplaced(),
    };
    quote!(#item #error)
}

/// Whether this is a closure or a block.
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
