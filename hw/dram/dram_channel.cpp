#include "hw/dram/dram_channel.hpp"

#include "models/base/diagnostics.hpp"

#include <algorithm>

namespace veilram {

DramAddress decode_address(const DramSpec& spec, std::uint64_t address) {
    const DramGeometry& g = spec.geometry;
    std::uint64_t line = address / g.burst_bytes;
    const auto take = [&line](std::uint32_t values) {
        const auto part = static_cast<std::uint32_t>(line % values);
        line /= values;
        return part;
    };
    DramAddress at;
    std::uint32_t group = 0;
    if (spec.policy.mapping == DramMapping::row_bank_column_group) group = take(g.bank_groups);
    at.column = take(g.bursts);
    if (spec.policy.mapping == DramMapping::row_bank_group_column) group = take(g.bank_groups);
    at.bank = group * g.banks + take(g.banks);
    at.row = take(g.rows);
    return at;
}

DramEnergy energy_of(const DramCounts& counts, const DramSpec& spec) {
    const DramTiming& t = spec.timing;
    const DramPower& p = spec.power;
    const double unit = p.vdd * t.clock_ns * p.devices; // of one mA for one cycle, in pJ
    const double burst = spec.geometry.burst_cycles;
    DramEnergy energy;
    energy.activate =
        static_cast<double>(counts.activates) * unit * (p.idd0 * (t.ras + t.rp) - p.idd3n * t.ras - p.idd2n * t.rp);
    energy.read = static_cast<double>(counts.reads) * unit * (p.idd4r - p.idd3n) * burst;
    energy.write = static_cast<double>(counts.writes) * unit * (p.idd4w - p.idd3n) * burst;
    energy.refresh = static_cast<double>(counts.refreshes) * unit * (p.idd5 - p.idd3n) * t.rfc;
    energy.background = unit * (p.idd3n * static_cast<double>(counts.open_cycles) +
                                p.idd2n * static_cast<double>(counts.cycles - counts.open_cycles));
    return energy;
}

DramChannel::DramChannel(const DramSpec& spec, Done done, Command command)
    : spec_(spec), done_(std::move(done)), command_(std::move(command)), banks_(spec.geometry.all_banks()),
      last_activate_(spec.geometry.bank_groups, -kLong), last_read_(last_activate_), last_write_(last_activate_),
      refresh_due_(spec.timing.refi) {
    activates_.fill(-kLong);
}

bool DramChannel::accepts(bool write) const {
    return write ? writes_.size() < spec_.policy.writes : reads_.size() < spec_.policy.reads;
}

void DramChannel::push(std::uint64_t id, std::uint64_t address, bool write) {
    if (!accepts(write)) throw ModelError("a request was pushed into a full DRAM queue");
    const Request request{id, decode_address(spec_, address), now_ + spec_.policy.latency};
    const auto same = [&](const Request& other) {
        return other.at.bank == request.at.bank && other.at.row == request.at.row &&
               other.at.column == request.at.column;
    };
    if (!write && std::any_of(writes_.begin(), writes_.end(), same)) {
        ++counts_.forwarded;
        done_(id, now_ + 1);
        return;
    }
    (write ? writes_ : reads_).push_back(request);
    if (write) done_(id, now_);
}

void DramChannel::step_to(std::int64_t cycle) {
    while (now_ < cycle) {
        const std::int64_t quiet = spec_.policy.refresh ? std::min(cycle, refresh_due_) : cycle;
        if (!idle() || now_ >= quiet) {
            step();
            continue;
        }
        counts_.open_cycles += open_banks_ > 0 ? quiet - now_ : 0; // nothing happens until then
        now_ = quiet;
    }
}

void DramChannel::step() {
    if (!refresh_step()) {
        choose_mode();
        if (!serve_hit(draining_)) prepare(draining_ ? writes_ : reads_) || serve_hit(!draining_);
    }
    counts_.open_cycles += open_banks_ > 0 ? 1 : 0;
    ++now_;
}

/// True while a refresh is on its way: no other command then.
bool DramChannel::refresh_step() {
    if (!spec_.policy.refresh || now_ < refresh_due_) return false;
    if (open_banks_ > 0) {
        std::int64_t ready = 0;
        for (std::uint32_t b = 0; b < banks_.size(); ++b)
            if (banks_[b].open) ready = std::max(ready, earliest_precharge(b));
        if (now_ < ready) return true;
        tell(DramCommand::precharge_all, {});
        for (std::uint32_t b = 0; b < banks_.size(); ++b)
            if (banks_[b].open) precharge(b);
        return true;
    }
    for (const Bank& bank : banks_)
        if (now_ < bank.activate) return true;
    tell(DramCommand::refresh, {});
    ++counts_.refreshes;
    for (Bank& bank : banks_) bank.activate = now_ + spec_.timing.rfc;
    refresh_due_ += spec_.timing.refi;
    return true;
}

void DramChannel::choose_mode() {
    const bool any_read = !reads_.empty() && reads_.front().from <= now_;
    const bool any_write = !writes_.empty() && writes_.front().from <= now_;
    if (draining_)
        draining_ = any_write && (!any_read || writes_.size() >= spec_.policy.drain_below);
    else
        draining_ = any_write && (!any_read || writes_.size() > spec_.policy.drain_above);
}

std::int64_t DramChannel::earliest_activate(std::uint32_t bank) const {
    const DramTiming& t = spec_.timing;
    return std::max({banks_[bank].activate, last_activate_[group_of(bank)] + t.rrd_l, any_activate_ + t.rrd_s,
                     activates_[next_activate_] + t.faw});
}

std::int64_t DramChannel::earliest_precharge(std::uint32_t bank) const {
    return std::max(banks_[bank].precharge, any_precharge_ + spec_.timing.ppd);
}

std::int64_t DramChannel::earliest_column(std::uint32_t bank, bool write) const {
    const DramTiming& t = spec_.timing;
    const std::uint32_t group = group_of(bank);
    const int burst = spec_.geometry.burst_cycles;
    const auto& same_kind = write ? last_write_ : last_read_;
    const std::int64_t any_same = write ? any_write_ : any_read_;
    std::int64_t earliest = std::max({banks_[bank].column, same_kind[group] + t.ccd_l, any_same + t.ccd_s});
    if (write) return std::max(earliest, any_read_ + t.cl + burst - t.cwl + t.turnaround);
    earliest = std::max(earliest, last_write_[group] + t.cwl + burst + t.wtr_l);
    return std::max(earliest, any_write_ + t.cwl + burst + t.wtr_s);
}

/// Whether a request waits for the row that is open in this bank.
bool DramChannel::is_wanted(std::uint32_t bank) const {
    const auto wants = [&](const Request& request) {
        return request.from <= now_ && request.at.bank == bank && request.at.row == banks_[bank].row;
    };
    return std::any_of(reads_.begin(), reads_.end(), wants) || std::any_of(writes_.begin(), writes_.end(), wants);
}

/// Reads or writes for the oldest request whose row is open and which may go now.
bool DramChannel::serve_hit(bool write) {
    std::deque<Request>& queue = write ? writes_ : reads_;
    for (auto it = queue.begin(); it != queue.end() && it->from <= now_; ++it) {
        const Bank& bank = banks_[it->at.bank];
        if (!bank.open || bank.row != it->at.row || now_ < earliest_column(it->at.bank, write)) continue;
        column(*it, write);
        queue.erase(it);
        return true;
    }
    return false;
}

/// Opens or closes a row for the oldest request whose bank can be made ready now. A row stays open as long as requests
/// wait for it.
bool DramChannel::prepare(const std::deque<Request>& queue) {
    for (const Request& request : queue) {
        if (request.from > now_) break;
        const std::uint32_t b = request.at.bank;
        if (!banks_[b].open) {
            if (now_ < earliest_activate(b)) continue;
            activate(request.at);
            return true;
        }
        if (banks_[b].row == request.at.row || now_ < earliest_precharge(b) || is_wanted(b)) continue;
        tell(DramCommand::precharge, request.at);
        precharge(b);
        return true;
    }
    return false;
}

void DramChannel::tell(DramCommand command, const DramAddress& at) {
    if (command_) command_(now_, command, at);
}

void DramChannel::activate(const DramAddress& at) {
    tell(DramCommand::activate, at);
    Bank& bank = banks_[at.bank];
    bank.open = true;
    bank.row = at.row;
    bank.column = now_ + spec_.timing.rcd;
    bank.precharge = now_ + spec_.timing.ras;
    bank.activate = now_ + spec_.timing.ras + spec_.timing.rp;
    last_activate_[group_of(at.bank)] = any_activate_ = activates_[next_activate_] = now_;
    next_activate_ = (next_activate_ + 1) % activates_.size();
    ++open_banks_;
    ++counts_.activates;
}

void DramChannel::precharge(std::uint32_t b) {
    Bank& bank = banks_[b];
    bank.open = false;
    bank.activate = std::max(bank.activate, now_ + spec_.timing.rp);
    any_precharge_ = now_;
    --open_banks_;
    ++counts_.precharges;
}

void DramChannel::column(const Request& request, bool write) {
    const DramTiming& t = spec_.timing;
    const int burst = spec_.geometry.burst_cycles;
    tell(write ? DramCommand::write : DramCommand::read, request.at);
    Bank& bank = banks_[request.at.bank];
    const std::uint32_t group = group_of(request.at.bank);
    if (write) {
        bank.precharge = std::max(bank.precharge, now_ + t.cwl + burst + t.wr);
        last_write_[group] = any_write_ = now_;
        ++counts_.writes;
    } else {
        bank.precharge = std::max(bank.precharge, now_ + t.rtp);
        last_read_[group] = any_read_ = now_;
        ++counts_.reads;
        done_(request.id, now_ + t.cl + burst);
    }
}

DramCounts DramChannel::counts() const {
    DramCounts counts = counts_;
    counts.cycles = now_;
    return counts;
}

} // namespace veilram
