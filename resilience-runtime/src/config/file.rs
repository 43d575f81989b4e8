//! Settings in TOML: `[name.attribute]` tables.

use std::ops::Range;

use resilience_options::Written;
use resilience_options::suggest::list;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::attributes::AttributeTable;
use super::draft::SettingsDraft;
use crate::settings::{OverrideSource, SectionName};

pub const ALL: &str = "all";

struct SourceText<'a> {
    name: &'a str,
    text: &'a str,
}

impl SourceText<'_> {
    /// Returns `name:line:column`, both counted from 1.
    fn place(&self, span: &Range<usize>) -> String {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("{}:{line}:{column}", self.name)
    }
}

pub fn read(name: &str, text: &str) -> SettingsDraft {
    let source = SourceText { name, text };
    let mut draft = SettingsDraft::new(OverrideSource::File);
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let place = error.span().map_or_else(|| name.to_owned(), |span| source.place(&span));
        draft.problem(place, "", error.message());
    }
    if !errors.is_empty() {
        return draft;
    }
    for (section, content) in document.get_ref() {
        read_section(&source, section, content, &mut draft);
    }
    // The parser returns the tables sorted by name.
    draft.problems.sort_by_key(|problem| position(problem.place()));
    draft.overrides.sort_by_key(|one| position(&one.place));
    draft
}

fn position(place: &str) -> [usize; 2] {
    let mut numbers = place.rsplit(':').map(|number| number.parse().unwrap_or_default());
    let column = numbers.next().unwrap_or_default();
    [numbers.next().unwrap_or_default(), column]
}

fn read_section(
    source: &SourceText<'_>,
    section: &Spanned<toml::de::DeString<'_>>,
    content: &Spanned<DeValue<'_>>,
    draft: &mut SettingsDraft,
) {
    let name = section.get_ref();
    let place = source.place(&section.span());
    let Some(attributes) = content.get_ref().as_table() else {
        return draft.problem(
            place,
            "",
            format!("`{name}` is outside of a table; settings stand in `[name.attribute]`, such as `[llm.retry]`"),
        );
    };
    if name.trim().is_empty() {
        return draft.problem(
            place,
            "",
            "the name of a table is empty; write `[name.attribute]`, such as `[llm.retry]`",
        );
    }
    let section = if **name == *ALL { SectionName::All } else { SectionName::Named(name.to_string()) };
    for (attribute, content) in attributes {
        let word = attribute.get_ref();
        let place = source.place(&attribute.span());
        let shown = format!("[{name}.{word}]");
        let table = match AttributeTable::named(word) {
            Ok(table) => table,
            Err(problem) => {
                let problem = without_name(name, word).unwrap_or_else(|| {
                    let instead = instead(name, word, content);
                    format!("{problem}{instead}")
                });
                draft.problem(place, shown, problem);
                continue;
            }
        };
        let Some(options) = content.get_ref().as_table() else {
            draft.problem(place, shown, format!("`{word}` is a table of settings: write `[{name}.{word}]`"));
            continue;
        };
        draft.begin_table();
        for (key, value) in options {
            let place = source.place(&value.span());
            let key_place = source.place(&key.span());
            draft.setting(&section, table, &shown, key.get_ref(), [key_place, place], &written(value.get_ref()));
        }
    }
}

/// Explains `[retry]`, a table without a name.
fn without_name(name: &str, word: &str) -> Option<String> {
    let is_option = AttributeTable::named(name).is_ok_and(|table| table.option(word).is_ok());
    is_option.then(|| {
        format!(
            "there is no attribute `{word}`; a table begins with a name: `[llm.{name}]` for `llm`, `[{ALL}.{name}]` for \
             every name"
        )
    })
}

/// Returns where a key belongs that was written in place of an attribute.
fn instead(name: &str, word: &str, content: &Spanned<DeValue<'_>>) -> String {
    if let Some(options) = content.get_ref().as_table() {
        return quoted(&format!("{name}.{word}"), options)
            .map_or_else(String::new, |table| format!("; a name with dots stands in quotes: `{table}`"));
    }
    if let Some((name, attribute)) = name.rsplit_once('.').filter(|(_, word)| AttributeTable::named(word).is_ok()) {
        return format!("; the name alone stands in quotes: `[\"{name}\".{attribute}]`");
    }
    let tables = AttributeTable::all().iter().filter(|table| table.option(word).is_ok());
    let tables: Vec<String> = tables.map(|table| format!("[{name}.{}]", table.name)).collect();
    if tables.is_empty() {
        return String::new();
    }
    format!("; `{word}` stands in the table of its attribute: {}", list(tables.iter().map(String::as_str)))
}

/// Quotes the name in `[my.name.retry]`, which TOML reads as nested tables.
fn quoted(name: &str, inner: &DeTable<'_>) -> Option<String> {
    inner.iter().find_map(|(key, content)| {
        let word = key.get_ref();
        if AttributeTable::named(word).is_ok() {
            return Some(format!("[\"{name}\".{word}]"));
        }
        quoted(&format!("{name}.{word}"), content.get_ref().as_table()?)
    })
}

fn written(value: &DeValue<'_>) -> Written {
    match value {
        DeValue::String(text) => Written::Text(text.to_string()),
        DeValue::Integer(number) => {
            let out_of_range = if number.as_str().starts_with('-') { i128::MIN } else { i128::MAX };
            Written::Integer(i128::from_str_radix(number.as_str(), number.radix()).unwrap_or(out_of_range))
        }
        DeValue::Float(number) => number.as_str().parse().map_or(Written::Other("no number"), Written::Float),
        DeValue::Boolean(flag) => Written::Boolean(*flag),
        DeValue::Datetime(_) => Written::Other("a date"),
        DeValue::Array(_) => Written::Other("an array"),
        DeValue::Table(_) => Written::Other("a table"),
    }
}
