mod expand;
mod stream;

use std::time::Duration;

use proc_macro2::{Group, Ident, Span, TokenStream};
use quote::ToTokens;
use resilience_options::timeout::{KEYS, OPTIONS, check_threads};
use syn::spanned::Spanned;
use syn::{Expr, FnArg};

use stream::StreamArguments;

use super::describe::duration_as_written;
use super::lints::exceeds;
use super::{Answers, Attribute, Checker, Finding, Lint, Position, Traits, WorstCase};
use crate::expand::{AttemptPart, Config, Expansion, Place};
use crate::item::{Item, Param, Receiver, borrows};
use crate::parse::expression::{Scalar, as_ident, scalar};
use crate::parse::tokens::mentions;
use crate::parse::{Arguments, Const, Key, KeyValue, Unit, checked_duration, duration, unknown_word};

lints! {
    Timeout, timeout_arguments from timeout_docs;
    many_threads => "a `max_abandoned` of more than 100, or a `max_threads` of more than 512";
}

pub(crate) struct Timeout {
    /// The limit of the whole call, or a limit of a stream.
    pub(crate) limit: Const<Duration>,
    /// True if `limit` is that of the whole call.
    is_whole: bool,
    stream: StreamArguments,
    pub(crate) mode: Option<(Mode, Span)>,
    /// True for an invalid `mode` too.
    has_mode: bool,
    pub(crate) map_err: Option<Expr>,
    max_abandoned: Option<Const<u64>>,
    max_threads: Option<Const<u64>>,
    pub(crate) config: Config,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Cooperative,
    Thread,
}

const MODES: [(&str, Mode); 2] = [("cooperative", Mode::Cooperative), ("thread", Mode::Thread)];

const MAX_QUIET_ABANDONED: u64 = 100;

/// As many as tokio has for blocking calls.
const MAX_QUIET_THREADS: u64 = 512;

impl Attribute for Timeout {
    const NAME: &'static str = "timeout";
    const KEYS: &'static [Key] = KEYS;
    const LINTS: &'static [Lint<Self>] = LINTS;

    fn parse(arguments: &mut Arguments<'_>) -> Option<Self> {
        let named = [("secs", Unit::Seconds), ("ms", Unit::Millis)]
            .map(|(key, unit)| arguments.take(key).map(|pair| (pair, unit)));
        let mode_written = arguments.take("mode");
        let mode = mode_written.as_ref().and_then(|pair| mode(arguments, pair));
        let map_err = arguments.function("map_err");
        let max_abandoned = arguments.count(&OPTIONS.max_abandoned);
        let max_threads = arguments.count(&OPTIONS.max_threads);
        let has_threads = matches!(mode, Some((Mode::Thread, _))) || mode_written.is_some() && mode.is_none();
        for (most, what) in [
            (&max_abandoned, "`max_abandoned` bounds the bodies that `mode = \"thread\"` leaves behind"),
            (&max_threads, "`max_threads` bounds the threads of `mode = \"thread\"`"),
        ] {
            if let Some(most) = most.as_ref().filter(|_| !has_threads) {
                arguments.diagnostics.error(most.key, format_args!("{what}; add that mode, or remove it"));
            }
        }
        let mut config = Config::new(arguments.span);
        config.set("max_abandoned", max_abandoned.as_ref());
        config.set("max_threads", max_threads.as_ref());
        if let (Some(abandoned), Some(threads)) = (&max_abandoned, &max_threads) {
            let literal = |count: &Const<u64>| count.literal.and_then(|count| u32::try_from(count).ok());
            match literal(abandoned).zip(literal(threads)).map(|(left, all)| check_threads(left, all)) {
                Some(Err(problem)) => arguments.diagnostics.error(abandoned.span, problem),
                Some(Ok(())) => {}
                None => config.check(Some(abandoned)),
            }
        }
        let mut bare_mode = false;
        let limits_stream = ["first", "idle"].iter().any(|key| arguments.span_of_any(key).is_some());
        let mut stream = StreamArguments::parse(arguments);
        let of_stream = stream.each().next().map(|(_, limit)| limit.clone());
        let whole = limit(named, arguments, &mut bare_mode, limits_stream);
        let whole = checked_duration(arguments, whole, |limit| OPTIONS.limit.rule.check(limit));
        if let Some(whole) = &whole {
            stream.add_whole(whole, arguments);
        }
        let is_whole = whole.is_some();
        let limit = whole.or(of_stream)?;
        // An argument that could not be read may be a mode.
        let has_mode = mode_written.is_some() || bare_mode || !arguments.is_complete();
        Some(Self { limit, is_whole, stream, mode, has_mode, map_err, max_abandoned, max_threads, config })
    }

    /// A cooperative deadline asks nothing of the result.
    fn traits(&self, is_async: bool) -> Traits<'_> {
        let acts = is_async || self.is_on_thread();
        let ends_calls = acts && self.limit_of_opening().is_some();
        Traits {
            is_gate: false,
            is_refunded: false,
            acts_on_failure: acts,
            judges_results: false,
            counts_calls: false,
            rejects_calls: self.is_on_thread(),
            classifies_only: false,
            retries: None,
            learns_from_failures: false,
            answers_failures: Answers::Never,
            continues_after_failure: false,
            uses_self_later: false,
            stores_results: false,
            deadline: self.limit_of_opening(),
            ends_calls,
            may_end_calls: acts,
            has_scope: false,
            key: None,
            cost: None,
            // The thread takes fresh arguments.
            rebinds_arguments: self.is_on_thread(),
            reads_arguments: false,
            shares: &[],
            identity: None,
        }
    }

    fn uses(&self, _: &Param) -> bool {
        false
    }

    fn check(&self, position: &Position<'_>, checker: &Checker<'_>) {
        if !self.check_stream(checker) {
            return;
        }
        self.check_mode(position, checker);
        self.check_limit(position, checker);
        if self.is_on_thread() && !position.is_async {
            check_borrowing(position, checker);
        }
    }

    fn expand(&self, expansion: &Expansion, at: Span, place: Place, inner: &TokenStream) -> TokenStream {
        if self.is_on_thread() {
            expansion.on_thread(self, at, place, inner)
        } else if expansion.is_stream() {
            expansion.timeout_of_stream(self, at, place, inner)
        } else if expansion.is_async() {
            expansion.timeout(self, at, place, inner)
        } else {
            expansion.cooperative(self, at, place, inner)
        }
    }

    fn limit_at_body(&self, expansion: &Expansion, at: Span) -> Option<TokenStream> {
        let depth = expansion.last_depth();
        if expansion.is_stream() {
            return expansion.limit_of_opening(self, depth, at).map(|limit| limit.name);
        }
        Some(expansion.limit_source(self, depth, at).name)
    }

    fn part_of_attempt(&self, expansion: &Expansion, at: Span, place: Place) -> AttemptPart {
        if self.map_err.is_some() || self.is_on_thread() || expansion.section(place.depth).is_some() {
            return AttemptPart::None;
        }
        AttemptPart::Limit(expansion.limit_of_attempt(self, at))
    }

    fn describe(&self) -> String {
        let whole = self.is_whole.then(|| format!("at most {}", duration_as_written(&self.limit)));
        let first = self
            .stream
            .first
            .as_ref()
            .map(|first| format!("at most {} until the first item", duration_as_written(first)));
        let idle =
            self.stream.idle.as_ref().map(|idle| format!("at most {} between two items", duration_as_written(idle)));
        whole.into_iter().chain(first).chain(idle).collect::<Vec<_>>().join(", ")
    }

    fn worst_case(&self, below: WorstCase) -> WorstCase {
        match self.mode {
            Some((Mode::Cooperative, _)) => below,
            _ if !self.is_whole => below,
            _ => below.ended_at(self.limit.literal),
        }
    }
}

impl Timeout {
    pub(crate) fn is_on_thread(&self) -> bool {
        matches!(self.mode, Some((Mode::Thread, _)))
    }

    /// Nothing stops a synchronous body, so the user chooses a mode.
    fn check_mode(&self, position: &Position<'_>, checker: &Checker<'_>) {
        match (position.is_async, &self.mode) {
            (true, Some((_, span))) if checker.function.stream.is_some() => checker.diagnostics.error(
                *span,
                "`mode` is for synchronous functions; a stream is dropped at its limit, remove `mode`",
            ),
            (true, Some((_, span))) => checker.diagnostics.error(
                *span,
                "`mode` is for synchronous functions; an `async fn` is dropped at its limit, remove `mode`",
            ),
            (false, None) if !self.has_mode && has_runner(checker.item) => checker.diagnostics.error(
                position.span,
                "the runner above `#[timeout]` has made the function synchronous, and nothing can interrupt a thread; \
                 write `#[timeout]` above the runner",
            ),
            (false, None) if !self.has_mode => checker.diagnostics.error(
                position.span,
                "`#[timeout]` cannot stop a synchronous function: nothing can interrupt a thread; make the function `async` \
                 (or spell the future it returns as `impl Future<Output = ..>`), or write `mode = \"cooperative\"` for a deadline that the body reads with `resilience::checkpoint()?`, \
                 or `mode = \"thread\"` to leave the body behind on a thread of its own",
            ),
            _ => {}
        }
    }

    /// An inner limit that is not shorter is never reached.
    fn check_limit(&self, position: &Position<'_>, checker: &Checker<'_>) {
        let Some(limit) = self.limit.literal.filter(|_| self.is_whole) else { return };
        if let Some(around) = position.shortest_limit().filter(|around| *around <= limit) {
            checker.diagnostics.error(
                self.limit.span,
                format_args!(
                    "this limit ({limit:?}) can never be reached: the timeout around it ends the call after {around:?}; make the inner one shorter"
                ),
            );
        }
    }
}

/// An abandoned body outlives the call, so it cannot borrow from the caller.
fn check_borrowing(position: &Position<'_>, checker: &Checker<'_>) {
    let Checker { item, function, diagnostics } = checker;
    let is_first = !position.above.iter().any(|layer| layer.traits(false).ends_calls);
    if !is_first {
        return;
    }
    for argument in &item.sig.inputs {
        let (what, at) = match argument {
            FnArg::Typed(typed) if borrows(&typed.ty) => ("what this parameter borrows", typed.ty.to_token_stream()),
            FnArg::Typed(_) => continue,
            FnArg::Receiver(receiver) => match function.receiver {
                Receiver::Shared | Receiver::Exclusive(_) => ("`self`", receiver.self_token.to_token_stream()),
                Receiver::Owned { .. } | Receiver::None => continue,
            },
        };
        diagnostics.error_at(
            &at,
            format_args!(
                "`mode = \"thread\"` leaves the body behind at the limit, so it cannot use {what}; pass an owned value, such as an `Arc`"
            ),
        );
    }
    for name in position.above.iter().flat_map(|layer| layer.traits(false).shares) {
        diagnostics.error(
            name.span(),
            format_args!(
                "`mode = \"thread\"` leaves the body behind at the limit, so `{name}` cannot be lent to it; leave it out of `share`"
            ),
        );
    }
}

/// An expanded `#[tokio::test]` leaves `#[test]` under its full path, and `#[tokio::main]` leaves
/// a runtime that blocks.
fn has_runner(item: &Item) -> bool {
    let blocks = |body: &Group| mentions(&body.stream(), &["block_on".to_owned()]);
    let is_main = item.sig.ident == "main" && item.body.as_ref().is_some_and(blocks);
    is_main
        || item.attrs.iter().any(|attribute| {
            let segments: Vec<String> =
                attribute.path().segments.iter().map(|segment| segment.ident.to_string()).collect();
            segments == ["core", "prelude", "v1", "test"]
        })
}

/// Takes exactly one of `secs = 10`, `ms = 500`, `"1m30s"` and a constant.
fn limit(
    named: [Option<(KeyValue, Unit)>; 2],
    arguments: &mut Arguments<'_>,
    bare_mode: &mut bool,
    limits_stream: bool,
) -> Option<Const<Duration>> {
    let (attribute, diagnostics) = (arguments.attribute, arguments.diagnostics);
    let (keys, bare): (Vec<_>, Vec<_>) = arguments
        .take_bare()
        .into_iter()
        .partition(|value| as_ident(value).is_some_and(|word| arguments.knows(&word.to_string())));
    for key in &keys {
        let key = key.to_token_stream();
        diagnostics.error_at(&key, format_args!("`{key}` of `#[{attribute}]` is written `{key} = ..`"));
    }
    let bare = bare.into_iter().map(|value| {
        let key = Ident::new("limit", value.span());
        (KeyValue { key, value }, Unit::Text)
    });
    let mut written = named.into_iter().flatten().chain(bare);
    let Some((limit, unit)) = written.next() else {
        if arguments.is_complete() && keys.is_empty() && !limits_stream {
            diagnostics.error(
                arguments.span,
                "`#[timeout]` needs a limit: `#[timeout(secs = 30)]`, `#[timeout(ms = 500)]` or `#[timeout(\"1m30s\")]`",
            );
        }
        return None;
    };
    for (another, _) in written {
        let word = match scalar(&another.value) {
            Scalar::Text(text) => Some(text.value()),
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
    duration(arguments, None, &limit, unit)
}

fn mode(arguments: &Arguments<'_>, KeyValue { value, .. }: &KeyValue) -> Option<(Mode, Span)> {
    let Scalar::Text(text) = scalar(value) else {
        arguments
            .diagnostics
            .error_at(value, "`mode` takes a name in quotes: write `mode = \"cooperative\"` or `mode = \"thread\"`");
        return None;
    };
    let written = text.value();
    match MODES.iter().find(|(name, _)| *name == written) {
        Some((_, mode)) => Some((*mode, text.span())),
        None => {
            unknown_word(arguments, "mode", text, &MODES.map(|(name, _)| name), "");
            None
        }
    }
}

fn many_threads(timeout: &Timeout, position: &Position<'_>) -> Finding {
    let [abandoned, all] = [(&timeout.max_abandoned, MAX_QUIET_ABANDONED), (&timeout.max_threads, MAX_QUIET_THREADS)]
        .map(|(most, quiet)| (most.as_ref(), exceeds(most.as_ref(), &quiet)));
    let (most, is_found) = if abandoned.1 == Some(true) { abandoned } else { all };
    let is_found = if abandoned.1.is_none() && is_found == Some(false) { None } else { is_found };
    Finding::when(is_found, || {
        let count = most.and_then(|most| most.literal).unwrap_or_default();
        let reason = format!(
            "when the service hangs, {count} threads may be left running at the same time; lower it, and let the body \
             ask `resilience::checkpoint()?`"
        );
        (most.map_or(position.span, |most| most.span), reason)
    })
}
