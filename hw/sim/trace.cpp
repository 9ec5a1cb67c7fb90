#include "hw/sim/trace.hpp"

#include "models/base/diagnostics.hpp"
#include "models/base/file.hpp"

#include <algorithm>
#include <filesystem>
#include <sstream>

namespace veilram {
namespace {

std::string without_suffix(const std::string& path) {
    const std::string suffix = ".vcd";
    if (path.size() <= suffix.size() || path.substr(path.size() - suffix.size()) != suffix)
        throw ModelError("waveform name '" + path + "' does not end in .vcd");
    return path.substr(0, path.size() - suffix.size());
}

/// As the VCD file has it: words carry their range.
std::string in_vcd(const std::string& signal, std::size_t bits) {
    return "SystemC." + signal + (bits == 1 ? "" : "[" + std::to_string(bits - 1) + ":0]");
}

/// GTKWave's display flags: lines in binary, numbers in signed decimal, wide vectors in hexadecimal.
const char* format_of(std::size_t bits) { return bits == 1 ? "@28\n" : bits <= 32 ? "@420\n" : "@22\n"; }

/// "veilram.res.state" -> "veilram.res".
std::string scope_of(const std::string& signal) { return signal.substr(0, signal.rfind('.')); }

} // namespace

TraceFile::TraceFile(const std::string& path, bool secrets)
    : vcd_(path), secrets_(secrets), file_(sc_core::sc_create_vcd_trace_file(without_suffix(path).c_str())) {
    file_->set_time_unit(1, sc_core::SC_PS);
}

TraceFile::~TraceFile() { sc_core::sc_close_vcd_trace_file(file_); }

void TraceFile::add_all(const sc_core::sc_object& root) {
    if (const auto* traceable = dynamic_cast<const Traceable*>(&root)) traceable->add_traces(*this);
    for (const auto* child : root.get_child_objects()) add_all(*child);
}

void TraceFile::add_enum(const sc_core::sc_object& owner, const unsigned& variable, const std::string& signal,
                         const std::vector<std::string>& names) {
    add(owner, variable, signal);
    translations_.push_back({signals_.back().name, names});
}

void TraceFile::write_view(const std::string& path) const {
    namespace fs = std::filesystem;
    std::ostringstream view;
    view << "[dumpfile] \"" << fs::path(vcd_).filename().string()
         << "\"\n[timestart] 0\n[size] 1500 800\n[sst_expanded] 1\n";
    std::string scope;
    for (const auto& [signal, bits] : signals_) {
        if (scope_of(signal) != scope) {
            scope = scope_of(signal);
            view << "@200\n-" << scope << "\n";
        }
        const auto names = std::find_if(translations_.begin(), translations_.end(),
                                        [name = signal](const Translation& t) { return t.signal == name; });
        if (names == translations_.end()) {
            view << format_of(bits) << in_vcd(signal, bits) << "\n";
            continue;
        }
        const fs::path table = fs::path(path).parent_path() / (signal + ".txt");
        std::ostringstream lines;
        for (std::size_t i = 0; i < names->names.size(); ++i) lines << std::hex << i << " " << names->names[i] << "\n";
        write_file(table.string(), lines.str());
        view << "@2022\n^1 " << table.filename().string() << "\n" << in_vcd(signal, bits) << "\n";
    }
    write_file(path, view.str());
}

} // namespace veilram
