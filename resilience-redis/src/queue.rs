//! Updates that nobody waits for: a bounded queue, and the task that sends them in order.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use redis::{RedisError, Value};
use resilience::store::{SharedState, StoreError, Update};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::call::Call;
use crate::connect_error::store_error;
use crate::link::{Link, lock, run};
use crate::update;

const LENGTH: usize = 4_096;

const BATCH: usize = 64;

/// The most places whose leaving is sent again, and how often that is tried.
const LEFT_PLACES: usize = 1_024;
const SEND_AGAIN: Duration = Duration::from_millis(500);

pub struct Queue {
    sender: mpsc::Sender<Job>,
    bytes: Arc<AtomicUsize>,
    most_bytes: usize,
    changes: Arc<Changes>,
}

pub struct Updates {
    receiver: mpsc::Receiver<Job>,
    bytes: Arc<AtomicUsize>,
    changes: Arc<Changes>,
    /// Without them, an engine that comes back has places that nobody uses until their leases end. No call may have one
    /// meanwhile, so an outage of a second would last for a whole lease.
    left_places: Vec<Update>,
}

/// Changes that the program has made to its state itself and that have not been sent, by state and name.
/// It would find the state from before them.
#[derive(Default)]
struct Changes(Mutex<HashMap<(SharedState, String), usize>>);

impl Changes {
    fn of(update: &Update) -> Option<(SharedState, String)> {
        let (state, name) = match update {
            Update::Put { key, seen: None, .. }
            | Update::Remove { key, unless_changed: None }
            | Update::ResetWindow { key } => (key.state, &key.name),
            Update::Clear { name } => (SharedState::Cache, name),
            _ => return None,
        };
        Some((state, name.clone()))
    }

    fn begin(&self, update: &Update) {
        if let Some(change) = Self::of(update) {
            *lock(&self.0).entry(change).or_default() += 1;
        }
    }

    fn end(&self, update: &Update) {
        let Some(change) = Self::of(update) else { return };
        let mut changes = lock(&self.0);
        if let Some(count) = changes.get_mut(&change) {
            *count -= 1;
            if *count == 0 {
                changes.remove(&change);
            }
        }
    }

    fn contain(&self, state: SharedState, name: &str) -> bool {
        let changes = lock(&self.0);
        !changes.is_empty() && changes.contains_key(&(state, name.to_owned()))
    }
}

enum Job {
    Update(Update),
    /// All updates before it have been sent.
    Done(oneshot::Sender<()>),
}

fn size(update: &Update) -> usize {
    match update {
        Update::Put { value, .. } => value.len(),
        Update::Remove { unless_changed, .. } => unless_changed.as_ref().map_or(0, Vec::len),
        _ => 0,
    }
}

impl Queue {
    pub fn new(most_bytes: usize) -> (Self, Updates) {
        let (sender, receiver) = mpsc::channel(LENGTH);
        let (bytes, changes) = (Arc::default(), Arc::default());
        let left_places = Vec::new();
        let updates = Updates { receiver, bytes: Arc::clone(&bytes), changes: Arc::clone(&changes), left_places };
        (Self { sender, bytes, most_bytes, changes }, updates)
    }

    pub fn push(&self, update: Update) -> bool {
        let size = size(&update);
        let queued = self.bytes.fetch_add(size, Ordering::Relaxed);
        let fits = queued.saturating_add(size) <= self.most_bytes.max(size);
        self.changes.begin(&update);
        let refused = match self.sender.try_reserve() {
            Ok(place) if fits => {
                place.send(Job::Update(update));
                None
            }
            _ => Some(update),
        };
        if let Some(update) = &refused {
            self.changes.end(update);
            self.bytes.fetch_sub(size, Ordering::Relaxed);
        }
        refused.is_none()
    }

    /// Waits until the changes of the program to this state have been sent, which are rare.
    pub async fn send_changes(&self, state: SharedState, name: &str) {
        if self.changes.contain(state, name) {
            self.flush().await;
        }
    }

    /// Waits until the updates so far have been sent or dropped.
    pub async fn flush(&self) {
        let (done, all_sent) = oneshot::channel();
        if self.sender.send(Job::Done(done)).await.is_ok() {
            let _ended = all_sent.await;
        }
    }
}

impl Updates {
    pub async fn send(mut self, link: Arc<Link>) {
        let mut jobs = Vec::with_capacity(BATCH);
        while self.receive(&mut jobs).await {
            let mut batch = std::mem::take(&mut self.left_places);
            for job in jobs.drain(..) {
                match job {
                    Job::Update(update) => batch.push(update),
                    Job::Done(done) => {
                        self.send_batch(&link, &mut batch).await;
                        let _nobody_waits = done.send(());
                    }
                }
            }
            self.send_batch(&link, &mut batch).await;
        }
    }

    /// Returns whether there may be more. There may be no job yet, but places to leave again.
    async fn receive(&mut self, jobs: &mut Vec<Job>) -> bool {
        let received = self.receiver.recv_many(jobs, BATCH);
        if self.left_places.is_empty() {
            return received.await > 0;
        }
        timeout(SEND_AGAIN, received).await.map_or(true, |count| count > 0)
    }

    async fn send_batch(&mut self, link: &Link, batch: &mut Vec<Update>) {
        if batch.is_empty() {
            return;
        }
        self.bytes.fetch_sub(batch.iter().map(size).sum(), Ordering::Relaxed);
        let mut dropped = Dropped::default();
        for group in batch.chunk_by(|_, next| update::needs_epoch(next).is_none()) {
            send_group(link, group, &mut dropped).await;
        }
        for update in batch.drain(..) {
            self.changes.end(&update);
        }
        self.left_places.append(&mut dropped.left_places);
        dropped.updates += self.left_places.len().saturating_sub(LEFT_PLACES) as u64;
        self.left_places.truncate(LEFT_PLACES);
        if let Some(problem) = dropped.problem.as_ref().filter(|_| dropped.updates > 0) {
            link.engine().dropped(dropped.updates, problem);
        }
    }
}

/// Only the first of them may need the epoch of its cache, which the updates before it may change.
async fn send_group(link: &Link, group: &[Update], dropped: &mut Dropped) {
    let epoch = match group.first().and_then(update::needs_epoch) {
        Some(cache) => link.first_epoch(cache).await,
        None => Ok(0),
    };
    let epoch = match epoch {
        Ok(epoch) => epoch,
        Err(problem) => return dropped.count_group(group, problem),
    };
    let engine = link.engine();
    let mut calls = Vec::with_capacity(group.len());
    for update in group {
        match update::call(engine.namespace(), engine.token(), update, epoch) {
            Ok(call) => calls.extend(call),
            Err(problem) => dropped.count(1, problem),
        }
    }
    if let Err(problem) = send(link, &calls, dropped).await {
        dropped.count_group(group, problem);
    }
}

#[derive(Default)]
struct Dropped {
    updates: u64,
    problem: Option<StoreError>,
    left_places: Vec<Update>,
}

impl Dropped {
    fn count_group(&mut self, group: &[Update], problem: StoreError) {
        let left_before = self.left_places.len();
        self.left_places.extend(group.iter().filter(|update| is_leaving(update)).cloned());
        let left = self.left_places.len() - left_before;
        self.count((group.len() - left) as u64, problem);
    }

    fn count(&mut self, updates: u64, problem: StoreError) {
        self.updates += updates;
        self.problem.get_or_insert(problem);
    }

    fn count_refused(&mut self, answer: Result<Value, RedisError>) {
        if let Err(error) = answer {
            self.count(1, store_error(&error));
        }
    }
}

pub fn is_leaving(update: &Update) -> bool {
    matches!(update, Update::Leave { .. })
}

/// Sends commands in order. What fails is not sent again: the engine may have carried it out.
async fn send(link: &Link, calls: &[Call<'_>], dropped: &mut Dropped) -> Result<(), StoreError> {
    if let [call] = calls {
        return link.ask(call).await.map(drop);
    }
    let mut connection = link.connection()?;
    let mut pipeline = redis::pipe();
    let mut known = HashSet::new();
    for call in calls {
        // The engine may have lost a script. Sending it again after the others would change the order.
        let is_first = call.script().is_some_and(|script| known.insert(script.hash()));
        pipeline.add_command(call.to_command(is_first));
    }
    match connection.run_all(&pipeline).await {
        Some(answers) => {
            let answers = answers.map_err(|error| store_error(&error))?;
            for answer in answers {
                dropped.count_refused(answer.extract_error());
            }
        }
        None => {
            for call in calls {
                dropped.count_refused(run(&mut connection, call).await);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use resilience::store::{Engine, StateKey};

    use super::*;
    use crate::endpoint::Endpoint;

    static OVERFULL: Engine = Engine::new("overfull");
    static REFUSING: Engine = Engine::new("refusing");

    fn leave(token: u128) -> Update {
        let key = StateKey { state: SharedState::Bulkhead, name: "gpu", variant: "", hash: None };
        Update::Leave { key: key.into(), token }
    }

    fn unconnected(engine: &'static Engine) -> Link {
        Link::new(engine, Endpoint::single("redis://localhost", Duration::ZERO).expect("a URL"))
    }

    #[tokio::test]
    async fn so_many_places_are_left_later_and_the_others_are_dropped() {
        let link = unconnected(&OVERFULL);
        let (_queue, mut updates) = Queue::new(0);
        let mut batch: Vec<_> = (0..1_500).map(leave).collect();
        updates.send_batch(&link, &mut batch).await;
        assert_eq!((updates.left_places.len(), OVERFULL.dropped_updates()), (LEFT_PLACES, 1_500 - LEFT_PLACES as u64));
        assert!(updates.left_places.iter().zip(0..).all(|(place, token)| *place == leave(token)), "the first ones");
    }

    #[tokio::test]
    async fn a_change_that_does_not_fit_is_waited_for_by_nobody() {
        let link = unconnected(&REFUSING);
        let (queue, mut updates) = Queue::new(0);
        let key = StateKey { state: SharedState::Cache, name: "answers", variant: "", hash: None };
        let put = || Update::Put { key: key.into(), value: vec![7; 9], seen: None, time: None };
        assert_eq!((queue.push(put()), queue.push(put())), (true, false));
        assert!(queue.changes.contain(SharedState::Cache, "answers"));
        updates.send_batch(&link, &mut vec![put()]).await;
        assert!(!queue.changes.contain(SharedState::Cache, "answers"));
    }
}
