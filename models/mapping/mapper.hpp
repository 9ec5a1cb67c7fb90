// From quantised weights to cells: which input sits in which slot, which cells are on (docs/model.md, sections 4 and 5).
#pragma once

#include "models/mapping/bls.hpp"
#include "models/mapping/cell_search.hpp"
#include "models/nn/quantise.hpp"
#include "models/sc/geometry.hpp"

#include <cstdint>
#include <vector>

namespace veilram {

enum class MapScheme { paper };
enum class MapOrder { consecutive };
/// Which cells of a segment are on: any, or those with which products come out best under the real streams; then bit-line
/// sharing is where the search starts.
enum class CellChoice { random, stream_aware };

struct MapConfig {
    MapScheme scheme = MapScheme::paper;
    MapOrder order = MapOrder::consecutive;
    SolverKind solver = SolverKind::fast;
    CellChoice cells = CellChoice::random;
    int n = 8; ///< GSL vectors per crossbar
};

/// What one crossbar holds: public, part of the layer program.
struct CrossbarPlan {
    int group = 0;                    ///< group of a grouped conv
    int first_output = 0;             ///< of the block, within the group
    int outputs = 0;                  ///< row pairs in use, at most rows/2
    std::vector<std::int32_t> inputs; ///< 2n entries: input k of slot i, or -1
};

/// The crossbars of one layer, in order.
std::vector<CrossbarPlan> plan_layer(const MatrixShape& shape, const ArrayGeometry& array, const MapConfig& config);

/// Content of one crossbar after mapping. All of it survives power-off.
struct MappedCrossbar {
    BitMatrix cells; ///< rows x cols
    BitMatrix signs; ///< n rows of sign_bits(); row i: row_pairs() signs of slot i, then those of slot n+i; 1 = negative, 0 where unused
    double mean_abs_error = 0.0; ///< mean |line - target| over the used slots
};

/// Maps the weights of one crossbar with the given secret vectors. `rng` places the S_j ones inside their segment.
MappedCrossbar map_crossbar(const QuantWeights& weights, const CrossbarPlan& plan, const ArrayGeometry& array,
                            const GslVectors& vectors, BlsSolver& solver, Rng& rng);

/// Chooses the cells anew for the streams that `converter` and `start` make of the crossbar's sign rows as they are now - filled
/// and masked - at levels that occur as often as `levels` says.
void fit_cells(MappedCrossbar& crossbar, const QuantWeights& weights, const CrossbarPlan& plan, const ArrayGeometry& array,
               const GslVectors& vectors, const ConverterConfig& converter, const StartTable& start, const LevelShares& levels);

/// Signed realised weights of one mapped crossbar: [2n slots][outputs], sign * line count (0 for unused slots).
std::vector<std::int32_t> realised_weights(const MappedCrossbar& crossbar, const CrossbarPlan& plan, const ArrayGeometry& array,
                                           const GslVectors& vectors);

} // namespace veilram
