//! Configurations, which the expansion builds in a `static`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::Expansion;
use crate::item::Receiver;
use crate::parse::Const;
use crate::parse::tokens::{constant, mentions, outer_parameter, parenthesized_at, placed};

pub(crate) struct Config {
    span: Span,
    /// Calls with literals, which the macro has checked.
    chain: TokenStream,
    /// One statement for each constant: an error in a chain would stand at the attribute.
    statements: TokenStream,
    set: Vec<String>,
    is_checked: bool,
}

impl Config {
    pub(crate) fn new(span: Span) -> Self {
        Self { span, chain: TokenStream::new(), statements: TokenStream::new(), set: Vec::new(), is_checked: false }
    }

    pub(crate) fn set<T: Typed>(&mut self, method: &str, value: Option<&Const<T>>) {
        let Some(Const { tokens, literal, span, .. }) = value else { return };
        let at = span.resolved_at(Span::mixed_site());
        let name = Ident::new(method, at);
        if literal.is_some() {
            self.chain.extend(quote_spanned!(at=> .#name(#tokens)));
        } else {
            // An error about a constant of another type then names the user's code.
            let ty = placed(&T::ty(method), at);
            let arguments = parenthesized_at(quote_spanned!(at=> __value), tokens);
            let tokens = constant(tokens, at);
            self.statements.extend(quote_spanned! {at=>
                let __value: #ty = #tokens;
                let __config = __config.#name #arguments;
            });
        }
        self.set.push(method.to_owned());
    }

    pub(crate) fn call(&mut self, method: &str, at: Span) {
        let at = at.resolved_at(Span::mixed_site());
        let name = Ident::new(method, at);
        self.chain.extend(quote_spanned!(at=> .#name()));
        self.set.push(method.to_owned());
    }

    pub(crate) fn is_default(&self) -> bool {
        self.set.is_empty()
    }

    pub(crate) fn uses(&self, method: &str) -> bool {
        self.set.iter().any(|name| name == method)
    }

    /// An error stands at the value that is most likely wrong. The defaults fit each other.
    pub(crate) fn check<T>(&mut self, value: Option<&Const<T>>) {
        if let Some(value) = value {
            self.check_by("checked", value.span);
        }
    }

    pub(crate) fn check_by(&mut self, method: &str, at: Span) {
        self.is_checked = true;
        let at = at.resolved_at(Span::mixed_site());
        let name = Ident::new(method, at);
        if self.statements.is_empty() {
            self.chain.extend(quote_spanned!(at=> .#name()));
        } else {
            self.statements.extend(quote_spanned!(at=> let __config = __config.#name();));
        }
    }

    /// `.method(constant)` takes several types, and each of them has a `.by_type()`.
    pub(crate) fn set_by_type(&mut self, [method, by_type]: [&str; 2], tokens: &TokenStream, span: Span) {
        let at = span.resolved_at(Span::mixed_site());
        let (name, by_type) = (Ident::new(method, at), Ident::new(by_type, at));
        let nothing = parenthesized_at(TokenStream::new(), tokens);
        let arguments = parenthesized_at(quote_spanned!(at=> __value), tokens);
        let tokens = constant(tokens, at);
        self.statements.extend(quote_spanned! {at=>
            let __value = #tokens;
            let __config = __config.#name #arguments.#by_type #nothing;
        });
        self.set.push(method.to_owned());
    }

    pub(crate) fn expression(&self, start: &TokenStream) -> TokenStream {
        let Self { span, chain, statements, .. } = self;
        let at = span.resolved_at(Span::mixed_site());
        if statements.is_empty() {
            return quote_spanned!(at=> #start #chain);
        }
        quote_spanned!(at=> { let __config = #start #chain; #statements __config })
    }

    /// Nothing is left to check after the macro.
    pub(crate) fn is_literal(&self) -> bool {
        self.statements.is_empty() && !self.is_checked
    }

    pub(crate) fn constants(&self) -> &TokenStream {
        &self.statements
    }
}

pub(crate) trait Typed {
    fn ty(method: &str) -> TokenStream;
}

impl Typed for u64 {
    fn ty(method: &str) -> TokenStream {
        match method {
            "max_size" => quote!(::core::primitive::usize),
            "max_weight" => quote!(::core::primitive::u64),
            _ => quote!(::core::primitive::u32),
        }
    }
}

impl Typed for f64 {
    fn ty(_: &str) -> TokenStream {
        quote!(::core::primitive::f64)
    }
}

impl Typed for bool {
    fn ty(_: &str) -> TokenStream {
        quote!(::core::primitive::bool)
    }
}

impl Typed for std::time::Duration {
    fn ty(_: &str) -> TokenStream {
        quote!(::core::time::Duration)
    }
}

pub(crate) struct ConstConfig {
    pub(crate) item: TokenStream,
    pub(crate) name: TokenStream,
    /// An inner item cannot mention it.
    pub(crate) is_generic: bool,
}

impl Expansion {
    /// Output: `static __CONFIG: RetryConfig = RetryConfig::new("module::function").max(3);`
    ///
    /// `cargo check` evaluates an item, but no inline `const`. Only an inline `const` may mention
    /// generic parameters; in a method, any `N` is taken for one. An error in a `static` is
    /// reported once, and an error in a `const` item at each use. Literals have no errors left, so
    /// if they are read in one place (`is_literal`), nothing has to be evaluated.
    pub(crate) fn config(
        &self,
        ty: &str,
        value: &TokenStream,
        constants: &TokenStream,
        is_literal: bool,
        at: Span,
    ) -> ConstConfig {
        let (private, ty) = (&self.private, Ident::new(ty, at));
        let is_method = !matches!(self.function.receiver, Receiver::None);
        let is_generic = !is_literal
            && (mentions(constants, &self.generics) || is_method && outer_parameter(constants.clone(), &[]).is_some());
        if is_literal || is_generic {
            return ConstConfig { item: TokenStream::new(), name: quote_spanned!(at=> const { &#value }), is_generic };
        }
        ConstConfig {
            item: quote_spanned!(at=> static __RESILIENCE_CONFIG: #private::#ty = #value;),
            name: quote_spanned!(at=> &__RESILIENCE_CONFIG),
            is_generic,
        }
    }
}
