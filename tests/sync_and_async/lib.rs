//! One scenario as two tests: awaited on tokio's paused clock, and blocking on a manual clock.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::quote;

/// Runs an asynchronous scenario as it is written, and once more without its `async` and `.await`.
///
/// ```text
/// #[sync_and_async::test]                  mod doubles {
/// async fn doubles() {                         mod asynchronous {
///     assert_eq!(double(2).await, 4);              #[tokio::test(start_paused = true)]
/// }                                                async fn test() { assert_eq!(double(2).await, 4); }
///                                              }
///                                              mod synchronous {
///                                                  #[test]
///                                                  fn test() { assert_eq!(double(2), 4); }
///                                              }
///                                          }
/// ```
///
/// The modules tell the functions of the two tests apart: two of one name with state would have to be renamed. State with a
/// name of its own is the same in both, so they take turns.
///
/// Each test imports the items of its world from the program's `common::awaiting` or `common::blocking`: `Clock`, `Script`,
/// `boxed`, `observed` and `pause`. Tokens keep their places, so an error or a panic points into the scenario.
///
/// `#[sync_and_async::test(real_time)]` leaves both clocks alone, and imports all of the program's `awaiting` or `blocking`.
#[proc_macro_attribute]
pub fn test(arguments: proc_macro::TokenStream, scenario: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let scenario = TokenStream::from(scenario);
    let Some((attributes, name, body)) = parts(scenario.clone()) else {
        let message = "`#[sync_and_async::test]` goes on an `async fn` without arguments and result";
        return quote!(compile_error!(#message); #scenario).into();
    };
    let blocking_body = without_await(body.clone());
    let (clock, awaiting, blocking) = if arguments.to_string() == "real_time" {
        let awaiting = quote!(use crate::awaiting::*; #body);
        (quote!(), awaiting, quote!(use crate::blocking::*; #blocking_body))
    } else {
        let awaiting = quote! {
            use crate::common::awaiting::{Clock, Script, boxed, observed, pause};
            crate::common::awaiting::ends(async { #body }).await;
        };
        let blocking = quote! {
            use crate::common::blocking::{Clock, Script, boxed, observed, pause};
            crate::common::blocking::ends(|| { #blocking_body });
        };
        (quote!((start_paused = true)), awaiting, blocking)
    };
    quote! {
        #[allow(clippy::items_after_statements, reason = "scenarios begin with imports")]
        #[allow(clippy::needless_pass_by_value, clippy::trivially_copy_pass_by_ref, reason = "signatures are part of a scenario")]
        #[allow(clippy::unnecessary_wraps, clippy::unused_self, reason = "signatures are part of a scenario")]
        #[allow(clippy::unused_async, unused_imports, reason = "a scenario uses a part of its world")]
        #[allow(clippy::await_holding_lock, reason = "each test has a thread of its own")]
        mod #name {
            use super::*;

            static TURN: ::std::sync::Mutex<()> = ::std::sync::Mutex::new(());

            fn take_turn() -> ::std::sync::MutexGuard<'static, ()> {
                // The other test may have failed.
                TURN.lock().unwrap_or_else(::std::sync::PoisonError::into_inner)
            }

            mod asynchronous {
                use super::*;

                #(#attributes)*
                #[tokio::test #clock]
                async fn test() {
                    let _turn = super::take_turn();
                    #awaiting
                }
            }

            mod synchronous {
                use super::*;

                #(#attributes)*
                #[test]
                fn test() {
                    let _turn = super::take_turn();
                    #blocking
                }
            }
        }
    }
    .into()
}

/// The attributes, the name and the body of `async fn name() { .. }`.
fn parts(scenario: TokenStream) -> Option<(Vec<TokenStream>, Ident, TokenStream)> {
    let mut tokens = scenario.into_iter().peekable();
    let mut attributes = Vec::new();
    while let Some(pound @ TokenTree::Punct(_)) = tokens.next_if(|token| matches!(token, TokenTree::Punct(_))) {
        let arguments = tokens.next()?;
        attributes.push(quote!(#pound #arguments));
    }
    let rest: [TokenTree; 5] = tokens.collect::<Vec<_>>().try_into().ok()?;
    match rest {
        [
            TokenTree::Ident(asyncness),
            TokenTree::Ident(keyword),
            TokenTree::Ident(name),
            TokenTree::Group(arguments),
            TokenTree::Group(body),
        ] if asyncness == "async" && keyword == "fn" && arguments.stream().is_empty() => {
            Some((attributes, name, body.stream()))
        }
        _ => None,
    }
}

/// Leaves out each `async` and `.await`, at any depth.
fn without_await(tokens: TokenStream) -> TokenStream {
    let mut tokens = tokens.into_iter().peekable();
    let mut kept = TokenStream::new();
    while let Some(token) = tokens.next() {
        let is_await = is_dot(&token) && tokens.next_if(|next| is_word(next, "await")).is_some();
        if is_await || is_word(&token, "async") {
            continue;
        }
        kept.extend([match token {
            TokenTree::Group(group) => TokenTree::Group(inside(&group)),
            other => other,
        }]);
    }
    kept
}

fn is_dot(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == '.')
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(name) if name == word)
}

fn inside(group: &Group) -> Group {
    let mut inside = Group::new(group.delimiter(), without_await(group.stream()));
    inside.set_span(group.span());
    inside
}
