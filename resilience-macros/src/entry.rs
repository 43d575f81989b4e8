//! The pipeline: order the attributes, parse their arguments, check the stack, expand it.

use proc_macro2::{Group, Span, TokenStream};
use quote::{ToTokens, quote};

use crate::attribute::{Attribute, Checker, Definition, Layer, check_sections};
use crate::diagnostics::Diagnostics;
use crate::expand::COUNTS_CALLS;
use crate::item::{Function, Item};
use crate::runtime_path::Facade;
use crate::stack::{self, Attr, Order};
use crate::{check, fallback_output, layers, lint};

pub(crate) fn attribute<A: Attribute>(arguments: TokenStream, tokens: &TokenStream) -> TokenStream {
    dispatch(const { &Definition::of::<A>() }, arguments, tokens)
}

pub(crate) fn dispatch(definition: &'static Definition, arguments: TokenStream, tokens: &TokenStream) -> TokenStream {
    if stack::is_probe(&arguments) {
        return TokenStream::new();
    }
    if stack::is_marker(&arguments) {
        return apply(arguments, tokens.clone());
    }
    if is_key_value() {
        return tokens.clone();
    }
    let attr = Attr::invoked(definition, arguments);
    let Ok(item) = syn::parse2::<Item>(tokens.clone()) else { return fallback_output::not_a_function(&attr, tokens) };
    match stack::order(attr, &item.attrs) {
        // A wrong `crate = path` is reported once in an attribute, but at each use in an expansion.
        Order::Now { stack, mut others } if Facade::is_given(stack.iter().map(|attr| &attr.arguments)) => {
            others.insert(0, stack::marker(&stack, 0));
            item.emit(&others, None, None)
        }
        Order::Now { stack, others } => expansion(&stack, &item, &others, false),
        Order::Later { attributes } => item.emit(&attributes, None, None),
        Order::Lost { attr, others } => lost(&attr, &item, &others),
    }
}

/// The compiler hands over the value of `#[retry = 3]` as if it stood in parentheses.
fn is_key_value() -> bool {
    let Some(written) = Span::call_site().source_text() else { return false };
    let is_in_path = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | ':' | ' ');
    written.trim_start_matches("#[").trim_start_matches(is_in_path).starts_with('=')
}

fn lost(attr: &Attr, item: &Item, others: &[TokenStream]) -> TokenStream {
    let name = attr.name();
    let diagnostics = Diagnostics::new();
    let written = if Facade::is_given([&attr.arguments]) { "" } else { "resilience::" };
    diagnostics.error(
        attr.span,
        format_args!(
            "this is `resilience::{name}` under another name, below an attribute of another crate, where its place cannot be \
             kept; write `#[{written}{name}]`"
        ),
    );
    let errors = diagnostics.into_compile_errors().unwrap_or_default();
    fallback_output::emit(item, others, &TokenStream::new(), &errors)
}

/// Expands a block whose turn has come, after everything below it.
pub(crate) fn apply(arguments: TokenStream, tokens: TokenStream) -> TokenStream {
    let (stack, continues_below) = match stack::parse_marker(arguments) {
        Ok(marker) => marker,
        Err(error) => {
            let error = error.to_compile_error();
            return quote!(#error #tokens);
        }
    };
    let Ok(item) = syn::parse2::<Item>(tokens.clone()) else { return tokens };
    let others: Vec<TokenStream> = item.attrs.iter().map(ToTokens::to_token_stream).collect();
    expansion(&stack, &item, &others, continues_below)
}

/// With `continues_below`, the rest of the stack is already expanded below a foreign attribute.
fn expansion(stack: &[Attr], item: &Item, others: &[TokenStream], continues_below: bool) -> TokenStream {
    let diagnostics = Diagnostics::new();
    let first = stack.first().map_or("stack", Attr::name);
    let probes = stack::probes(stack);
    check::signature(item, first, &diagnostics);
    let layers: Vec<Layer> = stack.iter().filter_map(|attr| attr.parse_arguments(&diagnostics)).collect();
    let above = outer_layers(item);
    let function = Function::of(item);
    let warnings = function.as_ref().map(|function| {
        let checker = Checker { item, function, diagnostics: &diagnostics };
        check::stack(&layers, &checker);
        check_sections(&above, &layers, &checker);
        let context = lint::Context { above: &above, continues_below, is_async: function.shape.is_async() };
        lint::warnings(&layers, context, &diagnostics)
    });
    let is_incomplete = diagnostics.is_incomplete();
    match (function, diagnostics.into_compile_errors()) {
        (Some(_), None) if layers.is_empty() && !COUNTS_CALLS => {
            let body = item.body.as_ref().map(Group::stream);
            item.emit(others, None, Some(quote!(#probes #body)))
        }
        (Some(function), None) => {
            let facade = Facade::of(stack.iter().map(|attr| &attr.arguments));
            let is_outermost = stack::above(&item.attrs).is_empty();
            layers::expand(item, others, &quote!(#probes #warnings), &facade, function, (&above, &layers), is_outermost)
        }
        (Some(function), Some(errors)) if is_incomplete && is_in_editor() => {
            let facade = Facade::of(stack.iter().map(|attr| &attr.arguments));
            let is_outermost = stack::above(&item.attrs).is_empty();
            let body = quote!(#probes #warnings);
            let expanded = layers::expand(item, others, &body, &facade, function, (&above, &layers), is_outermost);
            quote!(#expanded #errors)
        }
        (_, errors) => fallback_output::emit(item, others, &probes, &errors.unwrap_or_default()),
    }
}

/// rust-analyzer completes a value only where the expansion around it is the same with and without
/// the completed word. The compiler would report the missing word once more.
fn is_in_editor() -> bool {
    let host = std::env::current_exe().unwrap_or_default();
    host.file_name().is_some_and(|name| name.to_string_lossy().contains("rust-analyzer"))
}

/// The expansion of these layers reports their errors.
fn outer_layers(item: &Item) -> Vec<Layer> {
    let reported_elsewhere = Diagnostics::new();
    let above = stack::above(&item.attrs);
    let layers = above.iter().filter_map(|attr| attr.parse_arguments(&reported_elsewhere)).collect();
    reported_elsewhere.discard();
    layers
}
