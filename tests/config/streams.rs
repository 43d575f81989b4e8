//! The limits of streams take settings.

use std::time::Duration;

use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt};
use resilience::config::{check, load_env, load_toml, set, unset};
use resilience::{Error, Policy, bulkhead, circuit_breaker, policy, retry, timeout};

use crate::common::secs;
use crate::{alone, lines, value};

type Item = Result<u32, Error>;

/// An item after each of these pauses, in seconds.
fn items(pauses: &'static [u64]) -> BoxStream<'static, Item> {
    let numbered = stream::iter(pauses.iter().zip(1..));
    numbered
        .then(|(pause, number)| async move {
            tokio::time::sleep(secs(*pause)).await;
            Ok(number)
        })
        .boxed()
}

/// The number of items, and the limit that ended the stream.
async fn ended(stream: impl Stream<Item = Item>) -> (usize, Option<Duration>) {
    let all: Vec<Item> = stream.collect().await;
    let end = all.last().and_then(|last| match last {
        Err(Error::Timeout { limit, .. }) => Some(*limit),
        _ => None,
    });
    (all.len() - usize::from(end.is_some()), end)
}

async fn opened(opening: Result<BoxStream<'static, Item>, Error>) -> (usize, Option<Duration>) {
    match opening {
        Ok(stream) => ended(stream).await,
        Err(Error::Timeout { limit, .. }) => (0, Some(limit)),
        Err(other) => panic!("{other}"),
    }
}

#[timeout(first = "60s", idle = "20s", secs = 600, config = "stream-lazy")]
fn lazy(pauses: &'static [u64]) -> BoxStream<'static, Item> {
    items(pauses)
}

#[timeout(first = "60s", idle = "20s", secs = 600, config = "stream-awaited")]
async fn awaited(pauses: &'static [u64]) -> Result<BoxStream<'static, Item>, Error> {
    Ok(items(pauses))
}

#[retry(max = 1, backoff = "none", config = "stream-stack")]
#[timeout(first = "60s", idle = "20s", secs = 600)]
#[circuit_breaker(name = "stream-stack", failure_threshold = 1_000)]
#[bulkhead(name = "stream-stack", max = 5)]
async fn stacked(pauses: &'static [u64]) -> Result<impl Stream<Item = Item> + Send + use<>, Error> {
    Ok(items(pauses))
}

fn limited() -> Policy<u32, Error> {
    let limits = policy::stream_timeout().first(secs(60)).idle(secs(20)).whole(secs(600));
    Policy::named("stream-policy").expect("a name") >> limits.build().expect("valid")
}

async fn of(name: &str, pauses: &'static [u64]) -> (usize, Option<Duration>) {
    match name {
        "stream-lazy" => ended(lazy(pauses)).await,
        "stream-awaited" => opened(awaited(pauses).await).await,
        "stream-stack" => opened(stacked(pauses).await.map(StreamExt::boxed)).await,
        _ => ended(limited().call_stream(|| async { Ok(items(pauses)) })).await,
    }
}

const NAMES: [&str; 4] = ["stream-lazy", "stream-awaited", "stream-stack", "stream-policy"];

#[tokio::test(start_paused = true)]
async fn each_limit_of_a_stream_takes_settings_and_loses_them_again() {
    let _alone = alone();
    let _registered = limited();
    for name in NAMES {
        let written = async |note: &str| {
            assert_eq!(of(name, &[61]).await, (0, Some(secs(60))), "{name} {note}");
            assert_eq!(of(name, &[1, 21]).await, (1, Some(secs(20))), "{name} {note}");
            assert_eq!(of(name, &[16; 100]).await, (37, Some(secs(600))), "{name} {note}");
        };
        written("as it is written").await;
        assert_eq!(load_toml(&format!("[{name}.timeout]\nfirst = \"5s\"")), Ok(()));
        assert_eq!(of(name, &[6]).await, (0, Some(secs(5))), "{name}");
        assert_eq!(of(name, &[1, 21]).await, (1, Some(secs(20))), "{name}");
        assert_eq!(load_toml(&format!("[{name}.timeout]\nidle_secs = 3\nfirst_ms = 2_000")), Ok(()));
        assert_eq!(of(name, &[4]).await, (0, Some(secs(2))), "{name}");
        assert_eq!(of(name, &[1, 4]).await, (1, Some(secs(3))), "{name}");
        assert_eq!(load_toml(&format!("[{name}.timeout]\nsecs = 65")), Ok(()));
        assert_eq!(of(name, &[10; 100]).await, (6, Some(secs(65))), "{name}");
        assert_eq!(load_toml(&format!("[{name}.timeout]\nenabled = false")), Ok(()));
        assert_eq!(of(name, &[700, 700, 700]).await, (3, None), "{name}");
        assert_eq!(load_toml(""), Ok(()));
        written("without settings").await;
    }
}

#[tokio::test(start_paused = true)]
async fn every_source_reaches_the_limits_of_a_stream() {
    let _alone = alone();
    assert_eq!(of("stream-lazy", &[1]).await, (1, None));
    assert_eq!(value("stream-lazy.timeout.first"), "60s");
    assert_eq!(load_toml("[all.timeout]\nidle = \"9s\""), Ok(()));
    assert_eq!(value("stream-lazy.timeout.idle"), "9s");
    assert_eq!(load_toml("[all.timeout]\nidle = \"9s\"\n[stream-lazy.timeout]\nidle = \"8s\""), Ok(()));
    assert_eq!(of("stream-lazy", &[1, 10]).await, (1, Some(secs(8))));
    assert_eq!(load_env([("RESILIENCE_STREAM_LAZY_TIMEOUT_IDLE", "7s")]), Ok(()));
    assert_eq!(of("stream-lazy", &[1, 10]).await, (1, Some(secs(7))));
    assert_eq!(load_env([("RESILIENCE_STREAM_LAZY_TIMEOUT_IDLE_SECS", "6")]), Ok(()));
    assert_eq!(of("stream-lazy", &[1, 10]).await, (1, Some(secs(6))));
    assert_eq!(set("stream-lazy.timeout.idle", secs(5)), Ok(()));
    assert_eq!(of("stream-lazy", &[1, 10]).await, (1, Some(secs(5))));
    assert!(unset("stream-lazy.timeout.idle"));
    assert_eq!(value("stream-lazy.timeout.idle"), "6s");
    assert_eq!(check(), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_stream_keeps_the_limits_that_it_began_with() {
    let _alone = alone();
    let _registered = limited();
    let open = |name: &str| -> BoxStream<'static, Item> {
        match name {
            "stream-lazy" => lazy(&[1, 10, 19]),
            _ => limited().call_stream(|| async { Ok(items(&[1, 10, 19])) }).boxed(),
        }
    };
    for name in ["stream-lazy", "stream-policy"] {
        assert_eq!(load_toml(""), Ok(()));
        let mut begun = open(name);
        assert_eq!(begun.next().await, Some(Ok(1)));
        assert_eq!(load_toml(&format!("[{name}.timeout]\nidle = \"2s\"\nfirst = \"5s\"\nsecs = 6")), Ok(()));
        assert_eq!(ended(begun).await, (2, None), "{name}");
        assert_eq!(ended(open(name)).await, (1, Some(secs(2))), "{name}");
        let mut short = open(name);
        assert_eq!(short.next().await, Some(Ok(1)));
        assert_eq!(load_toml(""), Ok(()));
        assert_eq!(ended(short).await, (0, Some(secs(2))), "{name}: also the shorter ones");
    }
}

#[tokio::test(start_paused = true)]
async fn settings_add_the_limits_that_an_attribute_has_not() {
    let _alone = alone();
    #[timeout(idle = "20s", config = "stream-idle")]
    fn idle_only(pauses: &'static [u64]) -> BoxStream<'static, Item> {
        items(pauses)
    }
    #[timeout(idle = "20s", config = "stream-idle-above")]
    #[bulkhead(name = "stream-idle-above", max = 5)]
    async fn idle_above_a_gate(pauses: &'static [u64]) -> Result<BoxStream<'static, Item>, Error> {
        Ok(items(pauses))
    }
    #[timeout(first = "5s", config = "stream-first")]
    async fn first_only(pauses: &'static [u64]) -> Result<BoxStream<'static, Item>, Error> {
        Ok(items(pauses))
    }
    assert_eq!(ended(idle_only(&[500, 1])).await, (2, None));
    assert_eq!(opened(idle_above_a_gate(&[500, 1]).await).await, (2, None));
    assert_eq!(opened(first_only(&[1, 500]).await).await, (2, None));
    assert_eq!(value("stream-idle.timeout.limit"), "not set");
    let added = "[stream-idle.timeout]\nfirst = \"4s\"\n[stream-idle-above.timeout]\nfirst = \"4s\"\n\
                 [stream-first.timeout]\nidle = \"4s\"";
    assert_eq!(load_toml(added), Ok(()));
    assert_eq!(ended(idle_only(&[5, 1])).await, (0, Some(secs(4))));
    assert_eq!(opened(idle_above_a_gate(&[5, 1]).await).await, (0, Some(secs(4))));
    assert_eq!(opened(first_only(&[1, 500]).await).await, (1, Some(secs(4))));
    let whole = "[stream-idle.timeout]\nsecs = 30\n[stream-idle-above.timeout]\nsecs = 30\n\
                 [stream-first.timeout]\nsecs = 30";
    assert_eq!(load_toml(whole), Ok(()));
    assert_eq!(ended(idle_only(&[40])).await, (0, Some(secs(30))));
    assert_eq!(opened(idle_above_a_gate(&[10; 9]).await).await, (2, Some(secs(30))));
    assert_eq!(opened(first_only(&[4; 9]).await).await, (7, Some(secs(30))));
    assert_eq!(load_toml(""), Ok(()));
    assert_eq!(ended(idle_only(&[500, 1])).await, (2, None));
}

#[tokio::test(start_paused = true)]
async fn a_limit_for_all_names_leaves_streams_without_a_limit_of_the_whole_alone() {
    let _alone = alone();
    #[timeout(idle = "20s", config = "stream-unlimited")]
    fn unlimited() -> BoxStream<'static, Item> {
        items(&[15; 5])
    }
    #[timeout(idle = "20s", secs = 600, config = "stream-limited")]
    fn limited() -> BoxStream<'static, Item> {
        items(&[15; 5])
    }
    let _registered = (ended(unlimited()).await, ended(limited()).await);
    assert_eq!(load_toml("[all.timeout]\nsecs = 65"), Ok(()));
    assert_eq!((ended(unlimited()).await, ended(limited()).await), ((5, None), (4, Some(secs(65)))));
    assert_eq!(load_toml("[all.timeout]\nsecs = 65\n[stream-unlimited.timeout]\nsecs = 25"), Ok(()));
    assert_eq!(ended(unlimited()).await, (1, Some(secs(25))));
}

#[tokio::test]
async fn mistakes_in_the_limits_of_a_stream_are_told() {
    let _alone = alone();
    #[timeout(secs = 30, config = "stream-none")]
    async fn no_stream() -> Item {
        Ok(1)
    }
    let plain: Policy<u32, Error> =
        Policy::named("stream-none-either").expect("a name") >> policy::timeout(secs(30)).expect("valid");
    assert_eq!((no_stream().await, plain.call(|| async { Ok(1) }).await), (Ok(1), Ok(1)));
    assert_eq!(of("stream-lazy", &[0]).await, (1, None));
    let _registered = limited();
    for (text, expected) in [
        ("[stream-none.timeout]\nfirst = \"5s\"", "`first` of `#[timeout]` does nothing where there is no stream"),
        ("[stream-none-either.timeout]\nidle = \"5s\"", "`idle` of `#[timeout]` does nothing where there is no stream"),
        (
            "[stream-lazy.timeout]\nmax_threads = 5",
            "`max_threads` of `#[timeout]` does nothing where there is no `mode",
        ),
        ("[stream-lazy.timeout]\nfirst = \"0s\"", "a timeout of zero can only fail; give the stream some time"),
        (
            "[stream-lazy.timeout]\nidle = 5",
            "`idle` of `#[timeout]` has no unit: write `idle = \"5s\"` or `idle_secs = 5`",
        ),
        ("[stream-lazy.timeout]\nfirst = \"10m\"", "`first` can never be reached: the whole stream ends before"),
        ("[stream-policy.timeout]\nsecs = 20", "`first` can never be reached: the whole stream ends before"),
        ("[stream-policy.timeout]\nidle = \"11m\"", "`idle` can never be reached: the whole stream ends before"),
        (
            "[stream-later.timeout]\nidle = \"5s\"\nsecs = 4",
            "`idle` can never be reached: the whole stream ends before",
        ),
        ("[stream-later.timeout]\nidle = \"5s\"\nmax_threads = 9", "`max_threads` of `#[timeout]` does nothing where"),
    ] {
        let told = lines(load_toml(text));
        assert!(told.len() == 1 && told[0].contains(expected), "{text}: {told:?}");
    }
    assert_eq!(load_toml("[stream-later.timeout]\nidle = \"5s\"\nfirst = \"6s\"\nsecs = 7"), Ok(()));
    assert_eq!(load_toml("[stream-later.timeout]\nmax_threads = 9\n[all.timeout]\nidle = \"5s\""), Ok(()));
    assert_eq!(value("stream-lazy.timeout.idle"), "5s");
}
