use quote::ToTokens;
use resilience_options::Setting;
use syn::Expr;

use super::Checker;
use crate::item::Passing;
use crate::parse::control_flow::control_flow_escape;
use crate::parse::expression::{as_ident, bare, literal, parts_of};
use crate::parse::foreign::quoted;
use crate::parse::{Arguments, Const, KeyValue};

const MAX_PARTS: usize = 12;

pub(super) fn instance_key(
    arguments: &mut Arguments<'_>,
    instances: &str,
    max_keys: &Setting<u32>,
) -> (Option<Expr>, Option<Const<u64>>) {
    let (key, max_keys) = (arguments.take("key"), arguments.count(max_keys));
    match (&key, &max_keys) {
        (None, Some(max)) => arguments.diagnostics.error(
            max.key,
            format_args!("`max_keys` limits the number of {instances} by `key`; add `key = ..`, or leave it out"),
        ),
        (Some(KeyValue { value, .. }), _) => check_expression(arguments, value),
        (None, None) => {}
    }
    (key.map(|pair| pair.value), max_keys)
}

/// Rejects a key that is made of literals only, and one that leaves the function.
pub(super) fn check_expression(arguments: &Arguments<'_>, key: &Expr) {
    reject_escape(arguments, key, "make it part of the key, as in `key = parse(id).ok()`");
    let is_fixed = match bare(key) {
        Expr::Tuple(parts) => !parts.elems.is_empty() && parts.elems.iter().all(|part| literal(part).is_some()),
        key => literal(key).is_some(),
    };
    if is_fixed {
        let attribute = arguments.attribute;
        let example = quoted(key).unwrap_or_else(|| "tenant".to_owned());
        arguments.diagnostics.error_at(
            key,
            format_args!(
                "`key` of `#[{attribute}]` is the same for every call; it takes an expression over the parameters, without \
                 quotes: `key = {example}`"
            ),
        );
    }
}

/// The function itself evaluates the expression, so an escape would leave the whole stack.
pub(super) fn reject_escape(arguments: &Arguments<'_>, value: &Expr, instead: &str) {
    if let Some(escape) = control_flow_escape(&value.to_token_stream()) {
        arguments.diagnostics.error(
            escape,
            format_args!("this would return from the function itself, past every attribute around this one; {instead}"),
        );
    }
}

/// Rejects too many parts, and parts that borrow from a parameter: a key outlives the call.
pub(crate) fn check_parts(key: &Expr, checker: &Checker<'_>) {
    let parts = parts_of(key);
    if let Some(part) = parts.get(MAX_PARTS) {
        too_many_parts(part, checker);
    }
    for inside in parts.into_iter().flat_map(nested_elements) {
        check_reference(inside, checker);
    }
}

pub(super) const fn is_too_many(parts: usize) -> bool {
    parts == MAX_PARTS + 1
}

pub(super) fn too_many_parts(part: &impl ToTokens, checker: &Checker<'_>) {
    checker.diagnostics.error_at(
        part,
        format_args!(
            "a key has at most {MAX_PARTS} parts, and this is one more; write `key = (..)` with those that identify the call, \
             several as one owned value such as a `struct`"
        ),
    );
}

fn check_reference(inside: &Expr, checker: &Checker<'_>) {
    let (name, is_reference) = match bare(inside) {
        Expr::Reference(reference) => (as_ident(&reference.expr), true),
        plain => (as_ident(plain), false),
    };
    let Some(name) = name else { return };
    let mut params = checker.function.params.iter();
    let Some(param) = params.find(|param| !param.is_wild() && param.name == *name) else { return };
    if !is_reference && param.passing != Passing::Value {
        return;
    }
    let owned = if param.is_primitive {
        format!("*{name}")
    } else if param.passing == Passing::Value {
        format!("{name}.clone()")
    } else {
        format!("{name}.to_owned()")
    };
    checker.diagnostics.error_at(
        inside,
        format_args!(
            "a key is kept for longer than the call, and this is a reference to `{name}`, as each parameter is in a key; \
             write `{owned}`"
        ),
    );
}

fn nested_elements(value: &Expr) -> Vec<&Expr> {
    let elements: Vec<&Expr> = match bare(value) {
        Expr::Array(array) => array.elems.iter().collect(),
        Expr::Tuple(tuple) => tuple.elems.iter().collect(),
        Expr::Call(call) if as_ident(&call.func).is_some_and(|name| name == "Some") => call.args.iter().collect(),
        _ => return Vec::new(),
    };
    elements
        .into_iter()
        .flat_map(|element| {
            let inside = nested_elements(element);
            if inside.is_empty() { vec![element] } else { inside }
        })
        .collect()
}
