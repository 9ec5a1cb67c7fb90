#include "tb/cli/target.hpp"

#include "models/image/sc_engine.hpp"

namespace veilram {

TargetRun run_functional(const Compiled& device, const Dataset& data) {
    ScEngine engine(device.program, device.image.nvm, device.secrets);
    TargetRun run;
    run.predictions = predict(device.program.graph, engine, data, device.program.input, "target");
    return run;
}

} // namespace veilram
