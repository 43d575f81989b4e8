//! Many callers of a server that is closed for a while.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::stream::{self, BoxStream, StreamExt};
use resilience::policy::InvalidPolicy;
use resilience::{Policy, circuit_breaker, policy, rate_limit, retry};
use tokio::time::{Instant, sleep};

use crate::Item;
use crate::plan::Fault;

const CLOSED: Duration = Duration::from_secs(10);
const CALLERS: usize = 100;

/// Closed for ten seconds, and says so.
struct Server {
    begin: Instant,
    calls: Mutex<Vec<Duration>>,
}

impl Server {
    fn start() -> Self {
        Self { begin: Instant::now(), calls: Mutex::default() }
    }

    /// For how long it is still closed, after the way there.
    async fn asked(&self) -> Option<Duration> {
        sleep(Duration::from_millis(5)).await;
        let now = self.begin.elapsed();
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(now);
        CLOSED.checked_sub(now).filter(|left| !left.is_zero())
    }

    async fn stream(&self) -> Result<BoxStream<'static, Item>, Fault> {
        match self.asked().await {
            Some(left) => Err(Fault::Down(left.as_millis().to_string())),
            None => Ok(stream::iter([Ok(1), Ok(100)]).boxed()),
        }
    }

    #[track_caller]
    fn was_spared(&self) {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let early = calls.iter().filter(|call| **call < CLOSED).count();
        assert!((1..=3).contains(&early), "{early} calls of a closed server");
        assert_eq!(calls.len(), early + CALLERS);
        let mut times: Vec<_> = calls[early..].iter().map(Duration::as_millis).collect();
        times.dedup();
        assert_eq!(times.len(), CALLERS, "no two calls in one millisecond");
    }
}

fn hint(fault: &Fault) -> Option<Duration> {
    let Fault::Down(left) = fault else { return None };
    left.parse().ok().map(Duration::from_millis)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "`settle` takes a reference")]
fn usage(item: &u32) -> Option<u64> {
    (*item >= 100).then_some(u64::from(*item))
}

async fn herd<T>(call: impl AsyncFn() -> T) -> Vec<T> {
    let caller = |number: usize| {
        let call = &call;
        async move {
            sleep(Duration::from_millis(6 * number as u64)).await;
            call().await
        }
    };
    join_all((0..CALLERS).map(caller)).await
}

#[retry(max = 3, base_delay = "100ms", retry_after = hint)]
#[circuit_breaker(name = "herd.streams", failure_threshold = 5)]
#[rate_limit(name = "herd.tokens", max = 100_000, per = "1s", cost = 500_u32, settle = usage, wait = "1m")]
#[rate_limit(name = "herd.hints", learn = true, wait = "1m", retry_after = hint)]
async fn streamed(server: &Server) -> Result<BoxStream<'static, Item>, Fault> {
    server.stream().await
}

#[tokio::test(start_paused = true)]
async fn callers_of_streams_share_one_hint() {
    let server = Server::start();
    let answers = herd(async || streamed(&server).await.expect("it opens").collect::<Vec<_>>().await).await;
    assert!(answers.iter().all(|answer| *answer == [Ok(1), Ok(100)]), "{answers:?}");
    server.was_spared();
}

#[tokio::test(start_paused = true)]
async fn callers_of_a_policys_streams_share_one_hint() -> Result<(), InvalidPolicy> {
    let wait = Duration::from_secs(60);
    let ask: Policy<u32, Fault> = Policy::new()
        >> policy::retry().max(3).base_delay(Duration::from_millis(100)).retry_after(hint).build()?
        >> policy::circuit_breaker("herd.policy").failure_threshold(5).build()?
        >> policy::rate_limit("herd.policy.tokens").max(100_000).cost(500).settle(usage).wait(wait).build()?
        >> policy::rate_limit("herd.policy.hints").retry_after(hint).wait(wait).build()?;
    let server = Server::start();
    let answers = herd(async || ask.call_stream(|| server.stream()).collect::<Vec<_>>().await).await;
    assert!(answers.iter().all(|answer| *answer == [Ok(1), Ok(100)]), "{answers:?}");
    server.was_spared();
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Response {
    status: u16,
    retry_after: Option<Duration>,
}

type Responded = Result<Response, Fault>;

fn is_closed(response: &Response) -> bool {
    response.status == 503
}

fn hint_of_response(answer: &Responded) -> Option<Duration> {
    answer.as_ref().ok()?.retry_after
}

/// All layers read the hint of an `Ok` with the status 503.
#[retry(max = 3, base_delay = "100ms", when_ok = is_closed, retry_after = hint_of_response)]
#[circuit_breaker(name = "herd.values", failure_threshold = 5, when_ok = is_closed, retry_after = hint_of_response)]
#[rate_limit(name = "herd.values", learn = true, wait = "1m", retry_after = hint_of_response)]
async fn responded(server: &Server) -> Responded {
    let retry_after = server.asked().await;
    Ok(Response { status: if retry_after.is_some() { 503 } else { 200 }, retry_after })
}

#[tokio::test(start_paused = true)]
async fn callers_share_the_hint_of_a_response() {
    let server = Server::start();
    let answers = herd(async || responded(&server).await).await;
    assert!(answers.iter().all(|answer| *answer == Ok(Response { status: 200, retry_after: None })), "{answers:?}");
    server.was_spared();
}
