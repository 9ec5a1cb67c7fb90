// Tests that hold every implementation of a block to the same behaviour.
#pragma once

#include "hw/cycle/pin_port.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace veilram::test {

/// What this program can make a block of.
inline std::vector<Implementation> implementations() {
    std::vector<Implementation> all{Implementation::systemc, Implementation::cycle};
    if (has_twins()) all.push_back(Implementation::rtl);
    return all;
}

inline std::string name_of_parameter(const ::testing::TestParamInfo<Implementation>& info) {
    static const char* const kNames[] = {"systemc", "cycle", "rtl"};
    return kNames[static_cast<std::size_t>(info.param)];
}

/// The one of the test that runs.
struct OfEveryImplementation : ::testing::WithParamInterface<Implementation> {};

} // namespace veilram::test
