#include "models/base/file.hpp"
#include "models/config/cost_entry.hpp"
#include "models/config/describer.hpp"
#include "models/config/loader.hpp"
#include "models/config/writer.hpp"
#include "tb/cli/run_config.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

namespace veilram {

/// A cost table of one entry.
struct Costs {
    CostEntry read;
};
static void fields(FieldVisitor& v, Costs& c) { v.cost("read", c.read, required("one read")); }

} // namespace veilram

namespace veilram::test {
namespace {
namespace fs = std::filesystem;
using ::testing::HasSubstr;

const std::string kMinimal = "network: {path: lenet5.onnx}\nfidelity: functional\n";

/// A folder of its own for each test, removed afterwards.
class ConfigTest : public ::testing::Test {
protected:
    ConfigTest() {
        const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
        folder_ = fs::temp_directory_path() / ("veilram_" + std::string(info->name()) + std::to_string(::getpid()));
        fs::create_directories(folder_);
    }
    ~ConfigTest() override { fs::remove_all(folder_); }

    std::string write(const std::string& name, const std::string& yaml) {
        const fs::path path = folder_ / name;
        fs::create_directories(path.parent_path());
        write_file(path.string(), yaml);
        return path.string();
    }
    RunConfig load(const std::string& yaml, const std::vector<std::string>& settings = {}) {
        return load_run_config(write("test.yaml", yaml), settings);
    }
    /// The message of the ConfigError, without the folder.
    std::string refusal(const std::string& yaml, const std::vector<std::string>& settings = {}) {
        try {
            load(yaml, settings);
        } catch (const ConfigError& error) {
            std::string text = error.what();
            const std::string prefix = folder_.string() + "/";
            for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
                text.erase(at, prefix.size());
            return text;
        }
        return "accepted";
    }

    fs::path folder_;
};

std::vector<fs::path> yaml_files(const fs::path& folder) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder))
        if (entry.path().extension() == ".yaml") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

/// The lines after "# expect: " at the top of a bad configuration.
std::string expected_message(const std::string& yaml) {
    const std::string mark = "# expect: ";
    std::istringstream in(yaml);
    std::string message;
    for (std::string line; std::getline(in, line) && line.rfind(mark, 0) == 0;)
        message += (message.empty() ? "" : "\n") + line.substr(mark.size());
    return message;
}

template <class Config> std::string read_into(Config& config, const std::string& yaml) {
    Diagnostics problems;
    const ConfigValue root = parse_yaml(yaml, "costs.yaml", "", problems);
    FieldPlaces places("costs.yaml");
    Reader reader(root, places, problems);
    fields(reader, config);
    reader.finish();
    std::string text;
    for (const std::string& line : problems.lines()) text += line + "\n";
    return text;
}

TEST_F(ConfigTest, EveryBadConfigurationGivesTheMessageItQuotes) {
    const auto files = yaml_files("configs/bad");
    ASSERT_GE(files.size(), 20U);
    for (const fs::path& file : files) {
        const std::string expected = expected_message(read_file(file.string()));
        ASSERT_FALSE(expected.empty()) << file;
        try {
            load_run_config(file.string(), {});
            ADD_FAILURE() << file << " was accepted";
        } catch (const ConfigError& error) {
            EXPECT_EQ(error.what(), expected);
        }
    }
}

TEST_F(ConfigTest, EveryGoodConfigurationLoads) {
    EXPECT_NO_THROW(load_run_config("configs/default.yaml", {}));
    for (const fs::path& file : yaml_files("configs/paper"))
        EXPECT_NO_THROW(load_run_config(file.string(), {"data.path=anywhere"})) << file;
    for (const fs::path& file : yaml_files("configs/scenarios"))
        EXPECT_NO_THROW(load_run_config(file.string(), {})) << file;
}

TEST_F(ConfigTest, DumpOfEveryGoodConfigurationLoadsToTheSameValues) {
    auto files = yaml_files("configs/paper");
    for (const fs::path& file : yaml_files("configs/scenarios")) files.push_back(file);
    files.emplace_back("configs/default.yaml");
    for (const fs::path& file : files) {
        const RunConfig config = load_run_config(file.string(), {"data.path=some/folder"});
        const std::string folder = fs::relative(folder_).string();
        const std::string yaml = dump(config, folder);
        write("effective_config.yaml", yaml);
        const RunConfig again = load_run_config(folder + "/effective_config.yaml", {});
        EXPECT_EQ(dump(again, folder), yaml) << file;
        EXPECT_EQ(fs::weakly_canonical(fs::absolute(again.network.path)),
                  fs::weakly_canonical(fs::absolute(config.network.path)));
        EXPECT_TRUE(fs::path(config.network.path).is_relative());
    }
}

TEST_F(ConfigTest, DumpKeepsValuesThatAreNotDefaults) {
    const RunConfig config =
        load(kMinimal + "seed: 77\nsigns: public\nmap: {n: 3, solver: exact}\n"
                        "quant: {activations: percentile, percentile: 99.95}\nadc: {overflow: truncate}\n"
                        "tune: {learning_rate: 1.0e-05}\ntrace: {secrets: true}\ncrossbar: {rows: 128}\n");
    const RunConfig again = load(dump(config, folder_.string()));
    EXPECT_EQ(again.compile.seed, 77U);
    EXPECT_EQ(again.compile.signs.mode, SignMode::public_signs);
    EXPECT_EQ(again.fidelity, Fidelity::functional);
    EXPECT_EQ(again.compile.map.n, 3);
    EXPECT_EQ(again.compile.map.solver, SolverKind::exact);
    EXPECT_EQ(again.compile.quant.activations, ActivationScale::percentile);
    EXPECT_DOUBLE_EQ(again.compile.quant.percentile, 99.95);
    EXPECT_EQ(again.compile.adc.overflow, AdcOverflow::truncate);
    EXPECT_DOUBLE_EQ(again.tuning.tune.learning_rate, 1e-5);
    EXPECT_TRUE(again.trace.secrets);
    EXPECT_EQ(again.compile.array.rows, 128);
}

TEST_F(ConfigTest, AbsentFieldsKeepTheDefaultsOfTheirStructs) {
    const RunConfig config = load(kMinimal);
    const RunConfig defaults;
    EXPECT_EQ(config.compile.map.n, defaults.compile.map.n);
    EXPECT_EQ(config.compile.signs.mode, SignMode::masked);
    EXPECT_EQ(config.pirate.seeds, defaults.pirate.seeds);
}

TEST_F(ConfigTest, SettingsOverrideTheFileInTheirOrder) {
    const RunConfig config =
        load(kMinimal + "map: {n: 4, solver: exact}\n", {"map.n=5", "map.n=6", "network.input.mean=[0.25]"});
    EXPECT_EQ(config.compile.map.n, 6);
    EXPECT_EQ(config.compile.map.solver, SolverKind::exact); // its neighbours stay
    EXPECT_EQ(config.compile.input.mean, std::vector<float>{0.25F});
}

TEST_F(ConfigTest, AWrongSettingIsNamedAsItWasTyped) {
    EXPECT_EQ(refusal(kMinimal, {"map.m=4"}), "--set map.m=4: map.m: unknown key; did you mean 'n'?");
    EXPECT_EQ(refusal(kMinimal, {"map.n=0"}), "--set map.n=0: map.n: 0 is not in 1..32");
    EXPECT_EQ(refusal(kMinimal, {"map.n"}), "--set map.n: expected section.key=value, such as --set map.n=4");
    EXPECT_EQ(refusal(kMinimal, {".n=4"}), "--set .n=4: expected section.key=value, such as --set map.n=4");
    EXPECT_EQ(refusal(kMinimal, {"map.n="}), "--set map.n=: map.n: expected a whole number, found nothing");
    EXPECT_EQ(refusal(kMinimal, {"map.n=4, 5"}),
              "--set map.n=4, 5: map.n: expected one value; a list is written [a, b]");
    EXPECT_EQ(refusal(kMinimal, {"map.n={"}), "--set map.n={: map.n: the value is not valid YAML");
}

TEST_F(ConfigTest, AllProblemsAreReportedAtOnceInTheOrderOfTheFields) {
    const std::string text = refusal("network: {path: x}\nmap: {n: 99, solvr: exact}\nsigns: open\n");
    EXPECT_EQ(text, "test.yaml:3:8: signs: 'open' is not one of public, masked\n"
                    "test.yaml:2:10: map.n: 99 is not in 1..32\n"
                    "test.yaml:2:14: map.solvr: unknown key; did you mean 'solver'?");
}

TEST_F(ConfigTest, BooleansAreOnlyTrueAndFalse) {
    for (const char* word : {"yes", "no", "on", "off", "y", "True", "1"})
        EXPECT_THAT(refusal(kMinimal + "trace: {vcd: " + word + "}\n"), HasSubstr("trace.vcd: expected true or false"))
            << word;
    EXPECT_FALSE(load(kMinimal + "trace: {vcd: false}\n").trace.vcd);
}

TEST_F(ConfigTest, NumbersMustBeWholeAndComplete) {
    for (const char* word : {"8.0", "8x", "0x8", "''", "eight", "[8]", "~"})
        EXPECT_THAT(refusal(kMinimal + "map: {n: " + word + "}\n"), HasSubstr("map.n: expected a whole number"))
            << word;
    for (const char* word : {".nan", ".inf", "nan", "inf", "99,9", "99.9 %"})
        EXPECT_NE(refusal(kMinimal + "quant: {percentile: " + word + "}\n"), "accepted") << word;
}

TEST_F(ConfigTest, PathsInAFileAreRelativeToTheFileAndThoseOfSettingsToTheCurrentDirectory) {
    write("parts/net.yaml", "network: {path: nets/a.onnx, tuned: /abs/b.onnx}\nfidelity: functional\n");
    const RunConfig config = load("include: parts/net.yaml\n", {"data.path=here"});
    EXPECT_EQ(config.network.path, (folder_ / "parts/nets/a.onnx").string());
    EXPECT_EQ(config.network.tuned, "/abs/b.onnx");
    EXPECT_EQ(config.data.path, "here");
}

TEST_F(ConfigTest, LaterIncludesAndTheFileItselfOverride) {
    write("a.yaml", kMinimal + "map: {n: 2, solver: exact}\nadc: {bits: 6}\n");
    write("b.yaml", "map: {n: 3}\n");
    const RunConfig config = load("include: [a.yaml, b.yaml]\nadc: {bits: 7}\n");
    EXPECT_EQ(config.compile.map.n, 3);
    EXPECT_EQ(config.compile.map.solver, SolverKind::exact);
    EXPECT_EQ(config.compile.adc.bits, 7);
}

TEST_F(ConfigTest, AMissingFileIsNamed) {
    try {
        load_run_config("configs/nothing.yaml", {});
        FAIL() << "accepted";
    } catch (const UserError& error) {
        EXPECT_THAT(error.what(), HasSubstr("configs/nothing.yaml: cannot open"));
    }
}

TEST_F(ConfigTest, AFidelityWithTimeNeedsACostTableAndKeepsItsSources) {
    EXPECT_THAT(refusal("network: {path: x}\n"),
                HasSubstr("test.yaml: costs: is missing: fidelity lt needs a cost table"));
    std::string costs = "network: {path: x}\ncosts:\n";
    for (const CostField& field : cost_fields())
        costs +=
            "  " + std::string(field.key) + ": {time: 2 ns, energy: 3 pJ, source: s, basis: read, technology: t}\n";
    const RunConfig config = load(costs, {"costs.cell_write.energy=7 pJ", "costs.cell_write.source=a test"});
    const RunConfig again = load(dump(config, folder_.string()));
    ASSERT_TRUE(again.costs);
    ChipCosts chip;
    set_costs(chip, *again.costs);
    EXPECT_EQ(chip.cell_write.energy, Fj{7000});
    EXPECT_EQ(chip.array_read.time, Ps{2000});
    EXPECT_EQ(again.costs->entries[3].source, "a test");
    EXPECT_THAT(refusal(costs + "  lunch: {}\n"), HasSubstr("costs.lunch: unknown key"));
    EXPECT_THAT(refusal("network: {path: x}\ncosts: {}\n"), HasSubstr("costs.array_read: is missing"));
}

TEST_F(ConfigTest, SeedsAreAny64BitNumber) {
    const RunConfig config = load(kMinimal + "seed: 18446744073709551615\n");
    EXPECT_EQ(config.compile.seed, 18446744073709551615U);
    EXPECT_EQ(load(dump(config, folder_.string())).compile.seed, config.compile.seed);
    EXPECT_THAT(refusal(kMinimal + "seed: 18446744073709551616\n"),
                HasSubstr("seed: expected a whole number (0..18446744073709551615), found '18446744073709551616'"));
    EXPECT_THAT(refusal(kMinimal + "seed: -1\n"), HasSubstr("seed: expected a whole number"));
}

TEST_F(ConfigTest, ListsEveryKnownKeyOnce) {
    const std::string text = refusal(kMinimal + "costs: {}\nqwertyuiop: 1\n");
    const std::size_t at = text.find("known here: ");
    ASSERT_NE(at, std::string::npos);
    const std::string known = text.substr(at, text.find('\n', at) - at) + ",";
    EXPECT_EQ(known.find(" costs,"), known.rfind(" costs,"));
}

TEST_F(ConfigTest, ReferenceOnDiskIsWhatTheProgramDescribes) {
    EXPECT_EQ(read_file("docs/config_reference.md"), describe());
}

TEST(CostEntryTest, NeedsUnitsAndItsSource) {
    Costs costs;
    EXPECT_EQ(
        read_into(costs, "read: {time: 1.5 ns, energy: 60 pJ, source: a paper, basis: derived, technology: 32 nm}\n"),
        "");
    EXPECT_EQ(costs.read.cost.time, Ps{1500});
    EXPECT_EQ(costs.read.cost.energy, Fj{60'000});
    EXPECT_EQ(costs.read.basis, CostBasis::derived);

    const std::string bare = read_into(costs, "read: {time: 50, energy: -1 pJ, basis: guess, technology: 32 nm}\n");
    EXPECT_THAT(bare, HasSubstr("costs.yaml:1:14: read.time: expected a time with its unit"));
    EXPECT_THAT(bare, HasSubstr("read.energy: expected an energy with its unit"));
    EXPECT_THAT(bare, HasSubstr("read.source: is missing"));
    EXPECT_THAT(bare, HasSubstr("read.basis: 'guess' is not one of read, derived, assumed"));
    const std::string large =
        read_into(costs, "read: {time: 11 ms, energy: 2 uJ, source: x, basis: read, technology: y}\n");
    EXPECT_THAT(large, HasSubstr("read.time: 11 ms is more than 10 ms"));
    EXPECT_THAT(large, HasSubstr("read.energy: 2 uJ is more than 1 uJ"));
    EXPECT_THAT(read_into(costs, "read: {time: 0.5 ps, energy: 1 fJ, source: x, basis: read, technology: y}\n"),
                HasSubstr("whole number of ps"));
}

TEST(CostEntryTest, AMissingEntryIsReportedOnce) {
    Costs costs;
    EXPECT_EQ(read_into(costs, "{}\n"), "costs.yaml: read: is missing: one read\n");
}

TEST(CostEntryTest, DumpReadsBackAndTheReferenceShowsOneRow) {
    Costs costs;
    costs.read = {{"Table \"2\" # of\nthe paper", CostBasis::read, "32 nm"}, {Ps{1500}, Fj{7}}};
    Writer writer("");
    fields(writer, costs);
    Costs again;
    EXPECT_EQ(read_into(again, writer.yaml()), "");
    EXPECT_EQ(again.read.source, costs.read.source);
    EXPECT_EQ(again.read.cost.time, costs.read.cost.time);

    Describer describer;
    fields(describer, costs);
    EXPECT_THAT(describer.markdown(), HasSubstr("| `read` | cost | (required) | one read |"));
}

TEST(SuggestionTest, NamesTheNearestWordOrAllOfThem) {
    EXPECT_EQ(suggestion("solvr", {"scheme", "solver"}), "; did you mean 'solver'?");
    EXPECT_EQ(suggestion("zzz", {"scheme", "solver"}), "; known here: scheme, solver");
}

} // namespace
} // namespace veilram::test
