//! Updates for which no call waits: a bounded queue, and the task that sends them in order.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use resilience::store::{Postponed, SharedState, StoreError, Update};
use tokio::sync::{Notify, mpsc, oneshot};

use crate::call::Call;
use crate::connect_error::store_error;
use crate::epochs::Epochs;
use crate::link::{Link, run};
use crate::sync::lock;
use crate::update;

const LENGTH: usize = 4_096;

const BATCH: usize = 64;

/// The pause after which postponed updates are tried again.
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
    /// Received and not yet in a batch, the oldest last.
    jobs: Vec<Job>,
    batch: Vec<Update>,
    postponed: &'static PostponedUpdates,
}

/// Updates that must be sent in any case. They stay when the connection is replaced.
pub struct PostponedUpdates {
    updates: Mutex<Postponed>,
    more: Notify,
}

impl PostponedUpdates {
    pub const fn new() -> Self {
        Self { updates: Mutex::new(Postponed::new()), more: Notify::const_new() }
    }

    /// Returns the number of lost updates.
    pub fn keep(&self, updates: impl IntoIterator<Item = Update>) -> u64 {
        let mut postponed = lock(&self.updates);
        let lost = updates.into_iter().filter_map(|update| (!postponed.keep(update)).then_some(())).count();
        self.more.notify_one();
        lost as u64
    }

    fn is_empty(&self) -> bool {
        lock(&self.updates).is_empty()
    }
}

/// Changes of this process that have not been sent, by state and name. A request would find the state before them.
#[derive(Default)]
struct Changes {
    unsent: Mutex<UnsentChanges>,
    epochs: Arc<Epochs>,
}

#[derive(Default)]
struct UnsentChanges {
    queued: HashMap<(SharedState, String), usize>,
    postponed: HashSet<String>,
}

impl UnsentChanges {
    fn take_back(&mut self, update: &Update) {
        let Some(change) = Changes::of(update) else { return };
        if let Some(count) = self.queued.get_mut(&change) {
            *count -= 1;
            if *count == 0 {
                self.queued.remove(&change);
            }
        }
    }
}

impl Changes {
    fn of(update: &Update) -> Option<(SharedState, String)> {
        let (state, name) = match update {
            Update::Put { key, seen: None, .. }
            | Update::Mark { key, .. }
            | Update::Remove { key, unless_changed: None }
            | Update::ResetWindow { key } => (key.state, &key.name),
            Update::Clear { name } => (SharedState::Cache, name),
            _ => return None,
        };
        Some((state, name.clone()))
    }

    fn begin(&self, update: &Update) {
        if let Some(change) = Self::of(update) {
            let mut unsent = lock(&self.unsent);
            *unsent.queued.entry(change).or_default() += 1;
            // With the lock: a call that finds no change has read the version before it, or after it was sent.
            if matches!(update, Update::Clear { .. }) {
                self.epochs.forget();
            }
        }
    }

    /// Also sets the caches whose changes are postponed.
    fn end<'a>(&self, updates: impl IntoIterator<Item = &'a Update>, postponed: &Postponed) {
        let unsent = &mut *lock(&self.unsent);
        updates.into_iter().for_each(|update| unsent.take_back(update));
        unsent.postponed = postponed.caches().map(str::to_owned).collect();
    }

    fn contain(&self, state: SharedState, name: &str) -> bool {
        let UnsentChanges { queued, postponed } = &*lock(&self.unsent);
        !queued.is_empty() && queued.contains_key(&(state, name.to_owned()))
            || state == SharedState::Cache && postponed.contains(name)
    }
}

enum Job {
    Update(Update),
    /// Completes when all updates before it have been sent.
    Done(oneshot::Sender<()>),
}

fn size(update: &Update) -> usize {
    match update {
        Update::Put { value, .. } => value.len(),
        Update::Mark { mark, .. } => mark.len(),
        Update::Remove { unless_changed, .. } => unless_changed.as_ref().map_or(0, Vec::len),
        _ => 0,
    }
}

impl Queue {
    pub fn epochs(&self) -> Arc<Epochs> {
        Arc::clone(&self.changes.epochs)
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
            lock(&self.changes.unsent).take_back(update);
            self.bytes.fetch_sub(size, Ordering::Relaxed);
        }
        refused.is_none()
    }

    /// Waits until the changes of this process to the state, which are rare, have been sent.
    ///
    /// # Errors
    ///
    /// Returns an error if they cannot be sent, because the state of the engine is then outdated.
    pub async fn send_changes(&self, state: SharedState, name: &str) -> Result<(), StoreError> {
        if !self.changes.contain(state, name) {
            return Ok(());
        }
        self.flush().await;
        if state == SharedState::Cache && self.changes.contain(state, name) {
            return Err(StoreError::Unreachable("it has not been told of a change".to_owned()));
        }
        Ok(())
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
    pub fn new(most_bytes: usize, postponed: &'static PostponedUpdates) -> (Queue, Self) {
        let (sender, receiver) = mpsc::channel(LENGTH);
        let (bytes, changes) = (Arc::<AtomicUsize>::default(), Arc::<Changes>::default());
        changes.end([], &lock(&postponed.updates));
        let queue = Queue { sender, bytes: Arc::clone(&bytes), most_bytes, changes: Arc::clone(&changes) };
        (queue, Self { receiver, bytes, changes, jobs: Vec::new(), batch: Vec::new(), postponed })
    }

    pub async fn send(mut self, link: Arc<Link>) {
        while self.receive().await {
            self.jobs.reverse();
            while let Some(job) = self.jobs.pop() {
                match job {
                    Job::Update(update) => self.batch.push(update),
                    Job::Done(done) => {
                        self.send_batch(&link).await;
                        let _nobody_waits = done.send(());
                    }
                }
            }
            self.send_batch(&link).await;
        }
    }

    /// Returns whether there may be more. There may be no job yet, but postponed updates.
    async fn receive(&mut self) -> bool {
        let waits = !self.postponed.is_empty();
        tokio::select! {
            count = self.receiver.recv_many(&mut self.jobs, BATCH) => count > 0,
            () = tokio::time::sleep(SEND_AGAIN), if waits => true,
            () = self.postponed.more.notified(), if !waits => true,
        }
    }

    async fn send_batch(&mut self, link: &Link) {
        self.bytes.fetch_sub(self.batch.iter().map(size).sum(), Ordering::Relaxed);
        let (mut unsent, postponed) = (Unsent::default(), lock(&self.postponed.updates).updates().to_vec());
        for updates in [&postponed, &self.batch] {
            for group in updates.chunk_by(|_, next| update::needs_epoch(next).is_none()) {
                send_group(link, group, &mut unsent).await;
            }
        }
        {
            let mut waiting = lock(&self.postponed.updates);
            // A replaced connection may have added some. Sending one twice does no harm.
            let mut left = waiting.take();
            if left.starts_with(&postponed) {
                left.drain(..postponed.len());
            }
            for update in unsent.updates.into_iter().chain(left) {
                unsent.dropped += u64::from(!waiting.keep(update));
            }
            self.changes.end(&self.batch, &waiting);
        }
        self.batch.clear();
        if let Some(problem) = unsent.problem.as_ref().filter(|_| unsent.dropped > 0) {
            link.engine().dropped(unsent.dropped, problem);
        }
    }
}

/// A replaced connection leaves the updates that must be sent in any case to the next one.
impl Drop for Updates {
    fn drop(&mut self) {
        let queued = self.jobs.drain(..).rev().chain(std::iter::from_fn(|| self.receiver.try_recv().ok()));
        let queued = queued.filter_map(|job| if let Job::Update(update) = job { Some(update) } else { None });
        let updates: Vec<_> = self.batch.drain(..).chain(queued).filter(Postponed::is_for).collect();
        if !updates.is_empty() {
            self.postponed.keep(updates);
        }
    }
}

/// Only the first of them may need the epoch of its cache, which the updates before it may change.
async fn send_group(link: &Link, group: &[Update], unsent: &mut Unsent) {
    let epoch = match group.first().and_then(update::needs_epoch) {
        Some(cache) => link.first_epoch(cache).await,
        None => Ok(0),
    };
    let epoch = match epoch {
        Ok(epoch) => epoch,
        // Without memory there may be no epoch.
        Err(problem @ StoreError::Refused(_)) => {
            let Some((first, others)) = group.split_first() else { return };
            refused(link, first, problem, unsent).await;
            return send_calls(link, others, 0, unsent).await;
        }
        Err(problem) => return unsent.add(group, problem),
    };
    send_calls(link, group, epoch, unsent).await;
}

async fn send_calls(link: &Link, group: &[Update], epoch: u64, unsent: &mut Unsent) {
    let engine = link.engine();
    let mut calls = Vec::with_capacity(group.len());
    for update in group {
        match update::call(engine.namespace(), engine.token(), update, epoch) {
            Ok(Some(call)) => calls.push((update, call)),
            Ok(None) => {}
            Err(problem) => unsent.drop(problem),
        }
    }
    if calls.is_empty() {
        return;
    }
    if let Err(problem) = send(link, &calls, unsent).await {
        unsent.add(group, problem);
    }
}

/// Updates that the engine has not carried out, as far as this process knows.
#[derive(Default)]
struct Unsent {
    updates: Vec<Update>,
    dropped: u64,
    problem: Option<StoreError>,
}

impl Unsent {
    fn add(&mut self, group: &[Update], problem: StoreError) {
        self.updates.extend_from_slice(group);
        self.problem.get_or_insert(problem);
    }

    fn drop(&mut self, problem: StoreError) {
        self.dropped += 1;
        self.problem.get_or_insert(problem);
    }
}

/// Sends commands in order. The engine may have carried out a command that fails.
async fn send(link: &Link, calls: &[(&Update, Call<'_>)], unsent: &mut Unsent) -> Result<(), StoreError> {
    if let [(update, call)] = calls {
        return match link.ask(call).await {
            Err(problem @ StoreError::Refused(_)) => {
                refused(link, update, problem, unsent).await;
                Ok(())
            }
            answer => answer.map(drop),
        };
    }
    let mut connection = link.connection()?;
    let mut pipeline = redis::pipe();
    let mut known = HashSet::new();
    for (_, call) in calls {
        // The engine may have lost a script. Sending it again after the others would change the order.
        let is_first = call.script().is_some_and(|script| known.insert(script.hash()));
        pipeline.add_command(call.to_command(is_first));
    }
    match connection.run_all(&pipeline).await {
        Some(answers) => {
            let answers = answers.map_err(|error| store_error(&error))?;
            for ((update, _), answer) in calls.iter().zip(answers) {
                if let Err(error) = answer.extract_error() {
                    refused(link, update, store_error(&error), unsent).await;
                }
            }
        }
        None => {
            for (update, call) in calls {
                if let Err(error) = run(&mut connection, call).await {
                    refused(link, update, store_error(&error), unsent).await;
                }
            }
        }
    }
    Ok(())
}

/// The engine does not carry the update out. A value that is no longer right goes in any case.
async fn refused(link: &Link, update: &Update, problem: StoreError, unsent: &mut Unsent) {
    match (update::instead(link.engine().namespace(), update), &problem) {
        (_, StoreError::Unreachable(_)) => unsent.add(std::slice::from_ref(update), problem),
        (Some(instead), _) if link.ask(&instead).await.is_ok() => unsent.drop(problem),
        _ => unsent.drop(problem),
    }
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
        Link::new(engine, Endpoint::single("redis://localhost", Duration::ZERO).expect("a URL"), Arc::default())
    }

    #[tokio::test]
    async fn so_many_places_are_left_later_and_the_others_are_dropped() {
        static POSTPONED: PostponedUpdates = PostponedUpdates::new();
        let link = unconnected(&OVERFULL);
        let (_queue, mut updates) = Updates::new(0, &POSTPONED);
        updates.batch = (0..3_000).map(leave).collect();
        updates.send_batch(&link).await;
        let left = lock(&POSTPONED.updates).take();
        assert_eq!((left.len(), OVERFULL.dropped_updates()), (2_048, 3_000 - 2_048));
        assert!(left.iter().zip(0..).all(|(place, token)| *place == leave(token)), "the first ones");
    }

    #[tokio::test]
    async fn a_change_that_does_not_fit_is_waited_for_by_nobody() {
        static POSTPONED: PostponedUpdates = PostponedUpdates::new();
        let link = unconnected(&REFUSING);
        let (queue, mut updates) = Updates::new(0, &POSTPONED);
        let key = StateKey { state: SharedState::Cache, name: "answers", variant: "", hash: None };
        let put = || Update::Put { key: key.into(), value: vec![7; 9], seen: None, time: None };
        assert_eq!((queue.push(put()), queue.push(put())), (true, false));
        assert!(queue.changes.contain(SharedState::Cache, "answers"));
        updates.batch = vec![put()];
        updates.send_batch(&link).await;
        assert!(lock(&queue.changes.unsent).queued.is_empty());
        assert!(queue.changes.contain(SharedState::Cache, "answers"), "its removal is postponed");
    }
}
