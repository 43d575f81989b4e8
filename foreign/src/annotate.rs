//! Where an attribute of ours may stand, and which one changes nothing there.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::{fs, io};

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::{FnArg, GenericArgument, ImplItemFn, ItemFn, PathArguments, ReturnType, Signature, Type, Visibility};

/// A function that can have an attribute.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub file: PathBuf,
    pub name: String,
    pub attribute: String,
    /// Where the attribute goes.
    at: usize,
    lines: (usize, usize),
}

impl Place {
    pub fn lines(&self) -> RangeInclusive<usize> {
        self.lines.0..=self.lines.1
    }
}

/// Every function of a package that returns a `Result` or an `Option`.
pub fn places(package: &Path) -> io::Result<Vec<Place>> {
    let mut found = Vec::new();
    for file in sources(&package.join("src"))? {
        let text = fs::read_to_string(&file)?;
        // A file may be a part of one, or in a syntax that only the compiler knows.
        let Ok(parsed) = syn::parse_file(&text) else { continue };
        let name = file.strip_prefix(package).unwrap_or(&file).to_owned();
        let mut finder = Finder { file: name, found: Vec::new() };
        finder.visit_file(&parsed);
        found.append(&mut finder.found);
    }
    Ok(found)
}

/// Writes the attributes into a copy of the package.
pub fn annotate(package: &Path, copy: &Path, places: &BTreeSet<Place>) -> io::Result<()> {
    let files: BTreeSet<&PathBuf> = places.iter().map(|place| &place.file).collect();
    for file in sources(&package.join("src"))? {
        let name = file.strip_prefix(package).unwrap_or(&file).to_owned();
        let mut text = fs::read_to_string(&file)?;
        if files.contains(&name) {
            let mut here: Vec<&Place> = places.iter().filter(|place| place.file == name).collect();
            here.sort_by_key(|place| std::cmp::Reverse(place.at));
            for place in here {
                // On the same line, so that lines keep their numbers.
                text.insert_str(place.at, &format!("#[::resilience::{}] ", place.attribute));
            }
        }
        // Files that have not changed keep their time, and what was built of them.
        if fs::read_to_string(copy.join(&name)).ok().as_ref() != Some(&text) {
            fs::write(copy.join(&name), text)?;
        }
    }
    Ok(())
}

fn sources(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let (mut folders, mut files) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

struct Finder {
    file: PathBuf,
    found: Vec<Place>,
}

impl Finder {
    fn function(&mut self, attributes: &[syn::Attribute], visibility: &Visibility, signature: &Signature, end: Span) {
        let has =
            |name| attributes.iter().any(|attribute| attribute.path().segments.iter().any(|part| part.ident == name));
        let is_plain = signature.constness.is_none() && signature.abi.is_none();
        let text = quoted(signature);
        if has("test") || has("track_caller") || !is_plain || text.starts_with("unsafe") || text.contains("unsafe fn") {
            return;
        }
        let Some(outcome) = outcome(&signature.output) else { return };
        let begin = match visibility {
            Visibility::Inherited => signature.span(),
            visible => visible.span(),
        };
        self.found.push(Place {
            file: self.file.clone(),
            name: signature.ident.to_string(),
            attribute: attribute(signature, outcome, self.found.len()),
            at: begin.byte_range().start,
            lines: (begin.start().line, end.end().line),
        });
    }
}

impl Visit<'_> for Finder {
    fn visit_item_fn(&mut self, item: &ItemFn) {
        self.function(&item.attrs, &item.vis, &item.sig, item.block.span());
        syn::visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &ImplItemFn) {
        self.function(&item.attrs, &item.vis, &item.sig, item.block.span());
        syn::visit::visit_impl_item_fn(self, item);
    }
}

fn quoted(signature: &Signature) -> String {
    let mut without_body = signature.clone();
    without_body.generics = syn::Generics::default();
    text_of(&without_body)
}

fn text_of(tokens: &impl quote::ToTokens) -> String {
    let mut stream = proc_macro2::TokenStream::new();
    tokens.to_tokens(&mut stream);
    stream.to_string()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Result,
    Option,
}

fn outcome(output: &ReturnType) -> Option<Outcome> {
    let ReturnType::Type(_, output) = output else { return None };
    let Type::Path(path) = &**output else { return None };
    let last = path.path.segments.last()?;
    match last.ident.to_string().as_str() {
        "Result" | "IResult" => Some(Outcome::Result),
        "Option" if path.qself.is_none() => Some(Outcome::Option),
        _ => None,
    }
}

/// One of ours that decides nothing, in turn.
fn attribute(signature: &Signature, outcome: Outcome, turn: usize) -> String {
    let map_err = if outcome == Outcome::Result { ", map_err = |_| unreachable!()" } else { "" };
    let mode = if signature.asyncness.is_some() { "" } else { ", mode = \"cooperative\"" };
    let mut written = vec![
        format!("circuit_breaker(failure_threshold = 1_000_000_000{map_err})"),
        format!("bulkhead(max = 1_000_000{map_err})"),
        format!("timeout(secs = 3600{mode}{map_err})"),
        format!("rate_limit(max = 1_000_000_000, per = \"1s\"{map_err})"),
    ];
    match outcome {
        Outcome::Result => written.push("fallback(|error| Err(error))".to_owned()),
        Outcome::Option => written.push("fallback(|_| None)".to_owned()),
    }
    if can_be_retried(signature) {
        let when = if outcome == Outcome::Result { ", when = |_| false" } else { "" };
        if outcome == Outcome::Result {
            written.push(format!("retry(max = 1{when})"));
        }
        // Twice as often: it has the most rules.
        written.extend(written.last().cloned());
    }
    written.swap_remove(turn % written.len())
}

/// Nothing has to be cloned, and nothing that an attempt has borrowed exclusively is returned.
fn can_be_retried(signature: &Signature) -> bool {
    let mut borrows_exclusively = false;
    for argument in &signature.inputs {
        let is_copied = match argument {
            FnArg::Receiver(receiver) => {
                let text = text_of(receiver);
                borrows_exclusively |= text.contains("mut");
                text.starts_with('&')
            }
            FnArg::Typed(argument) => match &*argument.ty {
                Type::Reference(reference) => {
                    borrows_exclusively |= reference.mutability.is_some();
                    true
                }
                Type::Path(path) => {
                    const COPIED: [&str; 14] = [
                        "bool", "char", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "f32",
                        "f64",
                    ];
                    COPIED.iter().any(|name| path.path.is_ident(name))
                }
                _ => false,
            },
        };
        if !is_copied {
            return false;
        }
    }
    !borrows_exclusively || !returns_a_borrow(&signature.output)
}

fn returns_a_borrow(output: &ReturnType) -> bool {
    fn borrows(output: &Type) -> bool {
        match output {
            Type::Reference(_) | Type::ImplTrait(_) | Type::TraitObject(_) => true,
            Type::Path(path) => path.path.segments.iter().any(|segment| match &segment.arguments {
                PathArguments::AngleBracketed(arguments) => arguments.args.iter().any(|argument| match argument {
                    GenericArgument::Lifetime(_) => true,
                    GenericArgument::Type(inner) => borrows(inner),
                    _ => false,
                }),
                // `Self`, or a type of the crate, may hide a lifetime.
                _ => segment.ident.to_string().starts_with("Self"),
            }),
            Type::Tuple(tuple) => tuple.elems.iter().any(borrows),
            _ => false,
        }
    }
    matches!(output, ReturnType::Type(_, output) if borrows(output))
}
