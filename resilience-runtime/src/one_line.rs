//! Text from elsewhere as one line, so that the answer of a server cannot forge a line of the log.

use std::fmt::{self, Write};

/// Displays a value with line breaks, other control characters and bidirectional marks escaped.
#[derive(Debug, Clone, Copy)]
pub struct OneLine<T>(pub T);

impl<T: fmt::Display> fmt::Display for OneLine<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping(f), "{:#}", self.0)
    }
}

/// Escapes the text that is written to it.
pub struct Escaping<'a, 'b>(pub &'a mut fmt::Formatter<'b>);

impl fmt::Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some((at, letter)) = rest.char_indices().find(|(_, letter)| is_escaped(*letter)) {
            self.0.write_str(&rest[..at])?;
            write!(self.0, "{}", letter.escape_default())?;
            rest = &rest[at + letter.len_utf8()..];
        }
        self.0.write_str(rest)
    }
}

fn is_escaped(letter: char) -> bool {
    let is_separator = matches!(letter, '\u{2028}' | '\u{2029}');
    let turns = matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    letter.is_control() || is_separator || turns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_break_a_line_or_color_it_is_escaped_and_the_rest_is_not() {
        for (text, shown) in [
            ("plain, \"quoted\", C:\\path, 日本語 é", "plain, \"quoted\", C:\\path, 日本語 é"),
            ("a\nb\r\nc\td", "a\\nb\\r\\nc\\td"),
            ("\u{1b}[2J\u{7f}\u{0}", "\\u{1b}[2J\\u{7f}\\u{0}"),
            ("\u{85}\u{9b}31m", "\\u{85}\\u{9b}31m"),
            ("a\u{2028}b\u{2029}c\u{202e}d\u{2066}", "a\\u{2028}b\\u{2029}c\\u{202e}d\\u{2066}"),
            ("", ""),
        ] {
            assert_eq!(OneLine(text).to_string(), shown);
        }
    }
}
