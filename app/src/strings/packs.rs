//! Names of the packs that come with the site, and one sentence on each.

texts! {
    pack_label = "Questions";
    pack_starter = "Everyday life";
    pack_starter_note = "Answers to everyday questions. All are meant to be good; they differ in style.";
    pack_vicuna80 = "Named models";
    pack_vicuna80_note = "Six open language models answered. After each vote you see which one wrote what.";
    pack_arguments = "Arguments";
    pack_arguments_note = "People argued for the same side of a debate. Say which argument convinces you more.";
    pack_polis = "Ideas for a town";
    pack_polis_note = "Residents of Bowling Green, Kentucky, said what should change. Say what you would rather sign.";
    pack_all = "All of them";
    pack_elsewhere = "Another pack";
    pack_arguments_heading = "Which argument convinces?";
    pack_polis_heading = "What should change in town?";
    pack_compare_note = "Judged by your votes on these questions.";
    pack_switch_note = "Each kind of question has a picture of its own, from the votes that you gave there.";
}

/// Name of a pack.
pub(crate) fn pack_title(pack: &str) -> &'static str {
    match pack {
        "starter" => pack_starter(),
        "vicuna80" => pack_vicuna80(),
        "arguments" => pack_arguments(),
        "polis" => pack_polis(),
        _ => pack_elsewhere(),
    }
}

/// What a pack is about.
pub(crate) fn pack_note(pack: &str) -> &'static str {
    match pack {
        "vicuna80" => pack_vicuna80_note(),
        "arguments" => pack_arguments_note(),
        "polis" => pack_polis_note(),
        _ => pack_starter_note(),
    }
}

/// What is asked about a pair of this pack.
pub(crate) fn pack_heading(pack: &str) -> &'static str {
    match pack {
        "arguments" => pack_arguments_heading(),
        "polis" => pack_polis_heading(),
        _ => super::rank_heading(),
    }
}
