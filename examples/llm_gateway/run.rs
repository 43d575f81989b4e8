//! One run: the whole traffic against a fresh service, and what was seen of it.

use std::collections::HashSet;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep_until;

use crate::behaviour::Behaviour;
use crate::gateway::{Answer, AskError, Author, Gateway};
use crate::model::Model;
use crate::normalize;
use crate::progress::Progress;
use crate::server::Service;
use crate::timeline::Timeline;
use crate::traffic::Arrival;

pub(crate) struct Run {
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) primary_calls: u32,
    pub(crate) small_calls: u32,
    pub(crate) breaker: Timeline,
    /// Requests that got their answer without a call of their own.
    pub(crate) spared: u64,
}

/// What became of one request.
pub(crate) struct Outcome {
    /// When it came, counted from the start of the run.
    pub(crate) at: Duration,
    pub(crate) latency: Duration,
    /// Who answered; nobody if it failed.
    pub(crate) layer: Option<Layer>,
    /// The answer belongs to another question.
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
    /// Sends every arrival at its time through `ask`, however many are still waiting.
    pub(crate) async fn drive<F, A>(
        name: &str,
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
                // From the arrival, not from the call: a late start is the customer's wait too.
                let latency = start.elapsed().saturating_sub(at);
                (at, question, latency, result.ok())
            });
        }

        let mut progress = Progress::new(name, behaviour, arrivals, start);
        let mut breaker = Timeline::default();
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
            never = breaker.watch(start) => match never {},
        }

        Ok(Self {
            outcomes,
            primary_calls: service.calls(Model::Primary),
            small_calls: service.calls(Model::Small),
            breaker,
            spared: spared_by_cache(),
        })
    }
}

/// Hits, and those that waited for somebody with the same question.
fn spared_by_cache() -> u64 {
    resilience::Cache::named("answers").map_or(0, |cache| {
        let stats = cache.stats();
        (stats.hits + stats.misses).saturating_sub(stats.loads)
    })
}

/// The service repeats the question, so that a cache which mixes up customers would be seen.
fn fits(answer: &Answer, question: &str) -> bool {
    match answer.author {
        Author::Model { .. } => normalize(&answer.text).contains(&normalize(question)),
        Author::Canned => true,
    }
}

/// A completion of the primary model that somebody has had before came out of the cache.
fn layer(answer: Answer, seen: &mut HashSet<String>) -> Layer {
    match answer.author {
        Author::Model { model: Model::Primary, completion } if seen.insert(completion.clone()) => Layer::Primary,
        Author::Model { model: Model::Primary, .. } => Layer::Cache,
        Author::Model { model: Model::Small, .. } => Layer::Small,
        Author::Canned => Layer::Canned,
    }
}
