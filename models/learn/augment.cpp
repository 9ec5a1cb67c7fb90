#include "models/learn/augment.hpp"

#include "models/base/diagnostics.hpp"
#include "models/learn/torch_net.hpp"

#include <boost/random/uniform_real_distribution.hpp>

#include <algorithm>
#include <cmath>

namespace veilram {
namespace F = torch::nn::functional;
namespace {

constexpr double kRadian = 3.14159265358979323846 / 180; ///< per degree

/// One image's random change, inverted: where in the source each target pixel is found, in libtorch's -1..1
/// coordinates.
void draw_affine(const Augment& augment, std::int64_t height, std::int64_t width, Rng& rng, float* matrix) {
    const auto draw = [&rng](double most) {
        return most > 0 ? boost::random::uniform_real_distribution<double>(-most, most)(rng) : 0.0;
    };
    const bool keeps_pixels = augment.rotate <= 0 && augment.scale <= 0 && augment.shear <= 0;
    const auto draw_shift = [&] { return keeps_pixels ? std::round(draw(augment.shift)) : draw(augment.shift); };
    const double angle = draw(augment.rotate) * kRadian, size = 1 + draw(augment.scale), shear = draw(augment.shear);
    const double dx = 2 * draw_shift() / static_cast<double>(width);
    const double dy = 2 * draw_shift() / static_cast<double>(height);
    const double c = std::cos(angle) / size, s = std::sin(angle) / size;
    const double side = augment.mirror && draw(1.0) > 0 ? -1 : 1;
    const double values[6] = {side * c, -s + c * shear, dx, side * s, c + s * shear, dy};
    std::copy(std::begin(values), std::end(values), matrix);
}

} // namespace

void check(const Augment& augment) {
    if (augment.rotate < 0 || augment.shift < 0 || augment.scale < 0 || augment.scale >= 1 || augment.shear < 0)
        throw UserError(
            "augmentation: rotation, shift and shear must not be negative, the change of scale must be in 0..1");
}

torch::Tensor augmented(const torch::Tensor& images, const Augment& augment, Rng& rng) {
    const bool none = augment.rotate <= 0 && augment.shift <= 0 && augment.scale <= 0 && augment.shear <= 0;
    if (none && !augment.mirror) return images;
    torch::Tensor affine = torch::empty({images.size(0), 2, 3});
    for (std::int64_t i = 0; i < images.size(0); ++i)
        draw_affine(augment, images.size(2), images.size(3), rng, affine.data_ptr<float>() + 6 * i);
    const torch::Tensor grid = F::affine_grid(affine, images.sizes().vec(), false);
    return F::grid_sample(images, grid, F::GridSampleFuncOptions().align_corners(false));
}

} // namespace veilram
