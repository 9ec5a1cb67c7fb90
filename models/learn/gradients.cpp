#include "models/learn/gradients.hpp"

#include "models/base/progress.hpp"
#include "models/learn/batches.hpp"
#include "models/learn/torch_net.hpp"

#include <algorithm>

namespace veilram {
namespace F = torch::nn::functional;
namespace {
constexpr std::size_t kBatch = 50;
} // namespace

WeightGradients weight_gradients(const Graph& graph, const Dataset& images, const InputFormat& format) {
    check_fits(graph, images);
    const SingleThread single_thread;
    TorchNet net(graph);
    WeightGradients result;
    Progress progress("gradient", images.count());
    for (std::size_t first = 0; first < images.count(); first += kBatch) {
        const Dataset batch = images.slice(first, std::min(kBatch, images.count() - first));
        const torch::Tensor pixels = to_torch(to_tensor(batch.pixels.data(), batch.count(), batch.shape, format));
        const torch::Tensor loss = F::cross_entropy(net.forward(pixels, TorchNet::Mode::eval), to_torch(batch.labels),
                                                    F::CrossEntropyFuncOptions().reduction(torch::kSum));
        loss.backward();
        result.loss += loss.item<double>();
        progress.step(batch.count());
    }
    for (std::size_t layer = 0; layer < net.matrix_count(); ++layer)
        result.gradients.push_back(from_torch(net.weight(layer).grad()));
    return result;
}

} // namespace veilram
