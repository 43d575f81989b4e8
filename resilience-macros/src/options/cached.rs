use std::time::Duration;

use proc_macro2::{Ident, Span};
use syn::{Expr, LitStr};

use super::Config;
use crate::attr::{Arguments, Given};
use crate::diagnostics::Diagnostics;
use crate::duration::{Unit, not_zero};
use crate::value::{self, Const, Word};

pub(crate) struct Cached {
    pub(crate) config: Config,
    pub(crate) ttl: Option<Const<Duration>>,
    /// A number of seconds without saying so.
    pub(crate) ttl_is_bare: bool,
    /// How long errors are kept.
    pub(crate) negative_ttl: Option<Const<Duration>>,
    pub(crate) stale_while_revalidate: Option<Const<Duration>>,
    pub(crate) stale_if_error: Option<Const<Duration>>,
    pub(crate) max_size: Option<Const<u64>>,
    pub(crate) room: Room,
    pub(crate) name: Option<LitStr>,
    pub(crate) key: Option<Expr>,
    /// The parameters left out of the key, `self` among them.
    pub(crate) skip: Vec<Ident>,
    pub(crate) when: Option<Expr>,
    /// Where events are asked to show the error that an old value hides.
    pub(crate) log_errors: Option<Span>,
}

/// What bounds the cache, as it was written.
pub(crate) enum Room {
    Entries(String),
    Weight { most: String, weigh: Expr },
}

pub(super) fn interpret(arguments: &mut Arguments, diagnostics: &mut Diagnostics) -> Cached {
    let mut config = Config::new(arguments.span);
    let ttl_is_bare = arguments.value_of("ttl").is_some_and(|ttl| matches!(value::word(ttl), Word::Number));
    let ttl_given = arguments.span_of_duration("ttl").is_some();
    let ttl = arguments.duration(["ttl", "ttl_secs", "ttl_ms"], Unit::TextOrSeconds, diagnostics);
    let ttl = not_zero(ttl, "a `ttl` of zero keeps nothing; leave it out to keep entries for ever", diagnostics);
    config.set("ttl", ttl.as_ref());
    let (scale_at, weight_at) = (arguments.span_of_key("weigh"), arguments.span_of_key("max_weight"));
    let (max_size, room) = room(arguments, &mut config, diagnostics);

    let hides_errors = arguments.span_of_duration("stale_if_error").is_some();
    let log_errors = arguments.log_errors(diagnostics);
    let negative_given = arguments.span_of_duration("negative_ttl");
    let negative_ttl =
        arguments.duration(["negative_ttl", "negative_ttl_secs", "negative_ttl_ms"], Unit::Text, diagnostics);
    let negative_ttl =
        not_zero(negative_ttl, "a `negative_ttl` of zero keeps no error; leave it out to keep none", diagnostics);
    config.set("negative_ttl", negative_ttl.as_ref());

    let mut window = |[key, secs, ms]: [&'static str; 3], zero: &str| {
        let at = arguments.span_of_duration(key);
        let window = arguments.duration([key, secs, ms], Unit::Text, diagnostics);
        if let (Some(at), false) = (at, ttl_given) {
            diagnostics.error(
                at,
                format_args!(
                    "`{key}` serves a value past its `ttl`, and without a `ttl` nothing expires; add `ttl = 60`"
                ),
            );
        }
        let window = not_zero(window, zero, diagnostics);
        config.set(key, window.as_ref());
        window
    };
    let stale_while_revalidate = window(
        ["stale_while_revalidate", "stale_while_revalidate_secs", "stale_while_revalidate_ms"],
        "a `stale_while_revalidate` of zero never serves an old value; leave it out",
    );
    let stale_if_error = window(
        ["stale_if_error", "stale_if_error_secs", "stale_if_error_ms"],
        "a `stale_if_error` of zero never serves an old value; leave it out",
    );

    let jitter = arguments.number("ttl_jitter", (0.0, 1.0), diagnostics);
    if let (Some(jitter), false) = (&jitter, ttl_given) {
        diagnostics
            .error(jitter.key, "`ttl_jitter` spreads the end of a `ttl`, and without one nothing ends; add `ttl = 60`");
    }
    config.set("ttl_jitter", jitter.as_ref());

    for key in ["coalesce", "cache_degraded"] {
        let flag = arguments.flag(key, diagnostics);
        config.set(key, flag.map(|flag| value::flag(flag, Span::call_site())).as_ref());
        if let (Some(window), "coalesce", Some(false)) = (&stale_while_revalidate, key, flag) {
            diagnostics.error(
                window.key,
                "`stale_while_revalidate` lets one caller refresh a value, and `coalesce = false` lets all; remove one of them",
            );
        }
    }
    let name = arguments.name("name", diagnostics);
    let key = arguments.take("key");
    if let Some(Given { value, .. }) = &key {
        super::check_key(arguments.attribute(), value, diagnostics);
    }
    let skip = arguments.take_names("skip", diagnostics);
    if let (Some(Given { key, .. }), [_, ..]) = (&key, &*skip) {
        diagnostics.error(key.span(), "`key` says what identifies a call, `skip` what does not; keep one of them");
    }
    let when_given = arguments.has("when");
    let when = arguments.function("when", diagnostics);
    if let (Some(at), false) = (negative_given, when_given) {
        diagnostics.error(
            at,
            "`negative_ttl` needs `when` to say which errors are worth keeping, or an outage would be kept too; \
             add `when = |answer| matches!(answer, Ok(_) | Err(..))`",
        );
    }
    // What seems to be missing may be what could not be read.
    if arguments.is_complete() {
        reject_halves((scale_at, weight_at), log_errors.filter(|_| !hides_errors), diagnostics);
    }
    Cached {
        config,
        ttl,
        ttl_is_bare,
        negative_ttl,
        stale_while_revalidate,
        stale_if_error,
        max_size,
        room,
        name,
        key: key.map(|given| given.value),
        skip,
        when,
        log_errors,
    }
}

/// What says nothing without an argument that is not there.
fn reject_halves(
    (scale_at, weight_at): (Option<Span>, Option<Span>),
    shows_nothing: Option<Span>,
    diagnostics: &mut Diagnostics,
) {
    match (scale_at, weight_at) {
        (Some(scale), None) => diagnostics.error(
            scale,
            "`weigh` says what an entry weighs, and nothing says how much is too much; add `max_weight = 1_000_000`",
        ),
        (None, Some(weight)) => diagnostics
            .error(weight, "`max_weight` needs a scale; add `weigh = |key, value| ..`, a function `fn(&K, &V) -> u64`"),
        _ => {}
    }
    if let Some(asked) = shows_nothing {
        diagnostics.error(
            asked,
            "`log_errors` shows the error in whose place an old value is given out; add `stale_if_error = \"1h\"`, or \
             leave it out",
        );
    }
}

/// `max_size`, or `weigh` and `max_weight`.
fn room(arguments: &mut Arguments, config: &mut Config, diagnostics: &mut Diagnostics) -> (Option<Const<u64>>, Room) {
    let (size_at, weighed_at) =
        (arguments.span_of_key("max_size"), arguments.span_of_key("weigh").or(arguments.span_of_key("max_weight")));
    let max_size = arguments.count("max_size", 1, diagnostics);
    let weigh = arguments.function("weigh", diagnostics);
    let max_weight = arguments.large_count("max_weight", 1, diagnostics);
    if let (Some(size), Some(_)) = (size_at, weighed_at) {
        diagnostics.error(size, "`max_size` counts entries, `max_weight` weighs them; keep one of them");
        config.set("max_size", max_size.as_ref());
    } else {
        config.set("max_size", max_size.as_ref());
        config.set("max_weight", max_weight.as_ref());
    }
    let room = match weigh {
        Some(weigh) => {
            let most = max_weight.map_or_else(String::new, |most| most.tokens.to_string());
            Room::Weight { most, weigh }
        }
        None => Room::Entries(max_size.as_ref().map_or_else(|| "1000".to_owned(), |size| size.tokens.to_string())),
    };
    (max_size, room)
}
