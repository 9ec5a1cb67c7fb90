// Random changes of training images.
#pragma once

namespace veilram {

/// Drawn anew each time an image is seen, each amount in [-x, +x]. All zero: the images stay as they are.
struct Augment {
    double rotate = 0.0; ///< degrees
    double shift = 0.0;  ///< pixels, in both directions; whole ones where nothing else but the mirror changes
    double scale = 0.0;  ///< share of the size
    double shear = 0.0;  ///< share of the size
    bool mirror = false; ///< half of the images, left to right
};

/// Throws UserError for an amount that makes no sense.
void check(const Augment& augment);

} // namespace veilram
