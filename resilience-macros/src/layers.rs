//! Folds the layers around the body, from the inside out.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};

use crate::attribute::{Answers, Layer, Traits, sections};
use crate::expand::{Attempt, Expansion, Needs, OwnedSelf, ParamUse, Place};
use crate::item::{Boxing, Function, Item, Param, Passing, Shape, allow_what_is_expected};
use crate::parse::tokens::{calls_a_function, mentions_in_text};
use crate::runtime_path::Facade;
use crate::rustdoc;

/// `is_outermost` means that no attribute of ours stands above, beyond those of other crates.
pub(crate) fn expand(
    item: &Item,
    others: &[TokenStream],
    probes: &TokenStream,
    facade: &Facade,
    function: Function,
    (above, layers): (&[Layer], &[Layer]),
    is_outermost: bool,
) -> TokenStream {
    let needs = needs(layers, &function, is_outermost);
    let sections = sections(above, layers);
    let mut expansion = Expansion::new(item, facade, function, needs, sections, |param| use_of(layers, param));
    expansion.layer_names = layers.iter().map(Layer::name).collect();
    let body = body(&expansion, layers, is_outermost);
    let (inner_attrs, sig) = (expansion.function.inner_attrs.clone(), expansion.signature(&item.sig));
    let inner_attrs = allow_what_is_expected(inner_attrs);
    let mut others: Vec<_> = others.iter().cloned().map(allow_what_is_expected).collect();
    others.extend(suppressed_lints(&expansion));
    others.push(rustdoc::attribute(layers));
    item.emit(&others, Some(&sig), Some(quote!(#inner_attrs #probes #body)))
}

/// So many layers alone have about as many branches as Clippy accepts in a function.
const MANY_LAYERS: usize = 4;

/// Lints that would blame the user for the form of an expansion.
fn suppressed_lints(expansion: &Expansion) -> Vec<TokenStream> {
    let mut allowed = Vec::new();
    if expansion.function.ends_in_block_of_a_macro() {
        allowed.push(quote!(#[allow(unused_braces)]));
    }
    if matches!(expansion.function.shape, Shape::ReturnsFuture { boxing: Boxing::None }) {
        allowed.push(quote!(#[allow(clippy::manual_async_fn)]));
    }
    if expansion.may_return_a_future() {
        // The body of an `async fn` is such a block too; the caller may await the result.
        allowed.push(quote!(#[allow(clippy::async_yields_async)]));
    }
    if expansion.layer_names.len() > MANY_LAYERS {
        allowed.push(quote!(#[allow(clippy::cognitive_complexity)]));
    }
    if expansion.calls_output_type() {
        // Clippy takes the path of a call at the return type for that of the type.
        allowed.push(quote!(#[allow(clippy::absolute_paths)]));
    }
    allowed
}

fn needs(layers: &[Layer], function: &Function, is_outermost: bool) -> Needs {
    let is_async = function.shape.is_async();
    let traits: Vec<_> = layers.iter().map(|layer| layer.traits(is_async)).collect();
    let passed_arguments = layers
        .iter()
        .zip(&traits)
        .any(|(layer, traits)| traits.answers_failures == Answers::Always && layer.reuses_arguments(&function.params));
    let stores_results = traits.iter().any(|traits| traits.stores_results);
    let retries_again = traits.iter().any(|traits| traits.retries.is_some());
    let counts_calls = traits.iter().position(|traits| traits.counts_calls);
    let can_skip = |traits: &Traits<'_>| traits.is_gate || traits.rejects_calls || traits.stores_results;
    let above_retry = traits.iter().position(|traits| traits.retries.is_some()).map(|retry| &traits[..retry]);
    // The outermost one has the most layers below.
    let refunded = traits.iter().position(|traits| traits.is_refunded);
    Needs {
        reused_arguments: layers.iter().any(|layer| layer.reuses_arguments(&function.params)),
        read_arguments: traits.iter().any(|traits| traits.reads_arguments),
        passed_arguments,
        body_runs: refunded.is_some_and(|limit| may_reject(&layers[limit + 1..], is_async)),
        call_state: stores_results,
        hits: counts_calls.is_some_and(|breaker| traits[breaker..].iter().any(|traits| traits.stores_results)),
        failure: traits.iter().any(|traits| traits.acts_on_failure),
        classification: traits.iter().any(|traits| traits.classifies_only),
        identity: traits.iter().any(|traits| traits.is_gate || traits.rejects_calls || traits.asks_for_facts()),
        attempt_metrics: retries_again,
        begins_with_attempt: is_outermost && above_retry.is_some_and(|above| !above.iter().any(can_skip)),
        owned_self: owned_self(layers, function),
        reused_self: retries_again || layers.iter().any(|layer| mentions_in_text(&layer.used_later, &this())),
    }
}

fn this() -> [String; 1] {
    ["self".to_owned()]
}

fn owned_self(layers: &[Layer], function: &Function) -> OwnedSelf {
    let is_async = function.shape.is_async();
    if layers.iter().any(|layer| layer.traits(is_async).shares.iter().any(|name| name == "self")) {
        return OwnedSelf::Lent;
    }
    let asks = |layer: &Layer| mentions_in_text(&layer.used_later, &this());
    let runs_again = |layer: &Layer| layer.traits(is_async).retries.is_some();
    let is_reused =
        layers.iter().any(|layer| runs_again(layer) || asks(layer) && layer.reuses_arguments(&function.params));
    let is_asked = layers.iter().any(asks);
    let is_in_key = || {
        layers.iter().any(|layer| {
            let Traits { key, cost, .. } = layer.traits(is_async);
            [key, cost].into_iter().flatten().any(|asked| mentions_in_text(&asked.to_token_stream(), &this()))
        })
    };
    match (is_reused, is_asked) {
        (true, true) => OwnedSelf::Cloned,
        (true, false) if is_in_key() => OwnedSelf::Cloned,
        (true, false) => OwnedSelf::InSlot,
        (false, true) => OwnedSelf::Lent,
        (false, false) => OwnedSelf::Moved,
    }
}

fn use_of(layers: &[Layer], param: &Param) -> ParamUse {
    let is_reused = layers.iter().any(|layer| layer.uses(param));
    let is_shared = layers.iter().any(|layer| layer.traits(true).shares.contains(&param.name));
    let names = param.names();
    // What a key has calculated from a value may borrow from it.
    let calculates = |layer: &Layer| {
        let key = layer.traits(true).key.map(ToTokens::to_token_stream);
        key.is_some_and(|key| calls_a_function(&key) && mentions_in_text(&key, &names))
    };
    let is_asked_later = layers.iter().any(|layer| mentions_in_text(&layer.used_later, &names))
        || param.passing == Passing::Value && layers.iter().any(calculates);
    ParamUse { is_reused, is_shared, is_asked_later }
}

fn body(expansion: &Expansion, layers: &[Layer], is_outermost: bool) -> TokenStream {
    let here = |layer: &Layer| layer.span.resolved_at(Span::mixed_site());
    let (places, innermost) = places(layers, expansion);
    if let Some(attempts) = attempts(expansion, layers, &places, innermost) {
        return expansion.finish(&attempts, is_outermost);
    }
    let limit = layers.last().and_then(|last| last.limit_at_body(expansion, here(last)));
    let body = expansion.innermost(innermost, limit);
    let code = layers
        .iter()
        .zip(places)
        .rev()
        .fold(body, |inner, (layer, place)| layer.expand(expansion, here(layer), place, &inner));
    expansion.finish(&code, is_outermost)
}

/// An outermost retry that decides alone, directly around a gate, a limit or both.
fn attempts(expansion: &Expansion, layers: &[Layer], places: &[Place], innermost: Place) -> Option<TokenStream> {
    let is_async = expansion.is_async();
    let retry = layers.first().filter(|layer| layer.traits(is_async).retries.is_some())?;
    let has_gate = layers.iter().any(|layer| layer.traits(is_async).is_gate);
    // A retry alone, whose body is ready at once, takes two instructions fewer as control flow, and a stack with a
    // fallback around it four.
    if !(2..=3).contains(&layers.len()) || !expansion.has_whole_attempts(has_gate) {
        return None;
    }
    let here = |layer: &Layer| layer.span.resolved_at(Span::mixed_site());
    let parts = layers.iter().zip(places);
    let attempt = Attempt::of(parts.map(|(layer, place)| layer.part_of_attempt(expansion, here(layer), *place)))?;
    let body = expansion.body_of_attempt(innermost)?;
    Some(expansion.attempts(attempt, here(retry), &body))
}

fn places(layers: &[Layer], expansion: &Expansion) -> (Vec<Place>, Place) {
    let is_async = expansion.is_async();
    let mut place = Place::default();
    let places = layers
        .iter()
        .map(|layer| {
            let below = layers.get(place.depth + 1..).unwrap_or_default();
            let here = Place { is_last: below.is_empty(), is_above_gate: may_reject(below, is_async), ..place };
            place = inside(layer, here, expansion);
            here
        })
        .collect();
    (places, place)
}

fn may_reject(layers: &[Layer], is_async: bool) -> bool {
    let can_reject = |traits: Traits<'_>| traits.is_gate || traits.rejects_calls;
    layers.iter().any(|layer| can_reject(layer.traits(is_async)))
}

fn inside(layer: &Layer, here: Place, expansion: &Expansion) -> Place {
    let (params, is_async) = (&expansion.function.params, expansion.is_async());
    let traits = layer.traits(is_async);
    let ends_calls = traits.ends_calls || traits.may_end_calls && expansion.section(here.depth).is_some();
    let mut inside = if layer.reuses_arguments(params) {
        Place { has_slots: true, runs_again: true, ..here }
    } else if traits.uses_self_later {
        Place { runs_again: true, ..here }
    } else if ends_calls && is_async && !here.is_last {
        // A limit directly around the body goes along with its future instead.
        Place { has_scope: true, limited_by: Some(here.depth), ..here }
    } else {
        let has_slots = here.has_slots && !traits.rebinds_arguments;
        let is_self_renamed = here.is_self_renamed || here.has_slots && traits.rebinds_arguments;
        Place { has_slots, is_self_renamed, has_scope: here.has_scope || traits.has_scope && is_async, ..here }
    };
    inside.depth += 1;
    inside.is_in_attempt |= is_async && traits.asks_for_facts();
    inside.is_in_retry |= traits.retries.is_some();
    inside.is_cached |= traits.stores_results;
    inside
}
