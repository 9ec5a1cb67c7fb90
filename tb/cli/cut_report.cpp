#include "tb/cli/cut_report.hpp"

#include "models/base/progress.hpp"

#include <iomanip>
#include <memory>
#include <ostream>
#include <string>

namespace veilram {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const CutCounts& counts) {
    return {{"cuts", counts.cuts},
            {"leaks", counts.leaks},
            {"losses", counts.losses},
            {"dumps_in_clear", counts.exposed},
            {"most_layers_in_clear", counts.most}};
}

void print(const std::string& phase, const CutCounts& counts, std::ostream& out) {
    out << "  " << std::left << std::setw(12) << phase << std::right << std::setw(8) << counts.cuts << std::setw(8)
        << counts.leaks << std::setw(8) << counts.losses << std::setw(22) << counts.exposed << std::setw(16)
        << counts.most << std::endl; // the next one may be minutes away
}

} // namespace

Json cut_all_phases(PowerCuts& cuts, std::ostream& out) {
    out << "  cut during       cuts   leaks  losses  dumps with open cells  layers at most\n";
    Json json;
    CutCounts all;
    for (const CutPhase phase : {CutPhase::boot, CutPhase::recovery, CutPhase::infer, CutPhase::power_off}) {
        std::unique_ptr<Progress> progress;
        const CutCounts counts = cuts.cut_everywhere(phase, [&](std::size_t, std::size_t total) {
            if (!progress) progress = std::make_unique<Progress>("cuts, " + to_string(phase), total);
            progress->step(1);
        });
        progress.reset();
        print(to_string(phase), counts, out);
        json["phases"][to_string(phase)] = to_json(counts);
        all += counts;
    }
    print("all", all, out);
    json["all"] = to_json(all);
    return json;
}

} // namespace veilram
