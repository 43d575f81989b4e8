use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};

/// `::resilience`, or the path of `crate = path`.
#[derive(Debug, Clone)]
pub(crate) struct Facade(TokenStream);

impl Facade {
    /// Reads unparsed arguments, since errors about them need the path.
    pub(crate) fn of<'a>(arguments: impl IntoIterator<Item = &'a TokenStream>) -> Self {
        arguments.into_iter().find_map(renamed).map_or_else(|| Self(quote!(::resilience)), Self)
    }

    pub(crate) fn is_given<'a>(arguments: impl IntoIterator<Item = &'a TokenStream>) -> bool {
        arguments.into_iter().any(|arguments| renamed(arguments).is_some())
    }

    pub(crate) fn argument(arguments: &TokenStream) -> Option<TokenStream> {
        renamed(arguments).map(|path| quote!(crate = #path))
    }

    /// Returns whether an attribute is written with the path of the facade that `arguments` name: `#[infra::retry]`
    /// with `crate = infra`.
    pub(crate) fn names(arguments: &TokenStream, attribute: &syn::Path) -> bool {
        let words = |path: TokenStream| path.into_iter().filter(|token| matches!(token, TokenTree::Ident(_)));
        let Some(facade) = renamed(arguments) else { return false };
        let facade = words(facade).map(|word| word.to_string());
        let leading = attribute.segments.iter().map(|segment| segment.ident.to_string());
        facade.eq(leading.take(attribute.segments.len().saturating_sub(1)))
    }

    pub(crate) fn private(&self) -> TokenStream {
        self.member("__private")
    }

    pub(crate) fn attribute(&self, name: &str) -> TokenStream {
        self.member(name)
    }

    fn member(&self, name: &str) -> TokenStream {
        let Self(facade) = self;
        // An error about a wrong facade stands at its name.
        let last = facade.clone().into_iter().last().map_or_else(Span::call_site, |name| name.span());
        let name = Ident::new(name, Span::call_site().located_at(last));
        let member = quote_spanned!(name.span()=> ::#name);
        quote!(#facade #member)
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
            let path: Vec<TokenTree> = tokens.take_while(|token| !is_punct(Some(token), ',')).flat_map(bare).collect();
            // The parser of the arguments reports anything else.
            let is_path = |token: &TokenTree| matches!(token, TokenTree::Ident(_)) || is_punct(Some(token), ':');
            return (!path.is_empty() && path.iter().all(is_path)).then(|| path.into_iter().collect());
        }
        at_start = is_punct(Some(&token), ',');
    }
    None
}

/// The tokens of a `$path:path` of a macro.
fn bare(token: TokenTree) -> Vec<TokenTree> {
    match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
            group.stream().into_iter().flat_map(bare).collect()
        }
        token => vec![token],
    }
}

fn is_punct(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}
