//! The arguments of one attribute: `key = value`, `key(a, b)` and bare values, in any order.

mod read;
mod unknown;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Expr, LitStr};

use super::expression::{as_ident, bare, literal};
use super::{Key, ValueKind, incomplete};
use crate::diagnostics::Diagnostics;

/// An attribute takes the keys in its table; [`finish`](Self::finish) reports the rest.
pub(crate) struct Arguments<'a> {
    pub(crate) attribute: &'static str,
    keys: &'static [Key],
    /// The attribute's name, for errors about missing arguments.
    pub(crate) span: Span,
    pub(crate) diagnostics: &'a Diagnostics,
    written: Vec<Argument>,
    is_readable: bool,
    functions: Vec<String>,
}

enum Argument {
    KeyValue(KeyValue),
    /// `key(a, b)`, which is also the form of a call.
    List {
        key: Ident,
        names: Vec<Expr>,
        call: Expr,
    },
    Bare(Expr),
}

pub(crate) struct KeyValue {
    pub(crate) key: Ident,
    pub(crate) value: Expr,
}

/// Every attribute takes it, so no table lists it.
const CRATE: &str = "crate";
const ALLOW: &str = "allow";
const CONFIG: &str = "config";
const ALL_NAMES: &str = "all";

impl<'a> Arguments<'a> {
    pub(crate) fn parse(
        (attribute, keys): (&'static str, &'static [Key]),
        span: Span,
        tokens: TokenStream,
        diagnostics: &'a Diagnostics,
    ) -> Self {
        let mut arguments =
            Self { attribute, keys, span, diagnostics, written: Vec::new(), is_readable: true, functions: Vec::new() };
        let end = tokens.clone().into_iter().last().map_or(span, |token| token.span());
        let tokens = incomplete::complete(tokens, &mut |at| {
            diagnostics.incomplete(at, "the value is not complete: something has to follow this");
        });
        let result = (|input: ParseStream<'_>| arguments.read(input, end)).parse2(tokens);
        if let Err(error) = result {
            diagnostics.push(error);
            arguments.is_readable = false;
        }
        arguments.translate_spellings();
        arguments.reject_duplicates();
        arguments.check_facade();
        arguments
    }

    fn reject_duplicates(&mut self) {
        let mut seen: Vec<Ident> = Vec::new();
        let diagnostics = self.diagnostics;
        self.written.retain(|argument| {
            let (Argument::KeyValue(KeyValue { key, .. }) | Argument::List { key, .. }) = argument else { return true };
            if seen.contains(key) {
                diagnostics.error(key.span(), format_args!("`{key}` is given twice; keep one"));
                return false;
            }
            seen.push(key.clone());
            true
        });
    }

    /// `runtime_path` has already read the value.
    fn check_facade(&mut self) {
        if let Some(KeyValue { value, .. }) = self.remove(CRATE) {
            let is_plain = |path: &syn::ExprPath| path.path.segments.iter().all(|segment| segment.arguments.is_none());
            if !matches!(bare(&value), Expr::Path(path) if path.qself.is_none() && is_plain(path)) {
                self.diagnostics
                    .error_at(&value, "`crate` takes a path, without quotes: `crate = my_crate::resilience`");
            }
        }
    }

    /// If false, an argument that seems to be missing may be one that could not be read.
    pub(crate) fn is_complete(&self) -> bool {
        self.is_readable && self.is_taken()
    }

    pub(crate) fn is_taken(&self) -> bool {
        self.written.is_empty()
    }

    /// The values that are no literals and have to be constants.
    pub(crate) fn constants(&self) -> Vec<(String, Expr)> {
        let is_constant = |kind: ValueKind| {
            use ValueKind::{Count, Duration, Limit, Number, Size, Weight, Window};
            matches!(kind, Count | Duration | Limit | Number | Size | Weight | Window)
        };
        let values = self.written.iter().filter_map(|argument| match argument {
            Argument::KeyValue(KeyValue { key, value }) => {
                let key = key.to_string();
                self.table_entry(&key).is_some_and(|entry| is_constant(entry.kind)).then(|| (key, value.clone()))
            }
            Argument::Bare(value) => {
                let limit = self.keys.iter().find(|entry| entry.kind == ValueKind::Limit)?;
                Some((limit.name.to_owned(), value.clone()))
            }
            Argument::List { .. } => None,
        });
        values.filter(|(_, value)| literal(value).is_none()).collect()
    }

    /// Returns whether the argument was read as a function; its name may still be that of a parameter.
    pub(crate) fn is_read_as_function(&self, key: &str, value: &Expr) -> bool {
        !matches!(bare(value), Expr::Path(_)) && self.functions.iter().any(|function| function == key)
    }

    pub(super) fn note_function(&mut self, key: &str) {
        self.functions.push(key.to_owned());
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.span_of_key(key).is_some()
    }

    pub(crate) fn span_of_key(&self, key: &str) -> Option<Span> {
        self.find(key).map(|pair| pair.key.span())
    }

    pub(crate) fn value_of(&self, key: &str) -> Option<&Expr> {
        self.find(key).map(|pair| &pair.value)
    }

    pub(crate) fn span_of_any(&self, key: &str) -> Option<Span> {
        self.table_entry(key)?.spellings().find_map(|spelling| self.span_of_key(&spelling))
    }

    fn find(&self, key: &str) -> Option<&KeyValue> {
        self.written.iter().find_map(|argument| match argument {
            Argument::KeyValue(pair) if pair.key == key => Some(pair),
            _ => None,
        })
    }

    pub(crate) fn take(&mut self, key: &str) -> Option<KeyValue> {
        // Users build macros with debug assertions, and would search the table for each key.
        if cfg!(test) {
            assert!(self.knows(key), "`{key}` is not in the table of `#[{}]`", self.attribute);
        }
        self.remove(key)
    }

    fn remove(&mut self, key: &str) -> Option<KeyValue> {
        let is_it = |argument: &Argument| matches!(argument, Argument::KeyValue(pair) if pair.key == key);
        let index = self.written.iter().position(is_it)?;
        match self.written.remove(index) {
            Argument::KeyValue(pair) => Some(pair),
            Argument::List { .. } | Argument::Bare(_) => None,
        }
    }

    pub(crate) fn take_allowed(&mut self) -> Vec<Ident> {
        self.take_list(ALLOW, "warning", "its_name")
    }

    pub(crate) fn take_config(&mut self) -> Option<LitStr> {
        let pair = self.remove(CONFIG)?;
        let name = super::name(self, &pair)?;
        if name.value() == ALL_NAMES {
            self.diagnostics.error(
                name.span(),
                "`all` means the settings of every name; give this stack one of its own: `config = \"search\"`",
            );
            return None;
        }
        Some(name)
    }

    pub(crate) fn take_parameters(&mut self, key: &'static str) -> Vec<Ident> {
        debug_assert!(self.table_entry(key).is_some_and(|key| key.kind == ValueKind::Parameters));
        self.take_list(key, "parameter", "client, query")
    }

    fn take_list(&mut self, key: &str, what: &str, example: &str) -> Vec<Ident> {
        let is_it = |argument: &Argument| matches!(argument, Argument::List { key: written, .. } if written == key);
        let Some(index) = self.written.iter().position(is_it) else { return Vec::new() };
        let Argument::List { key: at, names, .. } = self.written.remove(index) else { return Vec::new() };
        let diagnostics = self.diagnostics;
        if names.is_empty() {
            diagnostics.error(at.span(), format_args!("`{key}()` names no {what}; name one, or leave it out"));
        }
        let mut idents = Vec::new();
        for name in names {
            match as_ident(&name) {
                Some(ident) if idents.contains(ident) => {
                    diagnostics.error(ident.span(), format_args!("`{key}(..)` names `{ident}` twice; keep one"));
                }
                Some(ident) => idents.push(ident.clone()),
                None => diagnostics
                    .error(name.span(), format_args!("`{key}(..)` lists {what}s by name: `{key}({example})`")),
            }
        }
        idents
    }

    pub(crate) fn take_bare(&mut self) -> Vec<Expr> {
        let mut bare = Vec::new();
        for argument in std::mem::take(&mut self.written) {
            match argument {
                Argument::Bare(value) => bare.push(value),
                // An attribute that takes bare values takes calls too.
                Argument::List { key, call, .. } if !self.knows(&key.to_string()) => bare.push(call),
                other => self.written.push(other),
            }
        }
        bare
    }

    pub(crate) fn knows(&self, word: &str) -> bool {
        word == CRATE || (matches!(word, ALLOW | CONFIG) && !self.keys.is_empty()) || self.table_entry(word).is_some()
    }

    fn table_entry(&self, word: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.is(word))
    }
}

/// Leaves out arguments that are read before the body runs, or that only name a parameter.
pub(crate) fn used_later(arguments: &TokenStream) -> TokenStream {
    const EARLIER: [&str; 7] = ["key", "cost", "skip", "share", "allow", "crate", "config"];
    let (mut used_later, mut is_start, mut is_earlier) = (TokenStream::new(), true, false);
    for token in arguments.clone() {
        if is_start {
            is_earlier = matches!(&token, TokenTree::Ident(word) if EARLIER.iter().any(|key| word == key));
        }
        is_start = matches!(&token, TokenTree::Punct(mark) if mark.as_char() == ',');
        if !is_earlier {
            used_later.extend([token]);
        }
    }
    used_later
}
