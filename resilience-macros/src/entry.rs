//! The pipeline: order the attributes, interpret them, check the whole, expand.

use proc_macro2::{Span, TokenStream};
use quote::quote;

use crate::diagnostics::Diagnostics;
use crate::item::{Function, Item};
use crate::runtime_path::Facade;
use crate::stack::{self, Attr, Kind, Order};
use crate::{check, expand, hazards, options, recover};

/// One of our attributes, as the compiler calls it.
pub(crate) fn attribute(kind: Kind, arguments: TokenStream, tokens: &TokenStream) -> TokenStream {
    if stack::is_probe(&arguments) {
        return TokenStream::new();
    }
    if is_key_value() {
        return tokens.clone();
    }
    let attr = Attr::invoked(kind, arguments);
    let Ok(item) = syn::parse2::<Item>(tokens.clone()) else { return recover::not_a_function(&attr, tokens) };
    match stack::order(attr, &item.attrs) {
        // A facade that somebody has named may not be there. As the path of an attribute that is said once, at the path;
        // in an expansion, wherever the path is used.
        Order::Now { stack, mut others } if Facade::is_given(stack.iter().map(|attr| &attr.arguments)) => {
            others.insert(0, stack::marker(&stack, 0));
            item.emit(&others, None, None)
        }
        Order::Now { stack, others } => expansion(&stack, &item, &others, false),
        Order::Later { attributes } => item.emit(&attributes, None, None),
        Order::Lost { attr, others } => {
            let name = attr.kind.name();
            let mut diagnostics = Diagnostics::default();
            diagnostics.error(
                attr.span,
                format_args!(
                    "this is `resilience::{name}` under another name, below an attribute of another crate, where its place \
                     cannot be kept; write `#[resilience::{name}]`"
                ),
            );
            let errors = diagnostics.into_compile_errors().unwrap_or_default();
            recover::emit(&item, &others, &TokenStream::new(), &errors)
        }
    }
}

/// `#[retry = 3]`, which the compiler reports, and then hands the value over as if it stood in parentheses.
fn is_key_value() -> bool {
    let Some(written) = Span::call_site().source_text() else { return false };
    let is_in_path = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | ':' | ' ');
    written.trim_start_matches("#[").trim_start_matches(is_in_path).starts_with('=')
}

/// `#[__apply(..)]`: a block whose turn has come. What stands below it has been expanded.
pub(crate) fn apply(arguments: TokenStream, tokens: TokenStream) -> TokenStream {
    let (stack, is_cut) = match stack::parse_marker(arguments) {
        Ok(marker) => marker,
        Err(error) => {
            let error = error.to_compile_error();
            return quote!(#error #tokens);
        }
    };
    let Ok(item) = syn::parse2::<Item>(tokens.clone()) else { return tokens };
    let others: Vec<TokenStream> = item.attrs.iter().map(quote::ToTokens::to_token_stream).collect();
    expansion(&stack, &item, &others, is_cut)
}

/// `is_cut` says that the rest of the stack stands below an attribute of another crate, and has been expanded.
fn expansion(stack: &[Attr], item: &Item, others: &[TokenStream], is_cut: bool) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let first = stack.first().map_or("stack", |attr| attr.kind.name());
    let probes = stack::probes(stack);
    check::signature(item, first, &mut diagnostics);
    let layers: Vec<_> = stack.iter().filter_map(|attr| options::interpret(attr, &mut diagnostics)).collect();
    let function = Function::of(item);
    let (mut warnings, mut is_outermost) = (TokenStream::new(), true);
    if let Some(function) = &function {
        check::stack(item, function, &layers, &mut diagnostics);
        // What is wrong with them is said when they are expanded.
        let unsaid = &mut Diagnostics::default();
        let above = stack::above(&item.attrs);
        is_outermost = above.is_empty();
        let above: Vec<_> = above.iter().filter_map(|attr| options::interpret(attr, unsaid)).collect();
        let known = hazards::Known { above: &above, is_cut, is_async: function.shape.is_async() };
        warnings = hazards::warnings(&layers, known, &mut diagnostics);
    }
    match (function, diagnostics.into_compile_errors()) {
        (Some(function), None) => {
            let facade = Facade::of(stack.iter().map(|attr| &attr.arguments));
            expand::expand(item, others, &quote!(#probes #warnings), &facade, function, &layers, is_outermost)
        }
        (_, errors) => recover::emit(item, others, &probes, &errors.unwrap_or_default()),
    }
}
