// Pictures from JPEG files.
#pragma once

#include "models/data/dataset.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace veilram {

/// Red, green and blue, pixel after pixel, row after row.
struct Picture {
    int width = 0, height = 0;
    std::vector<std::uint8_t> rgb;
};

/// Throws UserError naming the file when it is missing, no JPEG, damaged or in colours that cannot be made RGB.
Picture read_jpeg(const std::string& path);

/// Scaled so that its shorter side has `side` pixels: each new pixel is the mean of what it covers, weighted by a
/// triangle of that width (bilinear with anti-aliasing).
Picture resized(const Picture& picture, int side);

/// The middle crop x crop pixels as planes [3][crop][crop]. Throws UserError naming `path` when it is smaller.
void centre_crop(const Picture& picture, const PictureFormat& format, const std::string& path, std::uint8_t* planes);

} // namespace veilram
