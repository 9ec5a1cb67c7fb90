// The ways people write the ten digits, as strokes of a pen.
#pragma once

#include <vector>

namespace veilram {

/// How the pen goes on after a knot.
enum class PenTurn {
    smooth, ///< the curve passes through without a corner
    corner, ///< the curve may change its direction at once
    lift,   ///< the stroke ends here
};

/// A point that the pen passes, in a box of unit height: x to the right, y downwards.
struct Knot {
    double x, y;
    PenTurn turn = PenTurn::smooth;
};
using Glyph = std::vector<Knot>;

/// The known ways to write `digit` (0..9); at least two each.
const std::vector<Glyph>& glyphs_of(int digit);

} // namespace veilram
