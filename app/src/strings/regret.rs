//! Texts of what a personal pick saves, on `/method`.

texts! {
    regret_heading = "What a personal pick saves";
    regret_lead = "All figures here are from simulated people: only their taste is known exactly, so only for them can be said how good a pick was. Each question of the starter pack that trained nothing has six answers. A method sees some of the person's votes and picks one of the six.";
    regret_reading = "Regret is how much less the person values the pick than their true best of the six, in standard deviations of what they think of the answers to a question. Zero is the best pick. The votes seen are on other questions, drawn at random, one in twenty wrong. One pick for everybody is the first answer of each question.";
    regret_failed = "The figures could not be fetched.";
    regret_of = "Picked by";
    regret_random = "Any answer at random";
    regret_first = "One pick for everybody";
    regret_label = "Regret after so many votes, simulated people";
    regret_axes = "Upwards: regret in standard deviations, with the 95 % interval of the chosen method as a band. To the right: votes that the method saw.";
    regret_figures = "Regret in figures, all methods";
    regret_table = "Mean regret after so many votes, with its 95 % interval";
    regret_best = "How often the pick is the person's true best, or as good";
    regret_picker = "Picked by whom";
}

sentences! {
    /// What the figures were made of.
    regret_from(people, prompts, heads) = "{people} simulated people, {prompts} questions; population weights {heads}. Intervals by resampling people.";
}
