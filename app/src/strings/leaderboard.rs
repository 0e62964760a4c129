//! Texts of the leaderboard.

texts! {
    board_lead = "Who writes the answers that people prefer? Counted from votes that people chose to publish, given before they knew who wrote what.";
    board_left_out = "Only questions that several makers answered are here. Where one wrote all answers, there is nobody to compare.";
    board_cohort = "Whose votes";
    board_all = "Everybody";
    board_settled = "People who came back";
    board_longer = "People who choose longer answers";
    board_shorter = "People who choose shorter answers";
    board_settled_note = "Votes of people who voted on two days or more and first came at least a week ago.";
    board_style = "Leave out what length and layout do";
    board_style_note = "Rated as if all answers were equally long, with as many lists, headings and bold words.";
    board_failed = "The leaderboard could not be fetched.";
    board_none = "None of the questions here were answered by several makers.";
    board_ratings = "Ratings";
    board_reading = "The dot is the rating. The line is where it would lie 95 times of 100 if other people had voted. Zero is the mean of all makers; one more is 2.7 wins to a loss.";
    board_you_reading = "The square is you, on the same scale: what your taste, as learned on this device, makes of the same answers.";
    board_maker = "Maker";
    board_rating = "Rating, with 95 % interval";
    board_ranks = "Rank" as "Rank (place)";
    board_robust = "Without the heaviest voters";
    board_votes = "Comparisons";
    board_you = "You";
    board_in_figures = "Ratings in figures";
    board_everyone = "What everyone would pick";
    board_lottery = "Chance in the draw";
    board_borda = "Mean share of votes (Borda)";
    board_copeland = "Others beaten (Copeland)";
    board_draw_note = "If an answer were drawn with these chances, no maker would be preferred to it on average. One maker with all of it beats everyone; several share it where tastes go in a circle.";
    board_robust_note = "Without the heaviest voters: the rating if the one in a hundred people whose votes count most had not come. Far from the rating, a few people made it.";
    board_style_heading = "What length and layout do by themselves";
    board_style_reading = "Above zero, more of it wins votes whoever wrote the answer. Where the interval holds zero, that is not sure.";
    board_effect = "Effect, with 95 % interval";
    board_what = "More of";
    board_length = "Length";
    board_lists = "Lists";
    board_formatting = "Headings and bold";
    board_fair = "Is it fair?";
    board_apart = "Ties and wins do not overlap yet, so the distances are not sure.";
    board_weighed = "How votes are weighed";
    board_weighed_blind = "Only votes that were given blind count. A question asked again does not count twice, and simulated votes never count.";
    board_weighed_person = "A person's votes count in full up to 50; after that each counts less, so that nobody speaks for all.";
    board_weighed_fast = "A vote in under 0.7 seconds counts a quarter. One that contradicts the same person's earlier answer counts half.";
    board_weighed_aside = "Who nearly always takes the same side, or votes faster than anyone reads, counts nothing. No vote is deleted.";
    board_weighed_back = "Whoever stops publishing votes, or leaves, is taken out within seconds.";
    board_for_you = "For you";
    board_private = "Worked out on this device from your own votes. It never leaves it.";
    board_you_elsewhere = "Your own ranking needs these questions on this device.";
    board_you_open = "Open these questions";
    board_you_waiting = "Working out your ranking…";
    board_you_failed = "Your own ranking could not be worked out.";
    board_rank_link = "Rank answers";
    board_contribute_link = "Publish your votes";
}

sentences! {
    board_cohort_note(need) = "Told by their published votes: on at least {need} pairs of two lengths, they chose so more often than not. Length therefore weighs more in these ratings than for everybody.";
    board_few(need) = "Too early to tell: fewer than {need} people have published votes here. Nothing is shown, so that nobody is singled out.";
    board_winner(maker) = "{maker} beats every other maker by majority.";
    board_circle(first, second, third) = "There is no single winner: {first} beats {second}, {second} beats {third}, and {third} beats {first}.";
    board_differ(borda, copeland) = "It depends on how you count: by mean share {borda} is first, by others beaten {copeland}.";
    board_rank_range(rank, low, high) = "{rank} ({low} to {high})";
    board_ties(share, low, high) = "Two equal makers tie in {share} of votes ({low} to {high}).";
    board_first_shown(share, low, high, votes) = "The answer shown first won {share} of {votes} decided votes ({low} to {high}); half is fair.";
    board_longer_won(share, low, high, votes) = "The longer answer won {share} of {votes} decided votes ({low} to {high}).";
    board_disconnected(makers) = "Never compared with the others, so their distance is a guess: {makers}.";
    board_never_loses(makers) = "Never lost or tied yet, so how far above they stand is not sure: {makers}.";
    board_waiting(makers) = "Not rated yet, because only new people voted on them: {makers}.";
    board_weighed_new(share) = "All new people together count a tenth at most beside those who came back; here {share} of the weight is theirs.";
    board_versions(rules, method, when) = "Rules version {rules}, method version {method}; computed {when}.";
}

counted! {
    board_facts(count, people) = "{count} comparison by {people} people", "{count} comparisons by {people} people";
    board_you_few(count, need) = "You have {count} vote on these questions; your own ranking needs {need}.", "You have {count} votes on these questions; your own ranking needs {need}.";
    board_you_from(count) = "From {count} vote of yours on these questions.", "From {count} votes of yours on these questions.";
}
