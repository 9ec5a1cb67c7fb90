#include "hw/sim/trace.hpp"

#include "models/base/diagnostics.hpp"
#include "models/base/file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fnmatch.h>
#include <fstream>
#include <iomanip>
#include <sstream>
#include <sysc/tracing/sc_tracing_ids.h>
#include <utility>

namespace veilram {
namespace fs = std::filesystem;
namespace {

std::string without_suffix(const std::string& path) {
    const std::string suffix = ".vcd";
    if (path.size() <= suffix.size() || path.substr(path.size() - suffix.size()) != suffix)
        throw ModelError("waveform name '" + path + "' does not end in .vcd");
    return path.substr(0, path.size() - suffix.size());
}

/// The kernel would find a place that cannot be written to at the first cycle, and not survive it.
std::string writable(const std::string& path) {
    if (!std::ofstream(path)) throw UserError(path + ": cannot write the waveform: " + std::strerror(errno));
    return path;
}

/// The kernel does not say whether it could write everything; the last lines tell.
constexpr char kLastComment[] = "end of the waveform";

bool is_whole(const std::string& path) {
    constexpr std::streamoff kTail = 64; // the comment and what VCD puts around it
    std::ifstream in(path, std::ios::binary | std::ios::ate);
    in.seekg(-std::min<std::streamoff>(kTail, in.tellg()), std::ios::end);
    std::string tail(kTail, '\0');
    in.read(tail.data(), kTail);
    return tail.find(kLastComment) != std::string::npos;
}

/// As the VCD file has it: words carry their range.
std::string in_vcd(const std::string& signal, std::size_t bits) {
    return "SystemC." + signal + (bits == 1 ? "" : "[" + std::to_string(bits - 1) + ":0]");
}

/// GTKWave's display flags: lines in binary, numbers in signed decimal, wide vectors in hexadecimal.
const char* format_of(std::size_t bits) { return bits == 1 ? "@28\n" : bits <= 32 ? "@420\n" : "@22\n"; }

/// "veilram.res.state" -> "veilram.res".
std::string scope_of(const std::string& signal) { return signal.substr(0, signal.rfind('.')); }

/// GTKWave's translation of a number, as it shows it without: eight hexadecimal digits.
std::string table(const std::vector<std::string>& names) {
    std::ostringstream lines;
    lines << std::hex << std::setfill('0');
    for (std::size_t i = 0; i < names.size(); ++i) lines << std::setw(8) << i << " " << names[i] << "\n";
    return lines.str();
}

} // namespace

TraceFile::TraceFile(const std::string& path, bool secrets, std::vector<std::string> select)
    : vcd_(writable(path)), secrets_(secrets), select_(std::move(select)),
      file_(sc_core::sc_create_vcd_trace_file(without_suffix(path).c_str())) {
    file_->set_time_unit(1, sc_core::SC_PS);
}

TraceFile::~TraceFile() {
    if (file_ != nullptr) sc_core::sc_close_vcd_trace_file(file_);
}

bool TraceFile::is_selected(const std::string& name) {
    bool selected = select_.empty();
    for (const std::string& pattern : select_) {
        if (fnmatch(pattern.c_str(), name.c_str(), 0) != 0) continue;
        fitting_.insert(pattern);
        selected = true;
    }
    return selected;
}

void TraceFile::check_selection() const {
    std::string misfits;
    for (const std::string& pattern : select_)
        if (fitting_.count(pattern) == 0) misfits += (misfits.empty() ? "'" : ", '") + pattern + "'";
    if (misfits.empty()) return;
    sc_core::sc_report_handler::set_actions(sc_core::SC_ID_TRACING_CLOSE_EMPTY_FILE_, sc_core::SC_DO_NOTHING);
    fs::remove(vcd_);
    throw UserError("trace.select: no signal fits " + misfits + "; secret ones are there with trace.secrets alone");
}

void TraceFile::close() {
    file_->write_comment(kLastComment);
    sc_core::sc_close_vcd_trace_file(std::exchange(file_, nullptr));
    if (!is_whole(vcd_)) throw UserError(vcd_ + ": cannot write the whole waveform: is the disk full?");
}

void TraceFile::add_all(const sc_core::sc_object& root) {
    if (const auto* traceable = dynamic_cast<const Traceable*>(&root)) traceable->add_traces(*this);
    for (const auto* child : root.get_child_objects()) add_all(*child);
}

void TraceFile::add_enum(const sc_core::sc_object& owner, const unsigned& variable, const std::string& signal,
                         const std::vector<std::string>& names) {
    const std::size_t before = signals_.size();
    add(owner, variable, signal);
    if (signals_.size() > before) translations_[signals_.back().name] = names;
}

std::vector<std::string> TraceFile::write_view(const std::string& path) const {
    std::vector<std::string> files{fs::path(path).filename().string()};
    std::ostringstream view;
    view << "[dumpfile] \"" << fs::path(vcd_).filename().string()
         << "\"\n[timestart] 0\n[size] 1500 800\n[sst_expanded] 1\n";
    std::string scope;
    for (const auto& [signal, bits] : signals_) {
        if (scope_of(signal) != scope) {
            scope = scope_of(signal);
            view << "@200\n-" << scope << "\n";
        }
        const auto names = translations_.find(signal);
        if (names == translations_.end()) {
            view << format_of(bits) << in_vcd(signal, bits) << "\n";
            continue;
        }
        files.push_back(signal + ".txt");
        write_file((fs::path(path).parent_path() / files.back()).string(), table(names->second));
        view << "@2022\n^1 " << files.back() << "\n" << in_vcd(signal, bits) << "\n";
    }
    write_file(path, view.str());
    return files;
}

} // namespace veilram
