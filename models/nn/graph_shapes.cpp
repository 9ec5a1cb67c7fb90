// What shape every operation expects and gives.
#include "models/base/diagnostics.hpp"
#include "models/nn/graph.hpp"

#include <algorithm>
#include <limits>

namespace veilram {
namespace {

constexpr int kMaxExtent = 1 << 14; ///< of an image or a window: keeps every product of two in an int

int positions(int in, int kernel, int stride, int pad_before, int pad_after, int dilation, bool ceil_mode) {
    const int room = in + pad_before + pad_after - dilation * (kernel - 1) - 1;
    if (room < 0) return 0;
    const int count = (room + (ceil_mode ? stride - 1 : 0)) / stride + 1;
    const bool last_is_outside = ceil_mode && (count - 1) * stride >= in + pad_before;
    return last_is_outside ? count - 1 : count;
}

/// One rule per operation; `in` are the operands' shapes, per image.
class ShapeRules {
public:
    ShapeRules(const Node& node, const std::vector<Shape>& in) : node_(node), in_(in) {}

    Shape operator()(const Conv& op) const {
        const Shape& w = op.weight.shape;
        expect(w.size() == 4 && op.groups >= 1 && w[0] % op.groups == 0,
               "expects a weight of [outputs, channels / groups, height, width] whose outputs divide into " +
                   std::to_string(op.groups) + " groups, got " + to_string(w));
        expect(w[2] == op.window.kernel_h && w[3] == op.window.kernel_w,
               "has a weight of " + to_string(w) + " but a window of " +
                   extent(op.window.kernel_h, op.window.kernel_w));
        check_weight(op.weight, op.bias);
        check_image(w[1] * op.groups, "for its weight of " + to_string(w));
        const auto [h, width] = windows(op.window);
        return {w[0], h, width};
    }
    Shape operator()(const Dense& op) const {
        const Shape& w = op.weight.shape;
        expect(w.size() == 2, "expects a weight of [outputs, inputs], got " + to_string(w));
        check_weight(op.weight, op.bias);
        expect(in_[0].size() == 1 && in_[0][0] == w[1], "expects an input of " + std::to_string(w[1]) +
                                                            " values for its weight of " + to_string(w) + ", got " +
                                                            to_string(in_[0]));
        return {w[0]};
    }
    Shape operator()(const BatchNorm& op) const {
        const std::size_t channels = op.gamma.size();
        expect(op.beta.size() == channels && op.mean.size() == channels && op.variance.size() == channels,
               "expects as many gammas as betas, means and variances");
        expect(!in_[0].empty() && in_[0][0] == static_cast<std::int64_t>(channels),
               "expects " + std::to_string(channels) + " channels, got an input of " + to_string(in_[0]));
        return in_[0];
    }
    Shape operator()(const Relu&) const { return in_[0]; }
    Shape operator()(const Clip& op) const {
        expect(op.low <= op.high,
               "has a lower bound of " + std::to_string(op.low) + " above the upper one of " + std::to_string(op.high));
        return in_[0];
    }
    Shape operator()(const MaxPool& op) const { return pooled(op.window); }
    Shape operator()(const AveragePool& op) const { return pooled(op.window); }
    Shape operator()(const GlobalAveragePool&) const {
        check_image(-1, "");
        return {in_[0][0], 1, 1};
    }
    Shape operator()(const Add&) const {
        expect(in_[0] == in_[1], "expects two equal shapes, got " + to_string(in_[0]) + " and " + to_string(in_[1]));
        return in_[0];
    }
    Shape operator()(const Concat&) const {
        Shape out = in_[0];
        std::string all = to_string(in_[0]);
        for (std::size_t i = 1; i < in_.size(); ++i) {
            all += ", " + to_string(in_[i]);
            const bool fits = !out.empty() && in_[i].size() == out.size() &&
                              std::equal(out.begin() + 1, out.end(), in_[i].begin() + 1);
            expect(fits, "expects shapes that differ in their channels only, got " + all);
            out[0] += in_[i][0];
        }
        return out;
    }
    Shape operator()(const Pad& op) const {
        const std::size_t rank = in_[0].size() + 1;
        expect(op.before.size() == rank && op.after.size() == rank,
               "expects one padding for the batch and each dimension of " + to_string(in_[0]));
        expect(op.before[0] == 0 && op.after[0] == 0, "must not pad the batch");
        Shape out = in_[0];
        for (std::size_t d = 0; d < out.size(); ++d) {
            const std::int64_t before = op.before[d + 1], after = op.after[d + 1];
            expect(before >= 0 && after >= 0 && before <= kMaxExtent && after <= kMaxExtent,
                   "has a padding outside 0.." + std::to_string(kMaxExtent));
            out[d] += before + after;
        }
        return out;
    }
    Shape operator()(const Slice& op) const {
        const std::size_t rank = in_[0].size() + 1;
        expect(op.start.size() == rank && op.stop.size() == rank && op.step.size() == rank,
               "expects one start:stop:step for the batch and each dimension of " + to_string(in_[0]));
        expect(op.start[0] == 0 && op.stop[0] == 1 && op.step[0] == 1, "must not slice the batch");
        Shape out = in_[0];
        for (std::size_t d = 0; d < out.size(); ++d) {
            const std::int64_t start = op.start[d + 1], stop = op.stop[d + 1], step = op.step[d + 1];
            expect(start >= 0 && start < stop && stop <= out[d] && step >= 1,
                   "takes " + std::to_string(start) + ":" + std::to_string(stop) + ":" + std::to_string(step) +
                       " of dimension " + std::to_string(d) + ", which gives nothing or leaves the input of " +
                       to_string(in_[0]));
            out[d] = (stop - start - 1) / step + 1;
        }
        return out;
    }
    Shape operator()(const Flatten&) const { return {element_count(in_[0])}; }

    void expect(bool holds, const std::string& complaint) const {
        if (!holds) throw UserError("node '" + node_.name + "' (" + op_name(node_.op) + ") " + complaint);
    }

private:
    static std::string extent(std::int64_t h, std::int64_t w) { return std::to_string(h) + "x" + std::to_string(w); }

    void check_weight(const Tensor& weight, const std::vector<float>& bias) const {
        const std::int64_t count = element_count(weight.shape);
        expect(count > 0 && count <= std::numeric_limits<int>::max(),
               "has a weight of " + to_string(weight.shape) + ", expected 1 to 2^31 values");
        expect(weight.data.empty() || static_cast<std::int64_t>(weight.size()) == count,
               "has " + std::to_string(weight.size()) + " weights, expected " + to_string(weight.shape));
        expect(bias.empty() || static_cast<std::int64_t>(bias.size()) == weight.dim(0),
               "has " + std::to_string(bias.size()) + " biases, expected " + std::to_string(weight.dim(0)));
    }
    /// `channels` < 0 accepts any number.
    void check_image(std::int64_t channels, const std::string& reason) const {
        const std::string wanted = channels < 0 ? "CxHxW" : std::to_string(channels) + "xHxW";
        expect(in_[0].size() == 3 && (channels < 0 || in_[0][0] == channels) && in_[0][1] <= kMaxExtent &&
                   in_[0][2] <= kMaxExtent,
               "expects an input of " + wanted + " " + reason + (reason.empty() ? "" : ", ") + "got " +
                   to_string(in_[0]));
    }
    std::pair<int, int> windows(const Window& w) const {
        for (const int v : {w.kernel_h, w.kernel_w, w.stride_h, w.stride_w, w.dilation_h, w.dilation_w})
            expect(v >= 1 && v <= kMaxExtent,
                   "has a window, stride or dilation outside 1.." + std::to_string(kMaxExtent));
        for (const int v : {w.pad_top, w.pad_left, w.pad_bottom, w.pad_right})
            expect(v >= 0 && v <= kMaxExtent, "has a padding outside 0.." + std::to_string(kMaxExtent));
        const int h = w.out_h(static_cast<int>(in_[0][1])), width = w.out_w(static_cast<int>(in_[0][2]));
        expect(h > 0 && width > 0, "has a window of " + extent(w.kernel_h, w.kernel_w) +
                                       " that does not fit the padded input of " + to_string(in_[0]));
        return {h, width};
    }
    Shape pooled(const Window& window) const {
        check_image(-1, "");
        const auto [h, w] = windows(window);
        expect(window.pad_top < window.kernel_h && window.pad_bottom < window.kernel_h &&
                   window.pad_left < window.kernel_w && window.pad_right < window.kernel_w,
               "has a padding as large as its window of " + extent(window.kernel_h, window.kernel_w));
        return {in_[0][0], h, w};
    }

    const Node& node_;
    const std::vector<Shape>& in_;
};

} // namespace

int Window::out_h(int in_h) const {
    return positions(in_h, kernel_h, stride_h, pad_top, pad_bottom, dilation_h, ceil_mode);
}
int Window::out_w(int in_w) const {
    return positions(in_w, kernel_w, stride_w, pad_left, pad_right, dilation_w, ceil_mode);
}

Shape output_shape(const Node& node, const std::vector<Shape>& inputs) {
    const ShapeRules rules(node, inputs);
    const std::size_t wanted = std::holds_alternative<Add>(node.op) ? 2 : 1;
    const bool any = std::holds_alternative<Concat>(node.op);
    rules.expect(any ? !inputs.empty() : inputs.size() == wanted,
                 "expects " + std::to_string(wanted) + " operands, got " + std::to_string(inputs.size()));
    Shape out = std::visit(rules, node.op);
    std::int64_t count = 1;
    for (const std::int64_t extent : out) {
        rules.expect(extent >= 1 && extent <= std::numeric_limits<int>::max() / count,
                     "gives a result of " + to_string(out) + ", expected 1 to 2^31 values");
        count *= extent;
    }
    return out;
}

void infer_shapes(Graph& graph) {
    if (graph.nodes.empty()) throw UserError("network '" + graph.name + "' has no nodes");
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        Node& node = graph.nodes[i];
        std::vector<Shape> inputs;
        for (const ValueId id : node.inputs) {
            if (id > i) throw UserError("node '" + node.name + "' reads a value that is computed later");
            inputs.push_back(graph.shape_of(id));
        }
        node.out_shape = output_shape(node, inputs);
    }
}

} // namespace veilram
