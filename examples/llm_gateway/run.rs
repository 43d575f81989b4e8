//! One run: sends the whole traffic to a fresh service and collects the outcomes.

use std::collections::HashSet;
use std::error::Error;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep_until;

use crate::behaviour::Behaviour;
use crate::gateway::{Answer, AskError, Author, Ending, Gateway};
use crate::model::Model;
use crate::progress::Progress;
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
    pub(crate) breaker: Timeline,
    /// Requests that the cache answered without a call of their own.
    pub(crate) spared: u64,
}

/// The outcome of one request.
pub(crate) struct Outcome {
    /// The time of arrival, relative to the start of the run.
    pub(crate) at: Duration,
    pub(crate) latency: Duration,
    /// The layer that answered; `None` if the request failed.
    pub(crate) layer: Option<Layer>,
    /// Whether the answer belongs to another question.
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
    /// Sends each arrival through `ask` at its time, no matter how many are still waiting. `breaker` is the
    /// name of the breaker that `ask` uses, if it does.
    pub(crate) async fn drive<F, A>(
        name: &str,
        breaker: &str,
        behaviour: &Behaviour,
        arrivals: &[Arrival],
        ask: F,
    ) -> Result<Self, Box<dyn Error>>
    where
        F: Fn(Arc<Gateway>, String) -> A + Clone + Send + 'static,
        A: Future<Output = Result<Answer, AskError>> + Send,
    {
        let service = Service::start(behaviour.clone())?;
        let gateway = Arc::new(Gateway::new(service.url())?);
        let start = service.opened();

        let mut requests = JoinSet::new();
        for Arrival { at, question } in arrivals.iter().cloned() {
            let (gateway, ask) = (Arc::clone(&gateway), ask.clone());
            requests.spawn(async move {
                sleep_until(start + at).await;
                let result = ask(gateway, question.clone()).await;
                // Counted from the arrival, because the customer also waits for a late start.
                let latency = start.elapsed().saturating_sub(at);
                (at, question, latency, result.ok())
            });
        }

        let mut progress = Progress::new(name, behaviour, arrivals, start);
        let mut timeline = Timeline::default();
        let mut seen = HashSet::new();
        let mut outcomes = Vec::with_capacity(arrivals.len());
        let collect = async {
            while let Some(request) = requests.join_next().await {
                let (at, question, latency, answer) = request?;
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
            never = timeline.watch(breaker, start) => match never {},
        }

        Ok(Self {
            outcomes,
            primary_calls: service.calls(Model::Primary),
            small_calls: service.calls(Model::Small),
            calls: service.arrivals(),
            ended: gateway.ended().into_iter().map(|(at, ending)| (at - start, ending)).collect(),
            breaker: timeline,
            spared: spared_by_cache(),
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
