use syn::{ReturnType, Signature, Type};

use crate::diagnostics::Diagnostics;
use crate::item::{Function, Item, Shape};
use crate::parse::expression::span_of;

pub(crate) fn signature(item: &Item, attribute: &str, diagnostics: &Diagnostics) {
    reject_track_caller(item, attribute, diagnostics);
    reject_qualifiers(&item.sig, attribute, diagnostics);
    if let ReturnType::Type(_, ty) = &item.sig.output {
        if matches!(**ty, Type::Never(_)) {
            diagnostics.error(
                span_of(ty),
                format_args!(
                    "a function that returns `!` never comes back with a result for `#[{attribute}]` to act on"
                ),
            );
        }
    }
    if item.body.is_none() {
        let ident = &item.sig.ident;
        diagnostics.error(
            ident.span(),
            format_args!(
                "`#[{attribute}]` needs a body to work on; put it on the implementation of `{ident}`, not on its \
                 declaration"
            ),
        );
    }
}

fn reject_track_caller(item: &Item, attribute: &str, diagnostics: &Diagnostics) {
    let is_sync = Function::of(item).is_some_and(|function| function.shape == Shape::Sync);
    let names_caller = |attr: &&syn::Attribute| attr.path().is_ident("track_caller");
    if let (true, Some(word)) = (is_sync, item.attrs.iter().find(names_caller)) {
        diagnostics.error_at(
            word.path(),
            format_args!(
                "`#[{attribute}]` runs the body in a closure, which has no caller to track; remove `track_caller`, or \
                 put it on a function that calls this one"
            ),
        );
    }
}

fn reject_qualifiers(signature: &Signature, attribute: &str, diagnostics: &Diagnostics) {
    let Signature { constness, safety, abi, variadic, .. } = signature;
    if let Some(keyword) = constness {
        diagnostics.error(
            keyword.span,
            format_args!("`#[{attribute}]` keeps state at run time, which a `const fn` cannot; remove `const`"),
        );
    }
    if let syn::Safety::Unsafe(keyword) = safety {
        diagnostics.error(
            keyword.span,
            format_args!(
                "`#[{attribute}]` cannot go on an `unsafe fn`: the promise of a caller covers one call, not several; \
                 put it on a safe function around it"
            ),
        );
    }
    if let Some(abi) = abi {
        diagnostics.error(
            abi.extern_token.span,
            format_args!("`#[{attribute}]` cannot go on an `extern` function; put it on a Rust function that calls it"),
        );
    }
    if let Some(variadic) = variadic {
        diagnostics.error_at(
            variadic,
            format_args!("`#[{attribute}]` cannot pass variadic arguments on; put it on a function with fixed ones"),
        );
    }
}
