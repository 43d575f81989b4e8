use std::time::Duration;

use quote::ToTokens;
use syn::Expr;
use syn::spanned::Spanned;

use super::Config;
use crate::attr::{Arguments, Given, as_ident};
use crate::diagnostics::Diagnostics;
use crate::duration::{self, Unit, not_zero};
use crate::value::{self, Const, Word};

pub(crate) struct Timeout {
    pub(crate) limit: Const<Duration>,
    /// `mode = ".."`, of which only a synchronous function may say something.
    pub(crate) mode: Option<(Mode, proc_macro2::Span)>,
    /// Whether there was a `mode`, good or not.
    pub(crate) mode_given: bool,
    pub(crate) map_err: Option<Expr>,
    pub(crate) max_abandoned: Option<Const<u64>>,
    /// What there is to say beside the limit.
    pub(crate) config: Config,
}

impl Timeout {
    /// Whether the body runs on a thread of its own.
    pub(crate) fn leaves_thread(&self) -> bool {
        matches!(self.mode, Some((Mode::Thread, _)))
    }
}

/// What a limit means for a body that nothing can stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Cooperative,
    Thread,
}

const MODES: [(&str, Mode); 2] = [("cooperative", Mode::Cooperative), ("thread", Mode::Thread)];

pub(super) fn interpret(arguments: &mut Arguments, diagnostics: &mut Diagnostics) -> Option<Timeout> {
    let named = [("secs", Unit::Seconds), ("ms", Unit::Millis)]
        .map(|(key, unit)| arguments.take(key).map(|given| (given, unit)));
    let mode_given = arguments.take("mode");
    let mode = mode_given.as_ref().and_then(|given| mode(given, diagnostics));
    let map_err = arguments.function("map_err", diagnostics);
    let max_abandoned = arguments.count("max_abandoned", 1, diagnostics);
    if let (Some(most), None | Some((Mode::Cooperative, _))) = (&max_abandoned, &mode) {
        if mode_given.is_none() || mode.is_some() {
            diagnostics.error(
                most.key,
                "`max_abandoned` bounds the bodies that `mode = \"thread\"` leaves behind; add that mode, or remove it",
            );
        }
    }
    let mut config = Config::new(arguments.span);
    config.set("max_abandoned", max_abandoned.as_ref());
    let mut bare_mode = false;
    let limit = limit(named, arguments, &mut bare_mode, diagnostics);
    let limit = not_zero(limit, "a timeout of zero can only fail; give the body some time", diagnostics)?;
    // What could not be read may be one.
    let mode_given = mode_given.is_some() || bare_mode || !arguments.is_complete();
    Some(Timeout { limit, mode, mode_given, map_err, max_abandoned, config })
}

/// `secs = 10`, `ms = 500`, `"1m30s"` or a constant: exactly one of them.
fn limit(
    named: [Option<(Given, Unit)>; 2],
    arguments: &mut Arguments,
    bare_mode: &mut bool,
    diagnostics: &mut Diagnostics,
) -> Option<Const<Duration>> {
    let attribute = arguments.attribute();
    let (keys, bare): (Vec<_>, Vec<_>) = arguments
        .take_bare()
        .into_iter()
        .partition(|value| as_ident(value).is_some_and(|word| arguments.knows(&word.to_string())));
    for key in &keys {
        let key = key.to_token_stream();
        diagnostics.error_at(&key, format_args!("`{key}` of `#[{attribute}]` is written `{key} = ..`"));
    }
    let bare = bare.into_iter().map(|value| {
        let key = syn::Ident::new("limit", value.span());
        (Given { key, value }, Unit::Text)
    });
    let mut given = named.into_iter().flatten().chain(bare);
    let Some((limit, unit)) = given.next() else {
        if arguments.is_complete() && keys.is_empty() {
            diagnostics.error(
                arguments.span,
                "`#[timeout]` needs a limit: `#[timeout(secs = 30)]`, `#[timeout(ms = 500)]` or `#[timeout(\"1m30s\")]`",
            );
        }
        return None;
    };
    for (another, _) in given {
        let word = match value::word(&another.value) {
            Word::Text(text) => Some(text.value()),
            _ => as_ident(&another.value).map(ToString::to_string),
        };
        let message = match word {
            Some(word) if MODES.iter().any(|(name, _)| word == *name) => {
                *bare_mode = true;
                format!("a mode has a key: `mode = \"{word}\"`")
            }
            _ => "`#[timeout]` takes one limit; keep one of them".to_owned(),
        };
        diagnostics.error(another.key.span(), message);
    }
    duration::duration(attribute, None, &limit, unit, diagnostics)
}

fn mode(Given { value, .. }: &Given, diagnostics: &mut Diagnostics) -> Option<(Mode, proc_macro2::Span)> {
    let Word::Text(text) = value::word(value) else {
        diagnostics
            .error_at(value, "`mode` of `#[timeout]` takes a string: `mode = \"cooperative\"` or `mode = \"thread\"`");
        return None;
    };
    let written = text.value();
    match MODES.iter().find(|(name, _)| *name == written) {
        Some((_, mode)) => Some((*mode, text.span())),
        None => {
            value::unknown_word("mode", text, &MODES.map(|(name, _)| name), "", diagnostics);
            None
        }
    }
}
