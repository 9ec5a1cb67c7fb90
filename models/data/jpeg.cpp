#include "models/data/jpeg.hpp"

#include "models/base/diagnostics.hpp"
#include "models/base/file.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <turbojpeg.h>

namespace veilram {
namespace {

constexpr int kColours = 3;

/// What one new pixel of a row is made of: weights for `count` old ones from `first` on, which add up to 1.
struct Footprint {
    int first = 0;
    std::vector<double> weights;
};

std::vector<Footprint> footprints(int from, int to) {
    const double scale = static_cast<double>(from) / to, reach = std::max(scale, 1.0);
    std::vector<Footprint> all;
    for (int i = 0; i < to; ++i) {
        const double centre = (i + 0.5) * scale;
        Footprint print;
        print.first = std::max(static_cast<int>(centre - reach + 0.5), 0);
        const int end = std::min(static_cast<int>(centre + reach + 0.5), from);
        double sum = 0.0;
        for (int x = print.first; x < end; ++x) {
            print.weights.push_back(std::max(0.0, 1.0 - std::abs((x + 0.5 - centre) / reach)));
            sum += print.weights.back();
        }
        for (double& weight : print.weights) weight /= sum;
        all.push_back(std::move(print));
    }
    return all;
}

std::uint8_t to_byte(double value) { return static_cast<std::uint8_t>(std::clamp(std::lround(value), 0L, 255L)); }

/// Every row scaled to `width`, and the picture turned: rows become columns.
Picture scaled_and_turned(const Picture& picture, int width) {
    const std::vector<Footprint> prints = footprints(picture.width, width);
    Picture out{picture.height, width, std::vector<std::uint8_t>(picture.rgb.size() / picture.width * width)};
    for (int y = 0; y < picture.height; ++y)
        for (int x = 0; x < width; ++x)
            for (int c = 0; c < kColours; ++c) {
                const std::uint8_t* from = picture.rgb.data() + (y * picture.width + prints[x].first) * kColours + c;
                double sum = 0.0;
                for (std::size_t i = 0; i < prints[x].weights.size(); ++i)
                    sum += prints[x].weights[i] * from[i * kColours];
                out.rgb[static_cast<std::size_t>((x * picture.height + y) * kColours + c)] = to_byte(sum);
            }
    return out;
}

} // namespace

Picture read_jpeg(const std::string& path) {
    const std::string content = read_file(path);
    const auto* data = reinterpret_cast<const unsigned char*>(content.data());
    const std::unique_ptr<void, decltype(&tjDestroy)> decoder(tjInitDecompress(), &tjDestroy);
    Picture picture;
    int sampling = 0, colours = 0;
    const auto refuse = [&] {
        throw UserError(path + ": not a whole JPEG picture in grey or colour: " + tjGetErrorStr2(decoder.get()));
    };
    if (tjDecompressHeader3(decoder.get(), data, content.size(), &picture.width, &picture.height, &sampling,
                            &colours) != 0)
        refuse();
    picture.rgb.resize(static_cast<std::size_t>(picture.width) * picture.height * kColours);
    if (tjDecompress2(decoder.get(), data, content.size(), picture.rgb.data(), picture.width, 0, picture.height,
                      TJPF_RGB, TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING) != 0)
        refuse();
    return picture;
}

Picture resized(const Picture& picture, int side) {
    const int shorter = std::min(picture.width, picture.height);
    if (shorter == side) return picture;
    const auto scaled = [&](int extent) { return static_cast<int>(std::int64_t{side} * extent / shorter); };
    return scaled_and_turned(scaled_and_turned(picture, scaled(picture.width)), scaled(picture.height));
}

void centre_crop(const Picture& picture, const PictureFormat& format, const std::string& path, std::uint8_t* planes) {
    const int side = format.crop;
    if (picture.width < side || picture.height < side)
        throw UserError(path + ": is " + std::to_string(picture.width) + "x" + std::to_string(picture.height) +
                        ", smaller than the " + std::to_string(side) + "x" + std::to_string(side) +
                        " to cut from its middle; set data.resize or a smaller data.crop");
    const int left = (picture.width - side) / 2, top = (picture.height - side) / 2;
    for (int plane = 0; plane < kColours; ++plane)
        for (int y = 0; y < side; ++y) {
            const int colour = format.order == ColourOrder::rgb ? plane : kColours - 1 - plane;
            const std::uint8_t* row = picture.rgb.data() + ((top + y) * picture.width + left) * kColours + colour;
            for (int x = 0; x < side; ++x) *planes++ = row[x * kColours];
        }
}

} // namespace veilram
