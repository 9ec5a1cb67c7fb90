#include "tb/cli/target.hpp"

#include "models/image/sc_engine.hpp"
#include "tb/cli/stopwatch.hpp"

namespace veilram {

TargetRun run_functional(const Device& device, const DeviceConfig& cells, const Dataset& data) {
    ScEngine engine(device.program, *device.nvm, device.secrets, cells);
    TargetRun run;
    const Stopwatch watch;
    const Tensor logits = infer_all(device.program.graph, engine, data, device.program.input, "target");
    run.wall_s = watch.wall_s();
    run.cpu_s = watch.cpu_s();
    const auto classes = static_cast<std::ptrdiff_t>(logits.dim(1));
    for (auto row = logits.data.begin(); row != logits.data.end(); row += classes)
        run.logits.emplace_back(row, row + classes);
    run.predictions = argmax(logits);
    run.dump = device.nvm;
    return run;
}

} // namespace veilram
