use std::any::type_name;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};

use super::function_path::{definition, is_nested, readable};
use crate::emit::emit;
use crate::event::{Event, SourceLocation};
use crate::registry::{FunctionName, note_new_name};
use crate::sync::lock;

/// An annotated function. Generated code has one in each body.
///
/// Its name is `module::Type::method` for a function of a type, and `module::function` otherwise. The
/// name depends on where the function is defined, and not on which function is called first. If two
/// functions of types or modules have one name, their lines are added to both, and an event reports it.
/// Functions inside functions that have state are distinguished by the outer function.
#[derive(Debug)]
pub struct FunctionItem {
    /// The path of a function inside of it, equal for all instantiations of a generic function.
    definition: fn() -> &'static str,
    module: &'static str,
    function: &'static str,
    location: SourceLocation,
    /// Attributes of other crates divide the stack of a function into blocks, each with an item of its own.
    is_outermost: bool,
    identity: OnceLock<&'static FunctionIdentity>,
}

#[derive(Debug)]
struct FunctionIdentity {
    definition: String,
    name: String,
    location: SourceLocation,
    is_nested: bool,
    has_outermost: AtomicBool,
    has_state: AtomicBool,
    /// Set when another function has the same name.
    qualified: OnceLock<String>,
}

impl FunctionIdentity {
    fn name(&self) -> &str {
        self.qualified.get().unwrap_or(&self.name)
    }

    fn has_state(&self) -> bool {
        self.has_state.load(Ordering::Relaxed)
    }
}

static FUNCTIONS: Mutex<BTreeMap<String, Vec<&'static FunctionIdentity>>> = Mutex::new(BTreeMap::new());

impl FunctionItem {
    /// Creates an item for the function that contains the function `inner`.
    pub const fn new<F>(
        _inner: &F,
        module: &'static str,
        function: &'static str,
        is_outermost: bool,
        file: &'static str,
        line: u32,
    ) -> Self {
        let location = SourceLocation { file, line };
        Self { definition: type_name::<F>, module, function, location, is_outermost, identity: OnceLock::new() }
    }

    fn identity(&self) -> &'static FunctionIdentity {
        match self.identity.get() {
            Some(identity) => identity,
            None => self.find(),
        }
    }

    /// Outside of `get_or_init`, because a listener of the conflict may ask for this name.
    #[cold]
    fn find(&self) -> &'static FunctionIdentity {
        let (identity, clash) = self.identify();
        let identity = self.identity.get_or_init(|| identity);
        if let Some(first) = clash {
            emit(&Event::NameClash { name: &identity.name, first, second: self.location });
        }
        identity
    }

    fn identify(&self) -> (&'static FunctionIdentity, Option<SourceLocation>) {
        let definition = definition((self.definition)());
        let name = readable(&definition, self.module, self.function);
        let is_nested = is_nested(&definition, self.module);
        let mut all = lock(&FUNCTIONS);
        let known = all.entry(name.clone()).or_default();
        let same = known.iter().find(|known| {
            known.definition == definition && !(self.is_outermost && known.has_outermost.load(Ordering::Relaxed))
        });
        if let Some(same) = same {
            same.has_outermost.fetch_or(self.is_outermost, Ordering::Relaxed);
            return (same, None);
        }
        let identity: &'static _ = Box::leak(Box::new(FunctionIdentity {
            definition,
            name,
            location: self.location,
            is_nested,
            has_outermost: self.is_outermost.into(),
            has_state: false.into(),
            qualified: OnceLock::new(),
        }));
        let clash = known.iter().find(|known| !known.is_nested && !is_nested).map(|known| known.location);
        known.push(identity);
        if clash.is_some() {
            qualify(
                known,
                |one| !one.is_nested,
                |one, is_alone| format!("{}@{}", if is_alone { &one.name } else { &one.definition }, one.location.line),
            );
        }
        (identity, clash)
    }
}

fn qualify(
    all: &[&'static FunctionIdentity],
    is_meant: impl Fn(&FunctionIdentity) -> bool,
    name: impl Fn(&FunctionIdentity, bool) -> String,
) {
    for one in all.iter().filter(|one| is_meant(one) && one.qualified.get().is_none()) {
        let at_one_line = |other: &&&FunctionIdentity| is_meant(other) && other.location.line == one.location.line;
        let base = name(one, all.iter().filter(at_one_line).count() == 1);
        let mut number = 1_u32;
        let mut name = base.clone();
        while all.iter().any(|other| other.name() == name) {
            number += 1;
            name = format!("{base}#{number}");
        }
        note_new_name();
        let _was_unset = one.qualified.set(name);
    }
}

impl FunctionName for FunctionItem {
    fn name(&self) -> &'static str {
        self.identity().name()
    }

    fn hold_state(&self) {
        let identity = self.identity();
        let all = lock(&FUNCTIONS);
        identity.has_state.store(true, Ordering::Relaxed);
        let known = all.get(&identity.name).map_or(&[][..], |known| known);
        if known.iter().filter(|one| one.has_state()).count() > 1 {
            qualify(known, |one| one.is_nested && one.has_state(), |one, _| one.definition.clone());
        }
    }
}
