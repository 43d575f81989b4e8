//! Every expansion as it is, word for word, in `snapshots/`; and functions that are still being typed.
//!
//! After a deliberate change: `UPDATE_SNAPSHOTS=1 cargo test -p resilience-macros`, then read the difference; and the same with
//! `--features metrics`, for what that feature adds.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Meta};

use crate::attribute::Definition;
use crate::entry;
use crate::item::Item;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots")
}

fn fixtures() -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder())
        .expect("the folder of snapshots")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_file() && !path.to_string_lossy().ends_with(".expanded.rs"))
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
    let definition = Definition::named(&first.path().to_token_stream().to_string()).expect("one of ours");
    let below: TokenStream = attributes.iter().map(ToTokens::to_token_stream).collect();
    entry::dispatch(definition, arguments, &quote::quote!(#below #function))
}

/// Formatted, where it is a whole program; a body that is being typed is none yet.
fn readable(tokens: &TokenStream) -> String {
    syn::parse2(tokens.clone()).map_or_else(|_| format!("{tokens}\n"), |file| prettyplease::unparse(&file))
}

/// Where the expansion of a fixture stands. With the feature `metrics` a few tell what it adds to all of them.
fn expected(fixture: &Path) -> Option<PathBuf> {
    const COUNTED: [&str; 4] = ["cached_sync", "retry", "retry_sync", "stacked"];

    let expected = fixture.with_extension("expanded.rs");
    if !cfg!(feature = "metrics") {
        return Some(expected);
    }
    let is_one = fixture.file_stem().is_some_and(|name| COUNTED.iter().any(|counted| name == *counted));
    is_one.then(|| folder().join("metrics").join(expected.file_name().unwrap_or_default()))
}

#[test]
fn every_expansion_is_as_it_was() {
    let update = std::env::var_os("UPDATE_SNAPSHOTS").is_some();
    let mut changed = Vec::new();
    for path in fixtures() {
        let source = fs::read_to_string(&path).expect("a readable fixture");
        let expanded = readable(&expand(source.parse().expect("tokens")));
        let Some(expected) = expected(&path) else { continue };
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

/// Every token, with the delimiters around it.
fn flat(tokens: TokenStream, all: &mut Vec<String>) {
    for token in tokens {
        if let TokenTree::Group(group) = token {
            all.push(format!("{:?} opens", group.delimiter()));
            flat(group.stream(), all);
            all.push(format!("{:?} closes", group.delimiter()));
        } else {
            all.push(token.to_string());
        }
    }
}

/// Whether the body of a function comes out of its expansion in one piece, token by token.
fn has_body(function: &TokenStream, expanded: TokenStream) -> bool {
    let Ok(Item { body: Some(body), .. }) = syn::parse2(function.clone()) else { return true };
    let (mut written, mut emitted) = (Vec::new(), Vec::new());
    flat(body.stream(), &mut written);
    flat(expanded, &mut emitted);
    written.is_empty() || emitted.windows(written.len()).any(|part| *part == *written)
}

/// An error in the body, a jump to a definition and a completion are about the token that the user sees. That it also
/// stands where it stood is seen by the compiler, in `tests/regressions`.
///
/// BUG-H15, BUG-H16.
#[test]
fn the_body_comes_out_token_by_token() {
    for path in fixtures() {
        let source: TokenStream = fs::read_to_string(&path).expect("a readable fixture").parse().expect("tokens");
        assert!(has_body(&source, expand(source.clone())), "{}", path.display());
    }
}

/// Nothing stands beside the function: what shared its name could run the body elsewhere, or miss its attributes.
///
/// BUG-H14, BUG-H28.
#[test]
fn an_expansion_is_the_one_function() {
    for path in fixtures().iter().filter(|path| !path.ends_with("mistake.rs")) {
        let source: TokenStream = fs::read_to_string(path).expect("a readable fixture").parse().expect("tokens");
        let expanded: syn::File = syn::parse2(expand(source)).expect("a program");
        assert!(matches!(&*expanded.items, [syn::Item::Fn(_)]), "{}", path.display());
    }
}

/// A condition on a feature would be asked of the user's crate, which does not have it.
///
/// BUG-H26, BUG-H27.
#[test]
fn no_expansion_asks_for_a_feature() {
    for path in fixtures() {
        let source: TokenStream = fs::read_to_string(&path).expect("a readable fixture").parse().expect("tokens");
        let expanded = expand(source).to_string();
        assert!(!expanded.replace("cfg_attr (doc ,", "").contains("cfg"), "{}: {expanded}", path.display());
    }
}

/// Outside of a test the compiler takes such a function away, error and all.
#[test]
fn a_timeout_below_a_test_runner_says_where_it_belongs() {
    let runner = quote::quote! { #[::core::prelude::v1::test] fn run() -> Option<()> { run_with(async { None }) } };
    let said = |attribute: TokenStream| expand(quote::quote!(#attribute #runner)).to_string();
    assert!(said(quote::quote!(#[timeout(secs = 1)])).contains("write `#[timeout]` above the runner"));
    assert!(said(quote::quote!(#[retry] #[timeout(secs = 1)])).contains("write `#[timeout]` above the runner"));
    assert!(!said(quote::quote!(#[retry])).contains("compile_error"));
}

/// BUG-H22: the newer spelling of an attribute of the language is no boundary, as the older one is none.
#[test]
fn an_attribute_that_is_marked_unsafe_is_passed_over() {
    let function = quote::quote! {
        #[retry]
        #[unsafe(no_mangle)]
        #[timeout(secs = 1)]
        async fn ask() -> Option<u8> { None }
    };
    let expanded = expand(function).to_string();
    assert!(expanded.starts_with("# [unsafe (no_mangle)]") && !expanded.contains("__apply"), "{expanded}");
}

/// Unstable, and so tested here only.
#[test]
fn a_method_that_may_be_specialised_stays_one() {
    let method = quote::quote! { #[retry] default async fn ask(&self) -> Option<u8> { self.other().await } };
    let expanded = expand(method).to_string();
    assert!(expanded.contains("default async fn ask (& self) -> Option < u8 >"), "{expanded}");
}

/// An editor completes in a function only while the function is there: whatever has been typed so far, its name and its
/// body come out again.
///
/// BUG-H16.
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
                .is_some_and(|first| Definition::named(&first.path().to_token_stream().to_string()).is_some());
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
            assert!(has_body(&function, expanded), "{}: {tokens}", path.display());
        }
    }
    assert!(cut > 500, "only {cut} functions were cut");
}

/// Random numbers, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((u128::from(self.0) * end as u128) >> 64).expect("below a `usize`")
    }
}

/// What no fixture says, and somebody will.
const STRANGE: &str = r##"
    0 1 -1 0.0 1e999 0x_ff 1u8 99999999999999999999999 "" "30xs" "1h30m" "\u{0}" b"x" c"x" 'x' '\'' r#"raw"# true "NaN"
    crate super self Self r#fn r#try async await move dyn impl fn for where unsafe _ $ ? ! .. ..= => -> :: == && | # @ 'a 'static
    () [] {} (()) [,] {;} (=) (max = 3) |_| |error| Duration::MAX u64::MAX f64::NAN __out __RESILIENCE_CONFIG
    #[cfg(no)] #[inline] #[retry] #[stack] #[resilience::timeout(secs = 1)] #![allow(x)] macro_rules
"##;

/// One token taken away, said twice, replaced or preceded by another one, somewhere in the tree.
fn mutilated(tokens: &TokenStream, pool: &[TokenTree], random: &mut Random) -> TokenStream {
    let mut trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let at = random.below(trees.len() + 1);
    let other = pool[random.below(pool.len())].clone();
    match trees.get(at) {
        Some(TokenTree::Group(group)) if random.below(8) > 0 => {
            let inner = mutilated(&group.stream(), pool, random);
            trees[at] = TokenTree::Group(proc_macro2::Group::new(group.delimiter(), inner));
        }
        Some(token) => match random.below(4) {
            0 => _ = trees.remove(at),
            1 => trees.insert(at, token.clone()),
            2 => trees[at] = other,
            _ => trees.insert(at, other),
        },
        None => trees.push(other),
    }
    trees.into_iter().collect()
}

fn mutilate(times: usize) {
    let sources: Vec<TokenStream> = fixtures()
        .iter()
        .map(|path| fs::read_to_string(path).expect("a readable fixture").parse().expect("tokens"))
        .collect();
    let strange: TokenStream = STRANGE.parse().expect("tokens");
    let pool: Vec<TokenTree> = sources.iter().cloned().chain([strange]).flat_map(all_of).collect();
    let (mut random, mut called) = (Random(7), 0);
    while called < times {
        let mut tokens = sources[random.below(sources.len())].clone();
        for _ in 0..=random.below(4) {
            tokens = mutilated(&tokens, &pool, &mut random);
        }
        let parser = |input: ParseStream<'_>| Ok((input.call(Attribute::parse_outer)?, TokenStream::parse(input)?));
        let Ok((attributes, function)) = parser.parse2(tokens.clone()) else { continue };
        let kind = attributes.first().and_then(|first| Definition::named(&first.path().to_token_stream().to_string()));
        if kind.is_none() {
            continue;
        }
        called += 1;
        let Ok(expanded) = std::panic::catch_unwind(|| expand(tokens.clone())) else {
            panic!("the macro panics: {tokens}")
        };
        if let Ok(item) = syn::parse2::<Item>(tokens.clone()) {
            let name = item.sig.ident.to_string();
            assert!(has_name(&expanded, &name), "lost in {tokens}\n{expanded}");
            assert!(has_body(&function, expanded), "{tokens}");
        }
    }
}

fn all_of(tokens: TokenStream) -> Vec<TokenTree> {
    let mut all = Vec::new();
    for token in tokens {
        if let TokenTree::Group(group) = &token {
            all.extend(all_of(group.stream()));
        }
        all.push(token);
    }
    all
}

/// No panic of a macro has ever told anybody what to type.
#[test]
fn whatever_is_written_the_macro_answers_and_the_function_stays() {
    mutilate(2_000);
}

#[test]
#[ignore = "it takes minutes"]
fn whatever_is_written_the_macro_answers_and_the_function_stays_at_length() {
    mutilate(200_000);
}

/// The arguments of an attribute, as it lists them itself to whoever writes another one.
fn keys_of(attribute: &str) -> Vec<String> {
    let function = format!("#[{attribute}(quixotic = 1)] async fn ask(id: u32) -> Option<u32> {{ find(id).await }}");
    let said = expand(function.parse().expect("tokens")).to_string();
    let (_, list) = said.split_once("it takes ").expect("a list of what it takes");
    list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Every argument of every attribute, with a value of every kind.
#[test]
fn whatever_an_argument_is_given_the_macro_answers_and_the_function_stays() {
    const VALUES: [&str; 46] = [
        "",
        "0",
        "1",
        "-1",
        "1.5",
        "-0.5",
        "1e999",
        "99999999999999999999999",
        "1u8",
        "1s",
        "true",
        "'x'",
        "b\"x\"",
        "\"\"",
        "\"30s\"",
        "\"-1s\"",
        "\"none\"",
        "f",
        "A",
        "-A",
        "a::b",
        "u32::MAX",
        "Duration::MAX",
        "self",
        "self.f",
        "crate",
        "_",
        "r#try",
        "2 * 3",
        "-2 * A",
        "f()",
        "f(1)?",
        "&f",
        "x!()",
        "(1, 2)",
        "()",
        "[1]",
        "{ 3 }",
        "1..2",
        "S { a: 1 }",
        "|_| true",
        "|| 1",
        "async |_| 1",
        "async { 1 }",
        "return",
        "= #",
    ];
    let mut answered = 0;
    for attribute in ["bulkhead", "cached", "circuit_breaker", "fallback", "rate_limit", "retry", "timeout"] {
        for key in keys_of(attribute) {
            for value in VALUES {
                for argument in [format!("{key} = {value}"), format!("{key}({value})"), format!("{key} {value}")] {
                    let function = "async fn ask(&self, id: u32) -> Option<u32> { find(id).await }";
                    let written = format!("#[{attribute}({argument})] {function}");
                    let tokens: TokenStream = written.parse().expect("tokens");
                    let expanded = std::panic::catch_unwind(|| expand(tokens.clone()));
                    let Ok(expanded) = expanded else { panic!("the macro panics: {written}") };
                    assert!(has_name(&expanded, "ask") && has_body(&tokens, expanded), "lost in {written}");
                    answered += 1;
                }
            }
        }
    }
    assert!(answered > 7_000, "only {answered} arguments were written");
}
