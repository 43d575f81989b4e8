/// In a `const` item, a broken rule is a compile error.
#[track_caller]
pub const fn sound<C: Copy>(checked: Result<C, &'static str>) -> C {
    match checked {
        Ok(config) => config,
        Err(why) => panic!("{}", why),
    }
}

/// Reads the answer of `set_plain`. The kind of the value is that of the option, so an option without a
/// setter is one that the parser has not let pass.
#[cfg(feature = "config")]
pub fn plain<C>(set: Option<Result<C, &'static str>>) -> Result<C, String> {
    set.unwrap_or(Err("this cannot be overridden")).map_err(str::to_owned)
}

/// `setter / try_setter(self, value: Type) by rules::option => change;`
///
/// Generated code calls the first in `const` items, where a broken rule is a compile error; the
/// builders of `policy` call the second and collect the errors.
macro_rules! setters {
    ($(
        $setter:ident / $checked:ident($this:ident, $value:ident: $ty:ty) by $rules:ident::$option:ident => $change:expr;
    )*) => {$(
        #[must_use]
        #[track_caller]
        pub const fn $setter($this, $value: $ty) -> Self {
            crate::validation::sound($this.$checked($value))
        }

        pub(crate) const fn $checked(mut $this, $value: $ty) -> Result<Self, &'static str> {
            if let Err(problem) = $rules::$option.check($value) {
                return Err(problem);
            }
            $change;
            Ok($this)
        }
    )*
        /// Sets an option that has one setter. `None` for any other, and for a value of another type.
        #[cfg(feature = "config")]
        pub(crate) fn set_plain(
            self,
            option: &str,
            value: &resilience_options::OptionValue,
        ) -> Option<Result<Self, &'static str>> {
            $(
                if option == stringify!($option) {
                    let value = <$ty as resilience_options::FromOption>::from_option(value)?;
                    return Some(self.$checked(value));
                }
            )*
            None
        }
    };
}
