#include "tb/cosim/res_transitions.hpp"

namespace veilram {

const std::set<ResTransition>& res_transitions() {
    using S = ResState;
    using C = ResCommand;
    static const std::set<ResTransition> all{{S::off, C::power_off, S::off},
                                             {S::off, C::begin_boot, S::boot},
                                             {S::off, C::begin_shutdown, S::shutdown},
                                             {S::off, C::fail, S::fault},
                                             {S::boot, C::power_off, S::off},
                                             {S::boot, C::blob_opened, S::boot},
                                             {S::boot, C::end_boot, S::locked},
                                             {S::boot, C::begin_shutdown, S::shutdown},
                                             {S::boot, C::fail, S::fault},
                                             {S::locked, C::power_off, S::off},
                                             {S::locked, C::begin_unlock, S::unlocking},
                                             {S::locked, C::begin_shutdown, S::shutdown},
                                             {S::locked, C::fail, S::fault},
                                             {S::unlocking, C::power_off, S::off},
                                             {S::unlocking, C::begin_unlock, S::unlocking},
                                             {S::unlocking, C::end_unlock, S::compute},
                                             {S::unlocking, C::end_lock, S::unlocking},
                                             {S::unlocking, C::fail, S::fault},
                                             {S::compute, C::power_off, S::off},
                                             {S::compute, C::begin_unlock, S::compute},
                                             {S::compute, C::end_unlock, S::compute},
                                             {S::compute, C::begin_lock, S::compute},
                                             {S::compute, C::begin_lock, S::unlocking},
                                             {S::compute, C::begin_lock, S::locking},
                                             {S::compute, C::end_lock, S::compute},
                                             {S::compute, C::begin_shutdown, S::shutdown},
                                             {S::compute, C::fail, S::fault},
                                             {S::locking, C::power_off, S::off},
                                             {S::locking, C::begin_unlock, S::unlocking},
                                             {S::locking, C::end_lock, S::locking},
                                             {S::locking, C::end_lock, S::locked},
                                             {S::locking, C::fail, S::fault},
                                             {S::shutdown, C::power_off, S::off},
                                             {S::shutdown, C::begin_shutdown, S::shutdown}, // out of an emergency
                                             {S::shutdown, C::end_shutdown, S::off},
                                             {S::shutdown, C::fail, S::fault},
                                             {S::fault, C::power_off, S::off},
                                             {S::fault, C::begin_shutdown, S::shutdown},
                                             {S::fault, C::fail, S::fault}};
    return all;
}

} // namespace veilram
