//! The parts of every expansion. They know no attribute. Generated code is control flow; all
//! decisions are calls of the runtime. No closure surrounds an asynchronous body and no function
//! stands beside the user's: either would lose `Send`, `self` or the generics.

mod arguments;
mod attempt;
mod await_point;
mod body;
mod call_metrics;
mod closures;
mod config;
mod function_name;
mod gate;
mod hint;
mod key;
mod place;
mod receiver;
mod settings;
mod spans;
mod static_bound;
mod stream;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use proc_macro2::Span;
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::Parser;
use syn::{FnArg, LitStr, Pat, Signature};

use static_bound::Parameters;
use stream::{Outputs, StreamTypes};

pub(crate) use arguments::condition;
pub(crate) use attempt::{Attempt, AttemptConfig, AttemptLoop, AttemptPart};
pub(crate) use call_metrics::COUNTS_CALLS;
pub(crate) use config::{Config, ConstConfig};
pub(crate) use gate::{Gate, GateSource, Request, StreamPart, UNTIMED_SCOPE};
pub(crate) use hint::takes_outcome;
pub(crate) use place::Place;
pub(crate) use static_bound::{KeySource, Stored};

use crate::item::{Function, Item, Param, Passing, Shape, allow_expected, bare as bare_type, is_lint, is_plain};
use crate::parse::expression::span_of;
use crate::parse::tokens::{Spelled, erase_impl};
use crate::runtime_path::Facade;

pub(crate) struct Expansion {
    pub(crate) function: Function,
    pub(crate) private: Spelled,
    /// Has `_` in place of `impl Trait`.
    pub(crate) output: Spelled,
    pub(crate) output_span: Span,
    /// Some code asks for the name of the function. A search of the code would take long.
    is_named: Rc<Cell<bool>>,
    /// Some code passes it on to an event or an error.
    is_passed_on: Rc<Cell<bool>>,
    /// The limits to which an await point breaks.
    expiring: RefCell<Vec<usize>>,
    /// The name of the function in the source, without `r#`.
    name: String,
    /// Names that an inner item cannot mention: the type and const parameters, and `Self`.
    generics: Vec<String>,
    pub(crate) params: Vec<Bound>,
    pub(crate) needs: Needs,
    /// Whose counters exist from the first call.
    pub(crate) layer_names: Vec<&'static str>,
    sections: Vec<Option<LitStr>>,
    parameters: Parameters,
    stream: Option<StreamTypes>,
    at_end: Option<Box<Self>>,
    /// This is the expansion at the end of a stream, where `__out` is a reference.
    is_end: bool,
}

/// The needs of all layers together.
#[expect(clippy::struct_excessive_bools, reason = "facts that do not depend on each other")]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Needs {
    /// Arguments after the body may have taken them.
    pub(crate) reused_arguments: bool,
    pub(crate) read_arguments: bool,
    /// Arguments for code in place of the body.
    pub(crate) passed_arguments: bool,
    /// Layers share hits and degraded answers through it.
    pub(crate) call_state: bool,
    /// A rate limit above other gates asks whether the body has run.
    pub(crate) body_runs: bool,
    /// A breaker stands above a cache, and does not count its hits.
    pub(crate) hits: bool,
    pub(crate) failure: bool,
    pub(crate) classification: bool,
    /// The functions around this one recognise its errors.
    pub(crate) identity: bool,
    pub(crate) attempt_metrics: bool,
    /// Each call has an attempt, which nothing delays: both are counted at once.
    pub(crate) begins_with_attempt: bool,
    pub(crate) owned_self: OwnedSelf,
    /// An exclusive `self` after the body may have taken it.
    pub(crate) reused_self: bool,
}

/// The way in which a body gets a `self` that was passed by value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OwnedSelf {
    Moved,
    Lent,
    InSlot,
    /// `self` stays, because a layer asks it too.
    Cloned,
}

pub(crate) struct ParamUse {
    pub(crate) is_reused: bool,
    pub(crate) is_shared: bool,
    pub(crate) is_asked_later: bool,
}

#[expect(clippy::struct_excessive_bools, reason = "facts that do not depend on each other")]
pub(crate) struct Bound {
    pub(crate) param: Param,
    /// The signature binds `param.name`, and the body binds the user's pattern.
    pub(crate) is_renamed: bool,
    pub(crate) is_shared: bool,
    /// An argument of an attribute mentions it, beside a key.
    is_asked_later: bool,
    /// Taken by value, not simply copied, and used by more than the body.
    is_reused: bool,
}

impl Bound {
    pub(crate) fn has_slot(&self) -> bool {
        self.is_reused && !self.is_shared && (self.is_renamed || !self.param.is_wild())
    }

    /// Returns whether a synchronous body borrows it, because something else needs it later.
    fn is_lent(&self, place: Place) -> bool {
        let is_needed = self.is_shared && place.runs_again || self.is_asked_later && !self.has_slot();
        is_needed && self.param.passing == Passing::Value && !self.param.is_primitive
    }

    fn is_reborrowed(&self, place: Place) -> bool {
        self.is_asked_later && self.param.passing == Passing::Exclusive && !place.has_slots
    }
}

impl Expansion {
    pub(crate) fn new(
        item: &Item,
        facade: &Facade,
        function: Function,
        needs: Needs,
        sections: Vec<Option<LitStr>>,
        use_of: impl Fn(&Param) -> ParamUse,
    ) -> Self {
        let mut expansion = Self::of_output(item, facade, function, needs, &use_of);
        expansion.sections = sections;
        if let Some(stream) = expansion.function.stream.take() {
            let declared = expansion.output.to_token_stream();
            let Outputs { types, opening, end } = Outputs::new(&stream, declared, facade, expansion.output_span);
            let mut at_end = Self::of_output(item, facade, expansion.function.clone(), needs, use_of);
            at_end.output = end.into();
            at_end.is_end = true;
            at_end.is_named = Rc::clone(&expansion.is_named);
            at_end.is_passed_on = Rc::clone(&expansion.is_passed_on);
            expansion.output = opening.into();
            expansion.at_end = Some(Box::new(at_end));
            expansion.stream = Some(types);
        }
        expansion
    }

    fn of_output(
        item: &Item,
        facade: &Facade,
        function: Function,
        needs: Needs,
        use_of: impl Fn(&Param) -> ParamUse,
    ) -> Self {
        let keeps_order = matches!(function.shape, Shape::Async | Shape::Sync) && !needs.reused_arguments;
        let params = function
            .params
            .iter()
            .map(|param| {
                let ParamUse { is_reused, is_shared, is_asked_later } = use_of(param);
                let keeps_order = keeps_order && !is_asked_later;
                let is_renamed = if param.is_wild() {
                    needs.passed_arguments || keeps_order
                } else {
                    !param.is_plain && (needs.reused_arguments || needs.read_arguments || keeps_order)
                };
                let is_reused = is_reused && param.passing == Passing::Value && !param.is_primitive;
                Bound { param: param.clone(), is_renamed, is_shared, is_asked_later, is_reused }
            })
            .collect();
        let at = item.sig.ident.span();
        // The group of a `$t:ty` stands where the macro is defined, its content where it is used.
        let output_type = function.output.as_ref().map(bare_type);
        let output_span = output_type.map_or(at, span_of);
        let output = output_type.map_or_else(|| quote_spanned!(at=> ()), |output| erase_impl(output.to_token_stream()));
        let name = item.sig.ident.to_string();
        let name = name.strip_prefix("r#").unwrap_or(&name);
        Self {
            layer_names: Vec::new(),
            parameters: Parameters::of(&item.sig),
            private: facade.private().into(),
            output_span,
            output: output.into(),
            is_named: Rc::default(),
            is_passed_on: Rc::default(),
            expiring: RefCell::default(),
            name: name.to_owned(),
            generics: generic_names(&item.sig),
            params,
            needs,
            sections: Vec::new(),
            function,
            stream: None,
            at_end: None,
            is_end: false,
        }
    }

    pub(crate) fn signature(&self, sig: &Signature) -> Signature {
        let mut sig = sig.clone();
        let mut params = self.params.iter();
        for argument in &mut sig.inputs {
            let typed = match argument {
                FnArg::Typed(typed) => typed,
                FnArg::Receiver(receiver) => {
                    if self.rebinds_mutable_self() {
                        receiver.mutability = None;
                    }
                    continue;
                }
            };
            let Some(bound) = params.next() else { continue };
            typed.attrs = typed.attrs.drain(..).map(allow_expected).collect();
            if self.needs.reused_arguments && (bound.is_renamed || bound.has_slot()) {
                // The lint applies where the body binds the name.
                typed.attrs.retain(|attribute| !is_lint(attribute));
            }
            if let Bound { param, is_renamed: true, .. } = bound {
                let name = &param.name;
                *typed.pat = Pat::parse_single.parse2(quote!(#name)).unwrap_or_else(|_| param.pattern.clone());
            }
        }
        sig
    }

    pub(crate) fn is_async(&self) -> bool {
        self.function.shape.is_async()
    }

    /// The whole type behind an `impl Trait` is known only at the end.
    pub(crate) fn is_nameable(&self) -> bool {
        self.is_stream() || !self.output.mentions("_")
    }

    fn hides_outcome(&self) -> bool {
        self.needs.failure && !self.is_stream() && self.output.is_unknown()
    }

    pub(crate) fn calls_output_type(&self) -> bool {
        let ends_as_a_turbofish = self.output.last().is_some_and(|token| token.to_string() == ">");
        ends_as_a_turbofish && self.needs.failure
    }

    pub(crate) fn may_return_a_future(&self) -> bool {
        self.function.shape == Shape::Async
            && !self.needs.failure
            && self.function.output.as_ref().is_some_and(|output| !is_plain(output))
    }
}

fn generic_names(sig: &Signature) -> Vec<String> {
    std::iter::once("Self".to_owned())
        .chain(sig.generics.params.iter().filter_map(|parameter| match parameter {
            syn::GenericParam::Type(ty) => Some(ty.ident.to_string()),
            syn::GenericParam::Const(constant) => Some(constant.ident.to_string()),
            syn::GenericParam::Lifetime(_) => None,
        }))
        .collect()
}
