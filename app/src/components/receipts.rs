//! Why an answer stands where it stands: its score with its interval, the examples that speak for it, and what would have to
//! differ for it to be first.

use leptos::prelude::*;
use palate_shared::ids::ComparisonId;
use palate_shared::infer::{Example, Receipt, Scored, ToWin};

use crate::live::click;
use crate::state::App;
use crate::strings;
use crate::trying::Trying;
use crate::trying::shots::Known;
use crate::words::{opening, signed};

/// Standard deviations of a normal distribution on each side of its middle that hold nine tenths.
const NINE_TENTHS: f64 = 1.645;
/// Examples and reasons that are shown of an answer.
const MOST: usize = 3;

/// What the drawing of several scores spans; holds zero and every interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Span {
    from: f64,
    to: f64,
}

impl Span {
    /// Of scores with their standard deviations.
    pub(crate) fn of(scores: impl Iterator<Item = (f64, f64)>) -> Self {
        let start = Self {
            from: -0.2,
            to: 0.2,
        };
        scores
            .filter(|(score, sd)| score.is_finite() && sd.is_finite())
            .fold(start, |span, (score, sd)| Self {
                from: span.from.min(score - NINE_TENTHS * sd),
                to: span.to.max(score + NINE_TENTHS * sd),
            })
    }

    /// Where a value lies, in percent of the width.
    fn at(self, value: f64) -> String {
        let share = (value - self.from) / (self.to - self.from);
        format!("{:.2}%", share.clamp(0.0, 1.0) * 100.0)
    }
}

/// The score as a point on its interval. Decoration: the words beside it say the same.
pub(crate) fn score_bar(score: f64, sd: f64, span: Span) -> AnyView {
    let (low, high) = (score - NINE_TENTHS * sd, score + NINE_TENTHS * sd);
    view! {
        <svg class="interval odds" aria-hidden="true" width="100%" height="14">
            <rect class="share__track" y="4" width="100%" height="6" rx="3"></rect>
            <line class="interval__zero" x1=span.at(0.0) x2=span.at(0.0) y1="0" y2="14"></line>
            <line class="odds__range" x1=span.at(low) x2=span.at(high) y1="7" y2="7"></line>
            <circle class="odds__value" cx=span.at(score) cy="7" r="5"></circle>
        </svg>
    }
    .into_any()
}

/// The score in words.
pub(crate) fn score_words(score: f64, sd: f64) -> String {
    if sd > 0.0 {
        let [low, high] = [score - NINE_TENTHS * sd, score + NINE_TENTHS * sd].map(signed);
        strings::try_score(signed(score), low, high)
    } else {
        signed(score)
    }
}

/// What speaks for and against an answer.
pub(crate) fn receipts(app: App, trying: Trying, scored: &Scored) -> AnyView {
    let known = untrack(move || trying.known(app));
    let texts = trying.texts.get_untracked();
    let examples: Vec<AnyView> = scored
        .receipts
        .iter()
        .filter(|receipt| receipt.effect.abs() >= 0.005)
        .take(MOST)
        .map(|receipt| line(app, trying, receipt, &known, &texts))
        .collect();
    let reasons: Vec<AnyView> = scored
        .reasons
        .iter()
        .take(MOST)
        .map(|(words, weight)| {
            view! {
                <li>
                    <span>{strings::arrived(words)}</span>
                    " "
                    <span class="tag">{strings::try_speaks(*weight > 0.0)}" "{signed(*weight)}</span>
                </li>
            }
            .into_any()
        })
        .collect();
    let examples = (!examples.is_empty()).then(|| {
        view! {
            <h4>{strings::try_receipts()}</h4>
            <ul class="receipts">{examples}</ul>
        }
        .into_any()
    });
    let reasons = (!reasons.is_empty()).then(|| {
        view! {
            <h4>{strings::try_reasons()}</h4>
            <ul class="reasons">{reasons}</ul>
        }
        .into_any()
    });
    let to_win = scored.to_win.as_ref().map(|what| {
        let words = match what {
            ToWin::OtherVote(vote) => {
                view! { {strings::try_win_vote()}" "{vote_link(vote, &known)} }.into_any()
            }
            ToWin::OtherText(words, by) => {
                strings::try_win_text(strings::arrived(words), strings::try_how_far(*by)).into_any()
            }
        };
        view! { <p class="to-win">{words}</p> }.into_any()
    });
    view! { {examples}{reasons}{to_win} }.into_any()
}

fn line(
    app: App,
    trying: Trying,
    receipt: &Receipt,
    known: &[Known],
    texts: &[[String; 2]],
) -> AnyView {
    let text = |at: usize, side: usize| {
        let mut filled = texts
            .iter()
            .map(|row| row[side].trim())
            .filter(|text| !text.is_empty());
        opening(filled.nth(at).unwrap_or_default())
    };
    let what = match &receipt.example {
        Example::Vote(vote) => vote_link(vote, known),
        Example::Liked(at) => quoted(strings::try_you_like(), text(*at, 0)),
        Example::Disliked(at) => quoted(strings::try_you_dislike(), text(*at, 1)),
    };
    let leave = match &receipt.example {
        Example::Vote(vote) => Some(leave_out(app, trying, vote.clone())),
        _ => None,
    };
    view! {
        <li>
            {what}
            " "
            <span class="tag">{strings::try_speaks(receipt.effect > 0.0)}" "{signed(receipt.effect)}</span>
            " "
            {leave}
        </li>
    }
    .into_any()
}

/// Leaves a vote out of the examples.
pub(crate) fn leave_out(app: App, trying: Trying, vote: ComparisonId) -> AnyView {
    view! {
        <button type="button" class="link-button" on:click=click(move |_| trying.leave_out(app, &vote))>{strings::try_leave_out()}</button>
    }
    .into_any()
}

fn quoted(before: &'static str, text: String) -> AnyView {
    view! { <span>{before}" “"<span lang="en">{text}</span>"”"</span> }.into_any()
}

/// A vote with what was preferred, as a link to it among all votes.
fn vote_link(vote: &ComparisonId, known: &[Known]) -> AnyView {
    let href = format!("/me/history?vote={}", vote.as_str());
    let shot = known
        .iter()
        .find(|known| known.vote == *vote)
        .map(|known| &known.shot);
    match shot {
        Some(shot) => {
            let [chosen, rejected] = [&shot.chosen, &shot.rejected].map(|text| opening(text));
            view! {
                <a href=href>
                    {strings::try_you_preferred()}
                    " “"<span lang="en">{chosen}</span>"” "
                    {strings::try_to()}
                    " “"<span lang="en">{rejected}</span>"”"
                </a>
            }
            .into_any()
        }
        None => view! { <a href=href>{strings::try_a_vote()}</a> }.into_any(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_holds_zero_and_every_interval() {
        let span = Span::of([(1.0, 1.0), (-0.1, 0.0), (f64::NAN, 1.0)].into_iter());
        assert_eq!((span.from, span.to), (-0.645, 2.645));
        assert_eq!(
            [span.at(-0.645), span.at(1.0), span.at(9.0)],
            ["0.00%", "50.00%", "100.00%"]
        );
    }
}
