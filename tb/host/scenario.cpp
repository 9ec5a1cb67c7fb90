#include "tb/host/scenario.hpp"

#include "hw/sim/base_protocol.hpp"
#include "hw/sim/sim_time.hpp"
#include "models/base/diagnostics.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>
#include <utility>

namespace veilram {
namespace {

using Kind = ScenarioStep::Kind;
using During = ScenarioStep::During;
using Words = std::vector<std::string>;

Words split(const std::string& text) {
    std::istringstream in(text);
    Words words;
    for (std::string word; in >> word;) words.push_back(word);
    return words;
}

/// Takes words from the front; a word that does not fit makes the whole step no step.
class Cursor {
public:
    explicit Cursor(Words words) : words_(std::move(words)) {}

    bool take(const char* word) {
        if (at_ >= words_.size() || words_[at_] != word) return false;
        ++at_;
        return true;
    }
    template <class Number> bool number(Number& value) {
        if (at_ >= words_.size()) return false;
        const std::string& word = words_[at_];
        const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), value);
        if (error != std::errc{} || stop != word.data() + word.size()) return false;
        ++at_;
        return true;
    }
    bool time(Ps& value) {
        if (at_ + 1 >= words_.size()) return false;
        const auto time = parse_time(words_[at_] + " " + words_[at_ + 1]);
        if (!time) return false;
        value = *time;
        at_ += 2;
        return true;
    }
    bool state(std::optional<ResState>& value) {
        const auto& names = res_state_names();
        const auto name = at_ < words_.size() ? std::find(names.begin(), names.end(), words_[at_]) : names.end();
        if (name == names.end()) return false;
        value = static_cast<ResState>(name - names.begin());
        ++at_;
        return true;
    }
    bool at_end() const { return at_ == words_.size(); }

private:
    const Words words_;
    std::size_t at_ = 0;
};

/// Of what is under way: [boot | infer IMAGE | power_off] [after TIME | at STATE [LAYER]].
bool parse_moment(Cursor& words, ScenarioStep& step) {
    if (words.at_end()) return true;
    if (words.take("boot"))
        step.during = During::boot;
    else if (words.take("power_off"))
        step.during = During::power_off;
    else if (words.take("infer") && words.number(step.image))
        step.during = During::infer;
    else
        return false;
    if (words.take("after")) return words.time(step.time);
    if (!words.take("at") || !words.state(step.state)) return false;
    return words.at_end() || words.number(step.layer);
}

bool parse_words(Cursor& words, ScenarioStep& step) {
    const auto is = [&](const char* word, Kind kind) {
        if (!words.take(word)) return false;
        step.kind = kind;
        return true;
    };
    if (is("power_on", Kind::power_on) || is("boot", Kind::boot) || is("power_off", Kind::power_off) ||
        is("dump", Kind::dump) || is("recover", Kind::recover))
        return true;
    if (is("infer", Kind::infer)) return words.number(step.image);
    if (is("wait", Kind::wait)) return words.time(step.time);
    if (is("power_cut", Kind::power_cut)) return parse_moment(words, step);
    if (is("brown_out", Kind::brown_out)) return words.time(step.lasts) && parse_moment(words, step);
    if (!words.take("tamper")) return false;
    if (is("memory", Kind::tamper_memory)) return words.number(step.place) && parse_moment(words, step);
    return (is("cell", Kind::tamper_cell) || is("sign", Kind::tamper_sign)) && words.number(step.place) &&
           words.number(step.row) && words.number(step.column) && parse_moment(words, step);
}

} // namespace

const char* const kScenarioHelp =
    "power_on; boot; infer IMAGE; power_off; power_cut [WHEN]; brown_out TIME [WHEN]; wait TIME; "
    "tamper memory BYTE [WHEN]; tamper cell CROSSBAR ROW COLUMN [WHEN]; tamper sign CROSSBAR ROW COLUMN [WHEN]; dump; "
    "recover; where WHEN is boot|infer IMAGE|power_off after TIME, or boot|infer IMAGE|power_off at STATE [LAYER]";

std::optional<ScenarioStep> parse_step(const std::string& text) {
    Cursor words(split(text));
    ScenarioStep step;
    if (!parse_words(words, step) || !words.at_end()) return std::nullopt;
    return step;
}

ScenarioPlayer::ScenarioPlayer(Host& host, ScenarioSubject subject)
    : host_(host), subject_(std::move(subject)), rest_(host.dump(subject_.program)) {}

ScenarioEvent ScenarioPlayer::play(const std::string& text) {
    const auto step = parse_step(text);
    if (!step) throw UserError("scenario: '" + text + "' is no step; there are: " + kScenarioHelp);
    ScenarioEvent event;
    event.step = text;
    event.begin = to_ps(sc_core::sc_time_stamp());
    act(*step, event);
    event.end = to_ps(sc_core::sc_time_stamp());
    event.state = to_string(static_cast<ResState>(host_.status().state));
    return event;
}

void ScenarioPlayer::act(const ScenarioStep& step, ScenarioEvent& event) {
    switch (step.kind) {
    case Kind::power_on:
        host_.power_on();
        break;
    case Kind::boot:
        boot(event);
        break;
    case Kind::infer: {
        const auto pixels = subject_.pixels(step.image);
        tell_logits(host_.infer(pixels.data(), pixels.size()), step.image, event);
        break;
    }
    case Kind::power_off:
        tell_power_off(host_.power_off(), event);
        break;
    case Kind::power_cut:
        cut(step, event);
        break;
    case Kind::brown_out:
        brown_out(step, event);
        break;
    case Kind::wait:
        sc_core::wait(to_sc_time(step.time));
        break;
    case Kind::tamper_memory:
    case Kind::tamper_cell:
    case Kind::tamper_sign:
        tamper(step, event);
        break;
    case Kind::dump:
        compare(event);
        break;
    case Kind::recover:
        host_.power_on();
        boot(event);
        break;
    }
}

void ScenarioPlayer::boot(ScenarioEvent& event) { tell_boot(host_.boot(), event); }

void ScenarioPlayer::tell_boot(bool booted, ScenarioEvent& event) {
    event.outcome += booted ? "booted" : "refused: " + to_string(static_cast<ResFault>(host_.status().fault));
}

void ScenarioPlayer::tell_logits(const std::vector<float>& logits, std::size_t image, ScenarioEvent& event) {
    if (logits.empty()) {
        event.outcome += "refused";
        return;
    }
    const bool same = logits == subject_.logits(image);
    event.right = event.right && same;
    event.outcome += "class " + std::to_string(std::max_element(logits.begin(), logits.end()) - logits.begin()) +
                     (same ? ", logits as they must be" : ", WRONG logits");
}

void ScenarioPlayer::tell_power_off(bool orderly, ScenarioEvent& event) {
    event.outcome += orderly ? "in order" : "not in order";
    compare(event);
    event.right = event.right && event.cells->at_rest();
}

void ScenarioPlayer::start(const ScenarioStep& step) {
    if (step.during == During::infer) {
        const auto pixels = subject_.pixels(step.image);
        host_.load_input(pixels.data(), pixels.size());
        host_.command(reg::kCtrlInfer);
    } else {
        host_.command(step.during == During::boot ? reg::kCtrlBoot : reg::kCtrlPowerOff);
    }
}

bool ScenarioPlayer::reached(const ScenarioStep& step) {
    if (static_cast<ResState>(host_.status().state) != *step.state) return false;
    return step.layer < 0 || host_.read(reg::kLayer) == static_cast<std::uint32_t>(step.layer);
}

/// Starts what is to be under way, and lets it come as far as the step says.
void ScenarioPlayer::wait_for(const ScenarioStep& step, ScenarioEvent& event) {
    if (step.during != During::nothing) start(step);
    if (!step.state) {
        sc_core::wait(to_sc_time(step.time));
        return;
    }
    while (!reached(step) && host_.status().busy) {
    }
    if (reached(step)) return;
    event.right = false;
    event.outcome = "the state never came; ";
}

void ScenarioPlayer::cut(const ScenarioStep& step, ScenarioEvent& event) {
    wait_for(step, event);
    host_.pull_plug();
    compare(event);
}

void ScenarioPlayer::brown_out(const ScenarioStep& step, ScenarioEvent& event) {
    wait_for(step, event);
    host_.dip_power(to_sc_time(step.lasts));
    if (step.during == During::power_off || rode_through(step)) {
        finish(step, event);
        return;
    }
    if (step.during != During::nothing) host_.wait_done();
    event.outcome += "the rail fell; ";
    compare(event);
    while (!host_.status().rail) sc_core::wait(sc_core::sc_time(1, sc_core::SC_US));
}

/// Known once what was under way has ended, and what the scheduler made of stored energy.
bool ScenarioPlayer::rode_through(const ScenarioStep& step) {
    while (step.during != During::nothing && !host_.irq_i.read()) sc_core::wait(host_.irq_i.posedge_event());
    while (host_.status().state == static_cast<std::uint32_t>(ResState::shutdown))
        sc_core::wait(sc_core::sc_time(1, sc_core::SC_NS));
    const ChipStatus status = host_.status();
    const bool is_off = status.state == static_cast<std::uint32_t>(ResState::off);
    return status.rail && (step.during == During::nothing || !is_off);
}

void ScenarioPlayer::tamper(const ScenarioStep& step, ScenarioEvent& event) {
    wait_for(step, event);
    if (step.kind == Kind::tamper_memory)
        tamper_memory(step);
    else
        tamper_cells(step);
    finish(step, event);
}

/// Waits for the end of what was under way, and tells how it came out.
void ScenarioPlayer::finish(const ScenarioStep& step, ScenarioEvent& event) {
    if (step.during == During::boot) tell_boot(host_.end_boot(), event);
    if (step.during == During::infer) tell_logits(host_.end_infer(), step.image, event);
    if (step.during == During::power_off) tell_power_off(host_.end_power_off(), event);
    if (step.kind == Kind::brown_out && step.during == During::nothing) event.outcome += "the rail held";
}

void ScenarioPlayer::tamper_memory(const ScenarioStep& step) {
    if (step.place >= subject_.memory_bytes)
        throw UserError("scenario: the memory has bytes 0.." + std::to_string(subject_.memory_bytes - 1) + ", not " +
                        std::to_string(step.place));
    std::uint8_t byte = 0;
    debug_access(host_.memory_isock, tlm::TLM_READ_COMMAND, step.place, &byte, 1);
    byte ^= 1U;
    debug_access(host_.memory_isock, tlm::TLM_WRITE_COMMAND, step.place, &byte, 1);
}

/// One bit through debug transport, in whatever state the cell is at the moment.
void ScenarioPlayer::tamper_cells(const ScenarioStep& step) {
    const bool signs = step.kind == Kind::tamper_sign;
    std::vector<BitMatrix>& all = signs ? rest_.signs : rest_.cells;
    if (step.place >= all.size() || step.row >= all[0].rows() || step.column >= all[0].cols())
        throw UserError("scenario: no " + std::string(signs ? "sign " : "") + "cell " + std::to_string(step.place) +
                        " " + std::to_string(step.row) + " " + std::to_string(step.column) + ": there are " +
                        std::to_string(all.size()) + " crossbars of " + std::to_string(all[0].rows()) + " x " +
                        std::to_string(all[0].cols()));
    BitMatrix& cells = all[step.place];
    const std::uint64_t row_bytes = (cells.cols() + 7) / 8;
    const std::uint64_t address =
        (signs ? reg::kSigns : reg::kCells) + (step.place * cells.rows() + step.row) * row_bytes + step.column / 8;
    std::uint8_t byte = 0;
    debug_access(host_.isock, tlm::TLM_READ_COMMAND, address, &byte, 1);
    byte ^= static_cast<std::uint8_t>(1U << step.column % 8);
    debug_access(host_.isock, tlm::TLM_WRITE_COMMAND, address, &byte, 1);
    if (!signs || !is_flipped_at_rest(step)) cells.set(step.row, step.column, !cells.get(step.row, step.column));
}

/// Such a sign is the scheduler's: it writes it to an absolute value.
bool ScenarioPlayer::is_flipped_at_rest(const ScenarioStep& step) const {
    for (std::size_t l = 0; l < subject_.secrets.size(); ++l)
        for (const SignFlip& flip : subject_.secrets[l].flips)
            if (subject_.program.layers[l].first_crossbar + flip.crossbar == step.place && flip.row == step.row &&
                flip.column == step.column)
                return true;
    return false;
}

void ScenarioPlayer::compare(ScenarioEvent& event) {
    event.cells = compare_with_rest(host_.dump(subject_.program), rest_, subject_.program, subject_.secrets);
    const std::size_t layers = event.cells->layers_in_clear.size();
    event.outcome += event.outcome.empty() || event.outcome.back() == ' ' ? "" : "; ";
    if (event.cells->at_rest())
        event.outcome += "cells at rest";
    else
        event.outcome += std::to_string(event.cells->signs_in_clear) + " signs of " + std::to_string(layers) +
                         (layers == 1 ? " layer in clear" : " layers in clear");
    if (event.cells->more) event.outcome += ", OTHER cells differ";
    event.remanent = subject_.remanent();
    if (event.remanent.secrets > 0)
        event.outcome += ", " + std::to_string(event.remanent.secrets) + " secret bits not yet decayed";
}

} // namespace veilram
