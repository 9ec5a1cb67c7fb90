// Estimates of time and energy, beside literal countings of the same.
#include "models/arch/area.hpp"
#include "models/arch/bandwidth.hpp"
#include "models/arch/life.hpp"
#include "models/arch/machines.hpp"
#include "models/arch/res_plan.hpp"
#include "models/base/diagnostics.hpp"
#include "models/nn/topologies.hpp"
#include "models/sfge/key.hpp"
#include "tb/support/isaac_table.hpp"
#include "tb/support/random_data.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace veilram::test {
namespace {

/// Items go through stages one by one; between two stages one item may wait.
Ps simulate(const std::vector<Stage>& stages, std::int64_t items) {
    std::vector<std::int64_t> free_from(stages.size(), 0);
    std::int64_t end = 0;
    for (std::int64_t i = 0; i < items; ++i) {
        std::int64_t ready = 0;
        for (std::size_t s = 0; s < stages.size(); ++s) {
            ready = std::max(ready, free_from[s]) + stages[s].time.value;
            free_from[s] = ready;
        }
        end = ready;
    }
    return Ps{end};
}

TEST(PipelineTest, TheSlowestStageSetsThePace) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        Rng rng = make_rng(seed, "pipeline");
        std::vector<Stage> stages;
        for (int s = 0; s < random_int(rng, 1, 6); ++s) stages.push_back({"stage", Ps{random_int(rng, 0, 100)}});
        for (const std::int64_t items : {1, 2, 7, 100})
            EXPECT_EQ(pipeline_time(stages, items), simulate(stages, items)) << seed;
        EXPECT_EQ(pipeline_time(stages, 0), Ps{});
    }
}

ChipCosts costs() {
    ChipCosts costs;
    costs.array_read = {Ps{88'000}, Fj{60'000}};
    costs.word_line = {Ps{0}, Fj{390}};
    costs.adc_conversion = {Ps{781}, Fj{1'667}};
    costs.sign_row_read = {Ps{10'000}, Fj{468}};
    costs.inject = {Ps{833}, Fj{100}};
    costs.lfsr_bit = {Ps{833}, Fj{80}};
    costs.gsl_line_switch = {Ps{1'000}, Fj{26'667}};
    costs.accumulate = {Ps{833}, Fj{21}};
    return costs;
}

ScMachine machine() {
    ScMachine machine;
    machine.costs = costs();
    return machine;
}

std::int64_t energy_of(const LayerEstimate& layer, const char* part) {
    for (const EnergyPart& found : layer.energy)
        if (found.name == part) return found.energy.value;
    ADD_FAILURE() << part;
    return 0;
}

TEST(ScMachineTest, ALayerByHand) {
    // 20 inputs, 130 outputs: 2 crossbars of 16 slots deep, 2 wide; 10 positions.
    const LayerEstimate layer = estimate(LayerWork{"layer", 10, 20, 130, 1}, machine());
    EXPECT_EQ(layer.arrays, 4);
    const std::int64_t stage = 128 * 781, others = 10'000 + 2 * 833 + 88'000 + 833;
    EXPECT_EQ(layer.time.value, 16 * (1'000 + others + stage + 9 * stage));
    EXPECT_STREQ(layer.bottleneck().name, "adc");
    EXPECT_GT(layer.utilisation(layer.bottleneck()), 0.8);
    EXPECT_EQ(energy_of(layer, "adc"), 20 * 130 * 10 * 1'667);
    EXPECT_EQ(energy_of(layer, "array"), 20 * 2 * 10 * 60'000);
    EXPECT_EQ(energy_of(layer, "word lines"), 20 * 2 * 10 * 256 * 390);
    EXPECT_EQ(energy_of(layer, "vectors"), 20 * 2 * 26'667);
    EXPECT_EQ(energy_of(layer, "sign rows and conversion"), 20 * 2 * 10 * (468 + 200));
    EXPECT_EQ(layer.total_energy(), estimate(std::vector<LayerWork>{layer.work}, machine()).energy());
}

TEST(ScMachineTest, FewerInputsThanSlotsTakeFewerSteps) {
    ScMachine fast = machine();
    fast.costs.adcs_per_crossbar = 8;
    const Ps sixteen = estimate(LayerWork{"layer", 1000, 16, 64, 1}, fast).time;
    const Ps four = estimate(LayerWork{"layer", 1000, 4, 64, 1}, fast).time;
    EXPECT_EQ(sixteen.value, 4 * four.value);
}

TEST(ScMachineTest, ConversionBitByBitIsTheBottleneckOfAnLfsr) {
    ScMachine lfsr = machine();
    lfsr.converter = ConverterKind::lfsr;
    const LayerEstimate layer = estimate(LayerWork{"layer", 100, 64, 64, 1}, lfsr);
    EXPECT_STREQ(layer.bottleneck().name, "convert");
    EXPECT_GT(layer.time.value, 100 * 16 * 256 * 833);
}

/// One layer, every turn of every unit counted: positions one after another through stages that all crossbars enter
/// and leave in step, each unit serving its crossbars in their order.
class SharedLayer {
public:
    SharedLayer(const LayerWork& work, const ScMachine& machine) : work_(work), machine_(machine) {
        const std::int64_t slots = 2 * std::int64_t{machine.n}, pairs = machine.array.row_pairs();
        for (int g = 0; g < work.groups; ++g)
            for (int i = 0; i < work.inputs; i += static_cast<int>(slots))
                for (int o = 0; o < work.outputs; o += static_cast<int>(pairs)) place(g * kGroup + i);
    }
    Ps simulate() {
        const ChipCosts& costs = machine_.costs;
        const Ps convert = costs.sign_row_read.time + costs.inject.time * costs.inject_cycles,
                 read = costs.array_read.time + costs.word_line.time;
        const int pairs = std::min(work_.outputs, machine_.array.row_pairs());
        Ps scan; // one converter of several takes every so manieth row pair
        for (int pair = 0; pair < pairs; pair += costs.adcs_per_crossbar) scan += costs.adc_conversion.time;
        Ps now;
        for (slot_ = 0; slot_ < std::min(work_.inputs, 2 * machine_.n); ++slot_) {
            std::vector<Ps> free(4, now + costs.gsl_line_switch.time);
            for (std::int64_t p = 0; p < work_.positions; ++p) {
                Ps at;
                at = pass(converters_, convert, true, at, free[0]);
                at = std::max(at, free[1]) + read;
                free[1] = at;
                at = pass(adcs_, scan, false, at, free[2]);
                at = pass(adcs_, costs.accumulate.time, false, at, free[3]);
                now = at;
            }
        }
        return now;
    }
    std::size_t converters() const { return converters_.size(); }
    std::size_t adcs() const { return adcs_.size(); }
    std::size_t tiles() const { return static_cast<std::size_t>(tiles_); }

private:
    static constexpr int kGroup = 100'000;
    /// First inputs of the crossbars that share it.
    using Unit = std::vector<int>;

    void place(int input) {
        const Sharing& sharing = machine_.sharing;
        const bool new_tile = tiles_ == 0 || (sharing.tile > 0 && in_tile_ == sharing.tile);
        if (new_tile) {
            ++tiles_;
            in_tile_ = 0;
        }
        if (new_tile || converters_.back().size() == static_cast<std::size_t>(sharing.converter))
            converters_.emplace_back();
        if (new_tile || adcs_.back().size() == static_cast<std::size_t>(sharing.adcs)) adcs_.emplace_back();
        converters_.back().push_back(input);
        adcs_.back().push_back(input);
        ++in_tile_;
    }
    /// The stage begins when the position has come and the one before has left; it ends with the last unit.
    Ps pass(const std::vector<Unit>& units, Ps turn, bool streams, Ps come, Ps& free) {
        const Ps begin = std::max(come, free);
        for (const Unit& unit : units) {
            Ps end = begin;
            std::set<int> converted;
            for (const int input : unit) {
                if (input % kGroup + slot_ >= work_.inputs) continue; // nothing to read in this slot
                const bool is_there = !converted.insert(input).second;
                if (!(streams && machine_.sharing.broadcast && is_there)) end += turn;
            }
            free = std::max(free, end);
        }
        return free;
    }

    const LayerWork work_;
    const ScMachine machine_;
    std::vector<Unit> converters_, adcs_;
    int tiles_ = 0, in_tile_ = 0, slot_ = 0;
};

TEST(SharingTest, TheClosedFormIsACountingOfEveryTurn) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        Rng rng = make_rng(seed, "sharing");
        ScMachine sc = machine();
        sc.n = random_int(rng, 1, 4);
        sc.costs.adcs_per_crossbar = random_int(rng, 1, 9);
        sc.sharing = {random_int(rng, 1, 9), random_int(rng, 1, 5), random_int(rng, 0, 1) == 1,
                      random_int(rng, 0, 1) * random_int(rng, 1, 13)};
        const LayerWork work{"layer", random_int(rng, 1, 6), random_int(rng, 1, 40), random_int(rng, 1, 500),
                             random_int(rng, 1, 3)};
        const LayerEstimate layer = estimate(work, sc);
        SharedLayer literal(work, sc);
        EXPECT_EQ(layer.time, literal.simulate()) << seed;
        EXPECT_EQ(layer.stages[0].units, literal.converters()) << seed;
        EXPECT_EQ(layer.stages[2].units, literal.adcs()) << seed;
        EXPECT_EQ(layer.tiles, literal.tiles()) << seed;
        for (const Stage& stage : layer.stages) {
            EXPECT_LE(layer.utilisation(stage), 1.0) << seed << stage.name;
            EXPECT_LE(layer.mean_utilisation(stage), layer.utilisation(stage) + 1e-12) << seed << stage.name;
        }
    }
}

TEST(SharingTest, ConvertersByHand) {
    ScMachine sc = machine();
    const LayerWork work{"layer", 10, 20, 256, 1}; // 2 blocks of inputs, 2 of outputs
    const LayerEstimate alone = estimate(work, sc);
    EXPECT_EQ(alone.stages[0].units, 4);
    EXPECT_EQ(energy_of(alone, "sign rows and conversion"), 20 * 2 * 10 * (468 + 200));
    sc.sharing.converter = 4;
    const LayerEstimate shared = estimate(work, sc);
    EXPECT_EQ(shared.stages[0].units, 1);
    EXPECT_EQ(shared.stages[0].time.value, 4 * alone.stages[0].time.value);
    EXPECT_EQ(energy_of(shared, "sign rows and conversion"), energy_of(alone, "sign rows and conversion"));
    sc.sharing.broadcast = true;
    const LayerEstimate broadcast = estimate(work, sc);
    EXPECT_EQ(broadcast.stages[0].time.value, 2 * alone.stages[0].time.value);
    EXPECT_EQ(energy_of(broadcast, "sign rows and conversion"), 20 * 10 * (468 + 200));
    sc.sharing.converter = 1;
    EXPECT_EQ(energy_of(estimate(work, sc), "sign rows and conversion"), 20 * 2 * 10 * (468 + 200))
        << "a stream does not leave its converter";
    sc.sharing = {1, 4, false, 3}; // 3 crossbars of one tile, the fourth alone
    const LayerEstimate tiled = estimate(work, sc);
    EXPECT_EQ(tiled.tiles, 2);
    EXPECT_EQ(tiled.stages[2].units, 2);
    EXPECT_EQ(tiled.stages[2].time.value, 3 * 128 * 781);
    EXPECT_STREQ(tiled.bottleneck().name, "adc");
}

TEST(SharingTest, ConversionsOfABroadcastAreThoseOfTheUnitsThatSeeAnInput) {
    ScMachine sc = machine();
    sc.sharing = {3, 1, true, 0};
    const LayerWork work{"layer", 1, 20, 256, 1}; // crossbars 0 1 | 2 3 of the two blocks; units 0 1 2 | 3
    EXPECT_EQ(energy_of(estimate(work, sc), "sign rows and conversion"), (16 * 1 + 4 * 2) * (468 + 200));
}

TEST(AreaTest, SharedUnitsAreCountedOnce) {
    ScComponents components;
    components.adc = {Nw{0}, Um2{1}};
    components.converter = {Nw{0}, Um2{1000}};
    components.accumulator = {Nw{0}, Um2{1'000'000}};
    ScMachine sc = machine();
    sc.costs.adcs_per_crossbar = 2;
    sc.sharing = {4, 3, false, 0};
    EXPECT_EQ(total_of(area_of(sc, components, 10)).area, Um2{2 * 4 + 1000 * 3 + 1'000'000 * 2 * 4});
}

TEST(IsaacMachineTest, ALayerByHand) {
    const IsaacConfig isaac = published_isaac();
    const LayerEstimate layer = estimate(LayerWork{"layer", 50, 256, 32, 1}, isaac);
    EXPECT_EQ(layer.arrays, 2 * 2);
    EXPECT_EQ(layer.time.value, (50 * 16 + 6) * 100'000);
    // all rows and columns in use: 4 arrays, 800 cycles, 128 conversions of 1.5625 pJ
    EXPECT_NEAR(static_cast<double>(energy_of(layer, "adc")), 4 * 800 * 128 * 1562.5, 1e3);
    EXPECT_NEAR(static_cast<double>(energy_of(layer, "array")), 4 * 800 * 30e3, 1e3);
}

TEST(IsaacMachineTest, UnusedRowsAndColumnsAreChargedOnRequest) {
    IsaacConfig isaac = published_isaac();
    const LayerWork small{"layer", 50, 64, 4, 1};
    const std::int64_t used = energy_of(estimate(small, isaac), "adc");
    isaac.whole_arrays = true;
    EXPECT_NEAR(static_cast<double>(energy_of(estimate(small, isaac), "adc")), 4.0 * static_cast<double>(used), 10);
}

TEST(IsaacMachineTest, PublishedReadTimeGivesThePublishedSpeedUpWhereConvertersKeepUp) {
    ScMachine sc = machine();
    sc.costs.adcs_per_crossbar = 2;
    const LayerWork work{"layer", 5000, 1024, 512, 1};
    const double speed_up = seconds(estimate(work, published_isaac()).time) / seconds(estimate(work, sc).time);
    EXPECT_NEAR(speed_up, 100.0 / 88.0, 0.002);
    sc.costs.adcs_per_crossbar = 1; // one converter of 1.28 GS/s needs ISAAC's 100 ns for 128 conversions
    const double one = seconds(estimate(work, published_isaac()).time) / seconds(estimate(work, sc).time);
    EXPECT_NEAR(one, 1.0, 0.002);
}

TEST(AreaTest, InstancesTimesAreaOfEachPart) {
    ScComponents components;
    components.array = {Nw{0}, Um2{268}};
    components.adc = {Nw{400'000}, Um2{1200}};
    components.vector_register = {Nw{0}, Um2{383}};
    ScMachine sc = machine();
    sc.costs.adcs_per_crossbar = 2;
    const auto parts = area_of(sc, components, 10);
    const Component total = total_of(parts);
    EXPECT_EQ(total.area, Um2{10 * 268 + 20 * 1200 + 80 * 383});
    EXPECT_EQ(total.power, Nw{20 * 400'000});
}

TEST(AreaTest, ATileOfIsaacIsItsPublishedArea) {
    const IsaacConfig isaac = published_isaac();
    const Component total = total_of(area_of(isaac, 96));
    EXPECT_NEAR(square_millimetres(total.area), 0.372, 0.0006);
    EXPECT_NEAR(watts(total.power), 0.330, 0.0006);
}

TEST(AreaTest, WhatNoAirCoolsIsNamed) {
    const std::vector<LayerWork> work{{"cool", 10, 16, 128, 1}, {"hot", 10, 16, 128, 1}};
    NetworkEstimate network = estimate(work, machine());
    EXPECT_TRUE(implausible("chip", network, {{}, Um2{2 * 10'000}}).empty());
    network.layers[1].energy.push_back({"fire", Fj{1'000'000'000'000}});
    const auto warnings = implausible("chip", network, {{}, Um2{2 * 10'000}});
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_NE(warnings[0].find("layer hot"), std::string::npos);
}

TEST(BandwidthTest, AMemoryThatTakesLongerThanAllElseSetsThePace) {
    const MemoryTraffic boot{"boot", 64'000, Ps{10'000'000}}; // 6.4 GB/s
    EXPECT_DOUBLE_EQ(boot.needed(), 6.4e9);
    EXPECT_EQ((MemoryTraffic{"idle", 0, Ps{}}.needed()), 0.0);
    EXPECT_TRUE(implausible({boot}, 6.5e9).empty());
    const auto warnings = implausible({boot, {"inference", 1'000, Ps{10'000'000}}}, 6.3e9);
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_EQ(warnings[0].find("boot: 64000 bytes need 6.4 GB/s"), 0U) << warnings[0];
}

TEST(LifeTest, PhasesByHand) {
    ScMachine sc = machine();
    sc.n = 2;
    sc.costs.dram_access = {Ps{1'000}, Fj{3}};
    sc.costs.dram_burst = {Ps{100}, Fj{5}};
    sc.costs.aes_block = {Ps{10}, Fj{7}};
    sc.costs.key_sram_word = {Ps{1}, Fj{11}};
    sc.costs.gsl_vector_load = {Ps{2}, Fj{13}};
    sc.costs.gsl_zeroise = {Ps{3}, Fj{17}};
    sc.costs.start_table_load = {Ps{4}, Fj{19}};
    sc.costs.digital_element = {Ps{5}, Fj{23}};
    // 2 crossbars of 4 slots. Secrets: 20 of header, 2 x 2 vectors of 8 bytes, 256, 16, and 3 sums of 4 bytes.
    const LifeEstimate life = life_of(estimate(std::vector<LayerWork>{{"layer", 10, 5, 3, 1}}, sc), sc);
    const std::int64_t plain = 20 + 2 * 2 * 8 + 256 + 16 + 3 * 4, sealed = plain + 28;
    ASSERT_EQ(plain, 336);
    EXPECT_EQ(life.sealed_bytes, sealed);
    EXPECT_EQ(life.fetched_bytes, 64 + 6 * 64);
    EXPECT_EQ(life.boot.total().time.value, 2 * 1'000 + 7 * 100 + 23 * 10 + 42);
    EXPECT_EQ(life.boot.total().energy.value, 2 * 3 + 7 * 5 + 23 * 7 + 42 * 11);
    EXPECT_EQ(life.unlock.total().time.value, 42 + 4 * 2 + 4 + 5);
    EXPECT_EQ(life.lock.total().time.value, 3 + 4 + 5);
    EXPECT_EQ(life.lock.total().energy.value, 17 + 19);
    EXPECT_EQ(life.power_off.total().time.value, 3 + 4 + 5 + 42);
}

TEST(LayerWorkTest, KnowsTheLevelsThatALayerReadsAndWrites) {
    const auto work = layer_work(resnet18());
    EXPECT_EQ(work.front().input_elements, 3 * 224 * 224);
    EXPECT_EQ(work.front().output_elements(), 64 * 112 * 112);
    EXPECT_EQ(work.back().input_elements, 512);
    EXPECT_EQ(work.back().output_elements(), 1000);
}

TEST(LayerWorkTest, CountsTheProductsOfKnownNetworks) {
    std::int64_t products = 0, weights = 0;
    for (const LayerWork& work : layer_work(resnet18())) {
        products += work.products();
        weights += work.weights();
    }
    EXPECT_EQ(weights, 11'678'912);
    EXPECT_EQ(products, 1'814'073'344); // published as 1.8 billion
}

ResWorkload workload_of(const NetworkEstimate& network, int most) {
    ResWorkload workload;
    for (const LayerEstimate& layer : network.layers)
        workload.weights.push_back(
            static_cast<std::int64_t>(chosen_count(static_cast<std::size_t>(layer.work.weights()), {most, true})));
    workload.pulse = {Ps{50'000}, Fj{600}};
    workload.cells_per_weight = 4;
    return workload;
}

TEST(ResPlanTest, WritesTwiceTheSelectedWeights) { // 397 weights of ResNet-18 at N = 20, 1,492 of ResNet-50 at N = 30
    const IsaacConfig isaac = published_isaac();
    const NetworkEstimate eighteen = estimate(layer_work(resnet18()), isaac);
    const NetworkEstimate fifty = estimate(layer_work(resnet50()), isaac);
    const ResCosts a = res_costs(workload_of(eighteen, 20), eighteen, ResPolicy::per_layer);
    EXPECT_DOUBLE_EQ(a.weight_writes, 2 * 397);
    EXPECT_DOUBLE_EQ(a.cell_writes, 4 * 2 * 397);
    EXPECT_NEAR(a.writing, 4 * 2 * 397 * 50e-9, 1e-12);
    EXPECT_DOUBLE_EQ(a.added, a.writing);
    EXPECT_NEAR(a.energy, 4 * 2 * 397 * 600e-15, 1e-18);
    EXPECT_DOUBLE_EQ(a.images_until(1e6), 5e5);
    EXPECT_NEAR(res_costs(workload_of(fifty, 30), fifty, ResPolicy::per_layer).weight_writes, 2 * 1'489, 1e-9)
        << "three scales in shortcuts less than the published code";
}

TEST(ResPlanTest, PoliciesAndBatchesSpareTimeAndWrites) {
    const NetworkEstimate network = estimate(layer_work(resnet18()), published_isaac());
    ResWorkload workload = workload_of(network, 20);
    const ResCosts per_layer = res_costs(workload, network, ResPolicy::per_layer);
    const ResCosts prefetch = res_costs(workload, network, ResPolicy::prefetch);
    const ResCosts resident = res_costs(workload, network, ResPolicy::resident);
    EXPECT_LT(prefetch.added, per_layer.added);
    EXPECT_GE(prefetch.added, per_layer.added / 2) << "writing back is waited for";
    EXPECT_EQ(prefetch.cell_writes, per_layer.cell_writes);
    EXPECT_EQ(resident.cell_writes, 0.0);
    EXPECT_TRUE(std::isinf(resident.images_until(1e6)));
    workload.batch = 10;
    const ResCosts batch = res_costs(workload, network, ResPolicy::per_layer);
    EXPECT_NEAR(batch.weight_writes, per_layer.weight_writes / 10, 1e-9);
    EXPECT_NEAR(batch.images_until(1e6), 10 * per_layer.images_until(1e6), 1e-3);
    workload.writers = 1'000'000; // a layer in one pulse
    EXPECT_LT(res_costs(workload, network, ResPolicy::per_layer).writing, batch.writing / 10);
    workload.weights.pop_back();
    EXPECT_THROW(res_costs(workload, network, ResPolicy::per_layer), ModelError);
}

} // namespace
} // namespace veilram::test
