//! The grammar all attributes share: `key = value`, `key(a, b)` and bare values, in any order.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Expr, Ident, Token};

use crate::diagnostics::{Diagnostics, did_you_mean, list};
use crate::value::bare;

/// The arguments of one attribute. An options file takes out the keys it knows by name; [`finish`](Self::finish)
/// reports what is left, with the keys that were asked for as the known ones. So a key is written once.
pub(crate) struct Arguments {
    attribute: &'static str,
    /// The attribute's name: what an error is about when something is missing.
    pub(crate) span: Span,
    given: Vec<Argument>,
    /// The keys that were asked for, as a list of them reads.
    known: Vec<&'static str>,
    /// Other spellings of these.
    aliases: Vec<&'static str>,
    /// Those of them that are written `key(a, b)`, and of what.
    lists: Vec<(&'static str, &'static str)>,
    complete: bool,
}

enum Argument {
    Named {
        key: Ident,
        value: Expr,
    },
    /// Also what a call looks like.
    List {
        key: Ident,
        names: Vec<Expr>,
        call: Expr,
    },
    Bare(Expr),
}

/// A value and the key it was given under.
pub(crate) struct Given {
    pub(crate) key: Ident,
    pub(crate) value: Expr,
}

impl Arguments {
    pub(crate) fn parse(
        attribute: &'static str,
        span: Span,
        tokens: TokenStream,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let mut arguments = Self {
            attribute,
            span,
            given: Vec::new(),
            known: Vec::new(),
            aliases: vec!["crate"],
            lists: Vec::new(),
            complete: true,
        };
        let end = tokens.clone().into_iter().last().map_or(span, |token| token.span());
        let result = (|input: ParseStream<'_>| {
            if input.peek(Token![=]) {
                return Err(input.error(format!("arguments stand in parentheses: `#[{attribute}(..)]`")));
            }
            while !input.is_empty() {
                match argument(input, attribute) {
                    Ok(argument) => arguments.given.push(argument),
                    Err(error) => {
                        // After the last token there is nothing to point at.
                        if input.is_empty() && error.to_string().starts_with("unexpected end of input") {
                            diagnostics.error(end, "the value is not complete: something has to follow this");
                        } else {
                            diagnostics.push(error);
                        }
                        arguments.complete = false;
                        skip_to_comma(input)?;
                    }
                }
                if input.is_empty() {
                    break;
                }
                if !input.peek(Token![,]) {
                    // One report an argument: what follows a bad one is part of it.
                    if arguments.complete {
                        arguments.given.pop();
                        diagnostics.error(input.span(), "expected `,` between two arguments");
                    }
                    arguments.complete = false;
                    skip_to_comma(input)?;
                }
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(())
        })
        .parse2(tokens);
        if let Err(error) = result {
            diagnostics.push(error);
            arguments.complete = false;
        }
        arguments.reject_doubles(diagnostics);
        arguments.take_facade(diagnostics);
        arguments
    }

    /// `crate = path` has been read before; see `runtime_path`.
    fn take_facade(&mut self, diagnostics: &mut Diagnostics) {
        if let Some(Given { value, .. }) = self.remove("crate") {
            let is_plain = |path: &syn::ExprPath| path.path.segments.iter().all(|segment| segment.arguments.is_none());
            if !matches!(bare(&value), Expr::Path(path) if path.qself.is_none() && is_plain(path)) {
                diagnostics.error_at(&value, "`crate` takes a path, without quotes: `crate = my_crate::resilience`");
            }
        }
    }

    fn reject_doubles(&mut self, diagnostics: &mut Diagnostics) {
        let mut seen: Vec<Ident> = Vec::new();
        self.given.retain(|argument| {
            let (Argument::Named { key, .. } | Argument::List { key, .. }) = argument else { return true };
            if seen.contains(key) {
                diagnostics.error(key.span(), format_args!("`{key}` is given twice; keep one"));
                return false;
            }
            seen.push(key.clone());
            true
        });
    }

    pub(crate) const fn attribute(&self) -> &'static str {
        self.attribute
    }

    /// Whether every argument could be read and has been taken: if not, what seems to be missing may be there.
    pub(crate) fn is_complete(&self) -> bool {
        self.complete && self.given.is_empty()
    }

    /// Whether `key` was given and has not been taken yet.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.span_of_key(key).is_some()
    }

    /// Where `key` stands, likewise.
    pub(crate) fn span_of_key(&self, key: &str) -> Option<Span> {
        self.named(key).map(|(key, _)| key.span())
    }

    /// The value of `key`, likewise.
    pub(crate) fn value_of(&self, key: &str) -> Option<&Expr> {
        self.named(key).map(|(_, value)| value)
    }

    fn named(&self, key: &str) -> Option<(&Ident, &Expr)> {
        self.given.iter().find_map(|argument| match argument {
            Argument::Named { key: given, value } if given == key => Some((given, value)),
            _ => None,
        })
    }

    /// The value of `key`, if it was given.
    pub(crate) fn take(&mut self, key: &'static str) -> Option<Given> {
        self.known.push(key);
        self.remove(key)
    }

    /// Where the duration `key` stands, in any of its units.
    pub(crate) fn span_of_duration(&self, key: &str) -> Option<Span> {
        [key, &format!("{key}_secs"), &format!("{key}_ms")].into_iter().find_map(|key| self.span_of_key(key))
    }

    /// The value of another spelling of a key.
    pub(crate) fn take_alias(&mut self, key: &'static str) -> Option<Given> {
        self.aliases.push(key);
        self.remove(key)
    }

    fn remove(&mut self, key: &str) -> Option<Given> {
        let index = self
            .given
            .iter()
            .position(|argument| matches!(argument, Argument::Named { key: given, .. } if given == key))?;
        match self.given.remove(index) {
            Argument::Named { key, value } => Some(Given { key, value }),
            Argument::List { .. } | Argument::Bare(_) => None,
        }
    }

    /// The hazards in `allow(..)`, if it was given.
    pub(crate) fn take_allowed(&mut self, diagnostics: &mut Diagnostics) -> Vec<Ident> {
        self.aliases.push("allow");
        self.take_list(("allow", "warning"), diagnostics)
    }

    /// The parameter names of `key(a, b)`, if it was given.
    pub(crate) fn take_names(&mut self, key: &'static str, diagnostics: &mut Diagnostics) -> Vec<Ident> {
        self.known.push(key);
        self.take_list((key, "parameter"), diagnostics)
    }

    fn take_list(&mut self, (key, what): (&'static str, &'static str), diagnostics: &mut Diagnostics) -> Vec<Ident> {
        self.lists.push((key, what));
        let position = self
            .given
            .iter()
            .position(|argument| matches!(argument, Argument::List { key: given, .. } if given == key));
        let Some(index) = position else { return Vec::new() };
        let Argument::List { key: at, names, .. } = self.given.remove(index) else { return Vec::new() };
        if names.is_empty() {
            diagnostics.error(at.span(), format_args!("`{key}()` names no {what}; name one, or leave it out"));
        }
        let example = if what == "parameter" { "client, query" } else { "its_name" };
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

    /// The values without a key, in order.
    pub(crate) fn take_bare(&mut self) -> Vec<Expr> {
        let mut bare = Vec::new();
        for argument in std::mem::take(&mut self.given) {
            match argument {
                Argument::Bare(value) => bare.push(value),
                // Where bare values are welcome, a call is one of them.
                Argument::List { key, call, .. } if !self.knows(&key.to_string()) => bare.push(call),
                other => self.given.push(other),
            }
        }
        bare
    }

    /// Whether it is a key that has been asked for.
    pub(crate) fn knows(&self, key: &str) -> bool {
        self.known.contains(&key) || self.aliases.contains(&key)
    }

    /// The key that a value without one begins with, as in `share[a]` and `max += 3`.
    fn begins(&self, value: &Expr) -> Option<Ident> {
        let is_assigned = matches!(value, Expr::Assign(_));
        match value.to_token_stream().into_iter().next() {
            Some(TokenTree::Ident(word)) if !is_assigned && self.knows(&word.to_string()) => Some(word),
            _ => None,
        }
    }

    /// How a known key is written.
    fn form(&self, key: &str) -> String {
        match self.lists.iter().find(|(list, _)| *list == key) {
            Some((_, what)) => format!("{key}({what}, ..)"),
            None => format!("{key} = .."),
        }
    }

    /// Reports what nobody has taken.
    pub(crate) fn finish(self, diagnostics: &mut Diagnostics) {
        let attribute = self.attribute;
        let keys = || self.known.iter().chain(&self.aliases).copied();
        if self.given.is_empty() {
            return;
        }
        let takes = if self.known.is_empty() {
            format!("; `#[{attribute}]` takes none")
        } else {
            format!("; it takes {}", list(self.known.iter().copied()))
        };
        for argument in &self.given {
            let (word, span) = match argument {
                Argument::Named { key, .. } | Argument::List { key, .. } => (key.to_string(), key.span()),
                Argument::Bare(value) => match (as_ident(value).cloned().or_else(|| self.begins(value)), value) {
                    (Some(word), _) => (word.to_string(), word.span()),
                    (None, Expr::Assign(pair)) => {
                        // `max-retries = 3`
                        let key = pair.left.to_token_stream();
                        let words: Vec<String> = key.clone().into_iter().map(|token| token.to_string()).collect();
                        let words = words.iter().filter(|word| word.starts_with(char::is_alphabetic));
                        let written = words.map(String::as_str).collect::<Vec<_>>().join("_");
                        let hint = match keys().find(|key| *key == written) {
                            Some(key) => format!(": write `{key} = ..`"),
                            None => did_you_mean(&written, keys(), '`').unwrap_or_else(|| takes.clone()),
                        };
                        diagnostics.error_at(&key, format_args!("this is no key of `#[{attribute}]`{hint}"));
                        continue;
                    }
                    (None, _) => {
                        diagnostics.error_at(
                            &value,
                            format_args!("`#[{attribute}]` takes `key = value`, and this value has no key{takes}"),
                        );
                        continue;
                    }
                },
            };
            if self.knows(&word) {
                let form = self.form(&word);
                diagnostics.error(span, format_args!("`{word}` of `#[{attribute}]` is written `{form}`"));
                continue;
            }
            let hint = did_you_mean(&word, keys(), '`').unwrap_or_else(|| takes.clone());
            diagnostics.error(span, format_args!("`#[{attribute}]` has no argument `{word}`{hint}"));
        }
    }
}

fn argument(input: ParseStream<'_>, attribute: &str) -> syn::Result<Argument> {
    if input.peek(Token![,]) {
        return Err(input.error("there is no argument before this comma; remove it"));
    }
    if input.peek(Token![#]) {
        let what = "a single argument takes no attribute and no doc comment; write `#[cfg_attr(.., ";
        return Err(input.error(format!("{what}{attribute}(..))]` for the whole, and `//` for a comment")));
    }
    if input.peek(syn::LitStr) && (input.peek2(Token![=]) || misses_equals(input)) {
        let key: syn::LitStr = input.parse()?;
        return Err(syn::Error::new(key.span(), format!("a key has no quotes: write `{} = ..`", key.value())));
    }
    if input.peek(Ident::peek_any) && misses_equals(input) {
        let key = input.call(Ident::parse_any)?;
        return Err(input.error(format!("a value follows `=`: write `{key} = ..`")));
    }
    if input.peek(Ident::peek_any) && input.peek2(Token![=]) {
        let key = input.call(Ident::parse_any)?;
        let equals: Token![=] = input.parse()?;
        if input.is_empty() || input.peek(Token![,]) {
            let message = format!("`{key}` of `#[{attribute}]` needs a value: `{key} = ..`");
            return Err(syn::Error::new(equals.span(), message));
        }
        return Ok(Argument::Named { key, value: input.parse()? });
    }
    let value: Expr = input.parse()?;
    if let Expr::Call(call) = &value {
        if let Some(key) = as_ident(&call.func).filter(|key| *key != "self") {
            let (key, names) = (key.clone(), call.args.iter().cloned().collect());
            return Ok(Argument::List { key, names, call: value });
        }
    }
    Ok(Argument::Bare(value))
}

/// Whether a key is followed by what other notations have there, or by its value.
fn misses_equals(input: ParseStream<'_>) -> bool {
    // `if true { .. }` is a value.
    if input.peek(Token![if]) || input.peek(Token![match]) {
        return false;
    }
    input.peek2(Token![:]) && !input.peek2(Token![::])
        || input.peek2(Token![==])
        || input.peek2(Token![=>])
        || input.peek2(syn::Lit)
}

fn skip_to_comma(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<proc_macro2::TokenTree>()?;
    }
    Ok(())
}

/// The identifier an expression consists of.
pub(crate) fn as_ident(value: &Expr) -> Option<&Ident> {
    match value {
        Expr::Path(path) if path.qself.is_none() && path.attrs.is_empty() => path.path.get_ident(),
        Expr::Group(group) => as_ident(&group.expr),
        _ => None,
    }
}
