use std::time::Duration;

use proc_macro2::{Ident, Span};
use resilience_options::suggest::did_you_mean;
use syn::Expr;

use super::Layer;
use crate::diagnostics::Diagnostics;
use crate::expand::takes_outcome;
use crate::item::{Function, Item};
use crate::parse::Const;
use crate::parse::expression::bare;

pub(crate) struct Position<'a> {
    pub(crate) name: &'static str,
    pub(crate) span: Span,
    pub(crate) above: Vec<&'a Layer>,
    pub(crate) below: &'a [Layer],
    /// True if other layers stand below an attribute of another crate.
    pub(crate) continues_below: bool,
    pub(crate) is_async: bool,
}

impl<'a> Position<'a> {
    pub(crate) fn each(
        layers: &'a [Layer],
        outer: &'a [Layer],
        continues_below: bool,
        is_async: bool,
    ) -> impl Iterator<Item = (&'a Layer, Self)> {
        layers.iter().enumerate().map(move |(index, layer)| {
            let position = Self {
                name: layer.name(),
                span: layer.span,
                above: outer.iter().chain(&layers[..index]).collect(),
                below: &layers[index + 1..],
                continues_below,
                is_async,
            };
            (layer, position)
        })
    }

    pub(crate) fn shortest_limit(&self) -> Option<Duration> {
        self.above.iter().filter_map(|layer| layer.traits(self.is_async).deadline?.literal).min()
    }

    pub(crate) fn has_deadline(&self) -> bool {
        self.above.iter().any(|layer| layer.traits(self.is_async).deadline.is_some())
    }

    pub(crate) fn ends(&self, layer: &Layer) -> bool {
        layer.traits(self.is_async).ends_calls
    }

    pub(super) fn repeats(&self, identity: &str) -> bool {
        let identity_of = |layer: &Layer| layer.traits(self.is_async).identity;
        self.above.iter().any(|layer| layer.name() == self.name && identity_of(layer).as_deref() == Some(identity))
    }

    /// Rejects a wait that the timeout above always ends first.
    pub(super) fn check_wait(&self, wait: Option<&Const<Duration>>, checker: &Checker<'_>) {
        let Some((wait, longest)) = wait.and_then(|wait| Some((wait, wait.literal?))) else { return };
        if let Some(limit) = self.shortest_limit().filter(|limit| *limit <= longest) {
            checker.diagnostics.error(
                wait.span,
                format_args!(
                    "a `wait` of {longest:?} never fits into the timeout around it ({limit:?}); shorten `wait` or raise the timeout"
                ),
            );
        }
    }
}

pub(crate) struct Checker<'a> {
    pub(crate) item: &'a Item,
    pub(crate) function: &'a Function,
    pub(crate) diagnostics: &'a Diagnostics,
}

impl Checker<'_> {
    /// Rejects a `when_ok`, which asks about the value of a call.
    pub(super) fn ask_about_no_stream(&self, when_ok: Option<&Expr>) {
        if let (Some(when_ok), Some(_)) = (when_ok, &self.function.stream) {
            self.diagnostics.error_at(
                when_ok,
                "`when_ok` asks about the value of a call, and this function returns a stream, which has none; make such an item \
                 an `Err` in the stream",
            );
        }
    }

    /// Rejects a `retry_after` that reads the whole result. A stream ends with an error or with nothing.
    pub(super) fn read_error_of_stream(&self, retry_after: Option<&Expr>) {
        let (Some(retry_after), Some(_)) = (retry_after, &self.function.stream) else { return };
        if matches!(bare(retry_after), Expr::Closure(closure) if takes_outcome(closure)) {
            self.diagnostics.error_at(
                retry_after,
                "`retry_after` reads the result of a call, and this function returns a stream, which has none; take the error \
                 of its items, as in `|error: &Error| ..`",
            );
        }
    }

    pub(crate) fn unknown_parameter(&self, name: &Ident) {
        if self.function.params.iter().any(|param| param.names().iter().any(|bound| name == bound)) {
            return self.diagnostics.error(
                name.span(),
                format_args!(
                    "`{name}` is a part of a parameter, and this takes whole ones; give the parameter a name, and take it \
                     apart in the body"
                ),
            );
        }
        let names = self.function.argument_names();
        let names = names.iter().map(String::as_str).filter(|name| !name.starts_with("__arg"));
        let hint = did_you_mean(&name.to_string(), names, '`').unwrap_or_default();
        self.diagnostics.error(name.span(), format_args!("this function has no parameter `{name}`{hint}"));
    }
}
