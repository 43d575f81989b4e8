//! The user's errors in our events, for an attribute with `log_errors = true` and for no other.

use std::error::Error;
use std::fmt;
use std::iter;
use std::marker::PhantomData;

use crate::classify;
use crate::outcome::Outcome;

/// An error as an event shows it. Nothing is formatted before somebody listens.
#[derive(Clone, Copy)]
pub enum Said<'a> {
    /// With its sources, or the cause of a `reqwest::Error` would remain unknown.
    Chain(&'a (dyn Error + 'a)),
    /// What has no sources that we can see; `anyhow` shows them for `{:#}`.
    Alone(&'a (dyn fmt::Display + 'a)),
}

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = match self {
            Self::Alone(error) => return write!(f, "{error:#}"),
            Self::Chain(error) => error,
        };
        let mut written = error.to_string();
        f.write_str(&written)?;
        for source in iter::successors(error.source(), |&error| error.source()).take(classify::LONGEST) {
            let text = source.to_string();
            // Many errors show their source themselves.
            if !written.contains(&text) {
                write!(f, ": {text}")?;
                written = text;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// With its sources.
#[derive(Debug, Clone, Copy)]
pub struct Chain;

/// By itself.
#[derive(Debug, Clone, Copy)]
pub struct Alone;

/// An error that can be shown in this way.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be shown in an event",
    label = "`log_errors` writes errors with `Display`, which `{Self}` has not",
    note = "with thiserror, give each variant its `#[error(\"..\")]`; or implement `Display` for it",
    note = "the failure of an `Option` says nothing: take `log_errors` away"
)]
pub trait Sayable<Way>: Sized {
    fn said(&self, way: Way) -> Said<'_>;

    /// That of an outcome, if it has failed.
    ///
    /// Here, and no function with a bound: rustc would show where that stands.
    fn said_of<'a, R: Outcome<Failure = Self>>(outcome: &'a R, way: Way) -> Option<Said<'a>>
    where
        Self: 'a,
    {
        outcome.failure().map(|failure| failure.said(way))
    }
}

#[diagnostic::do_not_recommend]
impl<E: Error> Sayable<Chain> for E {
    fn said(&self, _: Chain) -> Said<'_> {
        Said::Chain(self)
    }
}

#[diagnostic::do_not_recommend]
impl<E: fmt::Display> Sayable<Alone> for E {
    fn said(&self, _: Alone) -> Said<'_> {
        Said::Alone(self)
    }
}

/// How the errors of an outcome are shown, by autoref: `(&&Telling::of(&__out)).__resilience_telling()`.
#[derive(Debug)]
pub struct Telling<E>(PhantomData<fn(E)>);

impl<E> Telling<E> {
    pub fn of<R: Outcome<Failure = E>>(_: &R) -> Self {
        Self(PhantomData)
    }

    pub fn of_failure(_: &E) -> Self {
        Self(PhantomData)
    }
}

/// Taken for an [`Error`].
pub trait TellChain {
    fn __resilience_telling(&self) -> Chain {
        Chain
    }
}

impl<E: Error> TellChain for &Telling<E> {}

/// Taken for everything else.
pub trait TellAlone {
    fn __resilience_telling(&self) -> Alone {
        Alone
    }
}

impl<E> TellAlone for Telling<E> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Because(&'static str, Option<Box<Because>>);

    impl fmt::Display for Because {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Because {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_deref().map(|source| source as _)
        }
    }

    #[test]
    fn an_error_is_shown_with_its_sources_and_no_text_twice() {
        let rejected = Because("rejected", None);
        let shown = Because("cannot connect: rejected", Some(Box::new(rejected)));
        let sent = Because("cannot send", Some(Box::new(shown)));
        assert_eq!(Said::Chain(&sent).to_string(), "cannot send: cannot connect: rejected");
        assert_eq!(sent.said(Alone).to_string(), "cannot send", "one that is only known to have `Display`");
    }

    #[test]
    fn a_chain_that_leads_back_to_itself_ends() {
        #[derive(Debug)]
        struct Round;
        impl fmt::Display for Round {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("round")
            }
        }
        impl Error for Round {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(&Self)
            }
        }
        assert_eq!(Said::Chain(&Round).to_string(), "round");
    }
}
