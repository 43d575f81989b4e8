use std::error::Error;
use std::fmt::{self, Write};
use std::iter;

use crate::classify;
use crate::one_line::Escaping;

/// A user's error. It is formatted only when a listener reads it.
#[derive(Clone, Copy)]
pub enum LoggedError<'a> {
    /// Displayed with its sources, because a `reqwest::Error` does not name its cause.
    WithSources(&'a (dyn Error + 'a)),
    /// Displayed with `{:#}`, which makes `anyhow` print the sources.
    DisplayOnly(&'a (dyn fmt::Display + 'a)),
}

impl fmt::Display for LoggedError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = Escaping(f);
        let error = match self {
            Self::DisplayOnly(error) => return write!(f, "{error:#}"),
            Self::WithSources(error) => error,
        };
        let mut written = error.to_string();
        f.write_str(&written)?;
        for source in iter::successors(error.source(), |&error| error.source()).take(classify::LONGEST) {
            let text = source.to_string();
            // Many errors display their source themselves.
            if !written.contains(&text) {
                write!(f, ": {text}")?;
                written = text;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for LoggedError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

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
    fn a_logged_error_shows_its_sources_and_repeats_no_text() {
        let rejected = Because("rejected", None);
        let connect = Because("cannot connect: rejected", Some(Box::new(rejected)));
        let send = Because("cannot send", Some(Box::new(connect)));
        assert_eq!(LoggedError::WithSources(&send).to_string(), "cannot send: cannot connect: rejected");
        assert_eq!(LoggedError::DisplayOnly(&send).to_string(), "cannot send");
    }

    #[test]
    fn a_cyclic_source_chain_ends() {
        #[derive(Debug)]
        struct Cyclic;
        impl fmt::Display for Cyclic {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("cyclic")
            }
        }
        impl Error for Cyclic {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(&Self)
            }
        }
        assert_eq!(LoggedError::WithSources(&Cyclic).to_string(), "cyclic");
    }
}
