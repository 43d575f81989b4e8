//! `#[cached]`

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Expr;

use super::arguments::condition;
use super::{Bound, ConstConfig, Expansion, Place};
use crate::item::{Param, Passing};
use crate::options::Cached;
use crate::tokens::without_mut;
use crate::value::{bare, span_of};

impl Expansion {
    /// ```text
    /// // Input:  #[cached(ttl = 60)]
    /// // Output:
    /// let __key = KeyRef((Part::part(query),));
    /// let __store = lookup(&__CACHE, &__CONFIG, <what is kept>, <what is shared>, &__key, <instance>);
    /// if let Some(__out) = __store.find(&__key) { break '__kept __out; }
    /// let __loading = match __store.join(to_owned_key(&__key), &__flow).await {
    ///     Found::Ready(__out) => break '__kept __out,
    ///     Found::Load(__loading) => __loading,
    /// };
    /// let __out: Output = { let mut __around = Loads::new(__loading.flight(), <the section around it>); <inner> };
    /// __store.done(__loading, &__out, &__flow, |_| true);
    /// __out
    /// ```
    ///
    /// No result is looked at while another is awaited: it may be less `Send` than the future.
    pub(super) fn cached(&self, cached: &Cached, at: Span, place: Place, inner: &TokenStream) -> TokenStream {
        let (private, path, output) = (&self.private, &self.path, &self.output);
        let value = cached.config.expression(&quote_spanned!(at=> #private::CacheConfig::DEFAULT));
        let ConstConfig { item, name: config } = self.config("CacheConfig", &value, cached.config.constants(), at);
        let name = cached.name.as_ref().map_or_else(|| path.clone(), ToTokens::to_token_stream);
        let rebound = self.rebind(place);
        let key = self.key(cached, at, place);
        let lookup = quote_spanned!(at=> #private::lookup::<#output, _, _, _>);
        // The type of a closure names all generic parameters around it, those of an `impl` included, which the `static`
        // cannot tell apart.
        let instance = quote_spanned!(at=> ::core::any::type_name_of_val(&|| ()));
        let kept = {
            // What cannot be kept is reported at the return type.
            let at = self.output_span.resolved_at(Span::mixed_site());
            let private = self.private_at(at);
            quote_spanned! {at=>
                use #private::{
                    KeepAny as _, KeepPart as _, KeepUnfit as _, KeepWhole as _, SharesClone as _, SharesNothing as _,
                };
                let __kept = #private::Kept::<#output>::new();
                let (__keep, __share) = ((&&&__kept).__resilience_keep(), (&&__kept).__resilience_share());
            }
        };
        let when = cached.when.as_ref().map_or_else(
            || quote_spanned!(at=> |_| true),
            |predicate| {
                let asks =
                    Self::asks(predicate, &quote_spanned!(at=> __out), &quote!(#private::asks_result::<#output>));
                quote_spanned!(at=> |__out| #asks)
            },
        );
        let (join, mark) = if self.is_async() {
            let section = place.section();
            (
                self.leaf(&quote_spanned!(at=> __store.join(__key, &__flow)), at, place),
                quote_spanned!(at=> let mut __around = #private::Loads::new(__loading.flight(), #section);),
            )
        } else {
            (
                quote_spanned!(at=> __store.join_blocking(__key, &__flow)),
                quote_spanned!(at=> let __leading = #private::lead(__loading.flight());),
            )
        };
        let kept_already = place.label("kept", at);
        quote_spanned! {at=> #kept_already: {
            static __RESILIENCE_CACHE: #private::CacheSite = #private::CacheSite::new(#name);
            #item
            #rebound
            let __key = #key;
            let __store = {
                #kept
                #lookup(&__RESILIENCE_CACHE, #config, __keep, __share, &__key, #instance)
            };
            if let ::core::option::Option::Some(__out) = __store.find(&__key) {
                break #kept_already __out;
            }
            let __key = #private::to_owned_key(&__key);
            let __loading = match #join {
                #private::Found::Ready(__out) => break #kept_already __out,
                #private::Found::Load(__loading) => __loading,
            };
            let __out: #output = {
                #mark
                #inner
            };
            __store.done(__loading, &__out, &__flow, #when);
            __out
        }}
    }

    /// The key of a call, borrowed.
    pub(super) fn key(&self, cached: &Cached, at: Span, place: Place) -> TokenStream {
        let private = &self.private;
        // Name, how it is bound, and place of each part.
        let parts: Vec<(Ident, TokenStream, Span)> = match &cached.key {
            None => {
                let keyed = self.params.iter().filter(|bound| {
                    !cached.skip.contains(&bound.param.name) && (bound.is_renamed || !bound.param.is_wild())
                });
                keyed
                    .enumerate()
                    .map(|(index, Bound { param, .. })| {
                        let (at, name) = (param.type_span.resolved_at(Span::mixed_site()), &param.name);
                        let reference = match param.passing {
                            Passing::Value => quote_spanned!(at=> &#name),
                            Passing::Shared | Passing::Exclusive => quote_spanned!(at=> &*#name),
                        };
                        let part = Ident::new(&format!("__part{index}"), at);
                        let mut bind = quote_spanned!(at=> let #part = #reference;);
                        if let Some(condition) = condition(&param.cfgs) {
                            // A parameter that is not there is a part that says nothing.
                            bind =
                                quote_spanned!(at=> #[cfg(#condition)] #bind #[cfg(not(#condition))] let #part = (););
                        }
                        (part, bind, at)
                    })
                    .collect()
            }
            Some(key) => {
                let expressions: Vec<&Expr> = match bare(key) {
                    Expr::Tuple(tuple) => tuple.elems.iter().collect(),
                    single => vec![single],
                };
                expressions
                    .into_iter()
                    .enumerate()
                    .map(|(index, expression)| {
                        let at = span_of(expression).resolved_at(Span::mixed_site());
                        let part = Ident::new(&format!("__part{index}"), at);
                        let value = self.expression(expression, None, place);
                        let bind = quote_spanned!(at=> let #part = #value;);
                        (part, bind, at)
                    })
                    .collect()
            }
        };
        let allow = self.allow();
        // An expression sees by-value parameters by reference, so that `normalize(query)` does not take the query away.
        let references: TokenStream = self
            .params
            .iter()
            .filter(|bound| cached.key.is_some() && !bound.param.is_wild())
            .filter(|bound| bound.param.passing == Passing::Value || !bound.param.is_plain)
            .map(|Bound { param: Param { name, pattern, cfgs, is_plain, .. }, .. }| {
                let pattern = if *is_plain { name.to_token_stream() } else { without_mut(pattern.to_token_stream()) };
                quote_spanned! {at=>
                    #(#cfgs)*
                    #allow
                    let #pattern = &#name;
                }
            })
            .collect();
        let lets = parts.iter().map(|(_, bind, _)| bind);
        let made = parts.iter().map(|(name, _, at)| {
            let private = self.private_at(*at);
            quote_spanned!(*at=> (&&&&#private::PartOf::expression(&#name)).__resilience_kind().part(#name))
        });
        let imports = (!parts.is_empty())
            .then(|| quote_spanned!(at=> use #private::{PartReference as _, PartUnfit as _, PartUnfitReference as _, PartValue as _};));
        quote_spanned! {at=> {
            #references
            #(#lets)*
            {
                #imports
                #private::KeyRef((#(#made,)*))
            }
        }}
    }
}
