use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::{Expr, Lifetime, Pat};

use super::hook::HookKind;
use super::{Backoff, Budget, Retry};
use crate::expand::{AttemptConfig, AttemptLoop, ConstConfig, Expansion, Place};
use crate::parse::expression::{bare, span_of};

impl Expansion {
    /// ```text
    /// // Input:  #[retry(max = 3)]
    /// // Output:
    /// let mut __retry = Retry::<()>::start();
    /// loop {
    ///     let __pause = {
    ///         let __out: Output = <inner>;
    ///         match after(&mut __retry, &__CONFIG, &__out, <verdict>, ..) {
    ///             None => break __out,
    ///             Some(__next) => __next.__resilience_pause(__out),
    ///         }
    ///     };
    ///     if let Some(__out) = __pause.await { break __out; }
    /// }
    /// ```
    ///
    /// The pause keeps the result, for a shutdown that cuts it short. A result that is not `Send` drops before it.
    pub(crate) fn retry(&self, retry: &Retry, at: Span, place: Place, inner: &TokenStream) -> TokenStream {
        let (private, output, function) = (&self.private, &self.output, self.function_ref());
        let value = retry.config.expression(&quote_spanned!(at=> #private::RetryConfig::new(#function)));
        let is_read_once = !self.has_slots() && retry.classifies_only() && self.is_nameable();
        let ConstConfig { item, name: config, .. } = self.config(
            "RetryConfig",
            &value,
            retry.config.constants(),
            is_read_once && retry.on_retry.is_none() && retry.config.is_literal(),
            at,
        );
        let (item, config) = match self.section(place.depth) {
            None => (item, config),
            Some(section) => {
                let is_function = matches!(retry.backoff, Backoff::Function(_));
                let with = is_function.then(|| quote_spanned!(at=> .with_backoff_function()));
                let settings = self.settings(section, "RetryConfig", &config, &with.unwrap_or_default(), at);
                (
                    quote_spanned!(at=> #item #settings),
                    quote_spanned!(at=> #private::settings_over(&__settings, #config)),
                )
            }
        };
        let slots = self.open_slots(place);
        let memory = self.memory(retry, place, at);
        let outer_last = place.has_slots.then(|| quote_spanned!(at=> && __last));
        let last = self.has_slots().then(|| quote_spanned!(at=> let __last = __retry.is_last(#config) #outer_last;));
        let fresh_flow = self.fresh_call_state(at, place);
        let count_attempt = self.count_attempt(at, place);
        let decision = self.decision(retry, &config, at);
        let again = self.before_pause(retry, &config, at, place);
        let start = Ident::new(if self.is_async() { "start" } else { "start_blocking" }, at);
        let (budget_item, within) = retry.budget.as_ref().map(|budget| self.budget(budget, at)).unzip();
        let joined = place.is_in_retry.then(|| {
            if self.is_async() {
                quote_spanned!(at=> .within(&__retry))
            } else {
                quote_spanned!(at=> .within_current())
            }
        });
        let give = self.out_value(&quote_spanned!(at=> break));
        let attempt = if self.is_async() {
            let pause = self.await_point(&quote_spanned!(at=> __pause), at, place);
            quote_spanned! {at=>
                let __pause = {
                    let __out: #output = #inner;
                    match #decision {
                        ::core::option::Option::None => #give,
                        ::core::option::Option::Some(__next) => {
                            #again
                            __next.__resilience_pause(__out)
                        }
                    }
                };
                if let ::core::option::Option::Some(__out) = #pause {
                    #give;
                }
            }
        } else {
            quote_spanned! {at=>
                let __out: #output = #inner;
                match #decision {
                    ::core::option::Option::None => #give,
                    ::core::option::Option::Some(__next) => {
                        #again
                        if __next.pause_blocking() {
                            #give;
                        }
                    }
                }
            }
        };
        quote_spanned! {at=> {
            #item
            #budget_item
            #slots
            let mut __retry = #private::Retry::<#memory>::#start() #within #joined;
            loop {
                #last
                #fresh_flow
                #count_attempt
                #attempt
            }
        }}
    }

    pub(super) fn attempt_loop(&self, retry: &Retry, at: Span, place: Place) -> AttemptLoop {
        let (private, name) = (&self.private, self.function_ref());
        let value = retry.config.expression(&quote_spanned!(at=> #private::RetryConfig::new(#name)));
        let is_read_once = !self.has_slots() && retry.config.is_literal();
        let ConstConfig { item, name, is_generic } =
            self.config("RetryConfig", &value, retry.config.constants(), is_read_once, at);
        let last = self.has_slots().then(|| quote_spanned!(at=> let __last = __retry.is_last(#name);));
        let (memory, slots) = (self.memory(retry, place, at), self.open_slots(place));
        let (budget, within) = retry.budget.as_ref().map(|budget| self.budget(budget, at)).unzip();
        let fresh = self.fresh_call_state(at, place);
        let count = self.count_attempt(at, place);
        AttemptLoop {
            before: quote_spanned! {at=>
                #item
                #budget
                #slots
                let mut __retry = #private::Retry::<#memory>::start() #within;
            },
            each: quote_spanned!(at=> #last #fresh #count),
            config: AttemptConfig { ty: quote_spanned!(at=> &'static #private::RetryConfig), value: name, is_generic },
        }
    }

    fn memory(&self, retry: &Retry, place: Place, at: Span) -> TokenStream {
        let private = &self.private;
        match (retry.remembers, self.section(place.depth)) {
            (true, _) => quote_spanned!(at=> #private::FullHistory),
            (false, Some(_)) => quote_spanned!(at=> #private::SettingsHistory),
            (false, None) => quote_spanned!(at=> ()),
        }
    }

    fn fresh_call_state(&self, at: Span, place: Place) -> Option<TokenStream> {
        self.needs.call_state.then(|| {
            if place.is_cached {
                quote_spanned!(at=> __call_state.begin_cached_attempt();)
            } else {
                quote_spanned!(at=> __call_state.begin_attempt();)
            }
        })
    }

    fn decision(&self, retry: &Retry, config: &TokenStream, at: Span) -> TokenStream {
        let (private, identity) = (&self.private, self.identity());
        if retry.classifies_only() && self.is_nameable() {
            let arguments = quote_spanned!(at=> &mut __retry, #config, &__out, #identity, __classifier);
            return self.call_with_output("after_classified", arguments);
        }
        let when_ok = match (&retry.when_ok, &retry.retry_after) {
            (None, _) => quote_spanned!(at=> |_| false),
            (Some(predicate), None) => self.ask_about_value(predicate),
            (Some(predicate), Some(_)) => {
                let asks = Self::ask(predicate, &quote_spanned!(at=> __value), &self.helper("asks"));
                Self::closure(predicate, "__value", &quote_spanned!(at=> #private::ValueVerdict::new(#asks, __hint)))
            }
        };
        let judge = self.verdict(retry, at);
        let backoff = match &retry.backoff {
            Backoff::Function(function) => {
                let (with_value, delay) = if retry.when_ok.is_some() {
                    let argument = quote_spanned!(at=> &__out, __state);
                    (Some(self.state_with_value(argument, at)), self.call_with_state(function, "call_with_state"))
                } else {
                    (None, Self::call(function, &quote_spanned!(at=> __state), &self.helper("call_backoff")))
                };
                let exactly = quote_spanned! {at=> {
                    #with_value
                    let __delay: ::core::time::Duration = #delay;
                    #private::DelayRange::exactly(__delay)
                }};
                Self::closure(function, "__state", &exactly)
            }
            Backoff::Named => quote_spanned!(at=> #private::configured_backoff(#config)),
        };
        let arguments = quote_spanned!(at=> &mut __retry, #config, &__out, #identity, #judge, #when_ok, #backoff);
        let Some(function) = &retry.retry_after else { return self.call_with_output("after", arguments) };
        let after = if retry.when_ok.is_some() { "after_hinted" } else { "after" };
        let after = self.call_with_output(after, arguments);
        let hint = self.hint(function, at);
        quote_spanned!(at=> { #hint #after })
    }

    fn before_pause(&self, retry: &Retry, config: &TokenStream, at: Span, place: Place) -> Option<TokenStream> {
        let hook = retry.on_retry.as_ref()?;
        let shown = quote_spanned!(at=> &__retry, #config, &__out, &__next);
        let state = self.call_with_output("state_before_pause", shown);
        let with_value =
            retry.when_ok.is_some().then(|| self.state_with_value(quote_spanned!(at=> &__out, &__state), at));
        let told = self.tell(hook, with_value.is_some(), place);
        Some(quote_spanned!(at=> { let __state = #state; #with_value #told }))
    }

    fn state_with_value(&self, arguments: TokenStream, at: Span) -> TokenStream {
        let state = self.call_with_output("with_value", arguments);
        quote_spanned!(at=> let __state = #state;)
    }

    /// A path, or a closure that names its parameter, may take the state without the value.
    fn call_with_state(&self, function: &Expr, helper: &str) -> TokenStream {
        let at = span_of(function).resolved_at(Span::mixed_site());
        match bare(function) {
            Expr::Closure(closure) if matches!(closure.inputs.first(), Some(Pat::Type(_))) => {
                quote_spanned!(at=> (#closure)(&__state))
            }
            _ => Self::call(function, &quote_spanned!(at=> &__state), &self.helper(helper)),
        }
    }

    /// If the hook is not a future, the compiler sees that its `.await` is never reached.
    fn tell(&self, hook: &Expr, has_value: bool, place: Place) -> TokenStream {
        let here = span_of(hook).resolved_at(Span::mixed_site());
        let private = self.private_at(here);
        let call = |helper| match (has_value, helper) {
            (false, _) => Self::call(hook, &quote_spanned!(here=> &__state), &self.helper(helper)),
            (true, "call_async_on_retry") => self.call_with_state(hook, "call_async_with_state"),
            (true, _) => self.call_with_state(hook, "call_with_state"),
        };
        // Anything but `()` is an error at the hook.
        let returned = |value: TokenStream| quote_spanned!(here=> #private::HookResult::returned(#value););
        let is_awaited = match HookKind::of(hook) {
            HookKind::Statement => return returned(call("call_on_retry")),
            HookKind::Call => self.is_async(),
            HookKind::AsyncBlock => return returned(self.await_point(&call("call_hook"), here, place)),
            HookKind::AsyncClosure => return returned(self.await_point(&call("call_async_on_retry"), here, place)),
        };
        let answer = call("call_hook");
        if !is_awaited {
            return returned(answer);
        }
        let told = Lifetime::new("'__told", here);
        let awaited = returned(self.await_point(&quote_spanned!(here=> __hook.into_future()), here, place));
        quote_spanned! {here=> #told: {
            let __hook = {
                use #private::probes::hook::*;
                let __returned = #answer;
                (&&#private::HookProbe::of(&__returned)).__resilience_hook().run(__returned)
            };
            if __hook.is_over() {
                break #told;
            }
            #awaited
        }}
    }

    fn budget(&self, budget: &Budget, at: Span) -> (TokenStream, TokenStream) {
        match budget {
            Budget::Named(name) => {
                let private = &self.private;
                let site = quote_spanned! {at=>
                    static __RESILIENCE_BUDGET: #private::BudgetSite = #private::BudgetSite::new(#name);
                };
                (site, quote_spanned!(at=> .with_budget(__RESILIENCE_BUDGET.budget())))
            }
            Budget::Shared(path) => {
                let here = span_of(path).resolved_at(Span::mixed_site());
                let private = self.private_at(here);
                let item = quote_spanned!(here=> static __RESILIENCE_BUDGET: &#private::RetryBudget = &#path;);
                (item, quote_spanned!(at=> .with_budget(__RESILIENCE_BUDGET)))
            }
        }
    }

    pub(crate) fn verdict(&self, retry: &Retry, at: Span) -> TokenStream {
        let private = &self.private;
        let with_hint = retry.retry_after.is_some().then(|| quote_spanned!(at=> .with_retry_after(__hint())));
        let with_error = retry.log_errors.map(|asked| {
            let logged = self.logged_error(&quote_spanned!(at=> __failure), asked);
            quote_spanned!(at=> .with_logged_error(#logged))
        });
        let classified = self.classified(at);
        if let Some(predicate) = &retry.when {
            let again = self.ask_about_failure(predicate);
            let here = span_of(predicate).resolved_at(Span::mixed_site());
            let asked = quote_spanned!(at=> #private::RetryVerdict::from_predicate(__again, #classified) #with_hint #with_error);
            return Self::closure(predicate, "__failure", &quote_spanned!(here=> { let __again = #again; #asked }));
        }
        quote_spanned!(at=> |__failure| { #private::RetryVerdict::from_classification(#classified) #with_hint #with_error })
    }
}
