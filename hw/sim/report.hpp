// Message ids and the check for broken invariants.
#pragma once

#include <systemc>

#include <sstream>

namespace veilram {

constexpr char kMsgModel[] = "/veilram/model";
constexpr char kMsgTrace[] = "/veilram/trace";

} // namespace veilram

/// A broken invariant of the model: reports FATAL (exit code 3) with the module's name and the time.
#define VEILRAM_INVARIANT(condition, text)                                                                             \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            std::ostringstream veilram_message;                                                                        \
            veilram_message << name() << " at " << sc_core::sc_time_stamp() << ": " << text;                           \
            SC_REPORT_FATAL(veilram::kMsgModel, veilram_message.str().c_str());                                        \
        }                                                                                                              \
    } while (false)
