//! Reads a crate as its compiler does, from `lib.rs` along the `mod` declarations, and leaves the tests out.

use std::fs;
use std::iter;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::punctuated::Punctuated;
use syn::{Attribute, Item, ItemMacro, Meta, Token, Visibility};

pub struct Crate {
    pub name: &'static str,
    pub files: Vec<SourceFile>,
}

pub struct SourceFile {
    /// Relative to the workspace.
    pub path: String,
    pub text: String,
    line_starts: Vec<usize>,
    /// Everything but what is compiled for tests alone.
    pub tokens: TokenStream,
    pub syntax: syn::File,
    /// The names of the modules from the crate's root to this file: empty for `lib.rs`.
    pub module: Vec<String>,
    /// The predicates of the `cfg` attributes that this file's modules stand under.
    pub cfgs: Vec<String>,
    /// Whether each of the modules is `pub` and documented.
    pub is_public: bool,
}

impl Crate {
    pub fn read(name: &'static str) -> Self {
        let mut house = Self { name, files: Vec::new() };
        let root = Declaration { module: Vec::new(), cfgs: Vec::new(), is_public: true };
        house.add(&format!("{name}/src/lib.rs"), root);
        house
    }

    fn add(&mut self, path: &str, declared: Declaration) {
        if self.files.iter().any(|file| file.path == path) {
            return;
        }
        let text = fs::read_to_string(workspace().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        let line_starts = iter::once(0).chain(text.match_indices('\n').map(|(end, _)| end + 1)).collect();
        let tokens = text.parse().unwrap_or_else(|error| panic!("{path}: {error}"));
        let tokens = without_tests(tokens);
        let syntax: syn::File = syn::parse2(tokens.clone()).unwrap_or_else(|error| panic!("{path}: {error}"));
        let folder = folder_of_children(path);
        let mut children = Vec::new();
        declared.collect_children(&syntax.items, &folder, &mut children);
        let depth = declared.module.len();
        let Declaration { module, cfgs, is_public } = declared;
        self.files.push(SourceFile {
            path: path.to_owned(),
            text,
            line_starts,
            tokens,
            syntax,
            module,
            cfgs,
            is_public,
        });
        for child in children {
            let place = format!("{folder}/{}", child.module[depth..].join("/"));
            let path = module_file(&place).unwrap_or_else(|| panic!("{place} is declared, and there is no such file"));
            self.add(&path, child);
        }
    }

    pub fn root(&self) -> &SourceFile {
        &self.files[0]
    }

    /// The top-level modules.
    pub fn rooms(&self) -> impl Iterator<Item = &str> {
        self.files.iter().filter(|file| file.module.len() == 1).map(|file| file.module[0].as_str())
    }

    pub fn lines(&self) -> usize {
        self.files.iter().map(SourceFile::lines).sum()
    }
}

impl SourceFile {
    pub fn lines(&self) -> usize {
        self.text.lines().count()
    }

    /// Returns a line by its number, from 1.
    pub fn line(&self, number: usize) -> &str {
        let start = self.line_starts[number - 1];
        self.text[start..].lines().next().unwrap_or_default()
    }

    pub fn location(&self, span: proc_macro2::Span) -> String {
        format!("{}:{}", self.path, span.start().line)
    }
}

struct Declaration {
    module: Vec<String>,
    cfgs: Vec<String>,
    is_public: bool,
}

impl Declaration {
    fn collect_children(&self, items: &[Item], folder: &str, found: &mut Vec<Self>) {
        for item in items {
            if let Item::Mod(item) = item {
                let is_public = matches!(item.vis, Visibility::Public(_)) && !is_hidden(&item.attrs);
                let child = self.child(&item.ident, &cfg_predicates(&item.attrs), is_public);
                match &item.content {
                    Some((_, items)) => child.collect_children(items, &format!("{folder}/{}", item.ident), found),
                    None => found.push(child),
                }
            }
        }
        // A macro may declare modules as well: each of its words that is the name of a file beside this one.
        for item in items {
            if let Item::Macro(ItemMacro { ident: None, mac, .. }) = item {
                for token in mac.tokens.clone() {
                    match token {
                        TokenTree::Ident(word) if module_file(&format!("{folder}/{word}")).is_some() => {
                            found.push(self.child(&word, &[], false));
                        }
                        _ => {}
                    }
                }
            }
        }
    }

    fn child(&self, name: &Ident, cfgs: &[String], is_public: bool) -> Self {
        Self {
            module: [self.module.as_slice(), &[name.to_string()]].concat(),
            cfgs: [self.cfgs.as_slice(), cfgs].concat(),
            is_public: self.is_public && is_public,
        }
    }
}

fn module_file(place: &str) -> Option<String> {
    [format!("{place}.rs"), format!("{place}/mod.rs")].into_iter().find(|path| workspace().join(path).exists())
}

/// Returns the predicate of each `#[cfg(..)]`, printed with the spaces of a token stream.
pub fn cfg_predicates(attributes: &[Attribute]) -> Vec<String> {
    attributes
        .iter()
        .filter_map(|attribute| match &attribute.meta {
            Meta::List(list) if list.path.is_ident("cfg") => Some(list.tokens.to_string()),
            _ => None,
        })
        .collect()
}

fn is_hidden(attributes: &[Attribute]) -> bool {
    let is_hidden = |meta: &Meta| meta.to_token_stream().to_string().replace(' ', "") == "doc(hidden)";
    attributes.iter().any(|attribute| is_hidden(&attribute.meta))
}

/// Whether a macro of this name makes tokens for somebody else's code.
pub fn is_quotation(macro_name: &Ident) -> bool {
    ["quote", "quote_spanned", "parse_quote", "parse_quote_spanned"].iter().any(|name| macro_name == name)
}

fn folder_of_children(path: &str) -> String {
    let path = Path::new(path);
    let folder = match path.file_name().and_then(|name| name.to_str()) {
        Some("lib.rs" | "mod.rs") => path.parent().expect("a source file is in a folder").to_owned(),
        _ => path.with_extension(""),
    };
    folder.to_str().expect("the names of source files are ASCII").to_owned()
}

pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn lines_below(folder: &str) -> usize {
    fn visit(folder: PathBuf) -> usize {
        let entries =
            fs::read_dir(folder).expect("the folder can be read").map(|entry| entry.expect("an entry").path());
        entries
            .map(|path| match path.extension() {
                _ if path.is_dir() => visit(path),
                Some(extension) if extension == "rs" => fs::read_to_string(path).map_or(0, |text| text.lines().count()),
                _ => 0,
            })
            .sum()
    }
    visit(workspace().join(folder))
}

/// Drops each item whose `cfg` holds in tests alone.
fn without_tests(tokens: TokenStream) -> TokenStream {
    let mut kept = Vec::new();
    let mut rest = tokens.into_iter().peekable();
    while let Some(token) = rest.next() {
        let attribute = match (&token, rest.peek()) {
            (TokenTree::Punct(hash), Some(TokenTree::Group(group))) if hash.as_char() == '#' => Some(group.stream()),
            _ => None,
        };
        if attribute.is_some_and(is_for_tests) {
            while let [.., TokenTree::Punct(hash), TokenTree::Group(_)] = kept.as_slice()
                && hash.as_char() == '#'
            {
                kept.truncate(kept.len() - 2);
            }
            skip_item(&mut rest);
        } else if let TokenTree::Group(group) = token {
            let mut inner = proc_macro2::Group::new(group.delimiter(), without_tests(group.stream()));
            inner.set_span(group.span());
            kept.push(TokenTree::Group(inner));
        } else {
            kept.push(token);
        }
    }
    kept.into_iter().collect()
}

fn skip_item(rest: &mut impl Iterator<Item = TokenTree>) {
    const ENDS_AT_A_SEMICOLON: [&str; 5] = ["use", "const", "static", "type", "let"];
    let mut to_semicolon = false;
    for token in rest {
        match token {
            TokenTree::Punct(end) if end.as_char() == ';' => return,
            TokenTree::Group(body) if body.delimiter() == Delimiter::Brace && !to_semicolon => return,
            TokenTree::Ident(word) if ENDS_AT_A_SEMICOLON.contains(&word.to_string().as_str()) => to_semicolon = true,
            TokenTree::Ident(word) if word == "fn" => to_semicolon = false,
            _ => {}
        }
    }
}

fn is_for_tests(attribute: TokenStream) -> bool {
    match syn::parse2(attribute) {
        Ok(Meta::List(list)) if list.path.is_ident("cfg") => list.parse_args().is_ok_and(|meta| requires_test(&meta)),
        _ => false,
    }
}

fn requires_test(predicate: &Meta) -> bool {
    let Meta::List(list) = predicate else { return predicate.to_token_stream().to_string() == "test" };
    let parts = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).unwrap_or_default();
    if list.path.is_ident("all") {
        parts.iter().any(requires_test)
    } else {
        list.path.is_ident("any") && parts.iter().all(requires_test)
    }
}
