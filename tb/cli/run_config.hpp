// Everything a configuration file can say.
#pragma once

#include "hw/dram/dram_spec.hpp"
#include "hw/tile/tile_config.hpp"
#include "hw/top/chip_config.hpp"
#include "models/arch/sharing.hpp"
#include "models/cls/share_network.hpp"
#include "models/config/reader.hpp"
#include "models/data/dataset.hpp"
#include "models/image/compile.hpp"
#include "models/learn/train.hpp"
#include "models/learn/tune.hpp"
#include "models/sfge/sfge.hpp"
#include "tb/cli/component_table.hpp"
#include "tb/cli/cost_table.hpp"
#include "tb/cli/isaac_table.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace veilram {

struct NetworkConfig {
    std::string path; ///< ONNX file of the trained network: the baseline
    std::string
        tuned; ///< the same network fine-tuned for the mapping, which is then compiled in its place; may be empty
};

enum class Fidelity { functional, lt, cycle };

/// What takes place clock by clock.
struct CycleConfig {
    std::vector<std::string> layers; ///< names, each with a range of positions if not all; empty: none
    Ps clock{833};                   ///< of the tile
};
/// The layers of a program by number. Throws UserError for a name that it does not have, or no range.
std::map<std::size_t, ClockedWindow> clocked_layers(const CycleConfig& cycle, Fidelity fidelity,
                                                    const Program& program);

struct ResConfig {
    ResPolicy policy = ResPolicy::per_layer;
    int batch = 1; ///< images that go through a layer between its unlock and its lock
    Fj hold_up;    ///< stored for writing signs back after a power cut
};

/// What the rail does when power goes, and memories without it.
struct PowerChoice {
    Ps ride_through; ///< dips of power_good that are shorter do not reach the rail
    Ps remanence;    ///< for which volatile memories keep their content
};

/// Where time and energy of the external memory come from: from the cost table, or from a DRAM channel.
enum class DramKind { costs, ddr4_2400, lpddr4_3200 };
struct DramChoice {
    DramKind kind = DramKind::costs;
    DramMapping mapping = DramMapping::row_bank_column_group;
    bool refresh = true;
};

struct PirateConfig {
    int seeds = 5;    ///< guesses per variant
    int images = 200; ///< test images per guess, at most as many as are run
};

enum class Topology { lenet5, resnet20, network };
/// What `veilram train` does besides TrainConfig.
struct TrainingConfig {
    Topology topology = Topology::lenet5;
    int digits = 0; ///< generated digits that join the training images
    TrainConfig train;
};

/// What `veilram tune` does besides TuneConfig.
struct TuningConfig {
    int digits = 0; ///< generated digits that join the training images
    TuneConfig tune;
};

/// Forward passes that give batch norms their statistics: `veilram calibrate`, `veilram share`.
struct CalibrateConfig {
    int images = 2000; ///< training images, at most as many as there are
    int batch = 100;   ///< images that are normalised together
    int shift = 0;     ///< pixels that each image is moved by at most, in both directions
    bool mirror = false;
    std::uint64_t seed = 1; ///< of the moves
};

struct TraceConfig {
    bool vcd = true;
    bool secrets = false;            ///< lets secret signals into the waveform
    std::vector<std::string> select; ///< patterns of signals; empty: all
    Ps from;                         ///< simulated time at which recording begins
    Ps to;                           ///< and ends; 0: with the run
    int image = 0;                   ///< index of the test image whose inference is recorded
};

struct RunConfig {
    NetworkConfig network;
    DataConfig data;
    int threads = 0; ///< cores that the simulator uses; 0: all
    DeviceConfig device;
    CompileConfig compile; ///< seed, crossbar, quant, map, converter, adc, signs, keys and the input format
    Fidelity fidelity = Fidelity::lt;
    CycleConfig cycle;
    ResConfig res;
    Implementations implementations; ///< `gsl.impl`, `converter.impl`, `res.impl`
    PowerChoice power;
    std::optional<CostTable> costs;           ///< every fidelity with time needs one
    std::optional<ComponentTable> components; ///< areas, for `veilram explore`
    std::optional<IsaacTable> isaac;          ///< likewise
    Sharing sharing;                          ///< for `veilram explore`
    DramChoice dram;
    PirateConfig pirate;
    SfgeConfig sfge;
    TuningConfig tuning;
    TrainingConfig training;
    ClsConfig cls;
    CalibrateConfig calibrate;
    TraceConfig trace;
    std::vector<std::string> scenario; ///< steps of `veilram scenario`
};
void fields(FieldVisitor& v, RunConfig& c);

/// Judges what no single field can tell: values that do not fit each other. `places` says where each field was written.
void check(const RunConfig& config, const FieldPlaces& places, Diagnostics& out);

/// Loads, reads and checks `path` with `settings` on top. Throws ConfigError with every problem at once.
RunConfig load_run_config(const std::string& path, const std::vector<std::string>& settings);

/// Whether only the outputs of network.tuned were tuned: they stay as they are, and cells suit network.path's levels.
bool tuned_outputs(const RunConfig& config);

/// As load_run_config(), for the commands that build a device: tuned outputs are not re-estimated.
RunConfig load_device_config(const std::string& path, const std::vector<std::string>& settings);
/// Throws UserError that names `path` unless a configuration has the tables of costs and of ISAAC, whose arrays must
/// have 8 or 16 bits.
void check_isaac(const RunConfig& config, const std::string& path);

/// Every value, default or not, as YAML to be kept in `folder`; load_run_config reads it back to the same
/// configuration.
std::string dump(const RunConfig& config, const std::string& folder);

/// docs/config_reference.md.
std::string describe();

} // namespace veilram
