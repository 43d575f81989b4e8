use std::time::Duration;

use syn::{Expr, ExprPath};

use super::describe::short;

/// The longest time that a part of a stack takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WorstCase {
    pub(super) time: TimeBound,
    /// The time with the longest pauses that the service can ask for.
    pub(super) with_hints: TimeBound,
    /// Fallbacks run besides, without a limit.
    pub(super) has_fallbacks: bool,
    /// Functions of the user's run between attempts, without a limit.
    pub(super) has_hooks: bool,
    /// Loads of any number of other callers come first.
    pub(super) waits_for_loads: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeBound {
    Unlimited,
    AtMost(Duration),
    Unknown,
}

impl WorstCase {
    pub(crate) const BODY: Self = Self {
        time: TimeBound::Unlimited,
        with_hints: TimeBound::Unlimited,
        has_fallbacks: false,
        has_hooks: false,
        waits_for_loads: false,
    };

    pub(super) fn unlimited(self) -> Self {
        Self { time: TimeBound::Unlimited, with_hints: TimeBound::Unlimited, ..self }
    }

    /// `None` stands for a constant.
    pub(super) fn after(self, wait: Option<Duration>) -> Self {
        Self { time: self.time.after(wait), with_hints: self.with_hints.after(wait), ..self }
    }

    /// `None` stands for a constant.
    pub(super) fn ended_at(self, limit: Option<Duration>) -> Self {
        let (time, with_hints) = (self.time.ended_at(limit), self.with_hints.ended_at(limit));
        Self { time, with_hints, ..Self::BODY }
    }

    /// Returns the second half of "the body runs 4 times, and ..".
    pub(crate) fn describe(self) -> String {
        let time = match self.time {
            TimeBound::Unlimited => return "and nothing limits its time".to_owned(),
            TimeBound::AtMost(time) => format!("and the call takes {}", short(whole_millis(time))),
            TimeBound::Unknown => "and its time depends on constants".to_owned(),
        };
        let hints = match self.with_hints {
            with_hints if with_hints == self.time => String::new(),
            TimeBound::AtMost(longest) => {
                format!(", or up to {} if the service asks for longer pauses", short(whole_millis(longest)))
            }
            TimeBound::Unlimited | TimeBound::Unknown => ", or longer if the service asks for longer pauses".to_owned(),
        };
        let besides = [
            (self.has_fallbacks, "the time of the fallbacks"),
            (self.has_hooks, "the time of `on_retry`"),
            (self.waits_for_loads, "any wait for another caller"),
        ];
        let besides: Vec<&str> = besides.into_iter().filter_map(|(applies, what)| applies.then_some(what)).collect();
        match &*besides {
            [] => format!("{time}{hints}"),
            [only] => format!("{time}{hints}, plus {only}"),
            [first @ .., last] => format!("{time}{hints}, plus {} and {last}", first.join(", ")),
        }
    }
}

impl TimeBound {
    fn after(self, wait: Option<Duration>) -> Self {
        match (self, wait) {
            (Self::AtMost(below), Some(wait)) => Self::AtMost(below.saturating_add(wait)),
            (Self::AtMost(_), None) => Self::Unknown,
            (below, _) => below,
        }
    }

    fn ended_at(self, limit: Option<Duration>) -> Self {
        match (self, limit) {
            (Self::AtMost(below), Some(limit)) => Self::AtMost(below.min(limit)),
            (_, Some(limit)) => Self::AtMost(limit),
            (_, None) => Self::Unknown,
        }
    }

    /// `max_elapsed` bounds the begin of the last attempt.
    pub(super) fn repeated(self, times: Option<u64>, pauses: Option<Duration>, max_elapsed: Option<Duration>) -> Self {
        match (self, times, pauses) {
            (Self::AtMost(below), Some(times), Some(pauses)) => {
                let times = u32::try_from(times).unwrap_or(u32::MAX);
                let all = below.saturating_mul(times).saturating_add(pauses);
                Self::AtMost(max_elapsed.map_or(all, |limit| all.min(limit.saturating_add(below))))
            }
            (Self::AtMost(below), ..) => {
                max_elapsed.map_or(Self::Unknown, |limit| Self::AtMost(limit.saturating_add(below)))
            }
            (unbounded, ..) => unbounded,
        }
    }
}

/// Rounds up: [`short`] leaves out what is less than a millisecond.
fn whole_millis(time: Duration) -> Duration {
    match time.subsec_nanos() % 1_000_000 {
        0 => time,
        beyond => time.saturating_add(Duration::from_nanos(u64::from(1_000_000 - beyond))),
    }
}

/// Returns whether an expression only builds a value and cannot wait: `0`, `"no idea".to_owned()`,
/// `Answer::new(None)`.
pub(super) fn is_instant(expression: &Expr) -> bool {
    const CONVERSIONS: [&str; 4] = ["to_owned", "to_string", "into", "clone"];

    match expression {
        Expr::Lit(_) | Expr::Path(_) => true,
        Expr::Field(field) => is_instant(&field.base),
        Expr::Reference(reference) => is_instant(&reference.expr),
        Expr::Paren(inner) => is_instant(&inner.expr),
        Expr::Group(inner) => is_instant(&inner.expr),
        Expr::Unary(unary) => is_instant(&unary.expr),
        Expr::Tuple(tuple) => tuple.elems.iter().all(is_instant),
        Expr::Array(array) => array.elems.iter().all(is_instant),
        Expr::Struct(value) => value.rest.is_none() && value.fields.iter().all(|field| is_instant(&field.expr)),
        Expr::Call(call) => {
            matches!(&*call.func, Expr::Path(path) if is_constructor(path)) && call.args.iter().all(is_instant)
        }
        Expr::MethodCall(call) => {
            CONVERSIONS.iter().any(|name| call.method == name) && call.args.is_empty() && is_instant(&call.receiver)
        }
        Expr::Macro(call) => call.mac.path.is_ident("vec") && call.mac.tokens.is_empty(),
        _ => false,
    }
}

fn is_constructor(path: &ExprPath) -> bool {
    let Some(last) = path.path.segments.last().map(|last| last.ident.to_string()) else { return false };
    matches!(&*last, "new" | "default" | "from") || last.starts_with(char::is_uppercase)
}
