use std::error::Error as _;

use tokio_postgres_0_7::Error;

use super::chain::of_source;
use super::sqlstate::of_sqlstate;
use super::{Category, Classify, Severity, Verdict};

/// The error of tokio-postgres, which the crate postgres returns too.
///
/// The kind of this error is private. Each row says by what it is recognised.
///
/// | kind | category | recognised by |
/// |---|---|---|
/// | of the server | by SQLSTATE, see below | `as_db_error()` |
/// | closed connection | network | `is_closed()` |
/// | input and output, failure to connect | of the [`std::io::Error`] | its source. A lost or refused connection is `Network`, a `connect_timeout` is transient. |
/// | TLS | of a known error inside, or permanent | its source |
/// | timeout of the crate postgres | transient | its message, `timeout waiting for server` |
/// | unexpected message | transient | its message, `unexpected message from server`. The connection is out of step, and another is not. |
/// | authentication by the client | permanent, critical | its message, `authentication error`: no call can succeed. |
/// | configuration, parameters, columns, number of rows, encoding, parsing, and kinds of later versions | of a known error inside, or permanent | all others |
///
/// There is no hint.
///
/// The category tells whether another attempt may succeed, and not whether this one had an effect:
/// after a lost connection or a timeout the statement may have been carried out. Retry what is
/// idempotent, or whole transactions. A `Client` does not reconnect: take another connection from
/// the pool in each attempt.
///
#[doc = include_str!("sqlstate.md")]
#[diagnostic::do_not_recommend]
impl Classify for Error {
    fn category(&self) -> Category {
        verdict(self).category()
    }

    fn severity(&self) -> Severity {
        verdict(self).severity()
    }
}

fn verdict(error: &Error) -> Verdict {
    if let Some(code) = error.code() {
        return of_sqlstate(code.code());
    }
    if error.is_closed() {
        return Verdict::new(Category::Network);
    }
    if let Some(known) = of_source(error.source()) {
        return known;
    }
    match error.to_string().as_str() {
        "timeout waiting for server" | "unexpected message from server" => Verdict::new(Category::Transient),
        "authentication error" => Verdict::new(Category::Permanent).with_severity(Severity::Critical),
        _ => Verdict::new(Category::Permanent),
    }
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use tokio_postgres_0_7::Config;

    use super::*;

    #[test]
    fn errors_without_a_code_are_recognised() {
        let timeout = Error::__private_api_timeout();
        assert_eq!((timeout.category(), timeout.severity()), (Category::Transient, Severity::Error));
        let invalid = Config::from_str("host=").err().or_else(|| Config::from_str("port=x").err()).expect("invalid");
        assert_eq!((invalid.category(), invalid.severity()), (Category::Permanent, Severity::Error));
    }
}
