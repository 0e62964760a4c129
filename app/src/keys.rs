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
pub(crate) fn command(key: &str, context: Context<'_>) -> Option<Command> {
    let typing = context.editable || matches!(context.tag, "INPUT" | "TEXTAREA" | "SELECT");
    if typing || context.modifier || context.composing || context.dialog {
        return None;
    }
    Some(match key {
        "1" => Command::Vote(Choice::First),
        "2" => Command::Vote(Choice::Second),
        "3" => Command::Vote(Choice::Equal),
        "4" => Command::Vote(Choice::BothBad),
        "0" => Command::Vote(Choice::CantTell),
        "s" | "S" => Command::Vote(Choice::Skip),
        "u" | "U" => Command::Undo,
        "n" | "N" => Command::Next,
        "?" => Command::Help,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
