use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::panic::RefUnwindSafe;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::sync::lock;

/// The name of a function, which is computed when it is first needed.
pub trait FunctionName: fmt::Debug + RefUnwindSafe + Sync {
    fn name(&self) -> &'static str;
    /// Called before state is registered under the name. May change the name.
    fn hold_state(&self);
}

/// The function or policy of a layer, for its events.
///
/// Two words, because every call passes this to code that seldom runs.
#[derive(Clone, Copy)]
pub enum FunctionRef {
    /// A pointer, because a `const` cannot refer to a `static` with interior mutability.
    Item(fn() -> &'static dyn FunctionName),
    Policy(&'static PolicyName),
    Text(&'static &'static str),
}

static RENAMED: AtomicBool = AtomicBool::new(false);

/// Records that a function is about to be renamed.
pub fn note_new_name() {
    RENAMED.store(true, Ordering::Release);
}

/// Returns whether no function has been renamed, as in most programs.
#[cfg(feature = "metrics")]
#[inline]
pub fn names_are_first() -> bool {
    !RENAMED.load(Ordering::Acquire)
}

impl FunctionRef {
    pub const UNNAMED: Self = Self::Text(&"");

    /// Empty for a policy.
    pub fn static_name(self) -> &'static str {
        match self {
            Self::Item(find) => find().name(),
            Self::Text(text) => text,
            Self::Policy(_) => "",
        }
    }

    pub fn name(self) -> Cow<'static, str> {
        match self {
            Self::Item(find) => Cow::Borrowed(find().name()),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Policy(policy) => Cow::Owned(lock(&policy.0).clone()),
        }
    }
}

impl PartialEq for FunctionRef {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Item(one), Self::Item(other)) => std::ptr::fn_addr_eq(*one, *other),
            (Self::Policy(one), Self::Policy(other)) => std::ptr::eq(*one, *other),
            (Self::Text(one), Self::Text(other)) => one == other,
            _ => false,
        }
    }
}

impl Eq for FunctionRef {}

impl fmt::Debug for FunctionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.name(), f)
    }
}

/// A name created at run time. It is leaked, so layers can refer to it without a reference count, and reused when its
/// policy has been dropped.
#[derive(Debug)]
pub struct PolicyName(Mutex<String>);

static FREE_NAMES: Mutex<Vec<&'static PolicyName>> = Mutex::new(Vec::new());

#[derive(Debug)]
pub struct PolicyNameGuard {
    text: String,
    /// False for the location that stands in for a missing name.
    is_explicit: bool,
    name: &'static PolicyName,
}

impl PolicyNameGuard {
    pub fn new(text: String, is_explicit: bool) -> Self {
        let free = lock(&FREE_NAMES).pop();
        let name = free.unwrap_or_else(|| Box::leak(Box::new(PolicyName(Mutex::new(String::new())))));
        lock(&name.0).clone_from(&text);
        Self { text, is_explicit, name }
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn explicit(&self) -> Option<&str> {
        self.is_explicit.then_some(&self.text)
    }

    pub const fn function(&self) -> FunctionRef {
        FunctionRef::Policy(self.name)
    }
}

impl Drop for PolicyNameGuard {
    fn drop(&mut self) {
        *lock(&self.name.0) = String::new();
        lock(&FREE_NAMES).push(self.name);
    }
}

/// The name of shared state.
#[derive(Clone)]
pub enum StateName {
    /// Written by the user.
    Text(Cow<'static, str>),
    /// The name of the function. It changes once if another function has the same name.
    Function(&'static dyn FunctionName),
}

impl Deref for StateName {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Function(function) => function.name(),
        }
    }
}

impl StateName {
    pub fn to_cow(&self) -> Cow<'static, str> {
        match self {
            Self::Text(text) => text.clone(),
            Self::Function(function) => Cow::Borrowed(function.name()),
        }
    }
}

impl fmt::Debug for StateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_travels_in_registers() {
        assert!(size_of::<FunctionRef>() <= 2 * size_of::<usize>());
    }

    #[test]
    fn the_memory_of_a_name_serves_the_next_policy() {
        let first = PolicyNameGuard::new("first".to_owned(), true);
        let function = first.function();
        assert_eq!(function.name(), "first");
        drop(first);
        assert_ne!(function.name(), "first");
    }
}
