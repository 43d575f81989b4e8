//! Reads the arguments, and continues after one that cannot be read.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, Token};

use super::{Argument, Arguments, KeyValue};
use crate::parse::expression::as_ident;

impl Arguments<'_> {
    pub(super) fn read(&mut self, input: ParseStream<'_>, end: Span) -> syn::Result<()> {
        if input.peek(Token![=]) {
            return Err(input.error(format!("arguments go in parentheses: `#[{}(..)]`", self.attribute)));
        }
        while !input.is_empty() {
            match argument(input, self.attribute) {
                Ok(argument) => self.written.push(argument),
                Err(error) => {
                    let message = error.to_string();
                    if message.ends_with("expected parentheses") {
                        // After a turbofish, a dot begins a call.
                        let message =
                            "a method with type arguments is called in a closure: `|..| self.method::<T>(..)`";
                        self.diagnostics.error(if input.is_empty() { end } else { error.span() }, message);
                    // After the last token there is nothing to point at.
                    } else if input.is_empty() && message.starts_with("unexpected end of input") {
                        self.diagnostics.error(end, "the value is not complete: something has to follow this");
                    } else {
                        self.diagnostics.push(error);
                    }
                    self.is_readable = false;
                    skip_to_comma(input)?;
                }
            }
            if input.is_empty() {
                break;
            }
            if !input.peek(Token![,]) {
                // The tokens after a bad argument belong to it and are not reported.
                if self.is_readable {
                    self.written.pop();
                    self.diagnostics.error(input.span(), "expected `,` between two arguments");
                }
                self.is_readable = false;
                skip_to_comma(input)?;
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
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
            return Err(syn::Error::new(equals.span, message));
        }
        return Ok(Argument::KeyValue(KeyValue { key, value: input.parse()? }));
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

/// Detects `key: value`, `key == value`, `key => value` and `key value`.
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
