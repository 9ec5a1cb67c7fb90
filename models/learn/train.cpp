#include "models/learn/train.hpp"

#include "models/base/diagnostics.hpp"
#include "models/base/progress.hpp"
#include "models/learn/batches.hpp"
#include "models/learn/torch_net.hpp"
#include "models/nn/topologies.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace veilram {
namespace F = torch::nn::functional;
namespace {

void check(const Graph& topology, const Dataset& data, const TrainConfig& config) {
    check_fits(topology, data);
    check_positive("epochs", config.epochs);
    check_positive("batch", config.batch);
    check_positive("learning rate", config.learning_rate);
    check(config.augment);
}

constexpr double kMomentum = 0.9; ///< of `sgd`

std::unique_ptr<torch::optim::Optimizer> make_optimiser(std::vector<torch::Tensor> learned, const TrainConfig& config) {
    const double rate = config.learning_rate, decay = config.weight_decay;
    if (config.optimiser == Optimiser::adamw)
        return std::make_unique<torch::optim::AdamW>(std::move(learned),
                                                     torch::optim::AdamWOptions(rate).weight_decay(decay));
    return std::make_unique<torch::optim::SGD>(
        std::move(learned), torch::optim::SGDOptions(rate).weight_decay(decay).momentum(kMomentum).nesterov(true));
}

class Trainer {
public:
    Trainer(const Graph& topology, const Dataset& data, const InputFormat& format, const TrainConfig& config)
        : data_(data), format_(format), config_(config), rng_(make_rng(config.seed, "train")),
          parts_(split_parts(data.count(), config.validation_share, config.seed)),
          validation_(subset(data, parts_.validation)), net_(randomise(topology, config.seed)),
          optimiser_(make_optimiser(net_.parameters(), config)),
          steps_(config.epochs * ((parts_.learned.size() + config.batch - 1) / config.batch)),
          progress_("train", steps_) {}

    TrainResult run() {
        TrainResult result;
        for (int epoch = 0; epoch < config_.epochs; ++epoch) {
            EpochReport report;
            report.loss = run_epoch();
            const Graph graph = net_.graph();
            FloatEngine engine;
            report.validation_accuracy = accuracy(graph, engine, validation_, format_, 256);
            result.epochs.push_back(report);
            if (report.validation_accuracy < result.validation_accuracy) continue;
            result.validation_accuracy = report.validation_accuracy;
            result.graph = graph;
        }
        return result;
    }

private:
    /// Returns the mean loss.
    double run_epoch() {
        shuffle(parts_.learned, rng_);
        double loss = 0;
        for (std::size_t first = 0; first < parts_.learned.size(); first += static_cast<std::size_t>(config_.batch)) {
            const std::size_t last = std::min(parts_.learned.size(), first + static_cast<std::size_t>(config_.batch));
            const auto at = [&](std::size_t i) { return parts_.learned.begin() + static_cast<std::ptrdiff_t>(i); };
            loss += run_step(subset(data_, {at(first), at(last)})) * static_cast<double>(last - first);
            progress_.step();
        }
        return loss / static_cast<double>(parts_.learned.size());
    }

    double run_step(const Dataset& batch) {
        set_learning_rate(*optimiser_, config_.learning_rate,
                          static_cast<double>(step_++) / static_cast<double>(steps_));
        const torch::Tensor images = to_torch(to_tensor(batch.pixels.data(), batch.count(), batch.shape, format_));
        const torch::Tensor logits = net_.forward(augmented(images, config_.augment, rng_), TorchNet::Mode::train);
        const torch::Tensor loss = F::cross_entropy(logits, to_torch(batch.labels));
        optimiser_->zero_grad();
        loss.backward();
        optimiser_->step();
        return loss.item<double>();
    }

    const Dataset& data_;
    const InputFormat& format_;
    const TrainConfig& config_;
    Rng rng_;
    Parts parts_;
    Dataset validation_;
    TorchNet net_;
    std::unique_ptr<torch::optim::Optimizer> optimiser_;
    std::size_t steps_;
    std::size_t step_ = 0;
    Progress progress_;
};

} // namespace

TrainResult train(const Graph& topology, const Dataset& train_set, const InputFormat& format,
                  const TrainConfig& config) {
    check(topology, train_set, config);
    const SingleThread single_thread;
    return Trainer(topology, train_set, format, config).run();
}

Dataset join(const Dataset& first, const Dataset& second) {
    if (first.shape != second.shape)
        throw UserError("data sets of " + to_string(first.shape) + " and " + to_string(second.shape) +
                        " images cannot be joined");
    Dataset both = first;
    both.pixels.insert(both.pixels.end(), second.pixels.begin(), second.pixels.end());
    both.labels.insert(both.labels.end(), second.labels.begin(), second.labels.end());
    return both;
}

} // namespace veilram
