//! The one place that spells the path to the runtime.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};

/// `::resilience`, or what `crate = path` says instead.
#[derive(Debug, Clone)]
pub(crate) struct Facade(TokenStream);

impl Facade {
    /// Reads `crate = path` off unparsed arguments: the path is needed to report what is wrong with the others.
    pub(crate) fn of<'a>(arguments: impl IntoIterator<Item = &'a TokenStream>) -> Self {
        arguments.into_iter().find_map(renamed).map_or_else(|| Self(quote!(::resilience)), Self)
    }

    /// What generated code may name: everything below is hidden from the user's documentation.
    pub(crate) fn private(&self) -> TokenStream {
        let Self(facade) = self;
        quote!(#facade::__private)
    }
}

impl ToTokens for Facade {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.to_tokens(tokens);
    }
}

fn renamed(arguments: &TokenStream) -> Option<TokenStream> {
    let mut tokens = arguments.clone().into_iter().peekable();
    let mut at_start = true;
    while let Some(token) = tokens.next() {
        if at_start && matches!(&token, TokenTree::Ident(key) if key == "crate") && is_punct(tokens.peek(), '=') {
            tokens.next();
            let mut path = tokens.take_while(|token| !is_punct(Some(token), ',')).peekable();
            // Anything else is reported where the arguments are read.
            return matches!(path.peek(), Some(TokenTree::Ident(_) | TokenTree::Punct(_))).then(|| path.collect());
        }
        at_start = is_punct(Some(&token), ',');
    }
    None
}

fn is_punct(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}
