//! What looks private in a question: a gentle look before it is sent to a model, never a bar to it.

/// Digits from which a number may be that of a telephone.
const PHONE: usize = 7;
/// Digits from which a number is long whatever it begins with: of a card, an account, a person.
const LONG: usize = 9;

/// What was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Private {
    /// An e-mail address.
    pub(crate) mail: bool,
    /// A telephone number.
    pub(crate) phone: bool,
    /// Another long number.
    pub(crate) number: bool,
}

impl Private {
    /// Looks for it in a text.
    pub(crate) fn of(text: &str) -> Self {
        let mut found = Self {
            mail: text.split_whitespace().any(is_mail),
            ..Self::default()
        };
        let mut next = 0;
        let begins = |sign: char| sign.is_ascii_digit() || sign == '+';
        while let Some(start) = text[next..].find(begins).map(|at| next + at) {
            let run = number(&text[start..]);
            next = start + run.len();
            let digits = run.bytes().filter(u8::is_ascii_digit).count();
            // What follows a point are decimals.
            if text[..start].ends_with(['.', ',']) {
                continue;
            }
            let is_phone =
                run.starts_with(['+', '0']) && (PHONE..=15).contains(&digits) && !is_date(run);
            found.phone |= is_phone;
            found.number |= !is_phone && digits >= LONG && !is_round(run);
        }
        found
    }

    /// Whether there is any.
    pub(crate) fn is_any(self) -> bool {
        self != Self::default()
    }
}

/// Digits and what may stand between them, two signs at the most.
fn number(text: &str) -> &str {
    let mut end = 1;
    for (at, sign) in text.char_indices().skip(1) {
        if sign.is_ascii_digit() {
            end = at + 1;
        } else if at >= end + 2 || !matches!(sign, ' ' | '-' | '/' | '(' | ')') {
            break;
        }
    }
    &text[..end]
}

/// Whether a number ends in zeros, as amounts do.
fn is_round(run: &str) -> bool {
    run.replace(' ', "").ends_with("000000")
}

/// Whether a number is day, month and year.
fn is_date(run: &str) -> bool {
    let parts = run.split(['/', '-', ' ']).map(str::len);
    parts.eq([2, 2, 4])
}

fn is_mail(word: &str) -> bool {
    let is_letter = |sign: char| sign.is_alphanumeric();
    word.split_once('@').is_some_and(|(name, host)| {
        let domain = host.trim_matches(|sign: char| !is_letter(sign));
        name.ends_with(is_letter)
            && domain
                .rsplit_once('.')
                .is_some_and(|(host, end)| host.ends_with(is_letter) && end.len() > 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> [bool; 3] {
        let Private {
            mail,
            phone,
            number,
        } = Private::of(text);
        [mail, phone, number]
    }

    #[test]
    fn addresses_and_numbers_are_noticed() {
        assert_eq!(
            found("Write to <anna.berg@post.example>, please."),
            [true, false, false]
        );
        assert_eq!(found("mail anna@uni-bonn.de."), [true, false, false]);
        for phone in [
            "+49 (0)228 73-1234",
            "call 0171 1234567 now",
            "(030) 901820",
            "+1 555-010-9999",
        ] {
            assert_eq!(found(phone), [false, true, false], "{phone}");
        }
        for number in [
            "4111 1111 1111 1111",
            "IBAN DE89370400440532013000?",
            "my number is 123-45-6789",
        ] {
            assert_eq!(found(number), [false, false, true], "{number}");
        }
        assert_eq!(
            found("a@b.example or +49 171 1234567 or 4111111111111111"),
            [true; 3]
        );
        assert!(Private::of("x@y.example").is_any());
    }

    #[test]
    fn ordinary_questions_are_not() {
        for text in [
            "",
            "What happened in 1914-1918, and in 2019-2024?",
            "Is 299 792 458 m/s fast?",
            "How do I spend 1 000 000 000 euros?",
            "What is @anna's 12-step plan for 01/12/2026 at 08:30?",
            "1,000,000 or 3.14159265358979?",
            "C++ or C++ 17? + 1 + 2 + 3",
            "ä@ö @ x@y",
        ] {
            let found = Private::of(text);
            // A physical constant looks like any other number of nine digits.
            assert_eq!(found.is_any(), text.contains("299"), "{text}");
        }
    }
}
