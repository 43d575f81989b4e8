use std::error::Error as _;

use redis_1::{ErrorKind, RedisError, RetryMethod, ServerError};

use super::chain::of_source;
use super::{Category, Classify, Severity, Verdict};

#[doc = include_str!("redis.md")]
#[diagnostic::do_not_recommend]
impl Classify for RedisError {
    fn category(&self) -> Category {
        verdict(self).category()
    }

    fn severity(&self) -> Severity {
        verdict(self).severity()
    }
}

const CRITICAL: Verdict = Verdict::new(Category::Permanent).with_severity(Severity::Critical);

fn verdict(error: &RedisError) -> Verdict {
    let category = match error.kind() {
        ErrorKind::Server(_) | ErrorKind::Extension => return of_server(error),
        ErrorKind::AuthenticationFailed => return CRITICAL,
        ErrorKind::Io if error.is_timeout() => Category::Transient,
        ErrorKind::Io if error.is_connection_refusal() || error.is_connection_dropped() => Category::Network,
        ErrorKind::Io => return of_source(error.source()).unwrap_or(Verdict::new(Category::Network)),
        ErrorKind::ClusterConnectionNotFound => Category::Network,
        ErrorKind::MasterNameNotFoundBySentinel | ErrorKind::NoValidReplicasFoundBySentinel => Category::Transient,
        ErrorKind::Parse
        | ErrorKind::UnexpectedReturnType
        | ErrorKind::InvalidClientConfig
        | ErrorKind::Client
        | ErrorKind::EmptySentinelList
        | ErrorKind::RESP3NotSupported => Category::Permanent,
        _ if matches!(error.retry_method(), RetryMethod::NoRetry) => Category::Permanent,
        _ => Category::Transient,
    };
    Verdict::new(category)
}

fn of_server(error: &RedisError) -> Verdict {
    // Only this shows that a pipeline has several errors. A clone shares them.
    match error.clone().into_server_errors() {
        Some(errors) if !errors.is_empty() => {
            let gravest = |one: Verdict, other: Verdict| if gravity(other) > gravity(one) { other } else { one };
            errors
                .iter()
                .map(|(_, error)| of_answer(error))
                .reduce(gravest)
                .unwrap_or(Verdict::new(Category::Permanent))
        }
        _ => of_code(error.code().unwrap_or_default(), error.detail()),
    }
}

fn gravity(verdict: Verdict) -> (bool, bool) {
    (verdict.severity() == Severity::Critical, verdict.category() == Category::Permanent)
}

fn of_answer(error: &ServerError) -> Verdict {
    of_code(error.code(), error.details())
}

fn of_code(code: &str, detail: Option<&str>) -> Verdict {
    Verdict::new(match code {
        "LOADING" | "BUSY" | "TRYAGAIN" | "UNBLOCKED" | "INPROG" | "CLUSTERDOWN" | "MASTERDOWN" | "NOMASTERLINK"
        | "NOREPLICAS" | "READONLY" | "MOVED" | "ASK" => Category::Transient,
        "OOM" | "MISCONF" => Category::Resource,
        "ERR" if detail.is_some_and(|detail| detail.starts_with("max number of clients")) => Category::Resource,
        "IOERR" => Category::Network,
        "NOAUTH" | "WRONGPASS" | "NOPERM" | "DENIED" => return CRITICAL,
        _ => Category::Permanent,
    })
}

#[cfg(test)]
mod tests {
    use std::io;

    use redis_1::{ServerErrorKind, make_extension_error};

    use super::*;

    fn answer(code: &str, detail: &str) -> RedisError {
        make_extension_error(code.to_owned(), Some(detail.to_owned()))
    }

    #[test]
    fn codes_of_the_server() {
        use Category::{Network, Permanent, Resource, Transient};
        for (code, category) in [
            ("BUSY", Transient),
            ("NOREPLICAS", Transient),
            ("UNBLOCKED", Transient),
            ("OOM", Resource),
            ("MISCONF", Resource),
            ("IOERR", Network),
            ("WRONGTYPE", Permanent),
            ("SOMETHING", Permanent),
        ] {
            assert_eq!(verdict(&answer(code, "")), Verdict::new(category), "{code}");
        }
        for code in ["NOAUTH", "WRONGPASS", "DENIED"] {
            assert_eq!(verdict(&answer(code, "")), CRITICAL, "{code}");
        }
        assert_eq!(verdict(&answer("ERR", "max number of clients reached")).category(), Resource);
        assert_eq!(verdict(&answer("ERR", "unknown command")).category(), Permanent);
    }

    #[test]
    fn every_kind_of_the_server() {
        use Category::{Permanent, Transient};
        for (kind, category) in [
            (ServerErrorKind::ResponseError, Permanent),
            (ServerErrorKind::ExecAbort, Permanent),
            (ServerErrorKind::BusyLoading, Transient),
            (ServerErrorKind::NoScript, Permanent),
            (ServerErrorKind::Moved, Transient),
            (ServerErrorKind::Ask, Transient),
            (ServerErrorKind::TryAgain, Transient),
            (ServerErrorKind::ClusterDown, Transient),
            (ServerErrorKind::CrossSlot, Permanent),
            (ServerErrorKind::MasterDown, Transient),
            (ServerErrorKind::ReadOnly, Transient),
            (ServerErrorKind::NotBusy, Permanent),
            (ServerErrorKind::NoSub, Permanent),
        ] {
            let error = RedisError::from((ErrorKind::Server(kind), "made by the client"));
            assert_eq!(verdict(&error), Verdict::new(category), "{kind:?}");
        }
        assert_eq!(verdict(&RedisError::from((ErrorKind::Server(ServerErrorKind::NoPerm), ""))), CRITICAL);
    }

    #[test]
    fn every_kind_of_the_client() {
        use Category::{Network, Permanent, Transient};
        for (kind, category) in [
            (ErrorKind::Parse, Permanent),
            (ErrorKind::UnexpectedReturnType, Permanent),
            (ErrorKind::InvalidClientConfig, Permanent),
            (ErrorKind::Io, Network),
            (ErrorKind::Client, Permanent),
            (ErrorKind::Extension, Permanent),
            (ErrorKind::MasterNameNotFoundBySentinel, Transient),
            (ErrorKind::NoValidReplicasFoundBySentinel, Transient),
            (ErrorKind::EmptySentinelList, Permanent),
            (ErrorKind::ClusterConnectionNotFound, Network),
            (ErrorKind::RESP3NotSupported, Permanent),
        ] {
            assert_eq!(verdict(&RedisError::from((kind, "made by the client"))), Verdict::new(category), "{kind:?}");
        }
        assert_eq!(verdict(&RedisError::from((ErrorKind::AuthenticationFailed, ""))), CRITICAL);
    }

    #[test]
    fn input_and_output() {
        let of = |kind: io::ErrorKind| Classify::category(&RedisError::from(io::Error::from(kind)));
        for kind in [io::ErrorKind::ConnectionRefused, io::ErrorKind::BrokenPipe, io::ErrorKind::UnexpectedEof] {
            assert_eq!(of(kind), Category::Network, "{kind}");
        }
        assert_eq!(
            (of(io::ErrorKind::TimedOut), of(io::ErrorKind::WouldBlock)),
            (Category::Transient, Category::Transient)
        );
        assert_eq!(of(io::ErrorKind::PermissionDenied), Category::Permanent, "a socket of another user");
    }
}
