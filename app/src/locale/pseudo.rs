//! English in disguise: accents, brackets and a third more length, so that a text which no catalogue can reach, or a
//! place that is too narrow for a longer language, shows at once.

use std::cell::RefCell;

thread_local! {
    /// Each text is made once, because it lives as long as the page.
    static MADE: RefCell<Vec<(&'static str, &'static str)>> = const { RefCell::new(Vec::new()) };
}

/// A text of the page, disguised.
pub(super) fn kept(english: &'static str) -> &'static str {
    MADE.with_borrow_mut(|made| {
        if let Some((_, disguised)) = made.iter().find(|(known, _)| *known == english) {
            return *disguised;
        }
        let disguised: &str = disguised(english).leak();
        made.push((english, disguised));
        disguised
    })
}

/// Any text, disguised; placeholders stay.
pub(super) fn disguised(english: &str) -> String {
    let mut out = String::from("⟦");
    let (mut letters, mut is_name) = (0, false);
    for letter in english.chars() {
        match letter {
            '{' => is_name = true,
            '}' => is_name = false,
            _ => {}
        }
        if is_name {
            out.push(letter);
            continue;
        }
        letters += 1;
        out.push(match letter {
            'a' => 'á',
            'e' => 'é',
            'i' => 'í',
            'o' => 'ö',
            'u' => 'ü',
            'n' => 'ñ',
            's' => 'š',
            'A' => 'Â',
            'E' => 'É',
            other => other,
        });
    }
    for at in 0..letters * 7 / 20 {
        out.push(if at % 8 == 0 { ' ' } else { '~' });
    }
    out.push('⟧');
    out
}
