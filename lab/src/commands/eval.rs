//! `palate-lab eval`: every method on a data set.

use std::path::PathBuf;

use anyhow::{Result, bail};
use burn::tensor::Device as Burn;
use clap::ValueEnum;
use palate_lab::eval::part::Representation;
use palate_lab::eval::{self, Config, bench};
use palate_lab::protocol::Shares;

/// What to evaluate.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folder of the data set, in the canonical format.
    #[arg(long)]
    data: PathBuf,
    /// Ids of methods with commas between, or `all`.
    #[arg(long, value_delimiter = ',', default_value = "all")]
    methods: Vec<String>,
    /// Seeds: 1 to this number.
    #[arg(long, default_value_t = 3)]
    seeds: u64,
    /// Folder for report, tables and plots; what an earlier run finished there is used again.
    #[arg(long)]
    out: PathBuf,
    /// What rows hold.
    #[arg(long, value_enum, default_value_t = Rows::Both)]
    rows: Rows,
    /// Train nothing: report on what earlier runs finished under every seed.
    #[arg(long)]
    finished: bool,
    /// Multiplies the number of gradient steps; less than 1 for a quick look.
    #[arg(long, default_value_t = 1.0)]
    effort: f64,
    /// Prototypes of PAL, where that is known; else each form chooses among its own candidates.
    #[arg(long)]
    prototypes: Option<usize>,
    /// Most votes of a person that train.
    #[arg(long, default_value_t = bench::shares().most_training)]
    most_votes: usize,
    /// Most people on whom choices are made.
    #[arg(long, default_value_t = bench::shares().most_validation)]
    most_validation: usize,
    /// Most people who are tested, in each cell and under each seed.
    #[arg(long, default_value_t = bench::shares().most_people)]
    most_people: usize,
    /// Most votes of a person that test, in each cell.
    #[arg(long, default_value_t = bench::shares().most_tests)]
    most_tests: usize,
    /// Where training runs; figures are repeatable on the CPU.
    #[arg(long, value_enum, default_value_t = Device::Cpu)]
    device: Device,
    /// Folder of the encoder, for texts whose vectors are not there yet.
    #[arg(long, env = "PALATE_ENCODER_DIR")]
    encoder: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Rows {
    Text,
    Hybrid,
    Both,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Device {
    Cpu,
    Wgpu,
    Cuda,
}

impl Device {
    fn start(self) -> Result<Burn> {
        match self {
            Self::Cpu => Ok(Burn::flex()),
            #[cfg(feature = "wgpu")]
            Self::Wgpu => Ok(Burn::wgpu(burn::tensor::DeviceKind::DefaultDevice)),
            #[cfg(feature = "cuda")]
            Self::Cuda => Ok(Burn::cuda(burn::tensor::DeviceIndex::Default)),
            #[cfg(not(all(feature = "wgpu", feature = "cuda")))]
            other => {
                let name = format!("{other:?}").to_lowercase();
                bail!("this palate-lab was built without {name}; build it with `--features {name}`")
            }
        }
    }
}

pub(crate) fn run(arguments: Arguments) -> Result<()> {
    let all = arguments.methods.iter().any(|method| method == "all");
    let config = Config {
        seeds: arguments.seeds,
        methods: if all { vec![] } else { arguments.methods },
        representations: match arguments.rows {
            Rows::Text => vec![Representation::Text],
            Rows::Hybrid => vec![Representation::Hybrid],
            Rows::Both => Representation::ALL.to_vec(),
        },
        prototypes: arguments.prototypes,
        finished: arguments.finished,
        effort: arguments.effort,
        shares: Shares {
            most_training: arguments.most_votes,
            most_validation: arguments.most_validation,
            most_people: arguments.most_people,
            most_tests: arguments.most_tests,
            ..bench::shares()
        },
        device: format!("{:?}", arguments.device).to_lowercase(),
        encoder: arguments.encoder,
    };
    let device = arguments.device.start()?;
    eval::run(&arguments.data, &arguments.out, &config, &device, &|text| {
        eprintln!("{text}")
    })?;
    eprintln!("wrote {}", arguments.out.join("report.md").display());
    Ok(())
}
