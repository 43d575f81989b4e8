//! What only the whole can show: rules about the function, and about attributes together.

use std::time::Duration;

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, FnArg, ReceiverKind, ReturnType, Signature, Type};

use crate::attr::as_ident;
use crate::diagnostics::Diagnostics;
use crate::item::{Function, Item, PRIMITIVES, Passing, Receiver, bare as bare_type};
use crate::options::{Breaker, Cached, Fallback, Layer, Policy, Retry, Step, Timeout};
use crate::tokens::{lifetimes, mentions, readable};
use crate::value::{bare, parts_of, span_of};

/// Functions no attribute of ours can go on. Whether there is a body to go on with.
pub(crate) fn signature(item: &Item, attribute: &str, diagnostics: &mut Diagnostics) {
    let Signature { constness, safety, abi, variadic, output, ident, .. } = &item.sig;
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
                "`#[{attribute}]` cannot go on an `unsafe fn`: the promise of a caller covers one call, not several; put it on a safe function around it"
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
    if let ReturnType::Type(_, ty) = output {
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
        diagnostics.error(
            ident.span(),
            format_args!("`#[{attribute}]` needs a body to work on; put it on the implementation of `{ident}`, not on its declaration"),
        );
    }
}

/// Every rule about attributes together, and about attributes on this function.
pub(crate) fn stack(item: &Item, function: &Function, layers: &[Layer], diagnostics: &mut Diagnostics) {
    has_failure(item, function, layers, diagnostics);
    timeouts(item, function, layers, diagnostics);
    left_behind(item, function, layers, diagnostics);
    one_retry(layers, diagnostics);
    retry_under_timeout(layers, diagnostics);
    one_breaker_of_a_name(layers, diagnostics);
    one_bulkhead_of_a_name(layers, diagnostics);
    one_limiter_of_a_name(layers, diagnostics);
    wait_under_timeout(layers, diagnostics);
    fallback_hides_failures(layers, diagnostics);
    repeatable(item, function, layers, diagnostics);
    let mut earlier = 0;
    for layer in layers {
        if let Some(key) = layer.policy.key() {
            parts_of_key(key, function, diagnostics);
        }
        match &layer.policy {
            Policy::Cached(cached) => {
                earlier += 1;
                if earlier == 2 {
                    diagnostics.error(
                        layer.span,
                        "a second `#[cached]` only ever sees the misses of the first; remove one of them",
                    );
                }
                cacheable(layer.span, cached, item, function, diagnostics);
            }
            Policy::Fallback(fallback) => receivers(fallback, function, diagnostics),
            Policy::Retry(retry) => {
                for name in &retry.share {
                    if name == "self" {
                        diagnostics.error(name.span(), "`self` is never cloned; leave it out of `share`");
                        continue;
                    }
                    match function.params.iter().find(|param| param.name == *name) {
                        None => unknown_parameter(name, function, diagnostics),
                        Some(param) if param.is_mutable() => diagnostics.error(
                            name.span(),
                            format_args!(
                                "`{name}` is `mut`, and the next attempt would see what this one has changed; \
                                 take `mut` away, or leave it out of `share`"
                            ),
                        ),
                        Some(param) if param.passing != Passing::Value => diagnostics.error(
                            name.span(),
                            format_args!("`{name}` is a reference, which no attempt clones; leave it out of `share`"),
                        ),
                        Some(_) => {}
                    }
                }
            }
            Policy::Bulkhead(_) | Policy::CircuitBreaker(_) | Policy::RateLimit(_) | Policy::Timeout(_) => {}
        }
    }
}

/// A return type that anyone can see is neither `Result` nor `Option`. Of a type with a name of its own the compiler will
/// judge: it may stand for one of them.
fn has_failure(item: &Item, function: &Function, layers: &[Layer], diagnostics: &mut Diagnostics) {
    const PLAIN: [&str; 7] = ["str", "String", "Vec", "PathBuf", "Arc", "Box", "Rc"];
    let is_async = function.shape.is_async();
    let Some(layer) = layers.iter().find(|layer| layer.policy.acts_on_failure(is_async)) else { return };
    let attribute = layer.policy.name();
    let (written, at) = match function.output.as_ref().map(bare_type) {
        None => ("()".to_owned(), item.sig.ident.to_token_stream()),
        Some(ty @ (Type::Tuple(_) | Type::Array(_) | Type::Slice(_) | Type::Reference(_))) => {
            (readable(ty), ty.to_token_stream())
        }
        Some(Type::Path(path)) => {
            let segments = &path.path.segments;
            let Some(last) = segments.last() else { return };
            let is_of_std = || PRIMITIVES.iter().chain(&PLAIN).any(|plain| last.ident == plain);
            let is_plain = if segments.len() == 1 {
                is_of_std() || item.sig.generics.type_params().any(|parameter| parameter.ident == last.ident)
            } else {
                segments.first().is_some_and(|first| first.ident == "std") && is_of_std()
            };
            let Some(plain) = is_plain.then_some(last) else { return };
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

/// A synchronous body cannot be stopped, and the user has to say that they know. Of two literal limits the inner one
/// has to be the smaller, or it can never fire.
fn timeouts(item: &Item, function: &Function, layers: &[Layer], diagnostics: &mut Diagnostics) {
    let mut outer: Option<Duration> = None;
    for layer in layers {
        let Policy::Timeout(Timeout { limit, mode, mode_given, .. }) = &layer.policy else { continue };
        match (function.shape.is_async(), mode) {
            (true, Some((_, span))) => diagnostics.error(
                *span,
                "`mode` is for synchronous functions; an `async fn` is dropped at its limit, remove `mode`",
            ),
            (false, None) if !mode_given && is_run(item) => diagnostics.error(
                layer.span,
                "the runner above `#[timeout]` has made the function synchronous, and nothing can interrupt a thread; \
                 write `#[timeout]` above the runner",
            ),
            (false, None) if !mode_given => diagnostics.error(
                layer.span,
                "`#[timeout]` cannot stop a synchronous function: nothing can interrupt a thread; make the function `async` \
                 (or spell the future it returns as `impl Future<Output = ..>`), or write `mode = \"cooperative\"` for a deadline that the body reads with `resilience::checkpoint()?`, \
                 or `mode = \"thread\"` to leave the body behind on a thread of its own",
            ),
            _ => {}
        }
        let Some(limit_literal) = limit.literal else { continue };
        if let Some(around) = outer.filter(|around| *around <= limit_literal) {
            diagnostics.error(
                limit.span,
                format_args!(
                    "this limit ({limit_literal:?}) can never be reached: the timeout around it ends the call after {around:?}; make the inner one shorter"
                ),
            );
        }
        outer = Some(outer.map_or(limit_literal, |around| around.min(limit_literal)));
    }
}

/// Whether a runner has been at work: `#[tokio::test]` leaves the built-in `#[test]` under this path, and `#[tokio::main]` a
/// runtime that blocks.
fn is_run(item: &Item) -> bool {
    let blocks = |body: &Group| mentions(&body.stream(), &["block_on".to_owned()]);
    let is_main = item.sig.ident == "main" && item.body.as_ref().is_some_and(blocks);
    is_main
        || item.attrs.iter().any(|attribute| {
            let segments: Vec<String> =
                attribute.path().segments.iter().map(|segment| segment.ident.to_string()).collect();
            segments == ["core", "prelude", "v1", "test"]
        })
}

/// A body that is left behind on a thread outlives the call: nothing of the caller's can be lent to it.
fn left_behind(item: &Item, function: &Function, layers: &[Layer], diagnostics: &mut Diagnostics) {
    let leaves = |layer: &Layer| matches!(&layer.policy, Policy::Timeout(timeout) if timeout.leaves_thread());
    let Some(index) = layers.iter().position(leaves).filter(|_| !function.shape.is_async()) else { return };
    for argument in &item.sig.inputs {
        let (what, at) = match argument {
            FnArg::Typed(typed) if borrows(&typed.ty) => ("what this parameter borrows", typed.ty.to_token_stream()),
            FnArg::Typed(_) => continue,
            FnArg::Receiver(receiver) => match function.receiver {
                Receiver::Shared | Receiver::Exclusive(_) => ("`self`", receiver.self_token.to_token_stream()),
                // All attempts borrow it.
                Receiver::Owned(token)
                    if layers[..index].iter().any(|layer| layer.policy.reuses_arguments(&function.params)) =>
                {
                    ("the `self` that all attempts share", token.to_token_stream())
                }
                Receiver::Owned(_) | Receiver::None => continue,
            },
        };
        diagnostics.error_at(
            &at,
            format_args!(
                "`mode = \"thread\"` leaves the body behind at the limit, so it cannot use {what}; pass an owned value, such as an `Arc`"
            ),
        );
    }
    for layer in &layers[..index] {
        let Policy::Retry(retry) = &layer.policy else { continue };
        for name in &retry.share {
            diagnostics.error(
                name.span(),
                format_args!(
                    "`mode = \"thread\"` leaves the body behind at the limit, so `{name}` cannot be lent to it; leave it out of `share`"
                ),
            );
        }
    }
}

/// Two retries multiply their attempts, which the outer one has to say it means.
fn one_retry(layers: &[Layer], diagnostics: &mut Diagnostics) {
    let retries = layers.iter().filter_map(|layer| match &layer.policy {
        Policy::Retry(retry) => Some((layer.span, retry)),
        _ => None,
    });
    let mut outer: Option<&Retry> = None;
    for (span, retry) in retries {
        if outer.is_some_and(|outer| !outer.nested) {
            diagnostics.error(
                span,
                "a retry inside of a retry multiplies the attempts; keep one of them, with the larger number, or say \
                 `nested = true` on the outer one",
            );
        }
        outer = Some(retry);
    }
}

/// A retry whose first sleep is at least as long as the whole call may take never retries.
fn retry_under_timeout(layers: &[Layer], diagnostics: &mut Diagnostics) {
    let mut outer: Option<Duration> = None;
    for layer in layers {
        match &layer.policy {
            Policy::Timeout(timeout) => {
                outer = match (outer, timeout.limit.literal) {
                    (Some(around), Some(limit)) => Some(around.min(limit)),
                    (around, limit) => around.or(limit),
                }
            }
            Policy::Retry(retry) => {
                let Some((first, span)) = &retry.first_delay else { continue };
                if let Some(around) = outer.filter(|around| around <= first) {
                    diagnostics.error(
                        *span,
                        format_args!(
                            "the first delay ({first:?}) never fits into the timeout around it ({around:?}), so nothing is ever retried; \
                             shorten `base_delay` or raise the timeout"
                        ),
                    );
                }
            }
            Policy::Bulkhead(_)
            | Policy::Cached(_)
            | Policy::CircuitBreaker(_)
            | Policy::Fallback(_)
            | Policy::RateLimit(_) => {}
        }
    }
}

fn one_breaker_of_a_name(layers: &[Layer], diagnostics: &mut Diagnostics) {
    let mut names: Vec<Option<String>> = Vec::new();
    for layer in layers {
        let Policy::CircuitBreaker(breaker) = &layer.policy else { continue };
        let (name, span) = match &breaker.breaker {
            Breaker::Named(name, _) => (Some(name.value()), name.span()),
            Breaker::OfFunction(_) => (None, layer.span),
            Breaker::Shared(path) => (Some(format!("static {}", path.to_token_stream())), span_of(path)),
        };
        if names.contains(&name) {
            let which = name.as_ref().map_or_else(|| "without a name".to_owned(), |name| format!("`{name}`"));
            diagnostics.error(
                span,
                format_args!(
                    "two circuit breakers {which} on one function would count each call twice; remove one, or give it another name"
                ),
            );
        }
        names.push(name);
    }
}

/// Each call would need two places, and with as many calls as places each would wait for another. One for everybody and
/// one for each key are two bulkheads.
fn one_bulkhead_of_a_name(layers: &[Layer], diagnostics: &mut Diagnostics) {
    let mut seen: Vec<(Option<String>, Option<String>)> = Vec::new();
    for layer in layers {
        let Policy::Bulkhead(bulkhead) = &layer.policy else { continue };
        let name = bulkhead.name.as_ref().map(syn::LitStr::value);
        // By a name it is found whatever its key is made of.
        let key = bulkhead
            .key
            .as_ref()
            .map(|key| if name.is_some() { String::new() } else { key.to_token_stream().to_string() });
        let which = name.as_ref().map_or_else(|| "without a name".to_owned(), |name| format!("`{name}`"));
        let this = (name, key);
        if seen.contains(&this) {
            diagnostics.error(
                bulkhead.name.as_ref().map_or(layer.span, syn::LitStr::span),
                format_args!(
                    "two bulkheads {which} on one function would take two places for each call; remove one, or give it another name"
                ),
            );
        }
        seen.push(this);
    }
}

/// Without names they are different limiters: ten a second, and a thousand an hour; so are one for everybody and one for
/// each key.
fn one_limiter_of_a_name(layers: &[Layer], diagnostics: &mut Diagnostics) {
    let mut seen: Vec<(String, bool)> = Vec::new();
    for layer in layers {
        let Policy::RateLimit(limit) = &layer.policy else { continue };
        let Some(name) = &limit.name else { continue };
        let this = (name.value(), limit.key.is_some());
        if seen.contains(&this) {
            diagnostics.error(
                name.span(),
                format_args!(
                    "two rate limits `{}` on one function would count each call twice; remove one, or give it another name",
                    this.0
                ),
            );
        }
        seen.push(this);
    }
}

/// A wait for a place or a turn that the timeout around it always ends first.
fn wait_under_timeout(layers: &[Layer], diagnostics: &mut Diagnostics) {
    let mut outer: Option<Duration> = None;
    for layer in layers {
        let wait = match &layer.policy {
            Policy::Timeout(timeout) => {
                let limit = timeout.limit.literal;
                outer = outer.zip(limit).map_or(outer.or(limit), |(around, limit)| Some(around.min(limit)));
                continue;
            }
            Policy::Bulkhead(bulkhead) => &bulkhead.wait,
            Policy::RateLimit(limit) => &limit.wait,
            _ => continue,
        };
        let Some((wait, longest)) = wait.as_ref().and_then(|wait| Some((wait, wait.literal?))) else { continue };
        if let Some(around) = outer.filter(|around| *around <= longest) {
            diagnostics.error(
                wait.span,
                format_args!(
                    "a `wait` of {longest:?} never fits into the timeout around it ({around:?}); shorten `wait` or raise the timeout"
                ),
            );
        }
    }
}

/// Above it, every failure would look like a success.
fn fallback_hides_failures(layers: &[Layer], diagnostics: &mut Diagnostics) {
    for pair in layers.windows(2) {
        let [above, below] = pair else { continue };
        let (Policy::Retry(_) | Policy::CircuitBreaker(_), Policy::Fallback(fallback)) = (&above.policy, &below.policy)
        else {
            continue;
        };
        if fallback.when.is_none() {
            let above = above.policy.name();
            diagnostics.error(
                below.span,
                format_args!(
                    "a fallback directly below `#[{above}]` hides every failure from it; move `#[fallback]` above it, \
                     or say with `when` which errors it takes"
                ),
            );
        }
    }
}

/// The rules of one `#[cached]`.
fn cacheable(span: Span, cached: &Cached, item: &Item, function: &Function, diagnostics: &mut Diagnostics) {
    match &function.output {
        None => diagnostics
            .error(item.sig.ident.span(), "`#[cached]` has nothing to keep: the function returns `()`; return a value"),
        Some(Type::Tuple(tuple)) if tuple.elems.is_empty() => {
            diagnostics.error_at(tuple, "`#[cached]` has nothing to keep: the function returns `()`; return a value");
        }
        Some(output) => {
            if borrows(output) {
                diagnostics.error_at(
                    output,
                    "`#[cached]` cannot keep a borrowed result; return an owned value such as `String` or `Arc<str>`",
                );
            }
            if let Some(at) = impl_in(output) {
                diagnostics.error(
                    at,
                    "`#[cached]` needs a type it can name, not `impl Trait`; write the concrete type, or a `Box<dyn Trait>` in an `Arc`",
                );
            }
        }
    }
    for argument in &item.sig.inputs {
        let exclusive = match argument {
            // `&mut self`, `self: Pin<&mut Self>`
            FnArg::Receiver(receiver) => match &receiver.kind {
                ReceiverKind::Typed(_, ty) => mentions(&ty.to_token_stream(), &["mut".to_owned()]),
                kind => matches!(kind, ReceiverKind::Reference(_, _, Some(_))),
            },
            FnArg::Typed(typed) => matches!(&*typed.ty, Type::Reference(reference) if reference.mutability.is_some()),
        };
        if exclusive {
            let what = match argument {
                FnArg::Receiver(_) => "self".to_owned(),
                FnArg::Typed(typed) => typed.pat.to_token_stream().to_string(),
            };
            diagnostics.error_at(
                argument,
                format_args!("`#[cached]` would skip what the body does to `{what}` on every hit; take it by `&`"),
            );
        }
    }
    let types = item.sig.inputs.iter().filter_map(|argument| match argument {
        FnArg::Typed(typed) => Some(&*typed.ty),
        FnArg::Receiver(_) => None,
    });
    let mut parts = 0;
    for (ty, param) in types.zip(&function.params).filter(|_| cached.key.is_none()) {
        let is_part = !cached.skip.contains(&param.name) && !param.is_wild() && param.passing != Passing::Exclusive;
        parts += usize::from(is_part);
        if is_part && parts == MOST_PARTS + 1 {
            too_many_parts(ty, diagnostics);
        }
        let Some(lent) = lent_in(ty).filter(|_| is_part) else { continue };
        let or_skip =
            if param.is_plain { format!(", or leave it out with `skip({})`", param.name) } else { String::new() };
        diagnostics.error_at(
            lent,
            format_args!(
                "a key is kept for longer than the call, and this argument borrows; say with `key = ..` what of it identifies \
                 the call, as an owned value{or_skip}"
            ),
        );
    }
    for name in &cached.skip {
        let known = if name == "self" {
            !matches!(function.receiver, Receiver::None)
        } else {
            function.params.iter().any(|param| param.name == *name)
        };
        if !known {
            unknown_parameter(name, function, diagnostics);
        }
    }
    let is_known = |name: &Ident| name == "self" || function.params.iter().any(|param| param.name == *name);
    // One that is none may be meant for `self`.
    let names_self = cached.key.is_some() || cached.skip.iter().any(|name| name == "self" || !is_known(name));
    if !matches!(function.receiver, Receiver::None | Receiver::Exclusive(_)) && !names_self {
        diagnostics.error(
            span,
            "a cached method has to say what of `self` belongs to the key: `key = (self.id, query)`, or `skip(self)` when nothing does",
        );
    }
}

/// How many parts the runtime knows a key of.
const MOST_PARTS: usize = 12;

fn too_many_parts(part: &impl ToTokens, diagnostics: &mut Diagnostics) {
    diagnostics.error_at(
        part,
        format_args!(
            "a key has at most {MOST_PARTS} parts, and this is one more; write with `key = (..)` what of them identifies the \
             call, several as one owned value such as a `struct`"
        ),
    );
}

/// A key of more parts than there may be, or a part that is made around a reference to a parameter: what it points at is
/// gone after the call.
fn parts_of_key(key: &Expr, function: &Function, diagnostics: &mut Diagnostics) {
    let parts = parts_of(key);
    if let Some(part) = parts.get(MOST_PARTS) {
        too_many_parts(part, diagnostics);
    }
    for part in parts {
        for inside in built_of(part) {
            let (name, is_reference) = match bare(inside) {
                Expr::Reference(reference) => (as_ident(&reference.expr), true),
                plain => (as_ident(plain), false),
            };
            let Some(name) = name else { continue };
            let Some(param) = function.params.iter().find(|param| !param.is_wild() && param.name == *name) else {
                continue;
            };
            if !is_reference && param.passing != Passing::Value {
                continue;
            }
            let owned = if param.is_primitive {
                format!("*{name}")
            } else if param.passing == Passing::Value {
                format!("{name}.clone()")
            } else {
                format!("{name}.to_owned()")
            };
            diagnostics.error_at(
                inside,
                format_args!(
                    "a key is kept for longer than the call, and this is a reference to `{name}`, as each parameter is in a \
                     key; write `{owned}`"
                ),
            );
        }
    }
}

/// What an array, a tuple or a `Some(..)` is made of.
fn built_of(value: &Expr) -> Vec<&Expr> {
    let elements: Vec<&Expr> = match bare(value) {
        Expr::Array(array) => array.elems.iter().collect(),
        Expr::Tuple(tuple) => tuple.elems.iter().collect(),
        Expr::Call(call) if as_ident(&call.func).is_some_and(|name| name == "Some") => call.args.iter().collect(),
        _ => return Vec::new(),
    };
    elements
        .into_iter()
        .flat_map(|element| {
            let inside = built_of(element);
            if inside.is_empty() { vec![element] } else { inside }
        })
        .collect()
}

fn receivers(fallback: &Fallback, function: &Function, diagnostics: &mut Diagnostics) {
    for step in &fallback.steps {
        if let (Step::Closure(closure), false) = (step, function.shape.is_async()) {
            if let Some(keyword) = &closure.asyncness {
                diagnostics.error(
                    keyword.span,
                    "a synchronous function awaits nothing, not even its fallback; take `async` away",
                );
            }
        }
        if let (Step::Method(this, method), Receiver::None) = (step, &function.receiver) {
            diagnostics.error(
                this.span,
                format_args!("this function has no `self` to call `{method}` on; name a function, such as `{method}`"),
            );
        }
    }
}

fn unknown_parameter(name: &Ident, function: &Function, diagnostics: &mut Diagnostics) {
    let written = name.to_string();
    let this = (!matches!(function.receiver, Receiver::None)).then(|| "self".to_owned());
    let names: Vec<String> = function.params.iter().map(|param| param.name.to_string()).chain(this).collect();
    let hint = crate::diagnostics::did_you_mean(&written, names.iter().map(String::as_str), '`').unwrap_or_default();
    diagnostics.error(name.span(), format_args!("this function has no parameter `{name}`{hint}"));
}

/// While the result of one attempt borrows from a `&mut` parameter, there can be no second one.
fn repeatable(item: &Item, function: &Function, layers: &[Layer], diagnostics: &mut Diagnostics) {
    let Some(layer) = layers.iter().find(|layer| layer.policy.reuses_arguments(&function.params)) else { return };
    if let Some(output) = function.output.as_ref().filter(|output| borrows_of_exclusive(&item.sig, output)) {
        let attribute = layer.policy.name();
        diagnostics.error_at(
            output,
            format_args!(
                "the result borrows from a `&mut` parameter, so `#[{attribute}]` cannot call the body again while it is alive; return an owned value"
            ),
        );
    }
}

/// Whether the result of a call borrows (by elision or by name) from a `&mut` parameter.
fn borrows_of_exclusive(sig: &Signature, output: &Type) -> bool {
    let mut named = Vec::new();
    let mut elided = false;
    lifetimes(&output.to_token_stream(), &mut |lifetime| match lifetime {
        Some(name) if name != "_" => named.push(name),
        _ => elided = true,
    });
    // Elision takes the lifetime of `self`, else that of the only reference.
    let mut this = None;
    let mut references = Vec::new();
    for argument in &sig.inputs {
        match argument {
            FnArg::Receiver(receiver) => {
                if let ReceiverKind::Reference(_, lifetime, exclusive) = &receiver.kind {
                    this = Some((lifetime.clone(), exclusive.is_some()));
                }
            }
            FnArg::Typed(typed) => {
                if let Type::Reference(reference) = &*typed.ty {
                    references.push((reference.lifetime.clone(), reference.mutability.is_some()));
                }
            }
        }
    }
    let by_name = this.iter().chain(&references).any(|(lifetime, exclusive)| {
        *exclusive && lifetime.as_ref().is_some_and(|lifetime| named.contains(&lifetime.ident.to_string()))
    });
    let by_elision = elided
        && match (&this, &*references) {
            (Some((_, exclusive)), _) | (None, [(_, exclusive)]) => *exclusive,
            _ => false,
        };
    by_name || by_elision
}

/// Whether a type borrows, for anything but `'static`.
fn borrows(ty: &Type) -> bool {
    let mut borrows = false;
    lifetimes(&ty.to_token_stream(), &mut |lifetime| borrows |= lifetime.as_deref() != Some("static"));
    borrows
}

/// What borrows behind the reference through which a key looks.
fn lent_in(ty: &Type) -> Option<&Type> {
    match ty {
        // Behind a reference for ever is nothing for less.
        Type::Reference(reference) => {
            let is_static = reference.lifetime.as_ref().is_some_and(|lifetime| lifetime.ident == "static");
            (!is_static && borrows(&reference.elem)).then_some(&*reference.elem)
        }
        Type::Paren(paren) => lent_in(&paren.elem),
        Type::Group(group) => lent_in(&group.elem),
        ty => borrows(ty).then_some(ty),
    }
}

fn impl_in(ty: &Type) -> Option<Span> {
    fn find(tokens: TokenStream) -> Option<Span> {
        tokens.into_iter().find_map(|token| match token {
            TokenTree::Ident(word) if word == "impl" => Some(word.span()),
            TokenTree::Group(group) => find(group.stream()),
            _ => None,
        })
    }
    find(ty.to_token_stream())
}
