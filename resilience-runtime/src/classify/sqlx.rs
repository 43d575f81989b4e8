use std::error::Error as _;

use super::chain::of_source;
use super::sqlstate::of_sqlstate;
use super::{Category, Classify, Severity, Verdict};

/// Everything named here is equal in both versions.
macro_rules! classify_sqlx {
    ($sqlx:ident) => {
        const _: () = {
            #[doc = include_str!("sqlx.md")]
            #[doc = include_str!("sqlstate.md")]
            #[diagnostic::do_not_recommend]
            impl Classify for $sqlx::Error {
                fn category(&self) -> Category {
                    verdict(self).category()
                }

                fn severity(&self) -> Severity {
                    verdict(self).severity()
                }
            }

            fn verdict(error: &$sqlx::Error) -> Verdict {
                use ::$sqlx::Error as E;
                let category = match error {
                    E::Database(error) => match error.code() {
                        Some(code) => return of_code(&code),
                        None if matches!(error.kind(), $sqlx::error::ErrorKind::Other) => Category::Transient,
                        None => Category::Permanent,
                    },
                    E::Protocol(_) | E::WorkerCrashed => Category::Transient,
                    E::PoolTimedOut => Category::Resource,
                    E::PoolClosed
                    | E::RowNotFound
                    | E::Configuration(_)
                    | E::InvalidArgument(_)
                    | E::Encode(_)
                    | E::TypeNotFound { .. }
                    | E::Decode(_)
                    | E::ColumnDecode { .. }
                    | E::ColumnNotFound(_)
                    | E::ColumnIndexOutOfBounds { .. }
                    | E::InvalidSavePointStatement
                    | E::BeginFailed => Category::Permanent,
                    // `Io`, `Tls`, `AnyDriverError`, and `Migrate`, which only its feature has.
                    _ => return of_source(error.source()).unwrap_or(Verdict::new(Category::Permanent)),
                };
                Verdict::new(category)
            }
        };
    };
}

#[cfg(feature = "sqlx-0_8")]
classify_sqlx!(sqlx_core_0_8);
#[cfg(feature = "sqlx-0_9")]
classify_sqlx!(sqlx_core_0_9);

fn of_code(code: &str) -> Verdict {
    if code.len() == 5 {
        return of_sqlstate(code);
    }
    // The lowest byte of an extended code is the primary one.
    Verdict::new(match code.parse().map(|code: u32| code & 0xff) {
        Ok(4 | 5 | 6 | 9 | 10 | 15 | 17) => Category::Transient,
        Ok(7 | 13) => Category::Resource,
        _ => Category::Permanent,
    })
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::error::Error;
    use std::{fmt, io};

    use super::*;

    #[derive(Debug)]
    struct Answer(Option<&'static str>, bool);

    impl fmt::Display for Answer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("no")
        }
    }

    impl Error for Answer {}

    macro_rules! test_sqlx {
        ($sqlx:ident) => {
            mod $sqlx {
                use ::$sqlx::Error as E;
                use ::$sqlx::error::{DatabaseError, ErrorKind};

                use super::*;

                impl DatabaseError for Answer {
                    fn message(&self) -> &str {
                        "no"
                    }
                    fn code(&self) -> Option<Cow<'_, str>> {
                        self.0.map(Cow::Borrowed)
                    }
                    fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
                        self
                    }
                    fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
                        self
                    }
                    fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
                        self
                    }
                    fn kind(&self) -> ErrorKind {
                        if self.1 { ErrorKind::UniqueViolation } else { ErrorKind::Other }
                    }
                }

                fn answer(code: Option<&'static str>, is_violation: bool) -> E {
                    E::Database(Box::new(Answer(code, is_violation)))
                }

                #[test]
                fn every_case() {
                    use Category::{Network, Permanent, Resource, Transient};
                    let lost = || io::Error::from(io::ErrorKind::ConnectionReset);
                    for (error, category) in [
                        (answer(Some("40001"), false), Transient),
                        (answer(Some("23505"), true), Permanent),
                        (answer(Some("5"), false), Transient),
                        (answer(Some("517"), false), Transient),
                        (answer(Some("13"), false), Resource),
                        (answer(Some("2067"), true), Permanent),
                        (answer(Some("?"), false), Permanent),
                        (answer(None, false), Transient),
                        (answer(None, true), Permanent),
                        (E::Io(lost()), Network),
                        (E::Io(io::Error::from(io::ErrorKind::TimedOut)), Transient),
                        (E::Tls(Box::new(lost())), Network),
                        (E::Tls("a certificate".into()), Permanent),
                        (E::AnyDriverError("a type".into()), Permanent),
                        (E::Protocol("out of step".into()), Transient),
                        (E::WorkerCrashed, Transient),
                        (E::PoolTimedOut, Resource),
                        (E::PoolClosed, Permanent),
                        (E::RowNotFound, Permanent),
                        (E::Configuration("a URL".into()), Permanent),
                        (E::InvalidArgument("a number".into()), Permanent),
                        (E::Encode("a number".into()), Permanent),
                        (E::TypeNotFound { type_name: "a".into() }, Permanent),
                        (E::Decode("a number".into()), Permanent),
                        (E::ColumnDecode { index: "0".into(), source: "a number".into() }, Permanent),
                        (E::ColumnNotFound("a".into()), Permanent),
                        (E::ColumnIndexOutOfBounds { index: 1, len: 1 }, Permanent),
                        (E::InvalidSavePointStatement, Permanent),
                        (E::BeginFailed, Permanent),
                    ] {
                        assert_eq!((error.category(), error.severity()), (category, Severity::Error), "{error:?}");
                    }
                    let password = answer(Some("28P01"), false);
                    assert_eq!((password.category(), password.severity()), (Permanent, Severity::Critical));
                }
            }
        };
    }

    #[cfg(feature = "sqlx-0_8")]
    test_sqlx!(sqlx_core_0_8);
    #[cfg(feature = "sqlx-0_9")]
    test_sqlx!(sqlx_core_0_9);
}
