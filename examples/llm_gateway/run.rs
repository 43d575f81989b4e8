//! One run: sends the whole traffic to a fresh service and collects the outcomes.

use std::collections::HashSet;
use std::error::Error;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep_until;

use crate::behaviour::Behaviour;
use crate::gateway::{Answer, Author, EndedCall, Ending, Gateway};
use crate::model::Model;
use crate::progress::Progress;
use crate::protection::{Protection, Reply};
use crate::server::Service;
use crate::timeline::Timeline;
use crate::traffic::Arrival;
use crate::{FAILURES_IN_A_ROW, normalize};

pub(crate) struct Run {
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) primary_calls: u32,
    pub(crate) small_calls: u32,
    /// When each call to either model arrived, relative to the start of the run.
    pub(crate) calls: Vec<Duration>,
    /// The calls to the primary model that have ended, relative to the start of the run.
    ended: Vec<(Duration, Ending)>,
    /// The units that the answers of the primary model report.
    pub(crate) tokens: u64,
    /// Calls that the service rejected with a 429.
    pub(crate) rate_limited: u32,
    pub(crate) breaker: Timeline,
    /// Requests that the cache answered without a call of their own.
    pub(crate) spared: u64,
    /// Streamed answers that stalled.
    pub(crate) stalled_streams: u32,
}

/// The outcome of one request.
pub(crate) struct Outcome {
    /// The time of arrival, relative to the start of the run.
    pub(crate) at: Duration,
    pub(crate) latency: Duration,
    /// The layer that answered; `None` if the request failed.
    pub(crate) layer: Option<Layer>,
    /// True if the answer belongs to another question.
    pub(crate) mixed_up: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layer {
    Cache,
    Primary,
    Small,
    Canned,
}

impl Layer {
    pub(crate) const ALL: [Self; 4] = [Self::Cache, Self::Primary, Self::Small, Self::Canned];
}

impl Run {
    /// Asks at each time of arrival, no matter how many are still waiting.
    pub(crate) async fn drive(
        protection: Protection,
        behaviour: &Behaviour,
        arrivals: &[Arrival],
    ) -> Result<Self, Box<dyn Error>> {
        // Each run begins with a closed breaker and an empty cache.
        resilience::testing::reset();
        let service = Service::start(behaviour.clone())?;
        let gateway = Arc::new(Gateway::new(service.url())?);
        let start = service.opened();

        let mut requests = JoinSet::new();
        for arrival in arrivals.iter().cloned() {
            let gateway = Arc::clone(&gateway);
            requests.spawn(async move {
                let at = arrival.at;
                sleep_until(start + at).await;
                let reply = protection.reply(&gateway, &arrival).await;
                // Counted from the arrival, because the customer also waits for a late start.
                let latency = start.elapsed().saturating_sub(at);
                (at, arrival.question, latency, reply)
            });
        }

        let mut progress = Progress::new(protection.name(), behaviour, arrivals, start);
        let mut timeline = Timeline::default();
        let mut seen = HashSet::new();
        let mut outcomes = Vec::with_capacity(arrivals.len());
        let mut stalled_streams = 0;
        let collect = async {
            while let Some(request) = requests.join_next().await {
                let (at, question, latency, Reply { answer, stalled }) = request?;
                stalled_streams += u32::from(stalled);
                progress.count(answer.is_some());
                outcomes.push(Outcome {
                    at,
                    latency,
                    mixed_up: answer.as_ref().is_some_and(|a| !fits(a, &question)),
                    layer: answer.map(|a| layer(a, &mut seen)),
                });
            }
            Ok::<(), Box<dyn Error>>(())
        };
        tokio::select! {
            collected = collect => collected?,
            never = timeline.watch(start) => match never {},
        }

        Ok(Self {
            outcomes,
            primary_calls: service.calls(Model::Primary),
            small_calls: service.calls(Model::Small),
            calls: service.arrivals(),
            tokens: gateway.ended().iter().map(|call| call.tokens).sum(),
            ended: gateway.ended().into_iter().map(|EndedCall { at, ending, .. }| (at - start, ending)).collect(),
            rate_limited: service.rate_limited(),
            breaker: timeline,
            spared: spared_by_cache(),
            stalled_streams,
        })
    }

    /// Says why the breaker opened for the first time, if it did: the calls that failed in a row.
    pub(crate) fn reason_of_first_opening(&self, outage: &Range<Duration>) -> Option<String> {
        let threshold = usize::try_from(FAILURES_IN_A_ROW).ok()?;
        let failed = |ended: &&[(Duration, Ending)]| ended.iter().all(|(_, ending)| *ending != Ending::Answered);
        let ended = self.ended.windows(threshold).find(failed)?;
        let at = ended.last()?.0;
        let before = if at < outage.start { " before the outage," } else { "" };
        let endings: Vec<String> = ended.iter().map(|(_, ending)| ending.to_string()).collect();
        Some(format!(
            "It opened at {:.1} s,{before} when {threshold} calls in a row had failed: {}.",
            at.as_secs_f64(),
            endings.join(", "),
        ))
    }
}

/// Counts hits, and callers that waited for another call with the same question.
fn spared_by_cache() -> u64 {
    resilience::Cache::named("answers").map_or(0, |cache| {
        let stats = cache.stats();
        (stats.hits + stats.misses).saturating_sub(stats.loads)
    })
}

/// Whether the answer repeats the question, as the service does. A cache that mixes up customers fails this.
fn fits(answer: &Answer, question: &str) -> bool {
    match answer.author {
        Author::Model { .. } => normalize(&answer.text).contains(&normalize(question)),
        Author::Canned => true,
    }
}

/// Determines who answered. A completion of the primary model that was seen before comes from the cache.
fn layer(answer: Answer, seen: &mut HashSet<String>) -> Layer {
    match answer.author {
        Author::Model { model: Model::Primary, completion } if seen.insert(completion.clone()) => Layer::Primary,
        Author::Model { model: Model::Primary, .. } => Layer::Cache,
        Author::Model { model: Model::Small, .. } => Layer::Small,
        Author::Canned => Layer::Canned,
    }
}
