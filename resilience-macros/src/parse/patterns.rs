//! Which patterns move a part of the value that they match.

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser};
use syn::{Arm, Pat, Token, Type};

/// Returns whether one of the arms of a `match` moves. Arms that are still being typed do not.
pub(crate) fn arms_move(arms: TokenStream) -> bool {
    let parser = |input: ParseStream<'_>| {
        let mut moves = false;
        while !input.is_empty() {
            moves |= pattern_moves(&input.parse::<Arm>()?.pat);
        }
        Ok(moves)
    };
    parser.parse2(arms).unwrap_or(false)
}

/// Returns whether the pattern of a `let` moves, which may have a type.
pub(crate) fn moves(pattern: TokenStream) -> bool {
    let parser = |input: ParseStream<'_>| {
        let pattern = Pat::parse_multi_with_leading_vert(input)?;
        if input.parse::<Option<Token![:]>>()?.is_some() {
            input.parse::<Type>()?;
        }
        Ok(pattern_moves(&pattern))
    };
    parser.parse2(pattern).unwrap_or(false)
}

fn pattern_moves(pattern: &Pat) -> bool {
    match pattern {
        Pat::Ident(binding) => {
            let inside = || binding.subpat.as_ref().is_some_and(|(_, inside)| pattern_moves(inside));
            // By convention, a name with a capital is a constant or a variant without fields.
            let is_constant = binding.subpat.is_none() && binding.ident.to_string().starts_with(char::is_uppercase);
            if binding.by_ref.is_some() { inside() } else { !is_constant }
        }
        Pat::TupleStruct(pattern) => pattern.elems.iter().any(pattern_moves),
        Pat::Struct(pattern) => pattern.fields.iter().any(|field| pattern_moves(&field.pat)),
        Pat::Tuple(pattern) => pattern.elems.iter().any(pattern_moves),
        Pat::Slice(pattern) => pattern.elems.iter().any(pattern_moves),
        Pat::Or(pattern) => pattern.cases.iter().any(pattern_moves),
        Pat::Paren(pattern) => pattern_moves(&pattern.pat),
        // Behind a reference nothing can be moved.
        _ => false,
    }
}
