//! The order in which attributes expand.
//!
//! The compiler expands the top attribute first, so attributes that each wrap a body would nest
//! upside down. The first of ours takes its siblings off and expands all, the top one outermost.
//!
//! An attribute of another crate between ours is a boundary: the part above wraps the part below.
//! The blocks between boundaries go back in reverse order, each as one `#[__apply(..)]`. An unknown
//! attribute is a boundary, which is safe; [`probes`] catch one that is wrongly taken for ours.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Meta, Token};

use crate::attribute::{Definition, Layer};
use crate::diagnostics::Diagnostics;
use crate::runtime_path::Facade;

#[derive(Clone)]
pub(crate) struct Attr {
    pub(crate) definition: &'static Definition,
    pub(crate) span: Span,
    /// The written path. Empty for the attribute that the compiler has called.
    path: TokenStream,
    pub(crate) arguments: TokenStream,
}

impl Attr {
    pub(crate) fn name(&self) -> &'static str {
        self.definition.name
    }

    fn is_bare_stack(&self) -> bool {
        self.definition.keys.is_empty() && self.arguments.is_empty()
    }

    pub(crate) fn parse_arguments(&self, diagnostics: &Diagnostics) -> Option<Layer> {
        self.definition.parse(self.span, self.arguments.clone(), diagnostics)
    }

    pub(crate) fn invoked(definition: &'static Definition, arguments: TokenStream) -> Self {
        Self { definition, span: Span::call_site(), path: TokenStream::new(), arguments }
    }
}

/// Writes `retry { path } { arguments }`, the form inside `#[__apply(..)]`.
impl ToTokens for Attr {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { definition, span, path, arguments } = self;
        let name = Ident::new(definition.name, *span);
        tokens.extend(quote!(#name { #path } { #arguments }));
    }
}

impl Parse for Attr {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name: Ident = input.parse()?;
        let (path, arguments): (Group, Group) = (input.parse()?, input.parse()?);
        let definition = Definition::named(&name.to_string())
            .ok_or_else(|| syn::Error::new(name.span(), "not an attribute of `resilience`"))?;
        Ok(Self { definition, span: name.span(), path: path.stream(), arguments: arguments.stream() })
    }
}

pub(crate) enum Order {
    Now {
        stack: Vec<Attr>,
        others: Vec<TokenStream>,
    },
    /// The compiler continues with the attributes in this order.
    Later {
        attributes: Vec<TokenStream>,
    },
    /// One of our attributes was not recognised below a boundary that has already expanded.
    Lost {
        attr: Attr,
        others: Vec<TokenStream>,
    },
}

enum Class {
    /// Doc comments, built-in and tool attributes, runners.
    Transparent,
    Ours(Attr),
    Foreign,
    /// `#[__apply(..)]`, or `#[retry(__apply ..)]`: everything from here on is in order.
    Marker,
}

enum Block {
    Ours(Vec<Attr>),
    Foreign(Vec<Attribute>),
}

pub(crate) fn order(invoked: Attr, below: &[Attribute]) -> Order {
    let Sorted { mut blocks, mut others, marker, after } = Sorted::of(invoked, below);
    if let (Some(marker), [Block::Ours(first), ..]) = (marker, &*blocks) {
        let foreign: usize =
            blocks.iter().map(|block| if let Block::Foreign(block) = block { block.len() } else { 0 }).sum();
        if foreign_seen(marker) > foreign + 1 {
            others.extend(after);
            return Order::Lost { attr: first[0].clone(), others };
        }
    }
    if let [Block::Ours(stack)] = &mut *blocks {
        let stack = std::mem::take(stack);
        others.extend(after);
        return Order::Now { stack, others };
    }
    let mut attributes = others;
    write_back(&blocks, &mut attributes);
    attributes.extend(after);
    Order::Later { attributes }
}

/// The attributes of an item, sorted by how they are handled.
struct Sorted<'a> {
    /// Down to the first marker. Each block that is ours has the facade of the stack.
    blocks: Vec<Block>,
    /// The transparent attributes down to the first marker.
    others: Vec<TokenStream>,
    marker: Option<&'a Attribute>,
    /// The marker and all attributes below it, which are in order.
    after: Vec<TokenStream>,
}

impl<'a> Sorted<'a> {
    fn of(invoked: Attr, below: &'a [Attribute]) -> Self {
        let facade = facade_of(&invoked, below);
        let mut others: Vec<TokenStream> = Vec::new();
        let mut blocks = vec![Block::Ours(vec![invoked])];
        let mut marker = None;
        let mut rest = below.iter();
        for attribute in rest.by_ref() {
            match (classify(attribute, &facade), blocks.last_mut()) {
                (Class::Transparent, _) => others.push(attribute.to_token_stream()),
                (Class::Marker, _) => {
                    marker = Some(attribute);
                    break;
                }
                (Class::Ours(attr), Some(Block::Ours(block))) => block.push(attr),
                (Class::Ours(attr), _) => blocks.push(Block::Ours(vec![attr])),
                (Class::Foreign, Some(Block::Foreign(block))) => block.push(attribute.clone()),
                (Class::Foreign, _) => blocks.push(Block::Foreign(vec![attribute.clone()])),
            }
        }
        if let Some(argument) = Facade::argument(&facade) {
            for block in &mut blocks {
                give_facade(block, &argument);
            }
        }
        let after = marker.into_iter().chain(rest).map(ToTokens::to_token_stream).collect();
        Self { blocks, others, marker, after }
    }
}

/// Writes the blocks in the reverse order, so that the compiler expands the lowest first.
fn write_back(blocks: &[Block], attributes: &mut Vec<TokenStream>) {
    let mut foreign_below = 0;
    for block in blocks.iter().rev() {
        match block {
            Block::Foreign(block) => {
                foreign_below = block.len();
                attributes.extend(block.iter().map(ToTokens::to_token_stream));
            }
            // A lone `#[stack]` has no layer to add.
            Block::Ours(block) if block.iter().all(Attr::is_bare_stack) => {}
            Block::Ours(block) => attributes.push(marker(block, foreign_below)),
        }
    }
}

pub(crate) fn marker(block: &[Attr], foreign_below: usize) -> TokenStream {
    let facade = Facade::of(block.iter().map(|attr| &attr.arguments));
    let first = block.first();
    let span = first.map_or_else(Span::call_site, |attr| attr.span);
    match first.filter(|_| Facade::is_given(block.iter().map(|attr| &attr.arguments))) {
        // If the path is wrong, the compiler misses a name that the user knows.
        Some(first) => {
            let attribute = facade.attribute(first.name());
            quote_spanned!(span=> #[#attribute(__apply #foreign_below #(#block)*)])
        }
        None => {
            let private = facade.private();
            quote_spanned!(span=> #[#private::__apply(#foreign_below #(#block)*)])
        }
    }
}

/// Returns whether one of our attributes is used in place of `#[__apply(..)]`.
pub(crate) fn is_marker(arguments: &TokenStream) -> bool {
    matches!(arguments.clone().into_iter().next(), Some(TokenTree::Ident(word)) if word == "__apply")
}

/// Returns the stack, and whether attributes of other crates are below it.
pub(crate) fn parse_marker(arguments: TokenStream) -> syn::Result<(Vec<Attr>, bool)> {
    let parser = |input: ParseStream<'_>| {
        if input.peek(syn::Ident) {
            input.parse::<Ident>()?;
        }
        let foreign_below: syn::LitInt = input.parse()?;
        let mut stack = Vec::new();
        while !input.is_empty() {
            stack.push(input.parse()?);
        }
        Ok((stack, foreign_below.base10_digits() != "0"))
    };
    parser.parse2(arguments)
}

/// Returns our attributes above the invoked one, even beyond boundaries, the outermost first.
pub(crate) fn above(below: &[Attribute]) -> Vec<Attr> {
    let blocks =
        below.iter().rev().filter_map(|attribute| match (classify(attribute, &TokenStream::new()), &attribute.meta) {
            (Class::Marker, Meta::List(list)) => parse_marker(list.tokens.clone()).ok(),
            _ => None,
        });
    blocks.flat_map(|(block, _)| block).collect()
}

/// The number of foreign attributes below the block when the marker was written.
fn foreign_seen(marker: &Attribute) -> usize {
    let Meta::List(list) = &marker.meta else { return 0 };
    let first = list.tokens.clone().into_iter().find(|token| !matches!(token, TokenTree::Ident(_)));
    first.and_then(|count| count.to_string().trim_end_matches("usize").parse().ok()).unwrap_or(0)
}

const BUILT_IN: [&str; 28] = [
    "allow",
    "automatically_derived",
    "bench",
    "cfg",
    "cold",
    "coverage",
    "deny",
    "deprecated",
    "doc",
    "expect",
    "export_name",
    "forbid",
    "ignore",
    "inline",
    "instruction_set",
    "link_section",
    "must_use",
    "no_mangle",
    "optimize",
    "rustc_on_unimplemented",
    "should_panic",
    "target_feature",
    "test",
    "test_case",
    "track_caller",
    "type_const",
    "unsafe",
    "warn",
];
const TOOLS: [&str; 5] = ["clippy", "diagnostic", "miri", "rust_analyzer", "rustfmt"];

/// Each block expands on its own, and needs the path of the facade.
fn give_facade(block: &mut Block, argument: &TokenStream) {
    let Block::Ours(block) = block else { return };
    if Facade::is_given(block.iter().map(|attr| &attr.arguments)) {
        return;
    }
    if let Some(attr) = block.iter_mut().find(|attr| !attr.is_bare_stack()) {
        let written = std::mem::take(&mut attr.arguments);
        attr.arguments = if written.is_empty() { argument.clone() } else { quote!(#argument, #written) };
    }
}

/// The arguments with the `crate = path` of the whole stack, which one attribute of ours gives.
fn facade_of(invoked: &Attr, below: &[Attribute]) -> TokenStream {
    let is_ours = |attribute: &&Attribute| {
        attribute.path().segments.last().is_some_and(|last| Definition::named(&last.ident.to_string()).is_some())
    };
    let below = below.iter().filter(is_ours).filter_map(|attribute| match &attribute.meta {
        Meta::List(inside) => Some(&inside.tokens),
        Meta::Path(_) | Meta::NameValue(_) => None,
    });
    let mut all = std::iter::once(&invoked.arguments).chain(below);
    all.find(|arguments| Facade::is_given([*arguments])).cloned().unwrap_or_default()
}

fn classify(attribute: &Attribute, facade: &TokenStream) -> Class {
    let path = attribute.path();
    let (Some(first), Some(last)) = (path.segments.first(), path.segments.last()) else { return Class::Foreign };
    let (first, last) = (first.ident.to_string(), last.ident.to_string());
    let alone = path.segments.len() == 1;
    let is_applied = matches!(&attribute.meta, Meta::List(inside) if is_marker(&inside.tokens));
    if last == "__apply" || is_applied && Definition::named(&last).is_some() {
        return Class::Marker;
    }
    if is_transparent(path) {
        return Class::Transparent;
    }
    if alone && last == "cfg_attr" {
        return if conditional_is_transparent(attribute) { Class::Transparent } else { Class::Foreign };
    }
    let arguments = match &attribute.meta {
        Meta::Path(_) => TokenStream::new(),
        Meta::List(inside) => inside.tokens.clone(),
        Meta::NameValue(pair) => pair.eq_token.to_token_stream(),
    };
    let is_of_facade = || Facade::names(&arguments, path) || Facade::names(facade, path);
    match Definition::named(&last) {
        Some(definition) if alone || first == "resilience" || is_of_facade() => {
            let span = path.segments.last().map_or_else(Span::call_site, |last| last.ident.span());
            Class::Ours(Attr { definition, span, path: path.to_token_stream(), arguments })
        }
        _ => Class::Foreign,
    }
}

fn is_transparent(path: &syn::Path) -> bool {
    let (Some(first), Some(last)) = (path.segments.first(), path.segments.last()) else { return false };
    let known = |list: &[&str], ident: &Ident| list.contains(&&*ident.to_string());
    // Runners make an async function synchronous, so they come last wherever they stand.
    path.segments.len() == 1 && known(&BUILT_IN, &first.ident)
        || known(&TOOLS, &first.ident)
        || known(&["main", "test"], &last.ident)
}

/// The compiler resolves a `cfg_attr` with any other content.
fn conditional_is_transparent(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else { return true };
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() && !input.peek(Token![,]) {
            input.parse::<TokenTree>()?;
        }
        let _: Option<Token![,]> = input.parse()?;
        Punctuated::<Meta, Token![,]>::parse_terminated(input)
    };
    parser.parse2(list.tokens.clone()).is_ok_and(|metas| metas.iter().all(|meta| is_transparent(meta.path())))
}

/// A namesake of another crate complains about this argument by name.
pub(crate) const PROBE: &str = "__not_from_resilience_then_write_its_full_path";

/// Emits `#[path(PROBE)] const _: () = ();` for each attribute recognized by name alone: its import
/// counts as used, an editor can follow it, and a namesake of another crate is an error.
pub(crate) fn probes(stack: &[Attr]) -> TokenStream {
    stack
        .iter()
        .filter(|attr| !attr.path.is_empty())
        .map(|Attr { path, span, .. }| {
            let probe = Ident::new(PROBE, *span);
            quote_spanned!(*span=> #[#path(#probe)] const _: () = ();)
        })
        .collect()
}

pub(crate) fn is_probe(arguments: &TokenStream) -> bool {
    let mut tokens = arguments.clone().into_iter();
    matches!((tokens.next(), tokens.next()), (Some(TokenTree::Ident(word)), None) if word == PROBE)
}

pub(crate) fn keyword_of(item: &TokenStream) -> Option<Ident> {
    const KEYWORDS: [&str; 12] =
        ["const", "enum", "extern", "impl", "macro_rules", "mod", "static", "struct", "trait", "type", "union", "use"];
    item.clone().into_iter().find_map(|token| match token {
        TokenTree::Ident(word) if KEYWORDS.contains(&&*word.to_string()) => Some(word),
        _ => None,
    })
}
