mod backoff;
mod expand;
mod hook;

use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream};
use resilience_options::retry::{KEYS, MAX_AND_ATTEMPTS, OPTIONS};
use syn::{Expr, LitStr};

use super::describe::{duration_as_written, short};
use super::{Answers, Attribute, Checker, Finding, Lint, Position, Retries, Traits, WorstCase};
use crate::expand::{AttemptPart, Config, Expansion, Place};
use crate::item::{Param, Passing, Receiver};
use crate::parse::expression::{Scalar, bare, scalar};
use crate::parse::tokens::readable;
use crate::parse::{Arguments, Const, Key, count, flag, name};
use backoff::Delays;
use hook::HookKind;

pub(crate) use backoff::Backoff;

lints! {
    Retry, retry_arguments from retry_docs;
    hot_retry => "more than 10 executions without a pause of at least a millisecond and without a `budget`";
    unbounded_retry => "more than half an hour of pauses, with neither `max_elapsed` nor a `#[timeout]` above";
}

#[expect(clippy::struct_field_names, reason = "named as the arguments are")]
pub(crate) struct Retry {
    pub(crate) config: Config,
    /// `None` if a constant decides.
    pub(crate) attempts: Option<u64>,
    duration_at: Span,
    first_delay: Option<(Duration, Span)>,
    longest_pauses: Option<Duration>,
    /// The longest pauses if each attempt fails with a hint.
    longest_hints: Option<Duration>,
    max_elapsed: Option<Const<Duration>>,
    pub(crate) backoff: Backoff,
    /// True if a call remembers when it began and how long it last waited.
    pub(crate) remembers: bool,
    pub(crate) when: Option<Expr>,
    pub(crate) when_ok: Option<Expr>,
    pub(crate) retry_after: Option<Expr>,
    pub(crate) on_retry: Option<Expr>,
    share: Vec<Ident>,
    pub(crate) log_errors: Option<Span>,
    pub(crate) budget: Option<Budget>,
    is_nested: bool,
}

pub(crate) enum Budget {
    Named(LitStr),
    Shared(Box<Expr>),
}

const MAX_QUIET_BURST: u64 = 10;
const MAX_QUIET_PAUSES: Duration = Duration::from_secs(30 * 60);

impl Attribute for Retry {
    const NAME: &'static str = "retry";
    const KEYS: &'static [Key] = KEYS;
    const LINTS: &'static [Lint<Self>] = LINTS;

    fn parse(arguments: &mut Arguments<'_>) -> Option<Self> {
        let mut config = Config::new(arguments.span);
        let (attempts, attempts_at) = attempts(arguments, &mut config);
        let delays = Delays::parse(arguments, &mut config);
        let is_nested = arguments.flag("nested");
        config.set("nested", is_nested.map(|is_on| flag(is_on, Span::call_site())).as_ref());
        config.check(delays.base.as_ref().or(delays.max.as_ref()));

        let when = arguments.function("when");
        let when_ok = arguments.function("when_ok");
        let retry_after = arguments.function("retry_after");
        let on_retry = arguments.hook("on_retry");
        let share = arguments.take_parameters("share");
        let budget = budget(arguments);
        let log_errors = arguments.log_errors();
        let looks_back = config.uses("decorrelated") || matches!(delays.backoff, Backoff::Function(_));
        Some(Self {
            config,
            attempts,
            duration_at: attempts_at.or(delays.max.as_ref().map(|max| max.span)).unwrap_or(arguments.span),
            first_delay: delays.first,
            longest_pauses: attempts.and_then(|attempts| delays.longest_pauses(attempts)),
            longest_hints: attempts.and_then(|attempts| delays.longest_hints(attempts)),
            remembers: delays.max_elapsed.is_some() || on_retry.is_some() || looks_back,
            max_elapsed: delays.max_elapsed,
            backoff: delays.backoff,
            when,
            when_ok,
            retry_after,
            on_retry,
            share,
            log_errors,
            budget,
            is_nested: is_nested == Some(true),
        })
    }

    fn traits(&self, _: bool) -> Traits<'_> {
        Traits {
            is_gate: false,
            is_refunded: false,
            acts_on_failure: true,
            judges_results: true,
            counts_calls: false,
            rejects_calls: false,
            classifies_only: self.classifies_only(),
            retries: Some(Retries { attempts: self.attempts, is_nested: self.is_nested }),
            learns_from_failures: false,
            answers_failures: Answers::Never,
            continues_after_failure: true,
            uses_self_later: false,
            stores_results: false,
            deadline: None,
            ends_calls: false,
            may_end_calls: false,
            has_scope: false,
            key: None,
            cost: None,
            rebinds_arguments: false,
            reads_arguments: false,
            shares: &self.share,
            identity: None,
        }
    }

    fn uses(&self, _: &Param) -> bool {
        true
    }

    fn check(&self, position: &Position<'_>, checker: &Checker<'_>) {
        checker.ask_about_no_stream(self.when_ok.as_ref());
        checker.read_error_of_stream(self.retry_after.as_ref());
        let mut outer = position.above.iter().rev().filter_map(|layer| layer.traits(position.is_async).retries);
        if outer.next().is_some_and(|outer| !outer.is_nested) {
            checker.diagnostics.error(
                position.span,
                "a retry inside of a retry multiplies the attempts; keep one of them, with the larger number, or say \
                 `nested = true` on the outer one",
            );
        }
        if let (Some((first, span)), Some(limit)) = (self.first_delay, position.shortest_limit()) {
            if limit <= first {
                checker.diagnostics.error(
                    span,
                    format_args!(
                        "the first delay ({first:?}) never fits into the timeout around it ({limit:?}), so nothing is ever \
                         retried; shorten `base_delay` or raise the timeout"
                    ),
                );
            }
        }
        for name in &self.share {
            check_shared(name, checker);
        }
        if let Some(hook) = self.on_retry.as_ref().filter(|hook| !position.is_async && HookKind::of(hook).is_async()) {
            checker.diagnostics.error_at(
                hook,
                "this hook is a future, and a synchronous function cannot await it; write a closure without `async`, or \
                 make the function `async`",
            );
        }
    }

    fn expand(&self, expansion: &Expansion, at: Span, place: Place, inner: &TokenStream) -> TokenStream {
        expansion.retry(self, at, place, inner)
    }

    fn limit_at_body(&self, _: &Expansion, _: Span) -> Option<TokenStream> {
        None
    }

    fn part_of_attempt(&self, expansion: &Expansion, at: Span, place: Place) -> AttemptPart {
        if !self.classifies_only() || self.on_retry.is_some() || expansion.section(place.depth).is_some() {
            return AttemptPart::None;
        }
        AttemptPart::Retry(expansion.attempt_loop(self, at, place))
    }

    fn describe(&self) -> String {
        let attempts = self.attempts.map_or_else(|| "a constant number of".to_owned(), |attempts| attempts.to_string());
        let pauses = self.longest_pauses.map_or_else(String::new, |pauses| {
            format!(", with pauses of at most {} in total, unless the service asks for longer ones", short(pauses))
        });
        let elapsed = self
            .max_elapsed
            .as_ref()
            .map_or_else(String::new, |limit| format!(", begun within {}", duration_as_written(limit)));
        let budget = match &self.budget {
            Some(Budget::Named(name)) => format!(", out of the budget `{}`", name.value()),
            Some(Budget::Shared(path)) => format!(", out of the budget `{}`", readable(path)),
            None => String::new(),
        };
        format!("up to {attempts} attempts{pauses}{elapsed}{budget}")
    }

    fn worst_case(&self, below: WorstCase) -> WorstCase {
        let max_elapsed = self.max_elapsed.as_ref().and_then(|limit| limit.literal);
        WorstCase {
            time: below.time.repeated(self.attempts, self.longest_pauses, max_elapsed),
            with_hints: below.with_hints.repeated(self.attempts, self.longest_hints, max_elapsed),
            has_hooks: below.has_hooks || self.on_retry.as_ref().is_some_and(takes_time),
            ..below
        }
    }
}

impl Retry {
    pub(crate) fn classifies_only(&self) -> bool {
        let asks =
            self.when.is_some() || self.when_ok.is_some() || self.retry_after.is_some() || self.log_errors.is_some();
        !asks && matches!(self.backoff, Backoff::Named)
    }

    fn known_pauses(&self) -> Option<Duration> {
        self.longest_pauses.filter(|_| matches!(self.backoff, Backoff::Named))
    }
}

/// A function may be asynchronous, and wait for anything.
fn takes_time(hook: &Expr) -> bool {
    !matches!(bare(hook), Expr::Closure(closure) if closure.asyncness.is_none())
}

fn attempts(arguments: &mut Arguments<'_>, config: &mut Config) -> (Option<u64>, Option<Span>) {
    let diagnostics = arguments.diagnostics;
    let max = arguments.count(&OPTIONS.max);
    let alias = arguments.take("max_retries");
    if let (Some(_), Some(alias)) = (&max, &alias) {
        diagnostics.error(alias.key.span(), "`max_retries` is another name for `max`; keep one of them");
    }
    let max = max.or_else(|| count(arguments, &alias?, &OPTIONS.max));
    let attempts = arguments.count(&OPTIONS.attempts);
    if let (Some(_), Some(attempts)) = (&max, &attempts) {
        diagnostics.error(attempts.key, MAX_AND_ATTEMPTS);
    }
    config.set("max", max.as_ref());
    config.set("attempts", attempts.as_ref());
    match (max, attempts) {
        (Some(max), _) => (max.literal.map(|retries| retries + 1), Some(max.span)),
        (None, Some(attempts)) => (attempts.literal, Some(attempts.span)),
        (None, None) => (OPTIONS.max.rule.default.map(|retries| u64::from(retries) + 1), None),
    }
}

fn budget(arguments: &mut Arguments<'_>) -> Option<Budget> {
    let pair = arguments.take("budget")?;
    if matches!(bare(&pair.value), Expr::Path(_)) {
        return Some(Budget::Shared(Box::new(pair.value)));
    }
    if !matches!(scalar(&pair.value), Scalar::Text(_)) {
        arguments.diagnostics.error_at(
            &pair.value,
            "`budget` of `#[retry]` takes the name of a shared budget, `budget = \"search\"`, or the path of a \
             `static` of type `resilience::RetryBudget`, which has a ratio of its own",
        );
        return None;
    }
    name(arguments, &pair).map(Budget::Named)
}

/// Each attempt borrows the shared value, so no attempt may change it.
fn check_shared(name: &Ident, checker: &Checker<'_>) {
    let diagnostics = checker.diagnostics;
    if name == "self" {
        let message = match checker.function.receiver {
            Receiver::Owned { is_mutable: false, .. } => return,
            Receiver::Owned { .. } => {
                "`self` is `mut`, and the next attempt would see what this one has changed; remove `mut`, or leave it out \
                 of `share`"
            }
            _ => "only a `self` that is passed by value is cloned for each attempt; leave it out of `share`",
        };
        return diagnostics.error(name.span(), message);
    }
    match checker.function.params.iter().find(|param| param.name == *name) {
        None => checker.unknown_parameter(name),
        Some(param) if param.is_mutable() => diagnostics.error(
            name.span(),
            format_args!(
                "`{name}` is `mut`, and the next attempt would see what this one has changed; remove `mut`, or leave it \
                 out of `share`"
            ),
        ),
        Some(param) if param.passing != Passing::Value => diagnostics.error(
            name.span(),
            format_args!("`{name}` is a reference, which no attempt clones; leave it out of `share`"),
        ),
        Some(_) => {}
    }
}

fn hot_retry(retry: &Retry, _: &Position<'_>) -> Finding {
    if retry.budget.is_some() || retry.attempts.is_some_and(|attempts| attempts <= MAX_QUIET_BURST) {
        return Finding::Nothing;
    }
    let (Some(attempts), Some(pauses)) = (retry.attempts, retry.known_pauses()) else { return Finding::Unknown };
    Finding::when(Some(pauses.as_millis() < u128::from(attempts - 1)), || {
        let reason = format!(
            "up to {attempts} executions without a pause are a burst on what is failing already; pause with another \
             `backoff`, or share a `budget`"
        );
        (retry.duration_at, reason)
    })
}

fn unbounded_retry(retry: &Retry, position: &Position<'_>) -> Finding {
    if retry.max_elapsed.is_some() || position.has_deadline() {
        return Finding::Nothing;
    }
    let pauses = retry.known_pauses();
    Finding::when(pauses.map(|pauses| pauses > MAX_QUIET_PAUSES), || {
        let pauses = short(pauses.unwrap_or(MAX_QUIET_PAUSES));
        let reason = format!(
            "the pauses alone may take {pauses}, and nothing ends the retrying earlier; add `max_elapsed = \"5m\"`, or a \
             `#[timeout]` above"
        );
        (retry.duration_at, reason)
    })
}
