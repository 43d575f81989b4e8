use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{PathSegment, Type, TypePath};

use crate::attribute::{Answers, Checker, Layer, Position, check_parts};
use crate::item::{Item, PRIMITIVES, Param, Passing, Receiver, StreamOutput, bare as bare_type, borrows_of_exclusive};
use crate::parse::tokens::{mentions_in_text, readable};

pub(crate) fn stack(layers: &[Layer], checker: &Checker<'_>) {
    for layer in layers {
        constants(layer, checker);
    }
    return_type(layers, checker);
    repeatable(layers, checker);
    let is_async = checker.function.shape.is_async();
    for (layer, position) in Position::each(layers, &[], false, is_async) {
        if let Some(key) = layer.traits(is_async).key {
            check_parts(key, checker);
        }
        layer.check(&position, checker);
    }
}

/// The compiler would recommend a `let` or a `LazyLock`, and neither helps.
fn constants(layer: &Layer, Checker { function, diagnostics, .. }: &Checker<'_>) {
    let attribute = layer.name();
    let names: Vec<String> = function.params.iter().flat_map(Param::names).collect();
    for (key, value) in &layer.constants {
        let tokens = value.to_token_stream();
        let Some(why) = run_time_value(&tokens, &names) else { continue };
        diagnostics.error_at(
            value,
            format_args!(
                "`{key}` of `#[{attribute}]` is fixed when the program is compiled, and {why}; give the value to the \
                 layers of a `resilience::Policy`, which is built at run time"
            ),
        );
    }
}

/// Why an expression has its value only at run time, if it says so.
fn run_time_value(tokens: &TokenStream, names: &[String]) -> Option<String> {
    if uses(tokens, &|word| word == "self") {
        return Some("`self` is known only when the function is called".to_owned());
    }
    if let Some(name) = names.iter().find(|name| uses(tokens, &|word| word == **name)) {
        return Some(format!("the parameter `{name}` is known only when the function is called"));
    }
    let text = readable(tokens);
    let reads_environment = ["env::var", "env::var_os"].iter().any(|call| text.contains(call));
    if reads_environment {
        return Some("the environment is read only when it runs".to_owned());
    }
    let is_dereferenced = text.starts_with('*');
    let is_loaded = [".load(", ".get_or_init(", ".lock(", ".read("].iter().any(|call| text.contains(call));
    (is_dereferenced || is_loaded).then(|| "this `static` has its value only when it runs".to_owned())
}

/// Returns whether an expression uses a variable, and no field, method or path of that name.
fn uses(tokens: &TokenStream, is_it: &impl Fn(&str) -> bool) -> bool {
    let mut is_part = false;
    let mut tokens = tokens.clone().into_iter().peekable();
    while let Some(token) = tokens.next() {
        let starts_path = matches!(tokens.peek(), Some(TokenTree::Punct(mark)) if mark.as_char() == ':');
        let found = match &token {
            TokenTree::Ident(word) => !is_part && !starts_path && is_it(&word.to_string()),
            TokenTree::Group(group) => uses(&group.stream(), is_it),
            _ => false,
        };
        if found {
            return true;
        }
        is_part = matches!(&token, TokenTree::Punct(mark) if matches!(mark.as_char(), '.' | ':'));
    }
    false
}

/// An alias may stand for `Result` or `Option`, so the compiler judges it.
fn return_type(layers: &[Layer], checker: &Checker<'_>) {
    let Checker { item, function, diagnostics } = checker;
    let is_async = function.shape.is_async();
    let Some(layer) = layers.iter().find(|layer| layer.traits(is_async).acts_on_failure) else { return };
    let attribute = layer.name();
    if let Some(stream) = &function.stream {
        return stream_type(attribute, stream, checker);
    }
    let (written, at) = match function.output.as_ref().map(bare_type) {
        None => ("()".to_owned(), item.sig.ident.to_token_stream()),
        Some(ty @ (Type::Tuple(_) | Type::Array(_) | Type::Slice(_) | Type::Reference(_))) => {
            (readable(ty), ty.to_token_stream())
        }
        Some(Type::Path(path)) => {
            let Some(plain) = plain_type(path, item) else { return };
            (readable(plain), path.to_token_stream())
        }
        Some(_) => return,
    };
    let written = written.replace(" < ", "<").replace(" >", ">");
    diagnostics.error_at(
        &at,
        format_args!("`#[{attribute}]` acts on failures, and `{written}` has none; return `Result<{written}, E>` or `Option<{written}>`"),
    );
}

fn plain_type<'a>(path: &'a TypePath, item: &Item) -> Option<&'a PathSegment> {
    const PLAIN: [&str; 7] = ["str", "String", "Vec", "PathBuf", "Arc", "Box", "Rc"];
    let segments = &path.path.segments;
    let last = segments.last()?;
    let is_of_std = || PRIMITIVES.iter().chain(&PLAIN).any(|plain| last.ident == plain);
    let is_plain = if segments.len() == 1 {
        is_of_std() || item.sig.generics.type_params().any(|parameter| parameter.ident == last.ident)
    } else {
        segments.first().is_some_and(|first| first.ident == "std") && is_of_std()
    };
    is_plain.then_some(last)
}

fn stream_type(attribute: &str, stream: &StreamOutput, Checker { item, function, diagnostics }: &Checker<'_>) {
    if stream.in_option {
        return diagnostics.error_at(
            &function.output,
            format_args!(
                "`#[{attribute}]` cannot make a stream in an `Option` fail; return the stream alone or in a `Result`"
            ),
        );
    }
    let is_plain = match bare_type(&stream.item) {
        Type::Path(path) => plain_type(path, item).is_some(),
        Type::Tuple(_) | Type::Array(_) | Type::Slice(_) | Type::Reference(_) => true,
        _ => false,
    };
    if is_plain {
        let written = readable(&stream.item).replace(" < ", "<").replace(" >", ">");
        diagnostics.error_at(
            &stream.item,
            format_args!(
                "`#[{attribute}]` acts on failures, and the items of this stream, `{written}`, have none; return a stream of \
                 `Result<{written}, E>`"
            ),
        );
    }
}

/// While a result borrows from a `&mut` parameter, nothing else can use the parameter.
fn repeatable(layers: &[Layer], Checker { item, function, diagnostics }: &Checker<'_>) {
    let is_async = function.shape.is_async();
    let Some(output) = function.output.as_ref().filter(|output| borrows_of_exclusive(&item.sig, output)) else {
        return;
    };
    let runs_again = |layer: &&Layer| layer.traits(is_async).retries.is_some();
    if let Some(layer) = layers.iter().find(runs_again) {
        let attribute = layer.name();
        diagnostics.error_at(
            output,
            format_args!(
                "the result borrows from a `&mut` parameter, so `#[{attribute}]` cannot call the body again while it is \
                 alive; return an owned value, or put the attribute on a function that the body calls"
            ),
        );
        return;
    }
    let exclusive = || function.params.iter().filter(|param| param.passing == Passing::Exclusive);
    let has_exclusive_self = matches!(function.receiver, Receiver::Exclusive(_));
    let needs_one = |layer: &&Layer| {
        let asks_self = || mentions_in_text(&layer.used_later, &["self".to_owned()]);
        layer.traits(is_async).answers_failures == Answers::Always
            && (exclusive().any(|param| layer.uses(param)) || has_exclusive_self && asks_self())
    };
    if let Some(layer) = layers.iter().find(needs_one) {
        let attribute = layer.name();
        diagnostics.error_at(
            output,
            format_args!(
                "the result borrows from a `&mut` parameter, which `#[{attribute}]` needs for its alternative; return an \
                 owned value, or put the attribute on a function that the body calls"
            ),
        );
    }
}
