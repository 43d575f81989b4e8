use std::time::Duration;

use proc_macro2::{Ident, Span};
use syn::{Expr, LitStr};

use super::Config;
use crate::attr::{Arguments, Given};
use crate::diagnostics::Diagnostics;
use crate::duration::{Unit, not_zero};
use crate::value::{self, Const};

pub(crate) struct Cached {
    pub(crate) config: Config,
    pub(crate) ttl: Option<Const<Duration>>,
    /// As it was written.
    pub(crate) max_size: String,
    pub(crate) name: Option<LitStr>,
    pub(crate) key: Option<Expr>,
    /// The parameters left out of the key, `self` among them.
    pub(crate) skip: Vec<Ident>,
    pub(crate) when: Option<Expr>,
}

pub(super) fn interpret(arguments: &mut Arguments, diagnostics: &mut Diagnostics) -> Cached {
    let mut config = Config::new(arguments.span);
    let ttl = arguments.duration(["ttl", "ttl_secs", "ttl_ms"], Unit::TextOrSeconds, diagnostics);
    let ttl = not_zero(ttl, "a `ttl` of zero keeps nothing; leave it out to keep entries for ever", diagnostics);
    config.set("ttl", ttl.as_ref());
    let max_size = arguments.count("max_size", 1, diagnostics);
    config.set("max_size", max_size.as_ref());
    for key in ["coalesce", "cache_degraded"] {
        let flag = arguments.flag(key, diagnostics);
        config.set(key, flag.map(|flag| value::flag(flag, Span::call_site())).as_ref());
    }
    let name = arguments.name("name", diagnostics);
    let key = arguments.take("key");
    let skip = arguments.take_names("skip", diagnostics);
    if let (Some(Given { key, .. }), [_, ..]) = (&key, &*skip) {
        diagnostics.error(key.span(), "`key` says what identifies a call, `skip` what does not; keep one of them");
    }
    let when = arguments.function("when", diagnostics);
    let max_size = max_size.map_or_else(|| "1000".to_owned(), |size| size.tokens.to_string());
    Cached { config, ttl, max_size, name, key: key.map(|given| given.value), skip, when }
}
