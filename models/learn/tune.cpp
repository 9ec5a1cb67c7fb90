#include "models/learn/tune.hpp"

#include "models/base/diagnostics.hpp"
#include "models/base/progress.hpp"
#include "models/learn/batches.hpp"
#include "models/learn/mapped_net.hpp"
#include "models/learn/tune_state.hpp"

#include <algorithm>
#include <sstream>

namespace veilram {
namespace F = torch::nn::functional;
namespace {

void check(const Graph& graph, const Dataset& data, const TuneConfig& tuning) {
    check_fits(graph, data);
    check_positive("epochs", tuning.epochs);
    check_positive("batch", tuning.batch);
    check_positive("learning rate", tuning.learning_rate);
    check_positive("steps between two mappings", tuning.resolve_every);
    check(tuning.augment);
    if (!(tuning.pull >= 0 && tuning.pull <= 1))
        throw UserError("pull: " + std::to_string(tuning.pull) + " is not a share; choose it between 0 and 1");
}

torch::Tensor probabilities(TorchNet& network, const torch::Tensor& images) {
    const torch::NoGradGuard no_grad;
    return torch::softmax(network.forward(images, TorchNet::Mode::eval), 1);
}

class Tuner {
public:
    Tuner(const Graph& folded, const std::vector<ActivationQuant>& activations, const CompileConfig& config,
          const TuneConfig& tuning, const Dataset& data, const Calibration& calibration)
        : data_(data), format_(config.input), tuning_(tuning), rng_(make_rng(tuning.seed, "tune")),
          parts_(split_parts(data.count(), tuning.validation_share, tuning.seed)),
          validation_(subset(data, parts_.validation)),
          teacher_(calibration.network.nodes.empty() ? folded : calibration.network),
          mapped_(folded, activations, config, calibration, tuning.part),
          optimiser_(mapped_.parameters(), torch::optim::AdamOptions(tuning.learning_rate)),
          steps_(steps_per_epoch() * tuning.epochs), progress_("tune", static_cast<std::size_t>(steps_)) {}

    TuneResult run() {
        if (load_state())
            mapped_.solve();
        else
            judge(), tell();
        mapped_.settle(pull());
        while (step_ < steps_) {
            if (step_ % steps_per_epoch() == 0) shuffle(parts_.learned, rng_);
            take_step();
            if (step_ % tuning_.resolve_every != 0 && step_ != steps_) continue;
            mapped_.solve();
            judge();
            save_state();
            tell();
            mapped_.settle(pull());
        }
        return std::move(result_);
    }

private:
    int steps_per_epoch() const {
        return static_cast<int>((parts_.learned.size() + static_cast<std::size_t>(tuning_.batch) - 1) /
                                static_cast<std::size_t>(tuning_.batch));
    }

    /// Weights stay where they are while outputs are tuned.
    double pull() const { return tuning_.part == TunedPart::outputs ? 0.0 : tuning_.pull; }

    void take_step() {
        const Dataset batch = subset(data_, next_indices());
        const torch::Tensor images = augmented(
            to_torch(to_tensor(batch.pixels.data(), batch.count(), batch.shape, format_)), tuning_.augment, rng_);
        set_learning_rate(optimiser_, tuning_.learning_rate, static_cast<double>(step_) / steps_);
        const torch::Tensor goal =
            tuning_.goal == TuneGoal::labels ? to_torch(batch.labels) : probabilities(teacher_, images);
        const torch::Tensor loss = F::cross_entropy(mapped_.forward(images), goal);
        optimiser_.zero_grad();
        loss.backward();
        optimiser_.step();
        loss_sum_ += loss.item<double>();
        ++losses_;
        ++step_;
        progress_.step();
    }

    std::vector<std::size_t> next_indices() const {
        const std::size_t first =
            static_cast<std::size_t>(step_ % steps_per_epoch()) * static_cast<std::size_t>(tuning_.batch);
        const std::size_t last = std::min(parts_.learned.size(), first + static_cast<std::size_t>(tuning_.batch));
        return {parts_.learned.begin() + static_cast<std::ptrdiff_t>(first),
                parts_.learned.begin() + static_cast<std::ptrdiff_t>(last)};
    }

    /// Records how good the present mapping is, and keeps its weights when it is the best so far.
    void judge() {
        SolveReport report;
        report.step = step_;
        report.loss = losses_ > 0 ? loss_sum_ / losses_ : 0;
        report.validation_accuracy = mapped_.accuracy(validation_);
        report.mean_abs_error = mapped_.storage().total.mean_abs_error();
        result_.solves.push_back(report);
        loss_sum_ = 0;
        losses_ = 0;
        if (report.validation_accuracy < result_.validation_accuracy) return;
        result_.validation_accuracy = report.validation_accuracy;
        result_.graph = mapped_.mapped_graph();
    }

    void tell() const {
        if (tuning_.tell) tuning_.tell(result_.solves.back());
    }

    /// The weights as they were mapped: what settles afterwards follows from them.
    void save_state() {
        if (tuning_.state_file.empty()) return;
        TuneState state;
        state.key = tuning_.state_key;
        state.step = step_;
        std::ostringstream rng;
        rng << rng_;
        state.rng = rng.str();
        state.order = parts_.learned;
        state.result = result_;
        state.graph = mapped_.mapped_graph();
        save(state, optimiser_, tuning_.state_file);
    }

    bool load_state() {
        if (tuning_.state_file.empty()) return false;
        TuneState state;
        state.graph = state.result.graph = mapped_.mapped_graph(); // the topology
        if (!load(state, optimiser_, tuning_.state_file, tuning_.state_key)) return false;
        step_ = state.step;
        std::istringstream(state.rng) >> rng_;
        parts_.learned = state.order;
        result_ = std::move(state.result);
        mapped_.net().set(state.graph);
        progress_.step(static_cast<std::size_t>(step_));
        return true;
    }

    const Dataset& data_;
    const InputFormat& format_;
    const TuneConfig& tuning_;
    Rng rng_;
    Parts parts_;
    Dataset validation_;
    TorchNet teacher_;
    MappedNet mapped_;
    torch::optim::Adam optimiser_;
    int steps_;
    int step_ = 0;
    double loss_sum_ = 0;
    int losses_ = 0;
    TuneResult result_;
    Progress progress_;
};

} // namespace

TuneResult tune(const Graph& folded, const std::vector<ActivationQuant>& activations, const CompileConfig& config,
                const TuneConfig& tuning, const Dataset& train_set, const Calibration& calibration) {
    check(folded, train_set, tuning);
    const SingleThread single_thread;
    return Tuner(folded, activations, config, tuning, train_set, calibration).run();
}

} // namespace veilram
