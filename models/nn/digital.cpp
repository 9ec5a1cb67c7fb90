// The digital periphery: everything but the matrix products, in single precision.
#include "models/base/diagnostics.hpp"
#include "models/base/parallel.hpp"
#include "models/nn/infer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace veilram {
namespace {

constexpr std::size_t kGrain = 1 << 15; ///< values that are worth a task of their own

/// Samples of a window that lie in the image, along one dimension: first, first + dilation, ... below `end`.
struct Taps {
    int first, end;
    int padded_count; ///< with those in the padding
};
Taps taps(int position, int kernel, int stride, int pad_before, int pad_after, int dilation, int extent) {
    const int start = position * stride - pad_before;
    const int stop = start + (kernel - 1) * dilation + 1;
    const int skipped = start < 0 ? (-start + dilation - 1) / dilation : 0;
    const int padded_stop = std::min(stop, extent + pad_after); // a ceil-mode window may reach beyond the padding
    return {start + skipped * dilation, std::min(stop, extent), (padded_stop - start - 1) / dilation + 1};
}

/// Applies `reduce(plane, row taps, column taps)` to every window of every channel plane.
template <class Reduce> void pool(const Window& w, const Tensor& in, Tensor& out, Reduce reduce) {
    const int in_h = static_cast<int>(in.dim(2)), in_w = static_cast<int>(in.dim(3));
    const std::size_t planes = static_cast<std::size_t>(in.dim(0) * in.dim(1));
    const std::size_t out_plane = static_cast<std::size_t>(out.dim(2) * out.dim(3));
    parallel_ranges(planes, kGrain / std::max<std::size_t>(out_plane, 1) + 1, [&](std::size_t first, std::size_t last) {
        float* result = out.data.data() + first * out_plane;
        for (std::size_t plane = first; plane < last; ++plane) {
            const float* from = in.data.data() + plane * in_h * in_w;
            for (int y = 0; y < out.dim(2); ++y) {
                const Taps rows = taps(y, w.kernel_h, w.stride_h, w.pad_top, w.pad_bottom, w.dilation_h, in_h);
                for (int x = 0; x < out.dim(3); ++x) {
                    const Taps columns = taps(x, w.kernel_w, w.stride_w, w.pad_left, w.pad_right, w.dilation_w, in_w);
                    *result++ = reduce(from, rows, columns);
                }
            }
        }
    });
}

class Digital {
public:
    Digital(const std::vector<const Tensor*>& in, Tensor& out) : in_(in), out_(out) {}

    void operator()(const BatchNorm& op) const {
        const std::size_t channels = op.gamma.size(), plane = plane_size(), images = in_[0]->dim(0);
        parallel_ranges(images * channels, kGrain / std::max<std::size_t>(plane, 1) + 1,
                        [&](std::size_t first, std::size_t last) {
                            for (std::size_t part = first; part < last; ++part) {
                                const std::size_t c = part % channels;
                                const float factor = op.gamma[c] / std::sqrt(op.variance[c] + op.epsilon);
                                const float shift = op.beta[c] - op.mean[c] * factor;
                                for (std::size_t i = part * plane; i < (part + 1) * plane; ++i)
                                    out_.data[i] = in_[0]->data[i] * factor + shift;
                            }
                        });
    }
    void operator()(const Relu&) const {
        const float* from = in_[0]->data.data();
        float* to = out_.data.data();
        parallel_ranges(out_.size(), kGrain, [&](std::size_t first, std::size_t last) {
            std::transform(from + first, from + last, to + first, [](float v) { return v > 0 ? v : 0; });
        });
    }
    void operator()(const Clip& op) const {
        const float* from = in_[0]->data.data();
        float* to = out_.data.data();
        parallel_ranges(out_.size(), kGrain, [&](std::size_t first, std::size_t last) {
            std::transform(from + first, from + last, to + first,
                           [&](float v) { return std::min(std::max(v, op.low), op.high); });
        });
    }
    void operator()(const MaxPool& op) const {
        const int in_w = static_cast<int>(in_[0]->dim(3));
        const Window& w = op.window;
        pool(w, *in_[0], out_, [&](const float* plane, const Taps& rows, const Taps& columns) {
            float best = -std::numeric_limits<float>::infinity();
            for (int y = rows.first; y < rows.end; y += w.dilation_h)
                for (int x = columns.first; x < columns.end; x += w.dilation_w)
                    best = std::max(best, plane[y * in_w + x]);
            return best;
        });
    }
    void operator()(const AveragePool& op) const {
        const int in_w = static_cast<int>(in_[0]->dim(3));
        const Window& w = op.window;
        pool(w, *in_[0], out_, [&](const float* plane, const Taps& rows, const Taps& columns) {
            float sum = 0.0F;
            int count = 0;
            for (int y = rows.first; y < rows.end; y += w.dilation_h)
                for (int x = columns.first; x < columns.end; x += w.dilation_w, ++count) sum += plane[y * in_w + x];
            if (op.count_include_pad) count = rows.padded_count * columns.padded_count;
            return count == 0 ? 0.0F : sum / static_cast<float>(count);
        });
    }
    void operator()(const GlobalAveragePool&) const {
        const std::size_t plane = plane_size();
        for (std::size_t part = 0; part < out_.size(); ++part) {
            float sum = 0.0F;
            for (std::size_t i = part * plane; i < (part + 1) * plane; ++i) sum += in_[0]->data[i];
            out_.data[part] = sum / static_cast<float>(plane);
        }
    }
    void operator()(const Add&) const {
        const float *a = in_[0]->data.data(), *b = in_[1]->data.data();
        float* to = out_.data.data();
        parallel_ranges(out_.size(), kGrain, [&](std::size_t first, std::size_t last) {
            std::transform(a + first, a + last, b + first, to + first, std::plus<>());
        });
    }
    void operator()(const Concat&) const {
        const auto images = static_cast<std::size_t>(out_.dim(0));
        auto to = out_.data.begin();
        for (std::size_t image = 0; image < images; ++image)
            for (const Tensor* part : in_) {
                const std::size_t size = part->size() / images;
                const auto from = part->data.begin() + static_cast<std::ptrdiff_t>(image * size);
                to = std::copy(from, from + static_cast<std::ptrdiff_t>(size), to);
            }
    }
    void operator()(const Pad& op) const {
        std::fill(out_.data.begin(), out_.data.end(), op.value);
        copy_strided(*in_[0], std::vector<std::int64_t>(in_[0]->shape.size(), 0),
                     std::vector<std::int64_t>(in_[0]->shape.size(), 1), op.before, in_[0]->shape);
    }
    void operator()(const Slice& op) const {
        copy_strided(*in_[0], op.start, op.step, std::vector<std::int64_t>(out_.shape.size(), 0), out_.shape);
    }
    void operator()(const Flatten&) const { out_.data = in_[0]->data; }
    void operator()(const Conv&) const { throw ModelError("conv is not a digital operation"); }
    void operator()(const Dense&) const { throw ModelError("dense is not a digital operation"); }

private:
    /// Values of one channel of one image.
    std::size_t plane_size() const {
        std::size_t size = 1;
        for (std::size_t d = 2; d < in_[0]->shape.size(); ++d) size *= static_cast<std::size_t>(in_[0]->shape[d]);
        return size;
    }
    /// out[to + i] = in[from + i * step] for every index i below `extent`, one run of the last dimension at a time.
    void copy_strided(const Tensor& in, const std::vector<std::int64_t>& from, const std::vector<std::int64_t>& step,
                      const std::vector<std::int64_t>& to, const Shape& extent) const {
        if (element_count(extent) == 0) return;
        const std::size_t last = extent.size() - 1;
        std::vector<std::int64_t> index(extent.size(), 0);
        const std::int64_t runs = element_count(extent) / extent[last];
        for (std::int64_t run = 0; run < runs; ++run) {
            std::int64_t source = 0, target = 0;
            for (std::size_t d = 0; d <= last; ++d) {
                source = source * in.shape[d] + from[d] + index[d] * step[d];
                target = target * out_.shape[d] + to[d] + index[d];
            }
            for (std::int64_t i = 0; i < extent[last]; ++i) out_.data[target + i] = in.data[source + i * step[last]];
            for (std::size_t d = last; d-- > 0 && ++index[d] == extent[d];) index[d] = 0;
        }
    }

    const std::vector<const Tensor*>& in_;
    Tensor& out_;
};

} // namespace

Tensor digital(const Node& node, const std::vector<const Tensor*>& inputs) {
    std::vector<Shape> shapes;
    for (const Tensor* input : inputs) shapes.emplace_back(input->shape.begin() + 1, input->shape.end());
    Shape shape = output_shape(node, shapes);
    shape.insert(shape.begin(), inputs.at(0)->dim(0));
    Tensor out(std::move(shape));
    std::visit(Digital(inputs, out), node.op);
    return out;
}

} // namespace veilram
