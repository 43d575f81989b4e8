//! Each kind of request once, to find out what the engine permits.

use std::time::Duration;

use redis::{RedisError, Value};
use resilience::store::{
    Charge, LeaseRequest, Notice, NoticeKind, Probe, SharedState, SharedWindow, StateKey, StoreError, Update,
};

use crate::call::Call;
use crate::connect_error::{ConnectError, is_forbidden, is_unknown, store_error};
use crate::endpoint::Session;
use crate::link::run;
use crate::{request, update};

const TIME: Duration = Duration::from_millis(1);

/// Returns an error for a request that is not permitted.
pub async fn rehearse(session: &Session, namespace: &str, limit: Duration) -> Result<(), ConnectError> {
    let mut connection = session.requests.clone();
    let rehearsed = tokio::time::timeout(limit, async {
        for (task, call) in requests(namespace) {
            // In full, as after a restart. By its hash, which the engine knows then, it follows.
            if call.script().is_some() {
                let answer = connection.run(&call.to_command(true)).await;
                let is_inside = answer.as_ref().is_err_and(is_inside_script);
                check(if is_inside { task } else { "run scripts (`EVAL`)" }, answer)?;
            }
            check(task, run(&mut connection, &call).await)?;
        }
        for (task, update) in updates() {
            if let Ok(Some(call)) = update::call(namespace, 0, &update, 0) {
                check(task, run(&mut connection, &call).await)?;
            }
        }
        let _left_to_expire = run(&mut connection, &update::remove(namespace, &key(SharedState::Breaker))).await;
        Ok(())
    });
    rehearsed.await.unwrap_or(Err(ConnectError::TimedOut { limit }))
}

/// About `EVAL` itself, an engine may cite the script.
fn is_inside_script(error: &RedisError) -> bool {
    error.detail().is_some_and(|said| said.contains("script") && !said.contains("with args"))
}

fn check(task: &'static str, answer: Result<Value, RedisError>) -> Result<(), ConnectError> {
    match answer {
        Err(error) if is_forbidden(&error) => Err(ConnectError::NoPermission { task }),
        Err(error) if is_unknown(&error) => {
            Err(ConnectError::Unusable { problem: format!("it lacks a command that is needed to {task}") })
        }
        Err(error) => match store_error(&error) {
            StoreError::Unreachable(problem) => Err(ConnectError::Unreachable { problem }),
            // An engine without memory may have some later.
            _ => Ok(()),
        },
        Ok(_) => Ok(()),
    }
}

fn key(state: SharedState) -> StateKey<'static> {
    StateKey { state, name: "rehearsal", variant: "", hash: None }
}

fn window() -> SharedWindow<'static> {
    SharedWindow { key: key(SharedState::RateLimit), max: 1, per: TIME, burst: 1 }
}

fn requests(namespace: &str) -> Vec<(&'static str, Call<'static>)> {
    let (entry, breaker, places) = (key(SharedState::Cache), key(SharedState::Breaker), key(SharedState::Bulkhead));
    let charge = Charge { windows: &[window()], units: 1, patience: Duration::ZERO, lease: 0 };
    let lease = LeaseRequest { key: places, max: 1, token: 0, time: TIME };
    let probe = Probe { key: breaker, generation: 1, max: 1, token: 0, time: TIME };
    let charge = request::charge(namespace, &charge).ok().flatten();
    let requests = [
        charge.map(|call| ("charge a rate limit", call)),
        Some(("begin a cache", request::first_epoch(namespace, "rehearsal"))),
        Some(("enter a bulkhead", request::lease(namespace, &lease, &[]))),
        Some(("wait for a bulkhead", request::lease(namespace, &LeaseRequest { max: 0, token: 1, ..lease }, &[2]))),
        Some(("read a breaker", request::signal(namespace, &breaker))),
        Some(("probe a breaker", request::probe(namespace, &probe))),
    ];
    let reads = request::fetch(namespace, &entry, 0).map(|call| ("read a value", call));
    requests.into_iter().flatten().chain(reads).collect()
}

fn updates() -> [(&'static str, Update); 11] {
    let (entry, breaker, places) = (key(SharedState::Cache), key(SharedState::Breaker), key(SharedState::Bulkhead));
    let notice = Notice { state: SharedState::Cache, name: "rehearsal".to_owned(), hash: None, kind: NoticeKind::Held };
    [
        ("settle a rate limit", Update::Settle { window: window().into(), units: 1 }),
        ("hold a rate limit", Update::Hold { window: window().into(), time: TIME }),
        ("reset a rate limit", Update::ResetWindow { key: window().key.into() }),
        ("store a value", Update::Put { key: entry.into(), value: Vec::new(), seen: None, time: Some(TIME) }),
        ("compare a value", Update::Remove { key: entry.into(), unless_changed: Some(Vec::new()) }),
        ("remove a value", Update::Remove { key: entry.into(), unless_changed: None }),
        ("clear a cache", Update::Clear { name: "rehearsal".to_owned() }),
        ("leave a bulkhead", Update::Leave { key: places.into(), token: 0 }),
        ("open a breaker", Update::Open { key: breaker.into(), token: 0, time: TIME, quorum: 1 }),
        ("close a breaker", Update::Close { key: breaker.into(), generation: 1 }),
        ("publish messages of the namespace", Update::Tell(notice)),
    ]
}
