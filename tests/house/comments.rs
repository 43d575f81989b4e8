//! Counts lines of code, and comments by whether they document something public.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use syn::{Item, UseTree, Visibility};

use crate::source::{Crate, SourceFile};

pub struct Comments {
    files: Vec<FileComments>,
}

struct FileComments {
    path: String,
    code: usize,
    public: usize,
    private: usize,
}

struct Lines<'a> {
    file: &'a SourceFile,
    exported: &'a BTreeSet<String>,
    code: BTreeSet<usize>,
    public: BTreeSet<usize>,
    private: BTreeSet<usize>,
}

/// Which items of a scope the users of the crate can name.
#[derive(Clone, Copy)]
enum Reach {
    None,
    /// Those that are `pub` and whose name is exported from a public module.
    Exported,
    Pub,
    All,
}

impl Comments {
    pub fn of(house: &Crate) -> Self {
        let exported = exported_names(house);
        Self { files: house.files.iter().map(|file| FileComments::of(file, &exported)).collect() }
    }

    pub fn code(&self) -> usize {
        self.files.iter().map(|file| file.code).sum()
    }

    pub fn private_per_thousand(&self) -> usize {
        1000 * self.private() / self.code()
    }

    pub fn private_per_hundred(&self) -> f64 {
        per_hundred(self.private(), self.code())
    }

    pub fn all_per_hundred(&self) -> f64 {
        per_hundred(self.private() + self.files.iter().map(|file| file.public).sum::<usize>(), self.code())
    }

    fn private(&self) -> usize {
        self.files.iter().map(|file| file.private).sum()
    }

    /// Lists the files that have the most private comment lines above the aim of 7 per 100.
    pub fn densest_files(&self, most: usize) -> String {
        let mut files: Vec<&FileComments> = self.files.iter().collect();
        files.sort_by_key(|file| std::cmp::Reverse((100 * file.private).saturating_sub(7 * file.code)));
        files.iter().take(most).fold(String::new(), |mut list, file| {
            let _ = writeln!(list, "   {}: {} comment lines for {} of code", file.path, file.private, file.code);
            list
        })
    }
}

#[allow(clippy::cast_precision_loss, reason = "no crate has 2^52 lines")]
fn per_hundred(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole as f64
}

/// Returns the names that `pub use` exports from the modules that users can name.
fn exported_names(house: &Crate) -> BTreeSet<String> {
    fn collect(tree: &UseTree, names: &mut BTreeSet<String>) {
        match tree {
            UseTree::Path(path) => collect(&path.tree, names),
            UseTree::Group(group) => group.items.iter().for_each(|tree| collect(tree, names)),
            UseTree::Name(name) => drop(names.insert(name.ident.to_string())),
            UseTree::Rename(name) => drop(names.insert(name.ident.to_string())),
            UseTree::Glob(_) => {}
        }
    }
    let mut names = BTreeSet::new();
    for item in house.files.iter().filter(|file| file.is_public).flat_map(|file| &file.syntax.items) {
        match item {
            Item::Use(item) if matches!(item.vis, Visibility::Public(_)) => collect(&item.tree, &mut names),
            _ => {}
        }
    }
    names
}

impl FileComments {
    fn of(file: &SourceFile, exported: &BTreeSet<String>) -> Self {
        let (code, public, private) = Default::default();
        let mut lines = Lines { file, exported, code, public, private };
        lines.walk(file.tokens.clone(), if file.is_public { Reach::Pub } else { Reach::Exported });
        Self {
            path: file.path.clone(),
            private: lines.private.len() + lines.plain_comments(),
            code: lines.code.len(),
            public: lines.public.len(),
        }
    }
}

impl Lines<'_> {
    fn walk(&mut self, tokens: TokenStream, reach: Reach) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut item = 0;
        let mut index = 0;
        while index < tokens.len() {
            if let Some(comment) = self.doc_comment(&tokens[index..]) {
                let is_public = if comment.is_inner {
                    self.file.is_public
                } else {
                    self.reaches(reach, &tokens[index + comment.tokens..])
                };
                let lines = if is_public { &mut self.public } else { &mut self.private };
                lines.extend(comment.span.start().line..=comment.span.end().line);
                index += comment.tokens;
                continue;
            }
            match &tokens[index] {
                TokenTree::Group(group) => {
                    self.code.extend([group.span_open().start().line, group.span_close().end().line]);
                    let inner = self.reach_inside(reach, &tokens[item..index], group.delimiter());
                    self.walk(group.stream(), inner);
                }
                token => self.code.extend(token.span().start().line..=token.span().end().line),
            }
            let ends_item = match &tokens[index] {
                TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                TokenTree::Punct(punct) => punct.as_char() == ';',
                _ => false,
            };
            index += 1;
            if ends_item {
                item = index;
            }
        }
    }

    fn doc_comment(&self, tokens: &[TokenTree]) -> Option<DocComment> {
        let TokenTree::Punct(hash) = tokens.first()? else { return None };
        let start = hash.span().start();
        let is_comment = self.file.line(start.line).chars().skip(start.column).take(2).eq("//".chars());
        if hash.as_char() != '#' || !is_comment {
            return None;
        }
        let is_inner = matches!(tokens.get(1), Some(TokenTree::Punct(_)));
        Some(DocComment { span: hash.span(), tokens: if is_inner { 3 } else { 2 }, is_inner })
    }

    /// Whether users can name the item that begins here, after any number of attributes.
    fn reaches(&self, reach: Reach, item: &[TokenTree]) -> bool {
        let item = without_attributes(item);
        match reach {
            Reach::None => false,
            Reach::All => true,
            Reach::Pub => is_pub(item),
            Reach::Exported => is_pub(item) && defined_name(item).is_some_and(|name| self.exported.contains(&name)),
        }
    }

    /// The reach of what stands in braces, given the tokens of the item before them.
    fn reach_inside(&self, outside: Reach, item: &[TokenTree], delimiter: Delimiter) -> Reach {
        let item = without_attributes(item);
        let has = |keyword: &str| item.iter().any(|token| matches!(token, TokenTree::Ident(word) if word == keyword));
        if let Some(TokenTree::Punct(bang)) = item.last()
            && bang.as_char() == '!'
        {
            // The rows of a table become public fields.
            return if has("options") { Reach::All } else { outside };
        }
        if delimiter != Delimiter::Brace {
            return if has("struct") && self.reaches(outside, item) { Reach::Pub } else { Reach::None };
        }
        match outside {
            _ if has("macro_rules") => Reach::Pub,
            Reach::None => Reach::None,
            _ if has("fn") => Reach::None,
            _ if has("impl") => {
                let names =
                    item.iter().filter_map(|token| if let TokenTree::Ident(name) = token { Some(name) } else { None });
                let is_exported = names.into_iter().any(|name| self.exported.contains(&name.to_string()));
                if is_exported || self.file.is_public { Reach::Pub } else { Reach::None }
            }
            _ if !self.reaches(outside, item) => Reach::None,
            _ if has("enum") || has("trait") => Reach::All,
            _ => Reach::Pub,
        }
    }

    /// Counts the lines of plain comments, which are no tokens, outside of tests.
    fn plain_comments(&self) -> usize {
        let lines: Vec<&str> = self.file.text.lines().map(str::trim_start).collect();
        let is_comment = |line: &str| line.starts_with("//");
        let is_documentation =
            |line: &str| line.starts_with("//!") || line.starts_with("///") && !line.starts_with("////");
        (0..lines.len())
            .filter(|index| is_comment(lines[*index]) && !is_documentation(lines[*index]))
            .filter(|index| !self.code.contains(&(index + 1)))
            .filter(|index| {
                let next = (index + 1..lines.len()).find(|next| !lines[*next].is_empty() && !is_comment(lines[*next]));
                next.is_some_and(|next| self.code.contains(&(next + 1)))
            })
            .count()
    }
}

struct DocComment {
    span: Span,
    tokens: usize,
    is_inner: bool,
}

fn without_attributes(mut item: &[TokenTree]) -> &[TokenTree] {
    while let [TokenTree::Punct(hash), TokenTree::Group(_), rest @ ..] = item {
        if hash.as_char() != '#' {
            break;
        }
        item = rest;
    }
    item
}

fn is_pub(item: &[TokenTree]) -> bool {
    match item {
        [TokenTree::Ident(word), TokenTree::Group(restriction), ..] if word == "pub" => {
            restriction.delimiter() != Delimiter::Parenthesis
        }
        [TokenTree::Ident(word), ..] => word == "pub",
        _ => false,
    }
}

fn defined_name(item: &[TokenTree]) -> Option<String> {
    const KEYWORDS: [&str; 9] = ["fn", "struct", "enum", "trait", "type", "union", "const", "static", "mod"];
    item.windows(2).find_map(|pair| match pair {
        [TokenTree::Ident(keyword), TokenTree::Ident(name)]
            if KEYWORDS.iter().any(|it| keyword == it) && !KEYWORDS.iter().any(|it| name == it) =>
        {
            Some(name.to_string())
        }
        _ => None,
    })
}
