//! The types and functions of a crate.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{Attribute, Block, Ident, Item, ItemMod, Macro, Signature, UseTree};

use crate::source::{Crate, SourceFile, cfg_predicates, is_quotation};

pub struct Definition {
    name: String,
    pub location: String,
    room: String,
    cfgs: Vec<String>,
}

pub struct Function {
    pub lines: usize,
    pub location: String,
}

struct Items<'a> {
    file: &'a SourceFile,
    cfgs: Vec<String>,
    types: Vec<Definition>,
    functions: Vec<Function>,
}

/// Returns the type names that a crate defines more than once. Definitions that exclude each other by `cfg` are one.
pub fn defined_twice(house: &Crate) -> Vec<(String, Vec<Definition>)> {
    let mut by_name: BTreeMap<String, Vec<Definition>> = BTreeMap::new();
    for definition in types(house) {
        by_name.entry(definition.name.clone()).or_default().push(definition);
    }
    by_name.into_iter().filter(|(_, definitions)| !are_alternatives(definitions)).collect()
}

pub fn type_names(house: &Crate) -> usize {
    types(house).into_iter().map(|definition| definition.name).collect::<BTreeSet<_>>().len()
}

pub fn functions(house: &Crate) -> Vec<Function> {
    house.files.iter().flat_map(|file| Items::of(file).functions).collect()
}

/// Returns how many names `private.rs` exports.
pub fn names_for_generated_code(house: &Crate) -> usize {
    let private = house.files.iter().find(|file| file.module == ["private"]);
    let uses = private.into_iter().flat_map(|file| &file.syntax.items);
    uses.map(|item| if let Item::Use(item) = item { leaves(&item.tree) } else { 1 }).sum()
}

fn leaves(tree: &UseTree) -> usize {
    match tree {
        UseTree::Path(path) => leaves(&path.tree),
        UseTree::Group(group) => group.items.iter().map(leaves).sum(),
        _ => 1,
    }
}

fn types(house: &Crate) -> Vec<Definition> {
    house.files.iter().flat_map(|file| Items::of(file).types).collect()
}

fn are_alternatives(definitions: &[Definition]) -> bool {
    definitions.iter().enumerate().all(|(index, one)| {
        definitions[..index].iter().all(|other| one.room == other.room && exclude_each_other(&one.cfgs, &other.cfgs))
    })
}

fn exclude_each_other(one: &[String], other: &[String]) -> bool {
    let denies = |yes: &String, no: &String| *no == format!("not ({yes})") || *no == format!("not({yes})");
    one.iter().any(|a| other.iter().any(|b| denies(a, b) || denies(b, a)))
}

impl<'a> Items<'a> {
    fn of(file: &'a SourceFile) -> Self {
        let mut items = Self { file, cfgs: file.cfgs.clone(), types: Vec::new(), functions: Vec::new() };
        items.visit_file(&file.syntax);
        items
    }

    fn define(&mut self, name: &Ident, attributes: &[Attribute]) {
        self.types.push(Definition {
            name: name.to_string(),
            location: self.file.location(name.span()),
            room: self.file.module.first().cloned().unwrap_or_default(),
            cfgs: [self.cfgs.as_slice(), &cfg_predicates(attributes)].concat(),
        });
    }

    fn function(&mut self, signature: &Signature, body: &Block) {
        let first = signature.span().start().line;
        let last = body.brace_token.span.close().end().line;
        let location = format!("{} {}", self.file.location(signature.span()), signature.ident);
        self.functions.push(Function { lines: last + 1 - first, location });
    }

    /// Types that a macro is given, as in `pin_project! { struct .. }`.
    fn types_in(&mut self, tokens: TokenStream) {
        let mut after_keyword = false;
        for token in tokens {
            match token {
                TokenTree::Ident(name) if after_keyword => {
                    self.define(&name, &[]);
                    after_keyword = false;
                }
                TokenTree::Ident(word) => after_keyword = ["struct", "enum", "trait"].iter().any(|it| word == it),
                TokenTree::Group(group) => {
                    after_keyword = false;
                    self.types_in(group.stream());
                }
                _ => after_keyword = false,
            }
        }
    }
}

impl<'ast> Visit<'ast> for Items<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        match item {
            Item::Struct(item) => self.define(&item.ident, &item.attrs),
            Item::Enum(item) => self.define(&item.ident, &item.attrs),
            Item::Union(item) => self.define(&item.ident, &item.attrs),
            Item::Trait(item) => self.define(&item.ident, &item.attrs),
            Item::Type(item) => self.define(&item.ident, &item.attrs),
            Item::Fn(item) => self.function(&item.sig, &item.block),
            _ => {}
        }
        visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        let outer = self.cfgs.len();
        self.cfgs.extend(cfg_predicates(&item.attrs));
        visit::visit_item_mod(self, item);
        self.cfgs.truncate(outer);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(body) = &item.default {
            self.function(&item.sig, body);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_macro(&mut self, invocation: &'ast Macro) {
        if !invocation.path.segments.last().is_some_and(|segment| is_quotation(&segment.ident)) {
            self.types_in(invocation.tokens.clone());
        }
    }
}
