//! Every expansion, word for word, in `snapshots/`; and functions that are still being typed.
//!
//! After a deliberate change, run `UPDATE_SNAPSHOTS=1 cargo test -p resilience-macros --lib snapshots` and read the difference;
//! then run it with `--features metrics`, for what that feature adds.

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
pub(crate) fn expand(function: TokenStream) -> TokenStream {
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

/// Formats tokens, if they are a whole program.
fn readable(tokens: &TokenStream) -> String {
    syn::parse2(tokens.clone()).map_or_else(|_| format!("{tokens}\n"), |file| prettyplease::unparse(&file))
}

/// The file of a fixture's expansion. With the feature `metrics`, a few fixtures show what it adds to all.
fn expected(fixture: &Path) -> Option<PathBuf> {
    const WITH_METRICS: [&str; 4] = ["cached_sync", "retry", "retry_sync", "stacked"];

    let expected = fixture.with_extension("expanded.rs");
    if !cfg!(feature = "metrics") {
        return Some(expected);
    }
    let is_one = fixture.file_stem().is_some_and(|name| WITH_METRICS.iter().any(|shown| name == *shown));
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

/// The function cut short after each token, with all delimiters closed, as an editor would close them.
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

/// Returns whether an expansion contains the body in one piece, token by token.
fn has_body(function: &TokenStream, expanded: TokenStream) -> bool {
    let Ok(Item { body: Some(body), .. }) = syn::parse2(function.clone()) else { return true };
    let (mut written, mut emitted) = (Vec::new(), Vec::new());
    flat(body.stream(), &mut written);
    flat(expanded, &mut emitted);
    written.is_empty() || emitted.windows(written.len()).any(|part| *part == *written)
}

/// Errors, jumps and completions are about the token that the user sees. The compiler checks its location in
/// `tests/regressions`.
///
/// BUG-H15, BUG-H16.
#[test]
fn the_body_comes_out_token_by_token() {
    for path in fixtures() {
        let source: TokenStream = fs::read_to_string(&path).expect("a readable fixture").parse().expect("tokens");
        assert!(has_body(&source, expand(source.clone())), "{}", path.display());
    }
}

/// An item beside the function could run the body elsewhere, or miss its attributes.
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

/// Most attributes of other crates parse what ours have made with version 2 of `syn`, which reads less than the compiler.
#[test]
fn attributes_of_other_crates_can_parse_every_expansion() {
    for path in fixtures().iter().filter(|path| !path.ends_with("mistake.rs")) {
        let source: TokenStream = fs::read_to_string(path).expect("a readable fixture").parse().expect("tokens");
        let parsed = syn_2::parse2::<syn_2::File>(expand(source)).map(drop).map_err(|error| error.to_string());
        assert_eq!(parsed, Ok(()), "{}", path.display());
    }
}

/// A `cfg` for a feature would ask the user's crate, which does not have it.
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

/// Without `--test`, the compiler removes such a function and its error.
#[test]
fn a_timeout_below_a_test_runner_says_where_it_belongs() {
    let runner = quote::quote! { #[::core::prelude::v1::test] fn run() -> Option<()> { run_with(async { None }) } };
    let output = |attribute: TokenStream| expand(quote::quote!(#attribute #runner)).to_string();
    assert!(output(quote::quote!(#[timeout(secs = 1)])).contains("write `#[timeout]` above the runner"));
    assert!(output(quote::quote!(#[retry] #[timeout(secs = 1)])).contains("write `#[timeout]` above the runner"));
    assert!(!output(quote::quote!(#[retry])).contains("compile_error"));
}

/// BUG-H22: `#[unsafe(no_mangle)]` is no boundary, as `#[no_mangle]` is none.
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

/// The compiler has no stable test for it.
#[test]
fn a_method_that_may_be_specialised_stays_one() {
    let method = quote::quote! { #[retry] default async fn ask(&self) -> Option<u8> { self.other().await } };
    let expanded = expand(method).to_string();
    assert!(expanded.contains("default async fn ask (& self) -> Option < u8 >"), "{expanded}");
}

/// An editor completes inside a function only while the function exists: its name and its body come out, whatever has been
/// typed so far.
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
            // A body that uses `self` as a value gets it under another name.
            let expanded = expanded.to_string().replace("__self", "self").parse().expect("tokens");
            assert!(has_body(&function, expanded), "{}: {tokens}", path.display());
        }
    }
    assert!(cut > 500, "only {cut} functions were cut");
}

/// A reproducible sequence of random numbers.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((u128::from(self.0) * end as u128) >> 64).expect("below a `usize`")
    }
}

/// Tokens that no fixture contains.
const STRANGE: &str = r##"
    0 1 -1 0.0 1e999 0x_ff 1u8 99999999999999999999999 "" "30xs" "1h30m" "\u{0}" b"x" c"x" 'x' '\'' r#"raw"# true "NaN"
    crate super self Self r#fn r#try async await move dyn impl fn for where unsafe _ $ ? ! .. ..= => -> :: == && | # @ 'a 'static
    () [] {} (()) [,] {;} (=) (max = 3) |_| |error| Duration::MAX u64::MAX f64::NAN __out __RESILIENCE_CONFIG
    #[cfg(no)] #[inline] #[retry] #[stack] #[resilience::timeout(secs = 1)] #![allow(x)] macro_rules
"##;

/// Removes, doubles, replaces or precedes one token, somewhere in the tree.
fn mutated(tokens: &TokenStream, pool: &[TokenTree], random: &mut Random) -> TokenStream {
    let mut trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let at = random.below(trees.len() + 1);
    let other = pool[random.below(pool.len())].clone();
    match trees.get(at) {
        Some(TokenTree::Group(group)) if random.below(8) > 0 => {
            let inner = mutated(&group.stream(), pool, random);
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

fn mutate_many(times: usize) {
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
            tokens = mutated(&tokens, &pool, &mut random);
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

#[test]
fn whatever_is_written_the_macro_answers_and_the_function_stays() {
    mutate_many(2_000);
}

#[test]
#[ignore = "it takes minutes"]
fn whatever_is_written_the_macro_answers_and_the_function_stays_at_length() {
    mutate_many(200_000);
}

/// The arguments of an attribute, as its error about an unknown one lists them.
fn keys_of(attribute: &str) -> Vec<String> {
    let function = format!("#[{attribute}(quixotic = 1)] async fn ask(id: u32) -> Option<u32> {{ find(id).await }}");
    let output = expand(function.parse().expect("tokens")).to_string();
    let (_, list) = output.split_once("it takes ").expect("a list of what it takes");
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
