/// In a `const` item, a broken rule is a compile error.
#[track_caller]
pub const fn sound<C: Copy>(checked: Result<C, &'static str>) -> C {
    match checked {
        Ok(config) => config,
        Err(why) => panic!("{}", why),
    }
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
    )*};
}
