#include "tb/cosim/functional_coverage.hpp"

#include "hw/cls/cls_adjust_pins.hpp"
#include "hw/converter/lfsr_pins.hpp"
#include "hw/converter/sign_bit_pins.hpp"
#include "hw/gsl/gsl_pins.hpp"
#include "models/base/diagnostics.hpp"
#include "tb/cosim/res_transitions.hpp"

namespace veilram {
namespace {

using Hit = FunctionalCoverage::Hit;
struct Plan {
    std::vector<std::string> points;
    FunctionalCoverage::Observer observer;
};

/// The observer with the pins' names in the place of words.
template <class Pins, class Look> FunctionalCoverage::Observer observer(Look look) {
    return [look](const Word* before, const Word* inputs, const Word* after, const Hit& hit) mutable {
        typename Pins::In in;
        typename Pins::Out was, is;
        std::memcpy(&in, inputs, sizeof in);
        std::memcpy(&was, before, sizeof was);
        std::memcpy(&is, after, sizeof is);
        look(was, in, is, hit);
    };
}

class GslLook {
public:
    void operator()(const GslPins::Out& was, const GslPins::In& in, const GslPins::Out& is, const Hit& hit) {
        const bool idle = was.load_ready != 0, offers = was.lines_valid != 0;
        if (in.zeroise != 0) return zeroised(was, in, hit);
        if (idle && in.load_valid != 0) hit("register " + std::to_string(in.load_index));
        if (idle && in.load_valid != 0 && in.select_valid != 0) hit("a vector and a slot together");
        if (idle && in.select_valid != 0) taken(was, in, is, hit);
        if (!idle && !offers) driven(was, in, is, hit);
        if (offers && in.lines_ready == 0) hit("lines wait");
    }

private:
    static void zeroised(const GslPins::Out& was, const GslPins::In& in, const Hit& hit) {
        hit(was.load_ready != 0    ? "zeroise in idle"
            : was.lines_valid != 0 ? "zeroise on offer"
                                   : "zeroise while lines are off");
        if (in.load_valid != 0) hit("zeroise and a vector together");
        if (was.even != 0) hit("zeroise with lines on");
    }
    void taken(const GslPins::Out& was, const GslPins::In& in, const GslPins::Out& is, const Hit& hit) {
        slot_ = in.select_slot;
        if (is.lines_valid != 0) hit("the slot is connected already");
        if ((was.even | was.odd) != 0 && (is.even | is.odd) == 0) hit("lines are switched off before others are on");
    }
    void driven(const GslPins::Out& was, const GslPins::In& in, const GslPins::Out& is, const Hit& hit) {
        const Word n = in.vectors;
        if (is.lines_refused == 0) {
            hit(slot_ < n ? "a vector" : "a complement");
            if (slot_ == 0) hit("the first slot");
            if (slot_ == 2 * n - 1) hit("the last slot");
            return;
        }
        if (n == 0) hit("refused: no vectors");
        if (n > GslPins::kVectors) hit("refused: more vectors than registers");
        if (n > 0 && n <= GslPins::kVectors) {
            if (slot_ >= 2 * n) hit("refused: no such slot");
            if (slot_ < 2 * n && was.loaded == 0) hit("refused: no vector is there");
            if (slot_ < 2 * n && was.loaded != 0) hit("refused: a vector is missing");
        }
    }

    Word slot_ = 0;
};

Plan gsl_plan() {
    Plan plan{{"a vector and a slot together", "lines wait", "zeroise in idle", "zeroise while lines are off",
               "zeroise on offer", "zeroise and a vector together", "zeroise with lines on",
               "the slot is connected already", "lines are switched off before others are on", "a vector",
               "a complement", "the first slot", "the last slot", "refused: no vectors",
               "refused: more vectors than registers", "refused: no such slot", "refused: no vector is there",
               "refused: a vector is missing"},
              observer<GslPins>(GslLook{})};
    for (unsigned r = 0; r < GslPins::kVectors; ++r) plan.points.push_back("register " + std::to_string(r));
    return plan;
}

class SignBitLook {
public:
    void operator()(const SignBitPins::Out& was, const SignBitPins::In& in, const SignBitPins::Out& is,
                    const Hit& hit) {
        const bool idle = was.request_ready != 0, offers = was.stream_valid != 0;
        if (in.zeroise != 0) {
            hit(idle ? "zeroise in idle" : offers ? "zeroise on offer" : "zeroise at work");
            if (idle && in.request_valid != 0) hit("zeroise and a request together");
            return;
        }
        if (idle && in.request_valid != 0) request_ = in;
        if (!offers && is.stream_valid != 0) converted(is, hit);
        if (offers && in.stream_ready == 0) hit("the stream waits");
    }

private:
    void converted(const SignBitPins::Out& is, const Hit& hit) const {
        const Word level = request_.level, start = request_.start;
        const Word ones = popcount(request_.source.data(), request_.source.size());
        const std::string what = level > ones ? "ones" : level < ones ? "zeros" : "nothing";
        hit(what + " injected");
        if (wraps(is.stream)) hit(what + " injected beyond the row's end");
        for (const auto& [name, value] : {std::pair<const char*, Word>{"L = 0", 0},
                                          {"L = 1", 1},
                                          {"L = c-1", ones - 1},
                                          {"L = c", ones},
                                          {"L = c+1", ones + 1},
                                          {"L = 254", 254},
                                          {"L = 255", 255}})
            if (level == value) hit(name);
        if (start == 0) hit("start 0");
        if (start == 255) hit("start 255");
        if (ones == 0) hit("a row without ones");
        if (ones == 256) hit("a row without zeros");
    }
    /// Whether a bit in front of the start was injected.
    bool wraps(const WideWord& stream) const {
        for (Word b = 0; b < request_.start; ++b)
            if (get_bit(stream.data(), b) != get_bit(request_.source.data(), b)) return true;
        return false;
    }

    SignBitPins::In request_{};
};

Plan sign_bit_plan() {
    return {{"zeroise in idle",
             "zeroise on offer",
             "zeroise at work",
             "zeroise and a request together",
             "the stream waits",
             "ones injected",
             "zeros injected",
             "nothing injected",
             "ones injected beyond the row's end",
             "zeros injected beyond the row's end",
             "L = 0",
             "L = 1",
             "L = c-1",
             "L = c",
             "L = c+1",
             "L = 254",
             "L = 255",
             "start 0",
             "start 255",
             "a row without ones",
             "a row without zeros"},
            observer<SignBitPins>(SignBitLook{})};
}

void look_at_lfsr(const LfsrPins::Out& was, const LfsrPins::In& in, const LfsrPins::Out&, const Hit& hit) {
    const bool idle = was.request_ready != 0;
    if (in.zeroise != 0) {
        hit(idle ? "zeroise in idle" : "zeroise in a stream");
        if (idle && in.request_valid != 0) hit("zeroise and a request together");
        return;
    }
    if (idle && in.request_valid != 0) {
        hit("level " + std::to_string(in.level));
        hit("seed " + std::to_string(in.seed));
    }
    if (!idle && in.bit_ready == 0) hit(was.last != 0 ? "the last bit waits" : "a bit waits");
    if (was.last != 0 && in.bit_ready != 0) hit("a stream ends");
}

Plan lfsr_plan() {
    Plan plan{{"zeroise in idle", "zeroise in a stream", "zeroise and a request together", "a bit waits",
               "the last bit waits", "a stream ends", "level 0", "level 1", "level 128", "level 254", "level 255",
               "seed 0", "seed 1", "seed 128", "seed 255"},
              observer<LfsrPins>(look_at_lfsr)};
    return plan;
}

std::string sign_of(std::int64_t value) { return value > 0 ? "positive" : value < 0 ? "negative" : "zero"; }

void look_at_cls(const ClsAdjustPins::Out& was, const ClsAdjustPins::In& in, const ClsAdjustPins::Out& is,
                 const Hit& hit) {
    if (in.zeroise != 0) {
        if (was.drive_valid != 0) hit("zeroise with an input");
        if (was.result_valid != 0) hit("zeroise with a result");
        if (was.column_ready != 0) hit("zeroise with sums");
        return;
    }
    const std::int64_t value = to_signed(in.value, ClsAdjustPins::kValueBits);
    if (was.input_ready != 0 && in.input_valid != 0) {
        hit(sign_of(value) + (in.flip != 0 ? " input, flipped" : " input"));
        if (in.flip != 0 && value == -32768) hit("the least input, flipped");
    }
    if (was.column_ready != 0 && in.column_valid != 0) {
        const std::int64_t result = to_signed(is.result, ClsAdjustPins::kResultBits);
        hit(sign_of(result) + (in.column_flip != 0 ? " result, flipped" : " result"));
        if (in.sums_valid != 0) hit("a column with other sums");
        if (result >= (1 << 23)) hit("a result above every sum");
        if (result < -(1 << 23)) hit("a result below every sum");
    }
    if (was.sums_ready != 0 && was.column_ready == 0 && in.column_valid != 0) hit("a column before the sums");
    if (was.sums_ready == 0 && in.sums_valid != 0) hit("sums wait");
    if (was.drive_valid != 0 && in.drive_ready == 0) hit("an input waits");
    if (was.result_valid != 0 && in.result_ready == 0) hit("a result waits");
}

Plan cls_plan() {
    return {{"zeroise with an input",
             "zeroise with a result",
             "zeroise with sums",
             "positive input",
             "negative input",
             "zero input",
             "positive input, flipped",
             "negative input, flipped",
             "zero input, flipped",
             "the least input, flipped",
             "positive result",
             "negative result",
             "zero result",
             "positive result, flipped",
             "negative result, flipped",
             "zero result, flipped",
             "a column with other sums",
             "a result above every sum",
             "a result below every sum",
             "a column before the sums",
             "sums wait",
             "an input waits",
             "a result waits"},
            observer<ClsAdjustPins>(look_at_cls)};
}

std::string name_of(ResState from, Word command, ResState to) {
    return to_string(from) + ", command " + std::to_string(command) + ": " + to_string(to);
}

void look_at_res(const ResPins::Out& was, const ResPins::In& in, const ResPins::Out& is, const Hit& hit) {
    const auto from = static_cast<ResState>(was.state), to = static_cast<ResState>(is.state);
    const bool taken = was.command_ready != 0 && in.command_valid != 0;
    if (in.emergency != 0) {
        hit("emergency in " + to_string(from));
        if (taken) hit("an emergency and a command together");
        return;
    }
    if (was.answer_valid != 0 && in.answer_ready == 0) hit("an answer waits");
    if (!taken) return;
    if (is.legal == 0) {
        hit("refused in " + to_string(from));
        if (in.command >= kResCommands) hit("a command without a name");
        const bool full = from == ResState::compute && in.command == static_cast<Word>(ResCommand::begin_unlock);
        if (full && was.open >= in.open_limit) hit("refused: too many layers are open");
        return;
    }
    hit(name_of(from, in.command, to));
    if (is.layers == ResPins::kLayers && to == ResState::locked) hit("an image of 128 layers");
    if (in.command == static_cast<Word>(ResCommand::begin_unlock) && in.layer == 0) hit("the first layer");
    if (in.command == static_cast<Word>(ResCommand::begin_unlock) && in.layer == ResPins::kLayers - 1)
        hit("the last layer");
}

Plan res_plan() {
    Plan plan{{"an emergency and a command together", "an answer waits", "a command without a name",
               "refused: too many layers are open", "an image of 128 layers", "the first layer", "the last layer"},
              observer<ResPins>(look_at_res)};
    for (const auto& [from, command, to] : res_transitions())
        plan.points.push_back(name_of(from, static_cast<Word>(command), to));
    for (const std::string& state : res_state_names()) {
        plan.points.push_back("emergency in " + state);
        plan.points.push_back("refused in " + state);
    }
    return plan;
}

Plan plan_of(const PinTable* table) {
    if (table == &GslPins::table()) return gsl_plan();
    if (table == &SignBitPins::table()) return sign_bit_plan();
    if (table == &LfsrPins::table()) return lfsr_plan();
    if (table == &ClsAdjustPins::table()) return cls_plan();
    if (table == &ResPins::table()) return res_plan();
    throw ModelError(std::string("nobody has said what to look for in ") + table->block);
}

} // namespace

FunctionalCoverage::FunctionalCoverage(const CosimBlock& block) {
    Plan plan = plan_of(block.table);
    for (const std::string& point : plan.points) hits_[point] = 0;
    observer_ = std::move(plan.observer);
}

void FunctionalCoverage::observe(const Word* before, const Word* inputs, const Word* after) {
    observer_(before, inputs, after, [this](const std::string& point) {
        const auto found = hits_.find(point);
        if (found != hits_.end()) ++found->second;
    });
}

std::vector<std::string> FunctionalCoverage::missed() const {
    std::vector<std::string> names;
    for (const auto& [point, count] : hits_)
        if (count == 0) names.push_back(point);
    return names;
}

} // namespace veilram
