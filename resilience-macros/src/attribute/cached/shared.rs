//! The arguments of a cache that processes share.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use resilience_options::cached::OPTIONS;
use syn::{FnArg, GenericParam, LitStr};

use crate::attribute::Checker;
use crate::attribute::describe::duration_as_written;
use crate::attribute::store::{Store, reject_without_store, store};
use crate::expand::{Config, Expansion, KeySource, Place, Stored};
use crate::parse::expression::{parts_of, span_of};
use crate::parse::tokens::mentions;
use crate::parse::{Arguments, Const};

pub(crate) struct SharedValues {
    store: Store,
    key: Span,
    near: Option<Const<Duration>>,
}

impl SharedValues {
    pub(super) fn parse(arguments: &mut Arguments<'_>, config: &mut Config, name: Option<&LitStr>) -> Option<Self> {
        reject_without_store(arguments, &["version", "near"]);
        let at = arguments.span_of_key("store");
        let store = store(arguments);
        let version = arguments.count(&OPTIONS.version);
        let near = arguments.duration(&OPTIONS.near);
        let key = at?;
        config.call("shared", key);
        config.set("version", version.as_ref());
        config.set("near", near.as_ref());
        let store = store?;
        store.require_name(arguments, name);
        Some(Self { store, key, near })
    }

    pub(super) fn check(&self, attribute: &str, checker: &Checker<'_>) {
        self.store.check(attribute, checker);
        let sig = &checker.item.sig;
        let is_generic = sig.generics.params.iter().any(|param| !matches!(param, GenericParam::Lifetime(_)));
        let has_impl = sig.inputs.iter().any(|argument| match argument {
            FnArg::Typed(typed) => mentions(&typed.ty.to_token_stream(), &["impl".to_owned()]),
            FnArg::Receiver(_) => false,
        });
        if is_generic || has_impl {
            checker.diagnostics.error(
                self.key,
                format_args!(
                    "`store` of `#[{attribute}]` finds a value by the `name` and the key, which do not tell the forms of a \
                     generic function apart: one would get the values of another; call the generic function from one \
                     without type parameters, and put `#[{attribute}]` there"
                ),
            );
        }
    }

    pub(super) fn describe(&self) -> String {
        let near = self.near.as_ref().map_or_else(|| OPTIONS.near.key.default.to_owned(), duration_as_written);
        format!(
            "; shares them with other processes in the store `{}`, which is asked every {near}",
            self.store.describe()
        )
    }
}

impl Expansion {
    /// `let __keys = key_codec(&__key); .. __lookup.connect(&SHARED, __keys, __values);`
    pub(super) fn owned_key(&self, shared: Option<&SharedValues>, stored: Stored<'_>, stored_at: Span) -> TokenStream {
        let there = self.private.placed(stored_at);
        let owned = quote_spanned!(stored_at=> let __key = #there::to_owned_key(&__key););
        let Some(shared) = shared else { return owned };
        let store = shared.store.reference();
        let key_at = self.shared_key_at(shared, stored);
        let codec = self.private_at(key_at);
        let keys = quote_spanned!(key_at=> let __keys = #codec::key_codec(&__key););
        quote_spanned! {stored_at=>
            #keys
            #owned
            __lookup.connect(#store, __keys, __values);
        }
    }

    /// An error about the type of the key stands at its only part, or else at `store`.
    fn shared_key_at(&self, shared: &SharedValues, stored: Stored<'_>) -> Span {
        if self.borrowing_parameter(stored).is_some() {
            return self.static_bound_at(stored);
        }
        let parts: Vec<Span> = match stored.key {
            KeySource::Expression(key) => parts_of(key).into_iter().map(span_of).collect(),
            KeySource::ParametersBut(skip) => {
                let params = self.params.iter().map(|bound| &bound.param);
                params.filter(|param| !skip.contains(&param.name)).map(|param| param.type_span).collect()
            }
        };
        let at = if let [only] = parts[..] { only } else { shared.key };
        at.resolved_at(Span::mixed_site())
    }

    /// `let __answer = __lookup.ask(&__load).await; match __lookup.take_answer(__load, __answer, ..) { .. }`
    pub(super) fn far_level(
        &self,
        weigh: &TokenStream,
        end: impl Fn(&TokenStream) -> TokenStream,
        stored_at: Span,
        place: Place,
    ) -> TokenStream {
        let asked = self.await_point(&quote_spanned!(stored_at=> __lookup.ask(&__load)), stored_at, place);
        let next = end(&quote_spanned!(stored_at=> __lookup.take_answer(__load, __answer, #weigh)));
        quote_spanned! {stored_at=>
            let __answer = #asked;
            #next
        }
    }
}
