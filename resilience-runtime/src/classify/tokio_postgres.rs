use std::error::Error as _;

use tokio_postgres_0_7::Error;

use super::chain::of_source;
use super::sqlstate::of_sqlstate;
use super::{Category, Classify, Severity, Verdict};

#[doc = include_str!("tokio_postgres.md")]
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
