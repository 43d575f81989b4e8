//! The connection of a program, with its requests, and the task that maintains it.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use redis::aio::PubSub;
use redis::{RedisError, ServerErrorKind, Value};
use resilience::store::{Engine, Fetched, NoticeKind, StateKey, StoreError};
use tokio::sync::Notify;

use crate::call::{Call, not_understood};
use crate::connect_error::{ConnectError, store_error};
use crate::endpoint::{Connection, Endpoint, Session};
use crate::epochs::{AskedEpoch, Epochs, Version};
use crate::sync::lock;
use crate::{key, notice, request};

/// The interval of checks of idle connections, which a network may drop silently.
const CHECK: Duration = Duration::from_secs(10);

const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

pub struct Link {
    engine: &'static Engine,
    endpoint: Endpoint,
    connection: Mutex<Result<Connection, Option<ConnectError>>>,
    suspicion: Notify,
    epochs: Arc<Epochs>,
}

/// Reports a request that ended without an answer or was abandoned.
struct Pending<'a> {
    link: &'a Link,
    is_answered: bool,
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if !self.is_answered {
            self.link.suspicion.notify_one();
        }
    }
}

impl Link {
    /// Without a connection, until it is [kept](Self::keep).
    pub fn new(engine: &'static Engine, endpoint: Endpoint, epochs: Arc<Epochs>) -> Self {
        Self { engine, endpoint, connection: Mutex::new(Err(None)), suspicion: Notify::new(), epochs }
    }

    pub const fn engine(&self) -> &'static Engine {
        self.engine
    }

    pub fn disconnect(&self) {
        *lock(&self.connection) = Err(None);
        self.epochs.forget();
    }

    pub fn connection(&self) -> Result<Connection, StoreError> {
        lock(&self.connection).clone().map_err(|problem| match problem {
            None => StoreError::Unreachable("the connection is lost".to_owned()),
            Some(problem) => StoreError::Unreachable(format!("the connection is lost: {problem}")),
        })
    }

    pub async fn ask(&self, call: &Call<'_>) -> Result<Value, StoreError> {
        let mut connection = self.connection()?;
        let mut pending = Pending { link: self, is_answered: false };
        let answer = run(&mut connection, call).await;
        pending.is_answered = answer.as_ref().map_or_else(is_answer, |_| true);
        answer.map_err(|error| store_error(&error))
    }

    /// Makes several requests without scripts, in this order, and at once if one node has their keys.
    pub async fn ask_all<const N: usize>(&self, calls: [Call<'_>; N]) -> Result<[Value; N], StoreError> {
        let mut connection = self.connection()?;
        let mut pending = Pending { link: self, is_answered: false };
        let mut pipeline = redis::pipe();
        for call in &calls {
            pipeline.add_command(call.to_command(false));
        }
        let answers = match connection.run_all(&pipeline).await {
            Some(answers) => answers.and_then(|answers| answers.into_iter().map(Value::extract_error).collect()),
            None => {
                let mut answers = Ok(Vec::with_capacity(N));
                for call in &calls {
                    match (&mut answers, run(&mut connection, call).await) {
                        (Ok(answers), Ok(answer)) => answers.push(answer),
                        (answers, Err(error)) => *answers = Err(error),
                        (Err(_), Ok(_)) => {}
                    }
                }
                answers
            }
        };
        pending.is_answered = answers.as_ref().map_or_else(is_answer, |_| true);
        let answers = answers.map_err(|error| store_error(&error))?;
        answers.try_into().map_err(|_| not_understood())
    }

    pub fn epochs(&self) -> &Epochs {
        &self.epochs
    }

    pub async fn fetch(&self, key: &StateKey<'_>, version: Version) -> Result<Fetched, StoreError> {
        let (namespace, max_value) = (self.engine.namespace(), self.engine.max_value());
        if let Some(known) = self.epochs.recall(version, key.name, Instant::now()) {
            let entry = self.ask(&request::entry(namespace, key, max_value)).await?;
            let clock = known.clock_at(Instant::now());
            if let Some(fetched) = request::fetched_by(entry, known.epoch, clock, max_value)? {
                return Ok(fetched);
            }
        }
        let asked = Instant::now();
        let [left, entry, epoch] = request::fetch(namespace, key, max_value);
        // Each node of a cluster has a clock of its own.
        let (clock, [left, entry, epoch]) = if self.connection()?.is_cluster() {
            (None, self.ask_all([left, entry, epoch]).await?)
        } else {
            let [clock, left, entry, epoch] = self.ask_all([request::time(), left, entry, epoch]).await?;
            (Some(request::clock_of(&clock)?), [left, entry, epoch])
        };
        let Some(epoch) = request::epoch_of(&epoch)? else {
            return Ok(Fetched { clears: self.first_epoch(key.name).await?, ..Fetched::default() });
        };
        if let Some(clock) = clock {
            self.epochs.learn(version, key.name, AskedEpoch { epoch, clock, asked });
        }
        request::fetched(&left, entry, epoch, max_value)
    }

    /// Returns the epoch of a cache. Creates one if there is none.
    pub async fn first_epoch(&self, cache: &str) -> Result<u64, StoreError> {
        let epoch = self.ask(&request::first_epoch(self.engine.namespace(), cache)).await?;
        request::epoch_of(&epoch)?.ok_or_else(not_understood)
    }

    pub fn adopt(&self, session: Session) -> PubSub {
        *lock(&self.connection) = Ok(session.requests);
        session.notices
    }

    /// Delivers notices as long as the connections work, and opens new ones when they do not.
    pub async fn keep(self: Arc<Self>, notices: Option<PubSub>) {
        let mut notices = notices;
        loop {
            if let Some(notices) = notices.take() {
                self.engine.connected();
                self.deliver_until_lost(notices).await;
                self.disconnect();
            }
            notices = Some(self.open_again().await);
        }
    }

    async fn open_again(&self) -> PubSub {
        let channel = key::channel(self.engine.namespace());
        let mut pause = FIRST_PAUSE;
        loop {
            match self.endpoint.open(&channel).await {
                Ok(session) => return self.adopt(session),
                Err(problem) => *lock(&self.connection) = Err(Some(problem)),
            }
            tokio::time::sleep(pause).await;
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
    }

    async fn deliver_until_lost(&self, notices: PubSub) {
        let (mut sink, mut messages) = notices.split();
        let mut next_check = tokio::time::Instant::now() + CHECK;
        loop {
            let is_alive = tokio::select! {
                message = messages.next() => {
                    let Some(message) = message else { return };
                    if let Some(notice) = notice::read(self.engine.token(), message.get_payload_bytes()) {
                        if notice.kind == NoticeKind::Cleared {
                            self.epochs.forget();
                        }
                        self.engine.deliver(&notice);
                    }
                    true
                }
                () = self.suspicion.notified() => self.requests_work().await,
                () = tokio::time::sleep_until(next_check) => {
                    next_check = tokio::time::Instant::now() + CHECK;
                    let ping = tokio::time::timeout(self.endpoint.timeout(), sink.ping::<Value>()).await;
                    matches!(ping, Ok(Ok(_))) && self.requests_work().await
                }
            };
            if !is_alive {
                return;
            }
        }
    }

    async fn requests_work(&self) -> bool {
        let Ok(connection) = self.connection() else { return false };
        matches!(tokio::time::timeout(self.endpoint.timeout(), connection.verify()).await, Ok(Ok(())))
    }
}

/// Returns whether the connection has carried an answer from an engine that can continue.
fn is_answer(error: &RedisError) -> bool {
    use redis::ErrorKind::{Io, Server};
    !matches!(error.kind(), Io | Server(ServerErrorKind::ReadOnly | ServerErrorKind::MasterDown))
}

/// Sends a script by its hash, and in full if the engine has lost it.
pub async fn run(connection: &mut Connection, call: &Call<'_>) -> Result<Value, RedisError> {
    match connection.run(&call.to_command(false)).await {
        Err(error) if error.kind() == redis::ErrorKind::Server(ServerErrorKind::NoScript) => {
            connection.run(&call.to_command(true)).await
        }
        answer => answer,
    }
}
