//! Which key does what while ranking.

use crate::round::Choice;

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// A vote.
    Vote(Choice),
    /// Take the vote back.
    Undo,
    /// Reveal now, or the next question.
    Next,
    /// Show the list of keys.
    Help,
}

/// Commands whose keys can be changed, in the order in which they are listed and stored.
pub(crate) const CHANGEABLE: [Command; 8] = [
    Command::Vote(Choice::First),
    Command::Vote(Choice::Second),
    Command::Vote(Choice::Equal),
    Command::Vote(Choice::BothBad),
    Command::Vote(Choice::CantTell),
    Command::Vote(Choice::Skip),
    Command::Undo,
    Command::Next,
];

/// The key that opens the list; it is nobody else's.
pub(crate) const HELP: char = '?';

/// The key of each command in [`CHANGEABLE`], as lower-case characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Keymap([char; 8]);

impl Default for Keymap {
    fn default() -> Self {
        Self(['1', '2', '3', '4', '0', 's', 'u', 'n'])
    }
}

impl Keymap {
    /// Reads [`Keymap::text`]; `None` for anything else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut keys = text.chars();
        let mut map = Self(['\0'; 8]);
        for at in 0..CHANGEABLE.len() {
            map = map.with(at, &keys.next()?.to_string())?;
        }
        keys.next().is_none().then_some(map)
    }

    /// As it is stored.
    pub(crate) fn text(self) -> String {
        self.0.iter().collect()
    }

    /// The map with another key for a command, by its place; `None` when it is no single visible character, or taken.
    pub(crate) fn with(mut self, at: usize, key: &str) -> Option<Self> {
        let mut typed = key.chars();
        let key = typed.next()?.to_ascii_lowercase();
        let is_usable =
            typed.next().is_none() && key != HELP && !key.is_whitespace() && !key.is_control();
        let is_taken = (0..)
            .zip(self.0)
            .any(|(other, held)| other != at && held == key);
        if !is_usable || is_taken {
            return None;
        }
        *self.0.get_mut(at)? = key;
        Some(self)
    }

    /// The key of a command as it stands on its button; empty for what has none.
    pub(crate) fn label(self, command: Command) -> String {
        let at = CHANGEABLE.iter().position(|other| *other == command);
        at.map_or_else(String::new, |at| {
            self.0[at].to_ascii_uppercase().to_string()
        })
    }

    fn command(self, key: &str) -> Option<Command> {
        let mut typed = key.chars();
        let key = typed.next()?.to_ascii_lowercase();
        if typed.next().is_some() {
            return None;
        }
        if key == HELP {
            return Some(Command::Help);
        }
        let at = self.0.iter().position(|held| *held == key)?;
        Some(CHANGEABLE[at])
    }
}

/// Where the key was pressed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Context<'a> {
    /// Tag of the focused element, upper case.
    pub(crate) tag: &'a str,
    /// Whether the focused element can be typed into (`contenteditable`, text role).
    pub(crate) editable: bool,
    /// Whether Control, Alt or Meta is down.
    pub(crate) modifier: bool,
    /// Whether an input method is composing or the key repeats.
    pub(crate) composing: bool,
    /// Whether a dialog is open.
    pub(crate) dialog: bool,
}

/// The command of a key, or `None` when the key must do what it always does.
pub(crate) fn command(key: &str, context: Context<'_>, keymap: Keymap) -> Option<Command> {
    let typing = context.editable || matches!(context.tag, "INPUT" | "TEXTAREA" | "SELECT");
    if typing || context.modifier || context.composing || context.dialog {
        return None;
    }
    keymap.command(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With the keys as they come.
    fn command(key: &str, context: Context<'_>) -> Option<Command> {
        super::command(key, context, Keymap::default())
    }

    #[test]
    fn every_shown_key_works_in_both_cases() {
        let plain = Context {
            tag: "BODY",
            ..Context::default()
        };
        assert_eq!(command("1", plain), Some(Command::Vote(Choice::First)));
        assert_eq!(command("0", plain), Some(Command::Vote(Choice::CantTell)));
        assert_eq!(command("s", plain), command("S", plain));
        assert_eq!(command("u", plain), Some(Command::Undo));
        assert_eq!(command("N", plain), Some(Command::Next));
        assert_eq!(command("Backspace", plain), None);
    }

    #[test]
    fn keys_are_dead_while_typing_with_modifiers_and_in_dialogs() {
        for tag in ["INPUT", "TEXTAREA", "SELECT"] {
            assert_eq!(
                command(
                    "1",
                    Context {
                        tag,
                        ..Context::default()
                    }
                ),
                None,
                "{tag}"
            );
        }
        for context in [
            Context {
                tag: "DIV",
                editable: true,
                ..Context::default()
            },
            Context {
                tag: "BODY",
                modifier: true,
                ..Context::default()
            },
            Context {
                tag: "BODY",
                composing: true,
                ..Context::default()
            },
            Context {
                tag: "BODY",
                dialog: true,
                ..Context::default()
            },
        ] {
            assert_eq!(command("1", context), None, "{context:?}");
        }
        assert_eq!(
            command(
                "2",
                Context {
                    tag: "BUTTON",
                    ..Context::default()
                }
            ),
            Some(Command::Vote(Choice::Second))
        );
    }

    #[test]
    fn row_12_keys_can_be_changed_and_none_serves_twice() {
        let plain = Context {
            tag: "BODY",
            ..Context::default()
        };
        let map = Keymap::default().with(0, "J").expect("is free");
        let first = Command::Vote(Choice::First);
        assert_eq!(super::command("j", plain, map), Some(first));
        assert_eq!(super::command("J", plain, map), Some(first));
        assert_eq!(super::command("1", plain, map), None);
        assert_eq!(super::command("?", plain, map), Some(Command::Help));
        assert_eq!(map.label(first), "J");
        assert_eq!(Keymap::parse(&map.text()), Some(map));
        for taken in ["2", "N", "u", "?", " ", "", "ab", "\n"] {
            assert_eq!(map.with(0, taken), None, "{taken:?}");
        }
        assert_eq!(map.with(0, "j"), Some(map), "its own key again");
        assert_eq!(map.with(8, "x"), None);
        for broken in ["", "12340su", "12340sunx", "11340sun", "1234?sun"] {
            assert_eq!(Keymap::parse(broken), None, "{broken:?}");
        }
    }
}
