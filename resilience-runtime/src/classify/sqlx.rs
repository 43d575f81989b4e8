use std::error::Error as _;

use super::chain::of_source;
use super::sqlstate::of_sqlstate;
use super::{Category, Classify, Severity, Verdict};

/// The versions differ in nothing that is named here.
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
                use $sqlx::Error as E;
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
