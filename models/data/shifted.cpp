#include "models/data/shifted.hpp"

#include <boost/random/uniform_int_distribution.hpp>

namespace veilram {
namespace {

struct Move {
    int down = 0, right = 0;
    bool mirror = false;
};

void move_plane(const std::uint8_t* from, int height, int width, const Move& move, std::uint8_t* to) {
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            const int source_y = y - move.down, source_x = (move.mirror ? width - 1 - x : x) - move.right;
            if (source_y < 0 || source_y >= height || source_x < 0 || source_x >= width) continue;
            to[y * width + x] = from[source_y * width + source_x];
        }
}

} // namespace

Dataset shifted(const Dataset& images, int pixels, bool mirror, Rng& rng) {
    const auto channels = static_cast<std::size_t>(images.shape.at(0));
    const int height = static_cast<int>(images.shape.at(1)), width = static_cast<int>(images.shape.at(2));
    const std::size_t plane = static_cast<std::size_t>(height) * width;
    boost::random::uniform_int_distribution<int> distance(-pixels, pixels), side(0, 1);
    Dataset moved{images.shape, std::vector<std::uint8_t>(images.pixels.size(), 0), images.labels};
    for (std::size_t i = 0; i < images.count(); ++i) {
        Move move;
        move.down = distance(rng);
        move.right = distance(rng);
        move.mirror = side(rng) == 1 && mirror;
        for (std::size_t c = 0; c < channels; ++c) {
            const std::size_t at = (i * channels + c) * plane;
            move_plane(images.pixels.data() + at, height, width, move, moved.pixels.data() + at);
        }
    }
    return moved;
}

} // namespace veilram
