#include "tb/support/sim_test.hpp"

#include <stdexcept>
#include <utility>

namespace veilram::test {
namespace {

bool kernel_used = false;

void on_report(const sc_core::sc_report& report, const sc_core::sc_actions& actions) {
    if (report.get_severity() != sc_core::SC_INFO) ADD_FAILURE() << report.what();
    sc_core::sc_report_handler::default_handler(report, actions);
}

} // namespace

void install_report_policy() {
    using namespace sc_core;
    for (const auto severity : {SC_ERROR, SC_FATAL}) // the defaults: ERROR throws unseen, FATAL aborts
        sc_report_handler::set_actions(severity, SC_DISPLAY | SC_CACHE_REPORT | SC_THROW);
    sc_report_handler::set_handler(on_report);
}

SimTest::SimTest() {
    if (std::exchange(kernel_used, true))
        throw std::logic_error("one SystemC test per process: run through ctest or use --gtest_filter");
}

void SimTest::run(const sc_core::sc_time& limit) {
    try {
        sc_core::sc_start(limit, sc_core::SC_EXIT_ON_STARVATION);
    } catch (const std::exception& error) {
        ADD_FAILURE() << "simulation ended by: " << error.what();
        return;
    }
    EXPECT_EQ(sc_core::sc_get_status(), sc_core::SC_STOPPED)
        << "no sc_stop() by " << sc_core::sc_time_stamp() << ": a process is blocked or the limit is too short";
}

Bench::Bench(const sc_core::sc_module_name& name) : sc_module(name) {
    SC_THREAD(run_thread);
    set_stack_size(4 * 1024 * 1024); // gtest and streams on a coroutine stack
}

void Bench::run_thread() {
    body();
    sc_core::sc_stop();
}

} // namespace veilram::test
