//! Figures of a board from its counts.

use anyhow::Context;
use palate_crowd::{Caution, Error, Influence, Settings, leaderboard};
use palate_shared::api::leaderboard::{
    Bias, BoardCaution, BoardRow, Figures, LeaderboardQuery, StyleEffect,
};
use palate_shared::stats::{Estimate, FEWEST_PEOPLE, Share};

use super::held::Part;

/// The figures; `None` under ten people.
///
/// # Errors
/// When they cannot be computed.
pub(super) fn figures(part: &Part, query: &LeaderboardQuery) -> anyhow::Result<Option<Figures>> {
    let nobody = Influence {
        weight: 0.0,
        is_settled: false,
    };
    let influence = |user_id: &str, _: u64| part.influences.get(user_id).copied().unwrap_or(nobody);
    let settings = Settings::default();
    let statistics = if query.style {
        &part.counted.styled
    } else {
        &part.counted.plain
    };
    // The styled counts know the lengths, whether or not they are controlled for.
    let styled = match part.counted.styled.table(&settings.view, influence) {
        Ok(table) if table.raters as u64 >= FEWEST_PEOPLE => table,
        Ok(_) | Err(Error::Empty) => return Ok(None),
        Err(error) => return Err(error).context("no leaderboard"),
    };
    let board = leaderboard(statistics, &settings, influence).context("no leaderboard")?;
    let name = |at: usize| styled.candidates[at].clone();
    let circle = styled.sample().pairs().circle();
    Ok(Some(Figures {
        rows: board.rows.into_iter().map(row).collect(),
        waiting: board.waiting,
        votes: board.votes,
        people: board.raters as u64,
        new_share: board.new_share,
        ties: board.ties,
        effects: board
            .effects
            .into_iter()
            .map(|effect| StyleEffect {
                name: effect.name,
                log_odds: effect.log_odds,
            })
            .collect(),
        lottery_gap: board.lottery_gap,
        circle: circle.map(|places| places.map(name)),
        first_shown: styled.first_shown().map(bias),
        longer: styled.longer().map(bias),
        cautions: board.cautions.into_iter().map(caution).collect(),
        resamples: count(board.resamples),
    }))
}

fn row(row: palate_crowd::Row) -> BoardRow {
    BoardRow {
        maker: row.candidate,
        rank: count(row.rank),
        rank_low: count(row.rank_low),
        rank_high: count(row.rank_high),
        rating: Estimate {
            value: row.rating,
            low: row.low,
            high: row.high,
        },
        without_heaviest: row.without_heaviest,
        votes: row.votes,
        weight: row.weight,
        wins: row.wins,
        losses: row.losses,
        ties: row.ties,
        both_unacceptable: row.both_unacceptable,
        borda: row.borda,
        copeland: row.copeland,
        lottery: row.lottery,
    }
}

fn bias(share: Share) -> Bias {
    Bias {
        share: share.into(),
        votes: share.n,
    }
}

fn caution(caution: Caution) -> BoardCaution {
    match caution {
        Caution::Disconnected(makers) => BoardCaution::Disconnected { makers },
        Caution::NeverLoses(makers) => BoardCaution::NeverLoses { makers },
        Caution::TiesApart => BoardCaution::TiesApart,
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
