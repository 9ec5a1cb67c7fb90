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

/// After `power_cut`: [boot | infer IMAGE | power_off] [after TIME | at STATE [LAYER]].
bool parse_cut(Cursor& words, ScenarioStep& step) {
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
    if (is("power_cut", Kind::power_cut)) return parse_cut(words, step);
    if (!words.take("tamper")) return false;
    if (is("memory", Kind::tamper_memory)) return words.number(step.place);
    return is("cell", Kind::tamper_cell) && words.number(step.place) && words.number(step.row) &&
           words.number(step.column);
}

} // namespace

const char* const kScenarioHelp =
    "power_on; boot; infer IMAGE; power_off; power_cut; power_cut boot|infer IMAGE|power_off after TIME; "
    "power_cut boot|infer IMAGE|power_off at STATE [LAYER]; wait TIME; tamper memory BYTE; tamper cell CROSSBAR ROW "
    "COLUMN; dump; recover";

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
    const auto boot = [&] {
        const bool booted = host_.boot();
        event.outcome = booted ? "booted" : "refused: " + to_string(static_cast<ResFault>(host_.status().fault));
    };
    switch (step.kind) {
    case Kind::power_on:
        host_.power_on();
        break;
    case Kind::boot:
        boot();
        break;
    case Kind::infer:
        infer(step.image, event);
        break;
    case Kind::power_off:
        event.outcome = host_.power_off() ? "in order" : "not in order";
        compare(event);
        event.right = event.cells->at_rest();
        break;
    case Kind::power_cut:
        cut(step, event);
        break;
    case Kind::wait:
        sc_core::wait(to_sc_time(step.time));
        break;
    case Kind::tamper_memory:
        tamper_memory(step);
        break;
    case Kind::tamper_cell:
        tamper_cell(step);
        break;
    case Kind::dump:
        compare(event);
        break;
    case Kind::recover:
        host_.power_on();
        boot();
        break;
    }
}

void ScenarioPlayer::infer(std::size_t image, ScenarioEvent& event) {
    const auto pixels = subject_.pixels(image);
    const auto logits = host_.infer(pixels.data(), pixels.size());
    if (logits.empty()) {
        event.outcome = "refused";
        return;
    }
    event.right = logits == subject_.logits(image);
    event.outcome = "class " + std::to_string(std::max_element(logits.begin(), logits.end()) - logits.begin()) +
                    (event.right ? ", logits as they must be" : ", WRONG logits");
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

void ScenarioPlayer::cut(const ScenarioStep& step, ScenarioEvent& event) {
    if (step.during != During::nothing) start(step);
    if (step.state) {
        while (!reached(step) && host_.status().busy) {
        }
        event.right = reached(step);
        event.outcome = event.right ? "" : "the state never came; ";
    } else {
        sc_core::wait(to_sc_time(step.time));
    }
    host_.pull_plug();
    compare(event);
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

void ScenarioPlayer::tamper_cell(const ScenarioStep& step) {
    const ArrayGeometry& array = subject_.program.array;
    if (step.place >= rest_.cells.size() || step.row >= static_cast<std::uint32_t>(array.rows) ||
        step.column >= static_cast<std::uint32_t>(array.cols))
        throw UserError("scenario: no cell " + std::to_string(step.place) + " " + std::to_string(step.row) + " " +
                        std::to_string(step.column) + ": there are " + std::to_string(rest_.cells.size()) +
                        " crossbars of " + std::to_string(array.rows) + " x " + std::to_string(array.cols));
    BitMatrix& cells = rest_.cells[step.place];
    cells.set(step.row, step.column, !cells.get(step.row, step.column));
    Bytes bytes = to_bytes(cells);
    debug_access(host_.isock, tlm::TLM_WRITE_COMMAND, reg::kCells + step.place * bytes.size(), bytes.data(),
                 bytes.size());
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
}

} // namespace veilram
