#include "models/image/graph_json.hpp"

#include "models/base/diagnostics.hpp"

#include <limits>

namespace veilram {
namespace {

constexpr std::size_t kMaxNodes = 1 << 16;
constexpr std::size_t kMaxChannels = 1 << 20;
constexpr std::size_t kMaxRank = 8;
constexpr std::int64_t kMaxElements = std::numeric_limits<std::int32_t>::max();
constexpr int kMaxExtent = 1 << 14;

/// Every int of a window under its JSON name.
template <class W, class F> void visit_window(W& window, F&& field) {
    field("kernel", window.kernel_h, window.kernel_w);
    field("stride", window.stride_h, window.stride_w);
    field("pad_begin", window.pad_top, window.pad_left);
    field("pad_end", window.pad_bottom, window.pad_right);
    field("dilation", window.dilation_h, window.dilation_w);
}

Json encode_window(const Window& window) {
    Json json;
    visit_window(window, [&](const char* name, int h, int w) { json[name] = {h, w}; });
    json["ceil_mode"] = window.ceil_mode;
    return json;
}

Window decode_window(const JsonView& json) {
    Window window;
    visit_window(window, [&](const char* name, int& h, int& w) {
        const auto pair = json[name].integers(2, 0, kMaxExtent);
        if (pair.size() != 2) json[name].fail("expected [height, width]");
        h = static_cast<int>(pair[0]);
        w = static_cast<int>(pair[1]);
    });
    window.ceil_mode = json["ceil_mode"].flag();
    return window;
}

Shape decode_shape(const JsonView& json) {
    Shape shape = json.integers(kMaxRank, 1, kMaxElements);
    std::int64_t count = 1;
    for (const std::int64_t extent : shape) {
        if (extent > kMaxElements / count) json.fail("more than 2^31 elements");
        count *= extent;
    }
    return shape;
}

/// Writes what an operation needs beside its name and inputs.
struct Encoder {
    Json& json;

    void operator()(const Conv& op) const {
        json["groups"] = op.groups;
        json["weight_shape"] = op.weight.shape;
        json["window"] = encode_window(op.window);
    }
    void operator()(const Dense& op) const { json["weight_shape"] = op.weight.shape; }
    void operator()(const BatchNorm& op) const {
        json["gamma"] = op.gamma;
        json["beta"] = op.beta;
        json["mean"] = op.mean;
        json["variance"] = op.variance;
        json["epsilon"] = op.epsilon;
    }
    void operator()(const Clip& op) const {
        json["low"] = op.low;
        json["high"] = op.high;
    }
    void operator()(const MaxPool& op) const { json["window"] = encode_window(op.window); }
    void operator()(const AveragePool& op) const {
        json["window"] = encode_window(op.window);
        json["count_include_pad"] = op.count_include_pad;
    }
    void operator()(const Pad& op) const {
        json["before"] = op.before;
        json["after"] = op.after;
        json["value"] = op.value;
    }
    void operator()(const Slice& op) const {
        json["start"] = op.start;
        json["stop"] = op.stop;
        json["step"] = op.step;
    }
    template <class Plain> void operator()(const Plain&) const {}
};

/// Reads it back.
struct Decoder {
    const JsonView& json;

    std::vector<std::int64_t> extents(const char* key) const { return json[key].integers(kMaxRank, 0, kMaxElements); }

    void operator()(Conv& op) const {
        op.groups = json["groups"].small(1, static_cast<int>(kMaxChannels));
        op.weight.shape = decode_shape(json["weight_shape"]);
        op.window = decode_window(json["window"]);
    }
    void operator()(Dense& op) const { op.weight.shape = decode_shape(json["weight_shape"]); }
    void operator()(BatchNorm& op) const {
        op.gamma = json["gamma"].numbers(kMaxChannels);
        op.beta = json["beta"].numbers(kMaxChannels);
        op.mean = json["mean"].numbers(kMaxChannels);
        op.variance = json["variance"].numbers(kMaxChannels);
        op.epsilon = json["epsilon"].number();
    }
    void operator()(Clip& op) const {
        op.low = json["low"].number();
        op.high = json["high"].number();
    }
    void operator()(MaxPool& op) const { op.window = decode_window(json["window"]); }
    void operator()(AveragePool& op) const {
        op.window = decode_window(json["window"]);
        op.count_include_pad = json["count_include_pad"].flag();
    }
    void operator()(Pad& op) const {
        op.before = extents("before");
        op.after = extents("after");
        op.value = json["value"].number();
    }
    void operator()(Slice& op) const {
        op.start = extents("start");
        op.stop = extents("stop");
        op.step = extents("step");
    }
    template <class Plain> void operator()(Plain&) const {}
};

/// A default operation of the alternative that is called `name`; the names are op_name()'s, so the two cannot drift
/// apart.
template <std::size_t I = 0> Op make_op(const std::string& name, const JsonView& json) {
    if constexpr (I == std::variant_size_v<Op>) {
        json.fail("'" + name + "' is not an operation");
    } else {
        Op op{std::in_place_index<I>};
        return op_name(op) == name ? op : make_op<I + 1>(name, json);
    }
}

Node decode_node(const JsonView& json, std::size_t index) {
    Node node;
    node.name = json["name"].text();
    node.op = make_op(json["op"].text(), json["op"]);
    for (const std::int64_t id : json["inputs"].integers(kMaxNodes, 0, static_cast<std::int64_t>(index)))
        node.inputs.push_back(static_cast<ValueId>(id));
    std::visit(Decoder{json}, node.op);
    return node;
}

struct Stripped {
    Op operator()(const Conv& op) const {
        Conv bare{op.window, op.groups, {}, {}};
        bare.weight.shape = op.weight.shape;
        return bare;
    }
    Op operator()(const Dense& op) const {
        Dense bare;
        bare.weight.shape = op.weight.shape;
        return bare;
    }
    template <class Other> Op operator()(const Other& op) const { return op; }
};

} // namespace

Graph without_weights(const Graph& graph) {
    Graph bare{graph.name, graph.in_shape, {}, graph.activations};
    for (const Node& node : graph.nodes)
        bare.nodes.push_back({node.name, std::visit(Stripped{}, node.op), node.inputs, node.out_shape});
    return bare;
}

Json encode_graph(const Graph& graph) {
    Json json;
    json["name"] = graph.name;
    json["in_shape"] = graph.in_shape;
    json["nodes"] = Json::array();
    for (const Node& node : graph.nodes) {
        Json item;
        item["name"] = node.name;
        item["op"] = op_name(node.op);
        item["inputs"] = node.inputs;
        item["out_shape"] = node.out_shape;
        std::visit(Encoder{item}, node.op);
        json["nodes"].push_back(std::move(item));
    }
    return json;
}

Graph decode_graph(const JsonView& json) {
    Graph graph;
    graph.name = json["name"].text();
    graph.in_shape = decode_shape(json["in_shape"]);
    if (graph.in_shape.empty()) json["in_shape"].fail("has no dimension");
    const JsonView nodes = json["nodes"];
    const std::size_t count = nodes.size(kMaxNodes);
    for (std::size_t i = 0; i < count; ++i) graph.nodes.push_back(decode_node(nodes[i], i));
    infer_shapes(graph);
    for (std::size_t i = 0; i < count; ++i)
        if (decode_shape(nodes[i]["out_shape"]) != graph.nodes[i].out_shape)
            nodes[i]["out_shape"].fail("expected " + to_string(graph.nodes[i].out_shape));
    return graph;
}

} // namespace veilram
