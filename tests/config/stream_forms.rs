//! The forms of functions that return a stream, each with settings for its limits.

use std::error::Error as _;
use std::fmt::Debug;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use futures_util::stream::{self, BoxStream, LocalBoxStream};
use futures_util::{FutureExt, Stream, StreamExt};
use resilience::config::load_toml;
use resilience::{Error, bulkhead, circuit_breaker, fallback, rate_limit, retry, timeout};

use crate::alone;
use crate::common::secs;

type Item = Result<u32, Error>;

/// Two items, each after a pause of so many seconds.
fn numbers(pause: u64) -> BoxStream<'static, Item> {
    stream::iter([Ok(1), Ok(2)]).then(move |item| tokio::time::sleep(secs(pause)).map(move |()| item)).boxed()
}

const FIRST: Duration = Duration::from_secs(60);

#[timeout(first = FIRST, idle = "20s", config = "form")]
fn captures(pause: &u64) -> impl Stream<Item = Item> + Send + use<'_> {
    numbers(*pause)
}

#[fallback(value = 7, when = |_| false)]
#[retry(max = 1, backoff = "none")]
#[circuit_breaker(name = "form", failure_threshold = 1_000)]
#[rate_limit(name = "form", max = 1_000)]
#[timeout(idle = "20s", config = "form")]
#[bulkhead(name = "form", max = 9)]
async fn generic<T, const SECS: u64>(value: T) -> Result<impl Stream<Item = Item> + Send + use<T, SECS>, Error>
where
    T: Into<u64> + Clone + Send + 'static,
{
    Ok(numbers(value.clone().into()))
}

#[timeout(first = Duration::from_secs(SECS), idle = "20s", config = "form")]
async fn by_a_parameter<const SECS: u64>(pause: u64) -> Result<BoxStream<'static, Item>, Error> {
    Ok(numbers(pause))
}

struct Client {
    pause: u64,
    shown: String,
}

impl Client {
    const IDLE: Duration = Duration::from_secs(20);

    #[timeout(idle = Self::IDLE, secs = 600, config = "form")]
    #[circuit_breaker(name = "form method", failure_threshold = 1_000)]
    async fn ask<'s>(&'s self, question: &str) -> Result<BoxStream<'s, Item>, Error> {
        let length = question.len() as u64;
        Ok(numbers(self.pause + length - length).map(|item| item.filter_shown(&self.shown)).boxed())
    }

    #[retry(max = 1, backoff = "none")]
    #[timeout(idle = "20s", config = "form")]
    async fn ask_mutably(&mut self) -> Result<BoxStream<'static, Item>, Error> {
        self.shown.push('?');
        Ok(numbers(self.pause))
    }
}

trait Shown {
    fn filter_shown(self, shown: &str) -> Self;
}

impl Shown for Item {
    fn filter_shown(self, shown: &str) -> Self {
        self.map(|number| if shown.is_empty() { 0 } else { number })
    }
}

#[async_trait::async_trait]
trait Ask: Sync {
    #[timeout(idle = "20s", config = "form")]
    async fn by_default(&self) -> Result<BoxStream<'static, Item>, Error> {
        self.required().await
    }
    async fn required(&self) -> Result<BoxStream<'static, Item>, Error>;
    fn lazy(&self) -> BoxStream<'_, Item>;
}

#[async_trait::async_trait]
impl Ask for Client {
    #[circuit_breaker(name = "form trait", failure_threshold = 1_000)]
    #[timeout(idle = "20s", config = "form")]
    async fn required(&self) -> Result<BoxStream<'static, Item>, Error> {
        Ok(numbers(self.pause))
    }

    #[timeout(secs = 600, config = "form")]
    fn lazy(&self) -> BoxStream<'_, Item> {
        numbers(self.pause)
    }
}

/// An error that stays on its thread.
#[derive(Debug, Clone, thiserror::Error)]
enum Local {
    #[error("{0}")]
    Shared(Rc<str>),
    #[error(transparent)]
    Resilience(#[from] Rc<Error>),
}

impl From<Error> for Local {
    fn from(error: Error) -> Self {
        Self::Resilience(Rc::new(error))
    }
}

#[retry(max = 1, backoff = "none", when = |error: &Local| matches!(error, Local::Shared(_)))]
#[timeout(idle = "20s", config = "form")]
async fn local(pause: u64) -> Result<LocalBoxStream<'static, Result<u32, Local>>, Local> {
    if resilience::attempt() == 1 {
        return Err(Local::Shared("again".into()));
    }
    Ok(numbers(pause).map(|item| item.map_err(Local::from)).boxed_local())
}

#[timeout(idle = "20s", config = "form", map_err = |error| anyhow::Error::new(error).context("late"))]
fn with_context(pause: u64) -> Box<dyn Stream<Item = anyhow::Result<u32>> + Send + Unpin> {
    Box::new(numbers(pause).map(|item| item.map_err(anyhow::Error::from)))
}

/// A macro by example, whose tokens are of two places.
macro_rules! limited {
    ($name:ident, $idle:literal, $item:ty) => {
        #[timeout(idle = $idle, config = "form")]
        async fn $name(pause: u64) -> Result<BoxStream<'static, $item>, Error> {
            Ok(numbers(pause))
        }
    };
}

limited!(by_a_macro, "20s", Item);

trait Limits {
    const IDLE: Duration = Duration::from_secs(20);

    fn ask(&self, pause: u64) -> impl Stream<Item = Item> + Send;
}

struct Of<L>(L);

struct Usual;

impl Limits for Usual {
    #[timeout(idle = Self::IDLE, config = "form")]
    fn ask(&self, pause: u64) -> impl Stream<Item = Item> + Send {
        numbers(pause)
    }
}

impl<L: Limits + Send + Sync + 'static> Of<L> {
    #[timeout(idle = L::IDLE, config = "form")]
    #[retry(max = 1, backoff = "none")]
    async fn ask(&self, (pause, _): (u64, &str)) -> Result<BoxStream<'_, Item>, Error> {
        Ok(self.0.ask(pause).boxed())
    }

    #[timeout(idle = "20s", config = "form")]
    fn owned(self: Arc<Self>, mut pause: u64) -> BoxStream<'static, Item> {
        pause += 1;
        numbers(pause - 1)
    }
}

#[timeout(idle = "20s", config = "form")]
async fn borrowed<'a, T: ?Sized + Sync>(
    numbers: &'a [u32],
    _: &T,
    pause: u64,
) -> Result<impl Stream<Item = Result<&'a u32, Error>> + Send + use<'a, T>, Error> {
    let late = move |number| tokio::time::sleep(secs(pause)).map(move |()| Ok(number));
    Ok(stream::iter(numbers).then(late))
}

#[timeout(idle = "20s", config = "form")]
fn of_any<T: Clone + Send + 'static>(value: T, pause: u64) -> BoxStream<'static, Result<T, BoxError>> {
    numbers(pause).map(move |item| item.map(|_| value.clone()).map_err(BoxError::from)).boxed()
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[timeout(first = "10h", idle = "9h", config = "outer form")]
#[retry(max = 1, backoff = "none")]
#[tracing::instrument(skip_all)]
#[timeout(idle = "20s", config = "form")]
#[bulkhead(name = "form below", max = 9)]
async fn twice(pause: u64) -> Result<BoxStream<'static, Item>, Error> {
    Ok(numbers(pause))
}

#[resilience::stack]
#[tracing::instrument(skip_all)]
#[timeout(idle = "20s", config = "form")]
async fn below_another(pause: u64) -> Result<BoxStream<'static, Item>, Error> {
    let opened = async { Ok::<_, Error>(numbers(pause)) };
    opened.await
}

/// The items, or the limit by which they ended.
async fn seen<T, E: Debug + 'static>(
    opening: Result<impl Stream<Item = Result<T, E>>, E>,
    limit_of: impl Fn(&E) -> Option<Error>,
) -> (usize, Option<u64>) {
    let limit = |error: &E| match limit_of(error) {
        Some(Error::Timeout { limit, .. }) => Some(limit.as_secs()),
        _ => panic!("{error:?}"),
    };
    match opening {
        Err(error) => (0, limit(&error)),
        Ok(stream) => {
            let all: Vec<_> = stream.collect().await;
            let end = all.iter().find_map(|item| item.as_ref().err().and_then(limit));
            (all.iter().filter(|item| item.is_ok()).count(), end)
        }
    }
}

async fn plainly(opening: Result<impl Stream<Item = Item>, Error>) -> (usize, Option<u64>) {
    seen(opening, |error| Some(error.clone())).await
}

type Form = fn(u64) -> LocalBoxFuture<'static, (usize, Option<u64>)>;

fn client(pause: u64) -> Client {
    Client { pause, shown: "shown".to_owned() }
}

fn of_local(error: &Local) -> Option<Error> {
    error.source().and_then(|source| source.downcast_ref::<Error>()).cloned().or_else(|| match error {
        Local::Resilience(error) => Some((**error).clone()),
        Local::Shared(_) => None,
    })
}

const FORMS: [(&str, Form); 20] = [
    ("use<'_>", |pause| async move { plainly(Ok(captures(&pause))).await }.boxed_local()),
    ("a generic function", |pause| async move { plainly(generic::<u64, 1>(pause).await).await }.boxed_local()),
    ("a const parameter", |pause| async move { plainly(by_a_parameter::<60>(pause).await).await }.boxed_local()),
    ("a method", |pause| async move { plainly(client(pause).ask("why").await).await }.boxed_local()),
    ("&mut self", |pause| async move { plainly(client(pause).ask_mutably().await).await }.boxed_local()),
    ("a default method", |pause| async move { plainly(client(pause).by_default().await).await }.boxed_local()),
    ("async_trait", |pause| async move { plainly(client(pause).required().await).await }.boxed_local()),
    ("a lazy method", |pause| async move { plainly(Ok(client(pause).lazy())).await }.boxed_local()),
    ("an error that is not Send", |pause| async move { seen(local(pause).await, of_local).await }.boxed_local()),
    ("map_err", |pause| {
        let of = |error: &anyhow::Error| error.downcast_ref::<Error>().cloned();
        async move { seen(Ok(with_context(pause)), of).await }.boxed_local()
    }),
    ("a macro", |pause| async move { plainly(by_a_macro(pause).await).await }.boxed_local()),
    ("spawned", |pause| {
        let task = async move { plainly(generic::<u64, 2>(pause).await).await };
        async move { tokio::spawn(task).await.expect("no panic") }.boxed_local()
    }),
    ("a constant of a trait", |pause| async move { plainly(Ok(Usual.ask(pause))).await }.boxed_local()),
    ("a constant of a type parameter", |pause| {
        async move { plainly(Of(Usual).ask((pause, "why")).await).await }.boxed_local()
    }),
    ("self: Arc", |pause| async move { plainly(Ok(Arc::new(Of(Usual)).owned(pause))).await }.boxed_local()),
    ("borrowed items", |pause| {
        async move { seen(borrowed(&[1, 2], "why", pause).await, |error| Some(error.clone())).await }.boxed_local()
    }),
    ("any item", |pause| {
        let of = |error: &BoxError| error.downcast_ref::<Error>().cloned();
        async move { seen(Ok(of_any("a", pause)), of).await }.boxed_local()
    }),
    ("two limits", |pause| async move { plainly(twice(pause).await).await }.boxed_local()),
    ("below another attribute", |pause| async move { plainly(below_another(pause).await).await }.boxed_local()),
    ("in a closure", |pause| {
        let ask = async |pause: &u64| plainly(Ok(captures(pause))).await;
        async move { ask(&pause).await }.boxed_local()
    }),
];

#[tokio::test(start_paused = true)]
async fn every_form_takes_each_limit() {
    let _alone = alone();
    for (form, ask) in FORMS {
        assert_eq!(load_toml(""), Ok(()));
        assert_eq!(ask(19).await, (2, None), "{form}");
        assert_eq!(load_toml("[form.timeout]\nfirst = \"5s\""), Ok(()));
        assert_eq!(ask(6).await, (0, Some(5)), "{form}");
        assert_eq!(ask(4).await, (2, None), "{form}");
        assert_eq!(load_toml("[form.timeout]\nidle = \"5s\"\nfirst = \"7s\""), Ok(()));
        assert_eq!(ask(6).await, (1, Some(5)), "{form}");
        assert_eq!(load_toml("[form.timeout]\nsecs = 100"), Ok(()));
        assert_eq!(ask(18).await, (2, None), "{form}");
        assert_eq!(load_toml("[form.timeout]\nfirst = \"9s\"\nidle = \"8s\"\nsecs = 10"), Ok(()));
        assert_eq!(ask(6).await, (1, Some(10)), "{form}");
        assert_eq!(load_toml("[form.timeout]\nenabled = false"), Ok(()));
        assert_eq!(ask(10_000).await, (2, None), "{form}");
    }
}
