//! Every expansion as it is, word for word, in `snapshots/`; and functions that are still being typed.
//!
//! After a deliberate change: `UPDATE_SNAPSHOTS=1 cargo test -p resilience-macros`, then read the difference.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Meta};

use crate::entry;
use crate::item::Item;
use crate::stack::Kind;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots")
}

fn fixtures() -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder())
        .expect("the folder of snapshots")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| !path.to_string_lossy().ends_with(".expanded.rs"))
        .collect();
    paths.sort();
    paths
}

/// Calls the first attribute of a function as the compiler would.
fn expand(function: TokenStream) -> TokenStream {
    let parser = |input: ParseStream<'_>| Ok((input.call(Attribute::parse_outer)?, TokenStream::parse(input)?));
    let (mut attributes, function) = parser.parse2(function).expect("attributes and a function");
    let first = attributes.remove(0);
    let arguments = match &first.meta {
        Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    };
    let kind = Kind::from_name(&first.path().to_token_stream().to_string()).expect("one of ours");
    let below: TokenStream = attributes.iter().map(ToTokens::to_token_stream).collect();
    entry::attribute(kind, arguments, &quote::quote!(#below #function))
}

/// Formatted, where it is a whole program; a body that is being typed is none yet.
fn readable(tokens: &TokenStream) -> String {
    syn::parse2(tokens.clone()).map_or_else(|_| format!("{tokens}\n"), |file| prettyplease::unparse(&file))
}

#[test]
fn every_expansion_is_as_it_was() {
    let update = std::env::var_os("UPDATE_SNAPSHOTS").is_some();
    let mut changed = Vec::new();
    for path in fixtures() {
        let source = fs::read_to_string(&path).expect("a readable fixture");
        let expanded = readable(&expand(source.parse().expect("tokens")));
        let expected = path.with_extension("expanded.rs");
        if update {
            fs::write(&expected, &expanded).expect("a writable folder");
        } else if fs::read_to_string(&expected).ok().as_ref() != Some(&expanded) {
            changed.push(format!("{}:\n{expanded}", path.display()));
        }
    }
    assert!(changed.is_empty(), "{}", changed.join("\n"));
}

/// All ways of cutting a function short, with every delimiter closed as an editor would close it.
fn truncations(tokens: TokenStream) -> Vec<TokenStream> {
    let mut all = vec![TokenStream::new()];
    let mut before = TokenStream::new();
    for token in tokens {
        if let TokenTree::Group(group) = &token {
            for inner in truncations(group.stream()) {
                let cut = proc_macro2::Group::new(group.delimiter(), inner);
                let mut whole = before.clone();
                whole.extend([TokenTree::Group(cut)]);
                all.push(whole);
            }
        }
        before.extend([token]);
        all.push(before.clone());
    }
    all
}

fn has_name(tokens: &TokenStream, name: &str) -> bool {
    let mut tokens = tokens.clone().into_iter().peekable();
    while let Some(token) = tokens.next() {
        match (&token, tokens.peek()) {
            (TokenTree::Ident(keyword), Some(TokenTree::Ident(next))) if keyword == "fn" && next == name => {
                return true;
            }
            (TokenTree::Group(group), _) if has_name(&group.stream(), name) => return true,
            _ => {}
        }
    }
    false
}

/// An editor completes in a function only while the function is there: whatever has been typed so far, its name and its
/// body come out again.
#[test]
fn a_function_cut_short_after_any_token_still_yields_the_function() {
    let mut cut = 0;
    for path in fixtures() {
        let source: TokenStream = fs::read_to_string(&path).expect("a readable fixture").parse().expect("tokens");
        let name = syn::parse2::<Item>(source.clone()).expect("a function").sig.ident.to_string();
        for tokens in truncations(source) {
            let parser = |input: ParseStream<'_>| Ok((input.call(Attribute::parse_outer)?, TokenStream::parse(input)?));
            let Ok((attributes, function)) = parser.parse2(tokens.clone()) else { continue };
            let is_ours = attributes
                .first()
                .is_some_and(|first| Kind::from_name(&first.path().to_token_stream().to_string()).is_some());
            if !is_ours {
                continue;
            }
            cut += 1;
            let expanded = expand(tokens.clone());
            assert_eq!(
                has_name(&expanded, &name),
                has_name(&function, &name),
                "{}: lost in {tokens}\n{expanded}",
                path.display()
            );
        }
    }
    assert!(cut > 500, "only {cut} functions were cut");
}
