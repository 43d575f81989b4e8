use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::{Expr, ExprLit, ExprUnary, Lit, LitStr, UnOp};

use super::control_flow::control_flow_escape;
use super::tokens::mentions;

/// The first token has a correct span; `Spanned` joins spans only where the compiler allows it.
pub(crate) fn span_of(value: &impl ToTokens) -> Span {
    value.to_token_stream().into_iter().next().map_or_else(Span::call_site, |token| token.span())
}

/// Strips parentheses and the invisible group of a `$x:expr`.
pub(crate) fn bare(value: &Expr) -> &Expr {
    match value {
        Expr::Paren(paren) => bare(&paren.expr),
        Expr::Group(group) => bare(&group.expr),
        value => value,
    }
}

pub(crate) fn as_ident(value: &Expr) -> Option<&Ident> {
    match value {
        Expr::Path(path) if path.qself.is_none() && path.attrs.is_empty() => path.path.get_ident(),
        Expr::Group(group) => as_ident(&group.expr),
        _ => None,
    }
}

pub(crate) fn literal(value: &Expr) -> Option<&Lit> {
    match bare(value) {
        Expr::Lit(ExprLit { lit, .. }) => Some(lit),
        _ => None,
    }
}

pub(crate) fn negative(value: &Expr) -> Option<&Lit> {
    match bare(value) {
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => literal(expr),
        _ => None,
    }
}

/// Returns whether an expression consists of numbers, such as `60 * 60`.
pub(crate) fn is_arithmetic(value: &Expr) -> bool {
    match bare(value) {
        Expr::Binary(binary) => [&binary.left, &binary.right].iter().all(|side| is_arithmetic(side)),
        value => matches!(literal(value), Some(Lit::Int(_) | Lit::Float(_))),
    }
}

/// Goes by the syntax alone.
pub(crate) fn is_const_expression(value: &Expr) -> bool {
    let leaves = || {
        let tokens = value.to_token_stream();
        control_flow_escape(&tokens).is_some() || mentions(&tokens, &["await".to_owned()])
    };
    !matches!(bare(value), Expr::Closure(_) | Expr::Break(_) | Expr::Continue(_)) && !leaves()
}

/// Tells a function from a constant: by the case of its name, if it is a path.
pub(crate) fn is_function(value: &Expr) -> bool {
    match bare(value) {
        Expr::Closure(_) | Expr::Field(_) => true,
        Expr::Path(path) => path.path.segments.last().is_some_and(|last| {
            let name = last.ident.to_string();
            name.chars().any(char::is_lowercase)
        }),
        _ => false,
    }
}

/// A literal, for arguments that take several kinds.
pub(crate) enum Scalar<'a> {
    Text(&'a LitStr),
    Flag(bool),
    Number,
    Other,
}

pub(crate) fn scalar(value: &Expr) -> Scalar<'_> {
    match literal(value) {
        Some(Lit::Str(text)) => Scalar::Text(text),
        Some(Lit::Bool(flag)) => Scalar::Flag(flag.value),
        Some(Lit::Int(_) | Lit::Float(_)) => Scalar::Number,
        _ if negative(value).is_some() => Scalar::Number,
        _ => Scalar::Other,
    }
}

pub(crate) fn parts_of(key: &Expr) -> Vec<&Expr> {
    match bare(key) {
        Expr::Tuple(tuple) => tuple.elems.iter().collect(),
        // A reference to a tuple of parts means its parts.
        Expr::Reference(reference) if matches!(bare(&reference.expr), Expr::Tuple(_)) => parts_of(&reference.expr),
        single => vec![single],
    }
}

pub(crate) fn kind_of(literal: &Lit) -> &'static str {
    match literal {
        Lit::Str(_) => "a string",
        Lit::Bool(_) => "a flag",
        Lit::Char(_) => "a character",
        Lit::Float(_) => "a fraction",
        Lit::Int(_) => "a number",
        Lit::Byte(_) | Lit::ByteStr(_) | Lit::CStr(_) => "bytes",
        _ => "this literal",
    }
}

pub(crate) fn is_integer_suffix(suffix: &str) -> bool {
    matches!(
        suffix,
        "" | "u8" | "u16" | "u32" | "u64" | "u128" | "usize" | "i8" | "i16" | "i32" | "i64" | "i128" | "isize"
    )
}
