#include "models/nn/infer.hpp"

#include "models/base/parallel.hpp"
#include "models/nn/im2col.hpp"
#include "models/nn/walk.hpp"

#define EIGEN_DONT_PARALLELIZE // the same sums in the same order on every machine
#include <Eigen/Core>

#include <algorithm>

namespace veilram {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using MatrixView = Eigen::Map<Matrix>;
using ConstMatrixView = Eigen::Map<const Matrix>;
using ConstVectorView = Eigen::Map<const Eigen::VectorXf>;

/// The patches of one padded image as the columns of [K, positions].
void gather_columns(const PatchGeometry& g, const std::vector<float>& padded, Matrix& columns) {
    float* to = columns.data();
    for (const std::size_t offset : g.offsets) {
        for (int y = 0; y < g.out_h; ++y) {
            const float* from = padded.data() + offset + g.origin(y, 0);
            if (g.window.stride_w == 1)
                std::copy(from, from + g.out_w, to);
            else
                for (int x = 0; x < g.out_w; ++x) to[x] = from[x * g.window.stride_w];
            to += g.out_w;
        }
    }
}

/// Image by image, so that a result does not depend on the batch it came in.
void convolve(const Conv& conv, const Tensor& input, Tensor& out) {
    const PatchGeometry g = patch_geometry(conv, input.shape);
    const MatrixShape m = matrix_shape(conv);
    const auto positions = static_cast<Eigen::Index>(g.positions());
    const std::size_t in_step = static_cast<std::size_t>(g.channels) * g.in_h * g.in_w;
    const std::size_t out_step = m.outputs * g.positions();
    std::vector<float> padded(g.padded_size(), 0.0F);
    Matrix columns(m.inputs, positions);
    for (std::int64_t image = 0; image < input.dim(0); ++image) {
        for (int group = 0; group < m.groups; ++group) {
            const std::size_t part = static_cast<std::size_t>(image) * m.groups + group;
            const float* from = input.data.data() + part * in_step;
            for_each_row(g, [&](std::size_t source, std::size_t target) {
                std::copy_n(from + source, g.in_w, padded.data() + target);
            });
            gather_columns(g, padded, columns);
            const std::size_t first_weight = static_cast<std::size_t>(group) * m.outputs * m.inputs;
            const ConstMatrixView weight(conv.weight.data.data() + first_weight, m.outputs, m.inputs);
            MatrixView result(out.data.data() + part * out_step, m.outputs, positions);
            result.noalias() = weight * columns;
            if (!conv.bias.empty())
                result.colwise() += ConstVectorView(conv.bias.data() + group * m.outputs, m.outputs);
        }
    }
}

void multiply(const Dense& dense, const Tensor& input, Tensor& out) {
    const MatrixShape m = matrix_shape(dense);
    const ConstMatrixView weight(dense.weight.data.data(), m.outputs, m.inputs);
    for (std::int64_t image = 0; image < input.dim(0); ++image) {
        Eigen::Map<Eigen::VectorXf> result(out.data.data() + image * m.outputs, m.outputs);
        result.noalias() = weight * ConstVectorView(input.data.data() + image * m.inputs, m.inputs);
        if (!dense.bias.empty()) result += ConstVectorView(dense.bias.data(), m.outputs);
    }
}

} // namespace

Tensor FloatEngine::apply(std::size_t /*layer*/, const Node& node, const Tensor& input, std::size_t /*first_image*/) {
    Shape shape = output_shape(node, {Shape(input.shape.begin() + 1, input.shape.end())});
    shape.insert(shape.begin(), input.dim(0));
    Tensor out(std::move(shape));
    if (const auto* conv = std::get_if<Conv>(&node.op))
        convolve(*conv, input, out);
    else
        multiply(std::get<Dense>(node.op), input, out);
    return out;
}

Tensor multiply_on_all_cores(const Node& node, const Tensor& input) {
    const auto images = static_cast<std::size_t>(input.dim(0));
    const std::size_t size = input.size() / images;
    std::vector<Tensor> parts(images);
    parallel_for(images, [&](std::size_t i) {
        const auto from = input.data.begin() + static_cast<std::ptrdiff_t>(i * size);
        Shape shape = input.shape;
        shape[0] = 1;
        const Tensor image(std::move(shape), {from, from + static_cast<std::ptrdiff_t>(size)});
        parts[i] = FloatEngine().apply(0, node, image, i);
    });
    Shape shape = parts.front().shape;
    shape[0] = input.dim(0);
    Tensor out(std::move(shape));
    for (std::size_t i = 0; i < images; ++i)
        std::copy(parts[i].data.begin(), parts[i].data.end(),
                  out.data.begin() + static_cast<std::ptrdiff_t>(i * parts[i].size()));
    return out;
}

Tensor infer(const Graph& graph, const Tensor& batch, MatrixEngine& engine, std::size_t first_image) {
    std::size_t layer = 0;
    return walk(graph, batch, [&](const Node& node, const std::vector<const Tensor*>& operands) {
        return is_matrix(node.op) ? engine.apply(layer++, node, *operands.at(0), first_image) : digital(node, operands);
    });
}

std::vector<int> argmax(const Tensor& logits) {
    std::vector<int> best;
    const std::int64_t images = logits.dim(0);
    const std::int64_t classes = images == 0 ? 0 : static_cast<std::int64_t>(logits.size()) / images;
    for (std::int64_t i = 0; i < images; ++i) {
        const auto row = logits.data.begin() + i * classes;
        best.push_back(static_cast<int>(std::max_element(row, row + classes) - row));
    }
    return best;
}

} // namespace veilram
