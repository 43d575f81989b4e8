//! Which rooms (top-level modules) of a crate name which others.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::{Item, UseTree};

use crate::source::{Crate, SourceFile, is_quotation};

/// For each pair of rooms, the places where the first names the second.
pub type Arrows = BTreeMap<(String, String), Vec<Reference>>;

pub struct Reference {
    pub location: String,
    pub path: String,
}

pub fn of(house: &Crate) -> Arrows {
    let names = Names::of(house);
    let mut arrows = Arrows::new();
    for file in &house.files {
        if let Some(room) = file.module.first() {
            let mut search = Search { file, room, names: &names, arrows: &mut arrows };
            search.walk(&file.tokens, &file.module);
        }
    }
    arrows
}

/// What a path from the crate's root may begin with, and the room that it leads to.
struct Names {
    rooms: BTreeSet<String>,
    /// Names that `lib.rs` imports or exports again.
    exports: BTreeMap<String, String>,
    /// Macros, which other rooms name without a path.
    macros: BTreeMap<String, BTreeSet<String>>,
}

impl Names {
    fn of(house: &Crate) -> Self {
        let mut names = Self {
            rooms: house.rooms().map(str::to_owned).collect(),
            exports: BTreeMap::new(),
            macros: BTreeMap::new(),
        };
        for item in &house.root().syntax.items {
            if let Item::Use(item) = item {
                names.export(&item.tree, None);
            }
        }
        for file in &house.files {
            for item in &file.syntax.items {
                if let (Item::Macro(syn::ItemMacro { ident: Some(name), .. }), Some(room)) = (item, file.module.first())
                {
                    names.macros.entry(name.to_string()).or_default().insert(room.clone());
                }
            }
        }
        names
    }

    fn export(&mut self, tree: &UseTree, room: Option<&str>) {
        let mut record = |name: &Ident| {
            if let Some(room) = room {
                self.exports.insert(name.to_string(), room.to_owned());
            }
        };
        match tree {
            UseTree::Name(name) => record(&name.ident),
            UseTree::Rename(name) => record(&name.rename),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.export(tree, room)),
            UseTree::Path(path) => {
                let name = path.ident.to_string();
                let room = room.map(str::to_owned).or_else(|| self.rooms.contains(&name).then_some(name));
                self.export(&path.tree, room.as_deref());
            }
            UseTree::Glob(_) => {}
        }
    }

    fn room_of(&self, name: &str) -> Option<&str> {
        self.rooms.get(name).or_else(|| self.exports.get(name)).map(String::as_str)
    }

    fn room_of_macro(&self, name: &str, from: &str) -> Option<&str> {
        let rooms = self.macros.get(name)?;
        if rooms.contains(from) { None } else { rooms.first().map(String::as_str) }
    }
}

struct Search<'a> {
    file: &'a SourceFile,
    room: &'a str,
    names: &'a Names,
    arrows: &'a mut Arrows,
}

impl Search<'_> {
    fn walk(&mut self, tokens: &TokenStream, module: &[String]) {
        let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
        let mut index = 0;
        while index < tokens.len() {
            index += match &tokens[index..] {
                [TokenTree::Ident(name), TokenTree::Punct(bang), TokenTree::Group(_), ..]
                    if bang.as_char() == '!' && is_quotation(name) =>
                {
                    3
                }
                [TokenTree::Ident(name), TokenTree::Punct(bang), ..] if bang.as_char() == '!' => {
                    self.name_macro(name);
                    1
                }
                [TokenTree::Ident(keyword), TokenTree::Ident(name), TokenTree::Group(body), ..] if keyword == "mod" => {
                    self.walk(&body.stream(), &[module, &[name.to_string()]].concat());
                    3
                }
                [TokenTree::Ident(start), ..] if start == "crate" => self.follow(&tokens[index..], 0),
                [TokenTree::Ident(start), ..] if start == "super" => {
                    let levels = supers(&tokens[index..]);
                    let to_root = levels >= module.len();
                    if to_root {
                        self.follow(&tokens[index + 3 * (levels - 1)..], 3 * (levels - 1))
                    } else {
                        3 * levels
                    }
                }
                [TokenTree::Group(group), ..] => {
                    self.walk(&group.stream(), module);
                    1
                }
                _ => 1,
            };
        }
    }

    /// Records what follows `start ::`, and returns how many tokens that and the `skipped` ones are.
    fn follow(&mut self, path: &[TokenTree], skipped: usize) -> usize {
        match path {
            [_, TokenTree::Punct(colon), TokenTree::Punct(_), TokenTree::Ident(name), ..] if colon.as_char() == ':' => {
                self.name(name);
                skipped + 4
            }
            [_, TokenTree::Punct(colon), TokenTree::Punct(_), TokenTree::Group(group), ..]
                if colon.as_char() == ':' && group.delimiter() == Delimiter::Brace =>
            {
                for name in heads(group.stream()) {
                    self.name(&name);
                }
                skipped + 4
            }
            _ => skipped + 1,
        }
    }

    fn name(&mut self, name: &Ident) {
        let target = self.names.room_of(&name.to_string()).map(str::to_owned);
        self.record(target, name, format!("crate::{name}"));
    }

    fn name_macro(&mut self, name: &Ident) {
        let target = self.names.room_of_macro(&name.to_string(), self.room).map(str::to_owned);
        self.record(target, name, format!("{name}!"));
    }

    fn record(&mut self, target: Option<String>, name: &Ident, path: String) {
        if let Some(target) = target.filter(|target| target != self.room) {
            let location = self.file.location(name.span());
            self.arrows.entry((self.room.to_owned(), target)).or_default().push(Reference { location, path });
        }
    }
}

/// Counts the leading `super ::`.
fn supers(path: &[TokenTree]) -> usize {
    path.chunks(3)
        .take_while(|chunk| matches!(chunk, [TokenTree::Ident(word), TokenTree::Punct(_), TokenTree::Punct(_)] if word == "super"))
        .count()
        .max(1)
}

/// Returns the first name of each path in a group.
fn heads(group: TokenStream) -> Vec<Ident> {
    let mut heads = Vec::new();
    let mut at_start = true;
    for token in group {
        match token {
            TokenTree::Ident(name) if at_start => {
                heads.push(name);
                at_start = false;
            }
            TokenTree::Punct(comma) => at_start |= comma.as_char() == ',',
            _ => {}
        }
    }
    heads
}
