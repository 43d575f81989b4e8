use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{FnArg, ReceiverKind, Type};

use super::Cached;
use crate::attribute::key::{is_too_many, too_many_parts};
use crate::attribute::{Checker, Position};
use crate::item::{Passing, Receiver, borrows};
use crate::parse::tokens::mentions;

/// The store outlives the call and names the type of the result.
pub(super) fn result(Checker { item, function, diagnostics }: &Checker<'_>) {
    const NOTHING: &str = "`#[cached]` has nothing to keep: the function returns `()`; return a value";

    match &function.output {
        Some(output) if function.stream.is_some() => diagnostics.error_at(
            output,
            "`#[cached]` cannot keep a stream, which gives each item to one caller; collect the items in a function that \
             returns them as one value, such as `Arc<[T]>`, and put `#[cached]` there",
        ),
        None => diagnostics.error(item.sig.ident.span(), NOTHING),
        Some(Type::Tuple(tuple)) if tuple.elems.is_empty() => diagnostics.error_at(tuple, NOTHING),
        Some(output) => {
            if borrows(output) {
                diagnostics.error_at(
                    output,
                    "`#[cached]` cannot keep a borrowed result; return an owned value such as `String` or `Arc<str>`",
                );
            }
            if let Some(at) = impl_in(output.to_token_stream()) {
                diagnostics.error(
                    at,
                    "`#[cached]` needs a type it can name, not `impl Trait`; write the concrete type, or a `Box<dyn Trait>` in an `Arc`",
                );
            }
        }
    }
}

/// A hit skips the body, so the body must not change an argument.
pub(super) fn arguments(cached: &Cached, checker: &Checker<'_>) {
    for argument in &checker.item.sig.inputs {
        let (is_exclusive, what) = match argument {
            FnArg::Receiver(receiver) => {
                let is_exclusive = match &receiver.kind {
                    // `self: Pin<&mut Self>`
                    ReceiverKind::Typed(_, ty) => mentions(&ty.to_token_stream(), &["mut".to_owned()]),
                    kind => matches!(kind, ReceiverKind::Reference(_, _, Some(_))),
                };
                (is_exclusive, "self".to_owned())
            }
            FnArg::Typed(typed) => {
                let is_exclusive = matches!(&*typed.ty, Type::Reference(reference) if reference.mutability.is_some());
                (is_exclusive, typed.pat.to_token_stream().to_string())
            }
        };
        if is_exclusive {
            checker.diagnostics.error_at(
                argument,
                format_args!("`#[cached]` would skip what the body does to `{what}` on every hit; take it by `&`"),
            );
        }
    }
    if cached.key.is_none() {
        implicit_key(cached, checker);
    }
}

fn implicit_key(cached: &Cached, checker: &Checker<'_>) {
    let types = checker.item.sig.inputs.iter().filter_map(|argument| match argument {
        FnArg::Typed(typed) => Some(&*typed.ty),
        FnArg::Receiver(_) => None,
    });
    let parts = types.zip(&checker.function.params).filter(|(_, param)| {
        !cached.skip.contains(&param.name) && !param.is_wild() && param.passing != Passing::Exclusive
    });
    for (index, (ty, param)) in parts.enumerate() {
        if is_too_many(index + 1) {
            too_many_parts(ty, checker);
        }
        let Some(borrowed) = borrowed_in(ty) else { continue };
        let or_skip =
            if param.is_plain { format!(", or leave it out with `skip({})`", param.name) } else { String::new() };
        checker.diagnostics.error_at(
            borrowed,
            format_args!(
                "a key is kept for longer than the call, and this argument borrows; write `key = ..` with the part that identifies \
                 the call, as an owned value{or_skip}"
            ),
        );
    }
}

pub(super) fn key(cached: &Cached, position: &Position<'_>, checker: &Checker<'_>) {
    let function = checker.function;
    let is_param = |name: &Ident| function.params.iter().any(|param| param.name == *name);
    for name in &cached.skip {
        let is_known = if name == "self" { !matches!(function.receiver, Receiver::None) } else { is_param(name) };
        if !is_known {
            checker.unknown_parameter(name);
        }
    }
    // An unknown name may stand for `self`.
    let names_self = cached.key.is_some() || cached.skip.iter().any(|name| name == "self" || !is_param(name));
    if !matches!(function.receiver, Receiver::None | Receiver::Exclusive(_)) && !names_self {
        checker.diagnostics.error(
            position.span,
            "a cached method has to declare which part of `self` belongs to the key: write `key = (self.id, query)`, or `skip(self)` if none does",
        );
    }
}

fn borrowed_in(ty: &Type) -> Option<&Type> {
    match ty {
        // A `'static` reference points at nothing shorter-lived.
        Type::Reference(reference) => {
            let is_static = reference.lifetime.as_ref().is_some_and(|lifetime| lifetime.ident == "static");
            (!is_static && borrows(&reference.elem)).then_some(&*reference.elem)
        }
        Type::Paren(paren) => borrowed_in(&paren.elem),
        Type::Group(group) => borrowed_in(&group.elem),
        ty => borrows(ty).then_some(ty),
    }
}

fn impl_in(tokens: TokenStream) -> Option<Span> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(word) if word == "impl" => Some(word.span()),
        TokenTree::Group(group) => impl_in(group.stream()),
        _ => None,
    })
}
