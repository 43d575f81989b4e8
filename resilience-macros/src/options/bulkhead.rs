use std::time::Duration;

use syn::{Expr, LitStr};

use super::Config;
use crate::attr::Arguments;
use crate::diagnostics::Diagnostics;
use crate::duration::{Unit, not_zero};
use crate::value::{self, Const};

pub(crate) struct Bulkhead {
    pub(crate) config: Config,
    pub(crate) max: Const<u64>,
    /// `None` where nobody waits.
    pub(crate) queue: Option<Const<u64>>,
    pub(crate) wait: Option<Const<Duration>>,
    pub(crate) name: Option<LitStr>,
    /// One for each value of this.
    pub(crate) key: Option<Expr>,
    pub(crate) map_err: Option<Expr>,
}

pub(super) fn interpret(arguments: &mut Arguments, diagnostics: &mut Diagnostics) -> Option<Bulkhead> {
    let max_given = arguments.take("max");
    let max = max_given.as_ref().and_then(|given| value::count(arguments.attribute(), given, 1, diagnostics));
    let queue_given = arguments.take("queue");
    let queue = queue_given.as_ref().and_then(|given| value::count(arguments.attribute(), given, 0, diagnostics));
    let wait = arguments.duration(["wait", "wait_secs", "wait_ms"], Unit::Text, diagnostics);
    let wait = not_zero(wait, "a `wait` of zero lets nobody wait; remove `wait` and `queue`", diagnostics);
    let name = arguments.name("name", diagnostics);
    let (key, max_keys) = super::instance_key(arguments, "bulkheads", diagnostics);
    let map_err = arguments.function("map_err", diagnostics);

    if let Some(wait) = &wait {
        match &queue {
            None if queue_given.is_none() && arguments.is_complete() => diagnostics.error(
                wait.key,
                "`wait` limits the time in the queue, and there is no queue; add its length, `queue = 10`, or remove `wait`",
            ),
            Some(queue) if queue.literal == Some(0) => diagnostics.error(
                queue.span,
                "`wait` limits the time in the queue, and a queue of 0 holds nobody; make it longer, or remove `wait`",
            ),
            _ => {}
        }
    }
    if max_given.is_none() && arguments.is_complete() {
        diagnostics.error(
            arguments.span,
            "`#[bulkhead]` needs the number of calls that may run at the same time: `#[bulkhead(max = 10)]`",
        );
    }

    let mut config = Config::new(arguments.span);
    config.set("max", max.as_ref());
    config.set("queue", queue.as_ref());
    config.set("wait", wait.as_ref());
    config.set("max_keys", max_keys.as_ref());
    if let (Some(_), Some(queue)) = (&wait, &queue) {
        config.check(Some(queue));
    }
    let queue = queue.filter(|queue| queue.literal != Some(0));
    Some(Bulkhead { config, max: max?, queue, wait, name, key, map_err })
}
