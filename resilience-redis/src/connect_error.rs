use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use redis::{ErrorKind, RedisError, ServerErrorKind};
use resilience::store::StoreError;

/// The reason why [`Redis::connect`](crate::Redis::connect) did not connect.
///
/// Its messages never contain the URL, a user name or a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URL cannot be read.
    #[error(
        "the URL of the engine is not valid: {reason}; write `redis://[user:password@]host[:port][/database]`, \
         and percent-encode special characters in a password"
    )]
    InvalidUrl {
        /// The part of the URL that is wrong.
        reason: &'static str,
    },
    /// The URL begins with `rediss://`, and the feature `tls` is off.
    #[error("`rediss://` needs TLS: enable the feature `tls` of `resilience-redis`")]
    TlsDisabled,
    /// The connection failed. The store keeps trying in the background.
    #[error("the engine cannot be reached: {problem}; the store keeps trying")]
    Unreachable {
        /// The message of the operating system or of the engine.
        problem: String,
    },
    /// The connection was not ready in time. The store keeps trying in the background.
    #[error("the engine was not ready within {limit:?}; the store keeps trying")]
    TimedOut {
        /// [`Redis::connect_timeout`](crate::Redis::connect_timeout).
        limit: Duration,
    },
    /// The engine is a replica, which accepts no writes. The store keeps trying in the background,
    /// because the replica may take over.
    #[error("the engine is a read-only replica: connect to the primary; the store keeps trying")]
    ReadOnly,
    /// The user name or the password is wrong, or is missing although the engine requires it.
    #[error("the engine rejected the user name or the password of the URL, or requires one that the URL does not have")]
    PasswordRefused,
    /// The user of the URL lacks a permission.
    #[error("this user is not permitted to {task}; `resilience::docs::distributed` lists the permissions to grant")]
    NoPermission {
        /// The task that is not permitted.
        task: &'static str,
    },
    /// The engine is older than Redis 6.2.
    #[error("the engine is Redis {version}, but 6.2 or newer is required")]
    TooOld {
        /// The version of the engine.
        version: String,
    },
    /// The engine is a node of a cluster.
    #[error("the engine is a node of a cluster: enable the feature `cluster` and call `connect_cluster`")]
    Cluster,
    /// The engine cannot be used.
    #[error("the engine cannot be used: {problem}")]
    Unusable {
        /// The setting that it rejects, or the code of its error.
        problem: String,
    },
    /// There is no tokio runtime to run the connection.
    #[error("there is no tokio runtime: call `connect` in an asynchronous function that tokio runs")]
    NoRuntime,
}

impl ConnectError {
    /// Returns whether the store keeps trying in the background, so that the program can continue.
    pub const fn is_retried(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::TimedOut { .. } | Self::ReadOnly)
    }

    pub(crate) fn of(error: &RedisError) -> Self {
        if is_forbidden(error) {
            return Self::NoPermission { task: "connect" };
        }
        // The client drops the code, which would distinguish a number that is too high from a missing permission.
        if error.to_string().contains("refused to switch database") {
            let problem = "it has no database with the number in the URL, or does not permit this user to `SELECT` it";
            return Self::Unusable { problem: problem.to_owned() };
        }
        match (error.kind(), error.code()) {
            (ErrorKind::AuthenticationFailed, _) | (_, Some("NOAUTH" | "WRONGPASS")) => Self::PasswordRefused,
            (ErrorKind::Io | ErrorKind::ClusterConnectionNotFound, _) => {
                let closed = "it closed the connection, as an engine with too many clients or in protected mode does";
                let is_closed = error.is_connection_dropped() && !error.is_connection_refusal();
                Self::Unreachable { problem: if is_closed { closed.to_owned() } else { of_io(error) } }
            }
            _ => match store_error(error) {
                StoreError::Unreachable(problem) => Self::Unreachable { problem },
                problem => Self::Unusable { problem: problem.to_string() },
            },
        }
    }
}

/// Returns whether the access rules of the engine forbid it. Older engines have no code for this.
pub fn is_forbidden(error: &RedisError) -> bool {
    let detail = error.detail().unwrap_or_default();
    error.code() == Some("NOPERM") || detail.contains("NOPERM") || detail.contains("can't run this command")
}

pub fn is_unknown(error: &RedisError) -> bool {
    let detail = error.detail().unwrap_or_default();
    detail.contains("unknown command") || detail.contains("nknown Redis command")
}

/// Uses the messages of the standard library, which contain no data of the program.
fn of_io(error: &RedisError) -> String {
    // The source of the client's error is an `Arc` with the error of the system.
    let kept = error.source().and_then(|source| source.downcast_ref::<Arc<dyn Error + Send + Sync>>());
    let error = kept.and_then(|kept| kept.downcast_ref::<io::Error>());
    #[cfg(feature = "tls")]
    if let Some(problem) = error.and_then(of_tls) {
        return problem.to_owned();
    }
    match error.map(io::Error::kind) {
        Some(io::ErrorKind::Other | io::ErrorKind::InvalidData) => "TLS or the name of the host".to_owned(),
        Some(kind) if kind.to_string() != "uncategorized error" => kind.to_string(),
        _ => "the host was not found, or the connection failed".to_owned(),
    }
}

#[cfg(feature = "tls")]
fn of_tls(error: &io::Error) -> Option<&'static str> {
    use rustls::CertificateError::{
        BadSignature, Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet,
        NotValidYetContext, UnknownIssuer,
    };
    use rustls::Error::{InvalidCertificate, InvalidMessage};
    Some(match error.get_ref()?.downcast_ref::<rustls::Error>()? {
        InvalidCertificate(UnknownIssuer | BadSignature) => {
            "no authority that this system trusts has signed its certificate"
        }
        InvalidCertificate(NotValidForName | NotValidForNameContext { .. }) => {
            "its certificate is for another host than that of the URL"
        }
        InvalidCertificate(Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. }) => {
            "its certificate has expired, or is not valid yet"
        }
        InvalidCertificate(_) => "its certificate is not valid",
        InvalidMessage(_) => "it does not speak TLS at this port",
        _ => "the two do not agree on TLS",
    })
}

/// Converts an error of the engine. Its detail may contain keys, so only its code is passed on.
pub fn store_error(error: &RedisError) -> StoreError {
    if matches!(error.kind(), ErrorKind::Io | ErrorKind::ClusterConnectionNotFound) {
        return StoreError::Unreachable(of_io(error));
    }
    let unreachable = |problem: &str| StoreError::Unreachable(problem.to_owned());
    if let ErrorKind::Server(kind) = error.kind() {
        match kind {
            ServerErrorKind::BusyLoading => return unreachable("it loads its data"),
            ServerErrorKind::ReadOnly => return unreachable("it has become a read-only replica"),
            ServerErrorKind::MasterDown => return unreachable("it is a replica that has lost its primary"),
            ServerErrorKind::ClusterDown | ServerErrorKind::TryAgain => return unreachable("its cluster is down"),
            ServerErrorKind::Moved | ServerErrorKind::Ask => return unreachable("its cluster moves the key"),
            _ => {}
        }
    }
    let detail = error.detail().unwrap_or_default();
    let said = |code: &str| error.code() == Some(code) || detail.contains(code);
    let text = if said("OOM ") || error.code() == Some("OOM") {
        "it is out of memory (OOM)"
    } else if said("DENIED") {
        return unreachable("it is in protected mode (DENIED)");
    } else if detail.contains("max number of clients") {
        return unreachable("it has too many clients");
    } else if said("MISCONF") {
        "it cannot write to its disk (MISCONF)"
    } else if is_forbidden(error) {
        "its rules do not permit it (NOPERM)"
    } else if said("BUSY ") || error.code() == Some("BUSY") {
        return unreachable("it is busy with a script");
    } else {
        return StoreError::Refused(error.code().map_or_else(|| error.category().to_owned(), str::to_owned));
    };
    StoreError::Refused(text.to_owned())
}
