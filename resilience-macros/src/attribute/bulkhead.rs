use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use resilience_options::bulkhead::{KEYS, OPTIONS, check_wait};
use syn::{Expr, LitStr};

use super::describe::{duration_as_written, for_each_key};
use super::key::instance_key;
use super::store::{Store, reject_without_store, store};
use super::{Answers, Attribute, Checker, Finding, Lint, Position, Traits, WorstCase};
use crate::expand::{Config, Expansion, Gate, GateSource, Place, Request, StreamPart};
use crate::item::Param;
use crate::parse::{Arguments, Const, Key, count};

lints! {
    Bulkhead, bulkhead_arguments from bulkhead_docs;
    unbounded_wait => "a `queue` without `wait`, and no `#[timeout]` that ends the wait or the body";
}

pub(crate) struct Bulkhead {
    config: Config,
    max: Const<u64>,
    queue: Option<Const<u64>>,
    wait: Option<Const<Duration>>,
    name: Option<LitStr>,
    key: Option<Expr>,
    map_err: Option<Expr>,
    store: Option<Store>,
}

impl Attribute for Bulkhead {
    const NAME: &'static str = "bulkhead";
    const KEYS: &'static [Key] = KEYS;
    const LINTS: &'static [Lint<Self>] = LINTS;

    fn parse(arguments: &mut Arguments<'_>) -> Option<Self> {
        let max_written = arguments.take("max");
        let max = max_written.as_ref().and_then(|pair| count(arguments, pair, &OPTIONS.max));
        let queue_written = arguments.take("queue");
        let queue = queue_written.as_ref().and_then(|pair| count(arguments, pair, &OPTIONS.queue));
        let wait = arguments.duration(&OPTIONS.wait);
        let name = arguments.name("name");
        let (key, max_keys) = instance_key(arguments, "bulkheads", &OPTIONS.max_keys);
        let map_err = arguments.function("map_err");
        reject_without_store(arguments, &["lease"]);
        let lease = arguments.duration(&OPTIONS.lease);
        let shared_at = arguments.span_of_key("store");
        let store = store(arguments);
        if let Some(store) = &store {
            store.require_name(arguments, name.as_ref());
        }

        let diagnostics = arguments.diagnostics;
        let is_queue_known = queue.is_some() || queue_written.is_none() && arguments.is_complete();
        if let Some(wait) = wait.as_ref().filter(|_| is_queue_known) {
            let length = queue.as_ref().map_or(OPTIONS.queue.rule.default, |queue| u32::try_from(queue.literal?).ok());
            if let Some(Err(problem)) = length.map(|length| check_wait(true, length)) {
                diagnostics.error(queue.as_ref().map_or(wait.key, |queue| queue.span), problem);
            }
        }
        if max_written.is_none() && arguments.is_complete() {
            diagnostics
                .error(arguments.span, "`#[bulkhead]` needs the number of concurrent calls: `#[bulkhead(max = 10)]`");
        }

        let mut config = Config::new(arguments.span);
        config.set("max", max.as_ref());
        config.set("queue", queue.as_ref());
        config.set("wait", wait.as_ref());
        config.set("max_keys", max_keys.as_ref());
        config.set("lease", lease.as_ref());
        if let Some(at) = shared_at {
            config.call("shared", at);
        }
        if let (Some(_), Some(queue)) = (&wait, &queue) {
            config.check(Some(queue));
        }
        let queue = queue.filter(|queue| queue.literal != Some(0));
        Some(Self { config, max: max?, queue, wait, name, key, map_err, store })
    }

    fn traits(&self, _: bool) -> Traits<'_> {
        Traits {
            is_gate: true,
            is_refunded: false,
            acts_on_failure: true,
            judges_results: false,
            counts_calls: false,
            rejects_calls: false,
            classifies_only: false,
            retries: None,
            learns_from_failures: false,
            answers_failures: Answers::Never,
            continues_after_failure: false,
            uses_self_later: false,
            stores_results: false,
            deadline: None,
            ends_calls: false,
            may_end_calls: false,
            has_scope: false,
            key: self.key.as_ref(),
            cost: None,
            rebinds_arguments: self.key.is_some(),
            reads_arguments: self.key.is_some(),
            shares: &[],
            identity: Some(self.identity()),
        }
    }

    fn uses(&self, _: &Param) -> bool {
        false
    }

    /// With two permits for each call, concurrent calls can wait for each other forever.
    fn check(&self, position: &Position<'_>, checker: &Checker<'_>) {
        if position.repeats(&self.identity()) {
            let which =
                self.name.as_ref().map_or_else(|| "without a name".to_owned(), |name| format!("`{}`", name.value()));
            checker.diagnostics.error(
                self.name.as_ref().map_or(position.span, LitStr::span),
                format_args!(
                    "two bulkheads {which} on one function would take two permits for each call; remove one, or give it another name"
                ),
            );
        }
        position.check_wait(self.wait.as_ref(), checker);
        if let Some(store) = &self.store {
            store.check(Self::NAME, checker);
        }
    }

    fn expand(&self, expansion: &Expansion, at: Span, place: Place, inner: &TokenStream) -> TokenStream {
        let Self { config, queue, name, key, map_err, .. } = self;
        let (name, key) = (name.as_ref(), key.as_ref());
        let source = GateSource::Site { kind: "Bulkhead", name, key, config, is_shared: self.store.is_some() };
        let shares = self.store.as_ref().map(|store| {
            let (private, store) = (&expansion.private, store.reference());
            move |found: &TokenStream| quote_spanned!(at=> &#private::shared_bulkhead(#found, #store))
        });
        let gate = Gate {
            source,
            waits: queue.is_some() || self.store.is_some(),
            before: None,
            cost: None,
            request: shares.as_ref().map(|request| request as Request<'_>),
            scope: None,
            settles_scope: false,
            map_err: map_err.as_ref(),
            stream: StreamPart::Holds,
        };
        expansion.gate(&gate, &expansion.leave(at), at, place, inner)
    }

    fn limit_at_body(&self, _: &Expansion, _: Span) -> Option<TokenStream> {
        None
    }

    fn describe(&self) -> String {
        let name = self.name.as_ref().map_or_else(String::new, |name| format!(" in `{}`", name.value()));
        let queue = self.queue.as_ref().map_or_else(String::new, |queue| {
            let wait =
                self.wait.as_ref().map_or_else(String::new, |wait| format!(" for up to {}", duration_as_written(wait)));
            format!(", {} more waiting{wait}", queue.tokens)
        });
        let key = for_each_key(self.key.as_ref());
        let shared = self
            .store
            .as_ref()
            .map_or_else(String::new, |store| format!(" of all processes with the store `{}`", store.describe()));
        format!("at most {} concurrent calls{name}{key}{shared}{queue}", self.max.tokens)
    }

    fn worst_case(&self, below: WorstCase) -> WorstCase {
        match (&self.queue, &self.wait) {
            (None, _) => below,
            (Some(_), Some(wait)) => below.after(wait.literal),
            (Some(_), None) => below.unlimited(),
        }
    }
}

impl Bulkhead {
    /// A keyed and an unkeyed bulkhead of one name are two instances.
    fn identity(&self) -> String {
        let name = self.name.as_ref().map(LitStr::value);
        let key = self.key.as_ref().map(|key| match name {
            Some(_) => String::new(),
            None => key.to_token_stream().to_string(),
        });
        format!("{name:?} {key:?}")
    }
}

fn unbounded_wait(bulkhead: &Bulkhead, position: &Position<'_>) -> Finding {
    let Some(queue) = bulkhead.queue.as_ref().filter(|_| bulkhead.wait.is_none()) else { return Finding::Nothing };
    if position.has_deadline() || position.below.iter().any(|layer| position.ends(layer)) {
        return Finding::Nothing;
    }
    Finding::when(queue.literal.map(|_| true).filter(|_| !position.continues_below), || {
        let reason = "nothing limits the wait: while a body hangs, the queue behind it waits too; add `wait = \"5s\"`, or a \
                      `#[timeout]`";
        (queue.span, reason.to_owned())
    })
}
