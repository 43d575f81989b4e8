use std::cell::{Cell, RefCell};
use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::Error;

/// A stage reports errors and goes on; only the driver asks whether there are any.
#[derive(Debug)]
pub(crate) struct Diagnostics {
    /// `None` once they have been read.
    errors: RefCell<Option<Vec<Error>>>,
    is_incomplete: Cell<bool>,
}

impl Diagnostics {
    pub(crate) const fn new() -> Self {
        Self { errors: RefCell::new(Some(Vec::new())), is_incomplete: Cell::new(false) }
    }

    pub(crate) fn error(&self, span: Span, message: impl Display) {
        self.push(Error::new(span, message));
    }

    /// An error about a value that is still being typed.
    pub(crate) fn incomplete(&self, span: Span, message: impl Display) {
        self.is_incomplete.set(true);
        self.error(span, message);
    }

    pub(crate) fn is_incomplete(&self) -> bool {
        self.is_incomplete.get()
    }

    /// Underlines all tokens, which a single span cannot do on a stable compiler.
    pub(crate) fn error_at(&self, tokens: &impl ToTokens, message: impl Display) {
        self.push(Error::new_spanned(tokens, message));
    }

    pub(crate) fn push(&self, error: Error) {
        if let Some(errors) = self.errors.borrow_mut().as_mut() {
            errors.push(error);
        }
    }

    pub(crate) fn into_compile_errors(self) -> Option<TokenStream> {
        let errors = self.errors.take().unwrap_or_default();
        errors
            .into_iter()
            .reduce(|mut all, error| {
                all.combine(error);
                all
            })
            .map(|all| all.to_compile_error())
    }

    /// Drops the errors, because another expansion reports them.
    pub(crate) fn discard(self) {
        self.errors.take();
    }
}

#[cfg(test)]
impl Drop for Diagnostics {
    fn drop(&mut self) {
        assert!(self.errors.get_mut().is_none() || std::thread::panicking(), "the diagnostics were never read");
    }
}
