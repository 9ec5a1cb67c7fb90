// From quantised weights to cells: which input sits in which slot, which cells are on (docs/model.md, sections 4 and
// 5).
#pragma once

#include "models/mapping/bls.hpp"
#include "models/mapping/cell_search.hpp"
#include "models/nn/quantise.hpp"
#include "models/sc/geometry.hpp"

#include <cstdint>
#include <vector>

namespace veilram {

/// `paper`: slots i and n+i share vector i, one through its complement; a line holds a magnitude, the sign crossbar its
/// sign. `balanced`: every slot has a vector of its own, and a line holds 128 + the signed weight, so that cells can
/// look like random bits (docs/model.md, section 5a).
enum class MapScheme { paper, balanced };
/// Of the balanced scheme: for accuracy, or such that the cells' statistics tell nothing of the vectors.
enum class MapProfile { accurate, hardened };
/// `consecutive`: as the network numbers its inputs; `matched`: such that bit-line sharing fits them best.
enum class MapOrder { consecutive, matched };
/// Which cells of a segment are on: any; those with which products come out best under the real streams; or those with
/// which whole outputs do. Then bit-line sharing is where the search starts.
enum class CellChoice { random, stream_aware, output_aware };

struct MapConfig {
    MapScheme scheme = MapScheme::paper;
    MapOrder order = MapOrder::consecutive;
    SolverKind solver = SolverKind::fast;
    CellChoice cells = CellChoice::random;
    int n = 8; ///< half the slots of a crossbar; the paper's number of GSL vectors
    MapProfile profile = MapProfile::accurate;
    double sigma = 0.0;  ///< counts: balanced lines' deviation from 128; 0: the profile's
    double spread = 0.0; ///< of balanced cells, see CellSearch; 0: the profile's

    int pixel_slots = 0; ///< slots in use of the crossbars that see the network's input; 0: all

    int slots() const { return 2 * n; }
    bool fits_cells() const { return scheme == MapScheme::balanced || cells != CellChoice::random; }
    int vectors() const { return scheme == MapScheme::balanced ? slots() : n; }
};
/// Sets sigma and spread to the profile's where they are 0.
MapConfig with_profile(MapConfig config);

/// The line of a weight of 0.
inline int line_of_zero(MapScheme scheme) { return scheme == MapScheme::balanced ? 128 : 0; }
/// The weights as targets of the lines: signs and magnitudes, or deviations from 128. Throws UserError as
/// quantise_weights() does.
QuantWeights quantise_for(const MapConfig& config, const Op& op, WeightScale mode);

/// What one crossbar holds: public, part of the layer program.
struct CrossbarPlan {
    int group = 0;                    ///< group of a grouped conv
    int first_output = 0;             ///< of the block, within the group
    int outputs = 0;                  ///< row pairs in use, at most rows/2
    std::vector<std::int32_t> inputs; ///< two for each vector: input k of slot i, or -1. Balanced: only the first half
};

/// The crossbars of one layer, in order. `sees_pixels`: its input is the network's.
std::vector<CrossbarPlan> plan_layer(const MatrixShape& shape, const ArrayGeometry& array, const MapConfig& config,
                                     bool sees_pixels = false);

/// Content of one crossbar after mapping. All of it survives power-off.
struct MappedCrossbar {
    BitMatrix cells; ///< rows x cols
    BitMatrix signs; ///< n rows of sign_bits(); row i: row_pairs() signs of slot i, then those of slot n+i; 1 =
                     ///< negative, 0 where unused
    double mean_abs_error = 0.0; ///< mean |line - target| over the used slots
};

/// Maps the weights of one crossbar with the given secret vectors by bit-line sharing. `rng` places the S_j ones inside
/// their segment.
MappedCrossbar map_crossbar(const QuantWeights& weights, const CrossbarPlan& plan, const ArrayGeometry& array,
                            const GslVectors& vectors, BlsSolver& solver, Rng& rng);
/// Cells at random and no signs: where the search for balanced cells starts.
MappedCrossbar random_crossbar(const ArrayGeometry& array, const GslVectors& vectors, Rng& rng);

/// The levels at a layer's inputs, by input channel.
using LayerLevels = std::vector<LevelShares>;

/// What occurs at a layer's inputs and what its outputs should then be, at positions drawn from images.
struct OutputSamples {
    std::size_t count = 0;
    std::vector<std::uint8_t> levels; ///< [groups * K][count], padding included
    /// [groups * M][count] what each sum of products should be, in 1/256 counts and but for a constant.
    std::vector<std::int32_t> wanted;

    const std::uint8_t* levels_of(std::size_t input) const { return levels.data() + input * count; }
    const std::int32_t* wanted_of(std::size_t output) const { return wanted.data() + output * count; }
};

/// What the cells of a layer are fitted to. Points to what it is given.
struct CellFit {
    const QuantWeights& weights;
    const MapConfig& map;
    const ArrayGeometry& array;
    const ConverterConfig& converter;
    const StartTable& start;
    const LayerLevels& levels;    ///< how often each level occurs
    const OutputSamples& samples; ///< for output-aware cells alone
};

/// Chooses the cells of one crossbar anew for the streams that the converter makes of its sign rows as they are now -
/// filled and masked. Throws ModelError when the parts of `fit` do not belong together.
void fit_cells(MappedCrossbar& crossbar, const CrossbarPlan& plan, const GslVectors& vectors, const CellFit& fit);

/// Improves the cells of all crossbars of a layer such that whole outputs come out as the samples want them.
void fit_outputs(std::vector<MappedCrossbar>& crossbars, const std::vector<CrossbarPlan>& plans,
                 const std::vector<GslVectors>& vectors, const CellFit& fit);

/// Signed realised weights of one mapped crossbar, [slots][outputs]: sign * line, or line - 128 (0 for unused slots).
std::vector<std::int32_t> realised_weights(const MappedCrossbar& crossbar, const CrossbarPlan& plan, MapScheme scheme,
                                           const ArrayGeometry& array, const GslVectors& vectors);

} // namespace veilram
