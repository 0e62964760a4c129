//! Texts of `/reproduce`: training in the page.

texts! {
    reproduce_heading = "Check it yourself";
    reproduce_lead = "Train one of the methods here, on simulated people or on a data set of yours, and compare it with one taste for everybody. Nothing leaves this device.";
    reproduce_link = "Train PAL-A in this browser";
    reproduce_source = "Learn from";
    reproduce_simulated = "Simulated people";
    reproduce_files = "Your files";
    reproduce_recipe = "Which people";
    reproduce_partition = "Three kinds of people";
    reproduce_mixture = "People between three kinds";
    reproduce_two = "Two kinds who disagree on half of the pairs";
    reproduce_continuous = "Everybody differs";
    reproduce_choose = "Files of one data set";
    reproduce_choose_note = "Choose pairs.jsonl, items.jsonl and what else lies beside them. Of a release of this site choose votes.jsonl and pairs_trl.jsonl. Files may be packed with gzip.";
    reproduce_none = "Choose the files of a data set first.";
    reproduce_encode = "Read the texts with the text encoder, a download of about 46 MB. Otherwise only what can be counted in them is used.";
    reproduce_count = "Prototypes";
    reproduce_count_auto = "The method chooses";
    reproduce_effort = "Steps";
    reproduce_quick = "A fifth: a first look";
    reproduce_whole = "All of them";
    reproduce_device = "Where";
    reproduce_go = "Train";
    reproduce_again = "Train again";
    reproduce_starting = "Starting…";
    reproduce_reading = "The texts are being read.";
    reproduce_loss = "Loss of this training, step by step";
    reproduce_stopped = "Stopped. Nothing was kept.";
    reproduce_votes = "Votes given";
    reproduce_known = "Items known from training";
    reproduce_new = "New items";
    reproduce_population = "One taste for everybody";
    reproduce_raw = "PAL-A";
    reproduce_mixed = "PAL-A with the population";
    reproduce_figures = "People who trained nothing";
    reproduce_note = "The share of votes foreseen, after so many votes of the person; below each figure its 95 % interval over people. The people, votes and items are drawn by one fixed seed, so another run on the CPU gives the same figures.";
    reproduce_save = "Save the whole report";
    reproduce_native = "The same outside the browser:";
    reproduce_is_simulated = "These people are simulated.";
}

sentences! {
    /// How far a training is.
    reproduce_step(run, step, steps) = "Training {run}: step {step} of {steps}";
    /// Loss at both ends of the curve.
    reproduce_losses(first, last) = "Loss from {first} to {last}";
    /// What was trained on.
    reproduce_of(title, people, items, votes) = "{title}: {people} people, {items} items, {votes} votes.";
    /// Its licence.
    reproduce_licence(licence) = "Licence: {licence}.";
    /// What was left out of a release.
    reproduce_left_out(what) = "Not used: {what}";
    /// How long it took.
    reproduce_took(seconds) = "It took {seconds} s.";
}
