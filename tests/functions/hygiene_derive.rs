//! `#[derive(Classify)]` has the same meaning everywhere and triggers no lint.

use std::io;
use std::time::Duration;

use resilience::{Category, Classify};

fn missing() -> io::Error {
    io::ErrorKind::NotFound.into()
}

/// Fields and variants with generated names.
mod names_of_the_emitter {
    #![allow(dead_code, non_camel_case_types, reason = "only their names matter")]

    use super::*;

    #[derive(Debug, Classify)]
    pub enum Names {
        #[classify(rate_limit, retry_after = __source)]
        Classify { __source: Duration, __wait: Option<Duration> },
        #[classify(transparent)]
        Category { __wait: u8, source: io::Error },
        #[classify(resource, retry_after = r#type)]
        r#match { r#type: Option<Duration>, r#fn: u8 },
        #[classify(transient, retry_after = fn)]
        r#struct { r#fn: Duration },
        #[classify(permanent)]
        Option,
    }

    #[derive(Debug, Classify)]
    #[classify(transparent)]
    pub struct r#enum<__source>(pub __source);
}

#[test]
fn a_field_or_variant_may_have_any_name() {
    use names_of_the_emitter::{Names, r#enum};
    let second = Duration::from_secs(1);
    let all = [
        Names::Classify { __source: second, __wait: None },
        Names::Category { __wait: 0, source: missing() },
        Names::r#match { r#type: Some(second), r#fn: 0 },
        Names::r#struct { r#fn: second },
        Names::Option,
    ];
    let said: Vec<_> = all.iter().map(|error| (error.category(), error.retry_after().is_some())).collect();
    let expected = [
        (Category::RateLimit, true),
        (Category::Permanent, false),
        (Category::Resource, true),
        (Category::Transient, true),
        (Category::Permanent, false),
    ];
    assert_eq!(said, expected);
    assert_eq!(r#enum(missing()).category(), Category::Permanent);
}

/// A module that shadows every name.
mod shadowed {
    #![allow(dead_code, non_camel_case_types, unused_macros, reason = "only their names matter")]

    struct Option;
    struct Some;
    struct None;
    struct Duration;
    struct Category;
    struct Severity;
    struct Box;
    mod std {}
    mod core {}
    mod resilience {}
    mod io {
        pub use ::std::io::Error;
    }
    trait Classify {
        fn category(&self) {}
        fn severity(&self) {}
        fn retry_after(&self) {}
        fn resilience_error(&self) {}
        fn __source(&self) {}
    }
    impl<T> Classify for T {}
    struct Error;
    struct ErrorSearch;

    #[derive(::resilience::Classify)]
    pub enum Fault {
        #[classify(rate_limit, retry_after = wait, severity = "info")]
        Busy { wait: ::core::option::Option<::core::time::Duration> },
        #[classify(transparent)]
        Io(io::Error),
        #[classify(permanent)]
        Ours(::resilience::Error),
    }
}

#[no_implicit_prelude]
mod without_a_prelude {
    #[derive(::resilience::Classify)]
    #[classify(transient)]
    pub enum Fault {
        #[classify(retry_after = 0, severity = "info")]
        Busy(::core::option::Option<::core::time::Duration>),
        #[classify(transparent)]
        Io(::std::io::Error),
        Ours(::resilience::Error),
        Other,
    }
}

#[test]
fn a_module_may_shadow_everything_or_have_no_prelude() {
    let wait = Some(Duration::from_secs(1));
    assert_eq!(Classify::retry_after(&shadowed::Fault::Busy { wait }), wait);
    assert_eq!(Classify::category(&shadowed::Fault::Io(missing())), Category::Permanent);
    assert_eq!(without_a_prelude::Fault::Busy(wait).retry_after(), wait);
    let ours = || resilience::Error::BulkheadFull { name: "db".into() };
    assert_eq!(Classify::resilience_error(&shadowed::Fault::Ours(ours())), Some(&ours()));
    assert_eq!(without_a_prelude::Fault::Ours(ours()).resilience_error(), Some(&ours()));
    assert_eq!(without_a_prelude::Fault::Io(missing()).category(), Category::Permanent);
    assert_eq!(without_a_prelude::Fault::Other.category(), Category::Transient);
}

mod reexported {
    pub mod infra {
        pub use resilience as safe;
    }

    #[derive(infra::safe::Classify)]
    #[classify(transparent, crate = infra::safe)]
    pub struct Fault(pub std::io::Error);

    #[derive(infra::safe::Classify)]
    #[classify(crate = crate::hygiene_derive::reexported::infra::safe)]
    pub enum Other {
        #[classify(permanent)]
        Only,
    }
}

#[test]
fn the_facade_may_have_another_path() {
    assert_eq!(reexported::Fault(missing()).category(), Category::Permanent);
    assert_eq!(reexported::Other::Only.category(), Category::Permanent);
}

mod inside_of_a_macro {
    use resilience::Classify;

    macro_rules! error {
        ($name:ident { $($(#[$meta:meta])* $variant:ident $(($ty:ty))?),* }, $severity:literal, $field:tt) => {
            #[derive(Debug, Classify)]
            #[classify(severity = $severity)]
            pub enum $name {
                $($(#[$meta])* $variant $(($ty))?,)*
                #[classify(rate_limit, retry_after = $field)]
                Limited(super::Duration),
            }
        };
    }

    error!(Fault { #[classify(transparent)] Io(std::io::Error), #[classify(permanent)] Gone }, "critical", 0);
}

#[test]
fn a_macro_may_generate_the_derive() {
    use inside_of_a_macro::Fault;
    use resilience::Severity;
    assert_eq!(Fault::Io(missing()).category(), Category::Permanent);
    assert_eq!(Fault::Gone.severity(), Severity::Critical);
    assert_eq!(Fault::Limited(Duration::from_secs(1)).retry_after(), Some(Duration::from_secs(1)));
}

mod private {
    use resilience::Classify;

    #[derive(Debug, Classify)]
    #[classify(transparent)]
    struct Inner<E>(E);

    /// It delegates to a private type.
    #[derive(Debug, Classify)]
    #[classify(transparent)]
    pub struct Outer<E>(Inner<E>);

    impl<E> Outer<E> {
        pub const fn new(error: E) -> Self {
            Self(Inner(error))
        }
    }
}

#[test]
fn a_field_may_be_of_a_private_type() {
    assert_eq!(private::Outer::new(missing()).category(), Category::Permanent);
}

/// Lints that are off by default.
mod strict {
    #![deny(
        elided_lifetimes_in_paths,
        explicit_outlives_requirements,
        missing_debug_implementations,
        missing_docs,
        redundant_imports,
        redundant_lifetimes,
        single_use_lifetimes,
        trivial_casts,
        unit_bindings,
        unnameable_types,
        unreachable_pub,
        unused,
        unused_lifetimes,
        unused_qualifications,
        unused_results
    )]
    #![forbid(unsafe_code, unused_must_use)]
    #![deny(clippy::restriction)]
    #![allow(
        clippy::arbitrary_source_item_ordering,
        clippy::blanket_clippy_restriction_lints,
        clippy::exhaustive_enums,
        clippy::implicit_return,
        clippy::missing_docs_in_private_items,
        clippy::missing_trait_methods,
        clippy::pub_with_shorthand,
        clippy::redundant_pub_crate,
        clippy::single_call_fn,
        reason = "the plain type has them too"
    )]

    use core::convert::Infallible;
    use core::time::Duration;
    use std::io;

    use resilience::Classify;

    /// An error.
    #[derive(Debug, Classify)]
    #[classify(permanent)]
    pub(super) enum Fault<'text, E> {
        /// Borrowed.
        #[classify(network)]
        Lost(&'text str),
        /// The same again.
        #[classify(network)]
        Reset(&'text str),
        /// With a hint.
        #[classify(rate_limit, retry_after = wait, severity = "info")]
        Busy {
            /// How long.
            wait: Duration,
        },
        /// Delegates.
        #[classify(transparent)]
        Io(io::Error),
        /// Delegates to whatever it is.
        #[classify(transparent)]
        Other(E),
        /// Cannot be.
        Never(Infallible),
        /// Old.
        #[deprecated]
        Old,
    }

    pub(super) const fn old() -> Fault<'static, io::Error> {
        #[expect(deprecated, reason = "the variant is what is tested")]
        Fault::Old
    }

    pub(super) fn never() -> Option<Fault<'static, io::Error>> {
        None::<Infallible>.map(Fault::Never)
    }
}

#[test]
fn the_derive_triggers_no_lint_the_plain_type_does_not() {
    use strict::Fault;
    let all: [Fault<'_, io::Error>; 6] = [
        Fault::Lost("a"),
        Fault::Reset("b"),
        Fault::Busy { wait: Duration::ZERO },
        Fault::Io(missing()),
        Fault::Other(missing()),
        strict::old(),
    ];
    let said = all.map(|error| error.category().as_str());
    assert_eq!(said, ["network", "network", "rate_limit", "permanent", "permanent", "permanent"]);
    assert!(strict::never().is_none());
    assert!(matches!(
        (Fault::<Fault<'_, io::Error>>::Lost("a"), Fault::<()>::Reset("b")),
        (Fault::Lost("a"), Fault::Reset("b"))
    ));
}
