// Starts the program as a user does and looks at what it prints, writes and returns.
#include "models/image/compile.hpp"
#include "tb/cli/cli_fixture.hpp"
#include "tb/support/secret_search.hpp"
#include "tb/support/wave.hpp"

#include <algorithm>
#include <set>

namespace veilram::test {
namespace {
using ::testing::Not;
using ::testing::UnorderedElementsAre;

TEST_F(CliTest, RunReportsOwnerThiefStorageAndEveryValueUsed) {
    const Outcome outcome = veilram("run small.yaml --fidelity functional --images 25");
    expect_success(outcome);
    EXPECT_THAT(outcome.out, HasSubstr("runs/small/results.json"));
    const auto json = results("runs/small");
    EXPECT_EQ(json["accuracy"]["images"], 25);
    EXPECT_EQ(json["accuracy"]["pirate"]["gsl_zero"]["seeds"], 2);
    EXPECT_EQ(json["protection"]["thief"], "signs_unknown");
    EXPECT_EQ(json["storage"]["weights"], 4 * 25 + 10 * 144);
    EXPECT_GT(json["storage"]["key_bits"], 0);
    EXPECT_FALSE(json.contains("latency_s"));
    EXPECT_TRUE(exists("runs/small/effective_config.yaml"));
    EXPECT_TRUE(exists("runs/small/stats.csv"));
}

TEST_F(CliTest, ReportsOfEveryFidelityFitTheSchema) {
    for (const std::string fidelity : {"functional", "lt", "cycle"}) {
        expect_success(veilram("run small.yaml --images 3 --fidelity " + fidelity + " --out " + fidelity));
        const std::string check = "/usr/bin/python3 -m jsonschema -i '" + path(fidelity + "/results.json") +
                                  "' '" VEILRAM_SOURCE_DIR "/docs/results.schema.json'";
        EXPECT_EQ(std::system(check.c_str()), 0) << fidelity;
    }
}

TEST_F(CliTest, BlocksOfEveryPhaseAddUpToItsEnergy) {
    const Outcome outcome = veilram("run small.yaml --images 3 --out run --set trace.vcd=false");
    expect_success(outcome);
    const auto json = results("run");
    for (const char* phase : {"boot", "inference", "power_off"}) {
        double sum = 0;
        for (const auto& module : json["phases"][phase]["modules"]) sum += module["energy_j"].get<double>();
        EXPECT_GT(sum, 0) << phase;
        EXPECT_NEAR(sum, json["energy_j"][phase], 1e-3 * sum) << phase;
    }
    const auto& inference = json["phases"]["inference"];
    EXPECT_EQ(inference["modules"]["chip.crossbar"]["instances"], json["storage"]["crossbars"]);
    EXPECT_GT(inference["unlock_s"], inference["lock_s"]);
    EXPECT_LT(inference["unlock_s"], json["latency_s"]["inference"]);
    EXPECT_EQ(inference["memory_bytes"], 0) << "weights are in the cells";
    EXPECT_GT(json["phases"]["boot"]["memory_bytes"], json["storage"]["sealed_bytes"]);
    EXPECT_TRUE(json["memory"]["warnings"].empty());
    EXPECT_THAT(outcome.out, HasSubstr("chip.crossbar x"));
    const Outcome slow = veilram("run small.yaml --images 1 --out run --set trace.vcd=false "
                                 "--set costs.dram_burst.time='100 us'");
    EXPECT_THAT(slow.out, HasSubstr("warning: memory, boot"));
    EXPECT_EQ(results("run")["memory"]["warnings"].size(), 1U);
}

TEST_F(CliTest, ThePlatformComputesWhatTheArithmeticSaysAndAddsTimeAndAWaveform) {
    expect_success(veilram("run small.yaml --images 10 --fidelity functional --out functional"));
    expect_success(veilram("run small.yaml --images 10 --fidelity lt --out lt"));
    EXPECT_EQ(results("lt")["accuracy"], results("functional")["accuracy"]);
    EXPECT_GT(results("lt")["latency_s"]["inference"], 0.0);
    EXPECT_GT(results("lt")["energy_j"]["boot"], 0.0);
    EXPECT_EQ(results("lt")["trace"]["secrets"], false);
    EXPECT_TRUE(exists("lt/run.vcd"));
    EXPECT_TRUE(exists("lt/run.gtkw"));
    const std::vector<std::string> files = results("lt")["trace"]["files"];
    EXPECT_THAT(files, UnorderedElementsAre("run.vcd", "run.gtkw", "veilram.platform.chip.res.state.txt",
                                            "veilram.platform.chip.tile.action.txt"));
    for (const std::string& file : files) EXPECT_TRUE(exists("lt/" + file)) << file;
    expect_success(veilram("run small.yaml --images 3 --fidelity functional --out lt"));
    EXPECT_FALSE(exists("lt/run.vcd")); // it showed another run
    for (const std::string& file : files) EXPECT_FALSE(exists("lt/" + file)) << file;
}

TEST_F(CliTest, SecretsEnterAWaveformOnlyOnRequestAndTheReportSaysSo) {
    expect_success(veilram("run small.yaml --images 2 --out plain"));
    const Outcome outcome = veilram("run small.yaml --images 2 --set trace.secrets=true --out open");
    expect_success(outcome);
    EXPECT_THAT(outcome.out, HasSubstr("the waveform shows secrets"));
    EXPECT_EQ(results("plain")["trace"]["secrets"], false);
    EXPECT_EQ(results("open")["trace"]["secrets"], true);
    const auto variables = [&](const std::string& run) {
        const std::string vcd = read_file(path(run + "/run.vcd"));
        std::size_t count = 0;
        for (auto at = vcd.find("$var"); at != std::string::npos; at = vcd.find("$var", at + 1)) ++count;
        return count;
    };
    EXPECT_GT(variables("plain"), 0U);
    EXPECT_GT(variables("open"), variables("plain"));
}

TEST_F(CliTest, TheEffectiveConfigurationRepeatsTheRun) {
    expect_success(veilram("run small.yaml --fidelity functional --out one --set map.n=3 --set signs=public"));
    expect_success(veilram("run one/effective_config.yaml --out two"));
    auto one = results("one");
    auto two = results("two");
    EXPECT_EQ(one["protection"]["thief"], "signs_known");
    for (const char* field : {"accuracy", "storage", "protection", "seeds"}) EXPECT_EQ(one[field], two[field]) << field;
}

TEST_F(CliTest, AnImageRunsLikeTheNetworkItWasCompiledFrom) {
    expect_success(veilram("compile small.yaml --out image.h5"));
    expect_success(veilram("run small.yaml --fidelity functional --out compiled"));
    expect_success(veilram("run small.yaml --fidelity functional --out opened --image image.h5"));
    EXPECT_EQ(results("opened")["accuracy"], results("compiled")["accuracy"]);
    for (const char* field :
         {"weights", "crossbars", "cells", "sign_cells", "key_bits", "sealed_bytes", "program_bytes"})
        EXPECT_EQ(results("opened")["storage"][field], results("compiled")["storage"][field]) << field;
    EXPECT_EQ(results("opened")["protection"], results("compiled")["protection"]);
}

TEST_F(CliTest, ARunOfAnImageReportsWhatTheImageSays) {
    const std::string settings = "small.yaml --set map.n=3 --set signs=public --set keys.scope=";
    for (const std::string scope : {"network", "layer", "crossbar"}) {
        SCOPED_TRACE(scope);
        expect_success(veilram("compile " + settings + scope + " --out image.h5"));
        expect_success(veilram("run " + settings + scope + " --images 3 --fidelity functional --out compiled"));
        expect_success(veilram("run small.yaml --images 3 --fidelity functional --out opened --image image.h5"));
        EXPECT_EQ(results("opened")["protection"], results("compiled")["protection"]);
        EXPECT_EQ(results("opened")["storage"]["key_bits"], results("compiled")["storage"]["key_bits"]);
        EXPECT_THAT(read_file(path("opened/effective_config.yaml")), HasSubstr("n: 3\n"));
    }
}

TEST_F(CliTest, ShareTellsAccuracyAndStorageAndWritesTheNetworkItMeasured) {
    const std::string share = "share small.yaml --images 25 --set calibrate.images=20 --set calibrate.batch=10 "
                              "--set cls.crossbar=16 --set cls.ratio=0.25 --json share.json --out shared.onnx";
    const Outcome outcome = veilram(share);
    expect_success(outcome);
    EXPECT_THAT(outcome.out, HasSubstr("shared, batch norm calibrated"));
    const auto json = nlohmann::json::parse(read_file(path("share.json")));
    EXPECT_EQ(json["storage"]["matrices"], 8 * (2 + 9)); // 25 x 4 and 144 x 10 weights
    EXPECT_EQ(json["storage"]["clusters"], 8 * (2 + 9) / 4);
    EXPECT_GT(json["planes"][7]["mismatches"], 0);
    EXPECT_LE(json["planes"][7]["mismatches"], json["planes"][7]["clustered"]);

    const Graph before = small_network(), after = import_onnx(path("shared.onnx"));
    EXPECT_TRUE(std::holds_alternative<BatchNorm>(after.nodes[1].op));
    const std::vector<float>&from = matrix_weight(before.nodes[0].op).data, &to = matrix_weight(after.nodes[0].op).data;
    ASSERT_EQ(from.size(), to.size());
    for (std::size_t i = 0; i < to.size(); ++i) EXPECT_GE(from[i] * to[i], 0.0F) << "signs are not shared";

    expect_success(veilram(share + " --set threads=1 --set cls.seed=1"));
    auto again = nlohmann::json::parse(read_file(path("share.json")));
    EXPECT_EQ(again["config"]["settings"].back(), "cls.seed=1");
    again["config"] = json["config"];
    EXPECT_EQ(again, json);
}

TEST_F(CliTest, ShareOfCompiledCrossbarsIsBitTrueAndPlacedOnesComeCloser) {
    const std::string share = "share small.yaml --images 25 --set cls.contents=cells --set map.scheme=balanced "
                              "--set cls.ratio=0.5 --json share.json --set cls.place_rounds=";
    const auto figures = [&](const std::string& rounds) {
        expect_success(veilram(share + rounds));
        return nlohmann::json::parse(read_file(path("share.json")));
    };
    const auto plain = figures("0"), placed = figures("3");
    EXPECT_GT(plain["storage"]["crossbars"], 2);
    EXPECT_EQ(plain["mismatches"]["placed"], plain["mismatches"]["flipped"]);
    EXPECT_LE(plain["mismatches"]["flipped"], plain["mismatches"]["clustered"]);
    EXPECT_LT(placed["mismatches"]["placed"], plain["mismatches"]["placed"]);
    const auto whole =
        nlohmann::json::parse((expect_success(veilram(share + "0 --set cls.ratio=1")), read_file(path("share.json"))));
    EXPECT_EQ(whole["mismatches"]["flipped"], 0);
    EXPECT_EQ(whole["accuracy"]["shared"], whole["accuracy"]["own"]) << "nothing is shared";
    expect_refusal("share small.yaml --set cls.contents=cells --out a.onnx", "--out a.onnx: only cls.contents");
}

TEST_F(CliTest, CalibrateGivesAChangedNetworkTheStatisticsOfTheOriginal) {
    Graph changed = small_network();
    for (float& w : std::get<Conv>(changed.nodes[0].op).weight.data) w *= 3.0F;
    export_onnx(changed, path("changed.onnx"), "made by a test");
    const std::string settings = " --set calibrate.images=30 --set calibrate.batch=30 --out ";
    expect_success(veilram("calibrate small.yaml" + settings + "same.onnx"));
    expect_success(veilram("calibrate small.yaml --set network.tuned=changed.onnx" + settings + "mended.onnx"));
    const auto norm_of = [&](const std::string& file) {
        return std::get<BatchNorm>(import_onnx(path(file)).nodes[1].op);
    };
    const BatchNorm same = norm_of("same.onnx"), mended = norm_of("mended.onnx");
    EXPECT_EQ(same.gamma, mended.gamma);
    for (std::size_t c = 0; c < 4; ++c) // a bias of 0.05 that was not tripled shifts the mean
        EXPECT_NEAR(mended.mean[c] - 0.05F, 3 * (same.mean[c] - 0.05F), 1e-4) << c;
    for (std::size_t c = 0; c < 4; ++c) EXPECT_NEAR(mended.variance[c] / same.variance[c], 9.0, 1e-3) << c;

    expect_refusal("calibrate small.yaml --set network.tuned=" VEILRAM_SOURCE_DIR
                   "/models/zoo/lenet5.onnx --set calibrate.images=30 --out refused.onnx",
                   "has other matrix layers than network.path");
    EXPECT_FALSE(exists("refused.onnx"));
    expect_refusal("share small.yaml --set cls.plane_ratios=[0.5]", "cls.plane_ratios: has 1 values");
}

TEST_F(CliTest, AnImageOfAnotherNetworkIsRefused) {
    Graph other = small_network();
    other.name = "other";
    export_onnx(other, path("other.onnx"), "made by a test");
    expect_success(veilram("compile small.yaml --set network.path=other.onnx --out image.h5"));
    expect_refusal("run small.yaml --image image.h5", "holds network 'other'");
}

TEST_F(CliTest, AnInputFormatOfOtherChannelsIsRefused) {
    const std::string settings = "small.yaml --images 3 --set network.input.";
    expect_refusal("run " + settings + "mean=[0.1,0.2,0.3]",
                   "network.input.mean: has 3 channels, but small.onnx takes");
    expect_refusal("run " + settings + "std=[1,1]", "network.input.std: has 2 channels");
    expect_refusal("compile small.yaml --set network.input.std=[1,1] --out image.h5",
                   "network.input.std: has 2 channels");
}

TEST_F(CliTest, InspectShowsTheTopologyOfAnImageWithoutAnyKey) {
    write_file(path("root.key"), std::string(64, 'a') + "\n");
    expect_success(veilram("compile small.yaml --set keys.root_key_file=root.key --out image.h5"));
    const Outcome outcome = veilram("inspect image.h5");
    expect_success(outcome);
    EXPECT_THAT(outcome.out, HasSubstr("small, input 1x28x28"));
    EXPECT_THAT(outcome.out, HasSubstr("masked (trivium)"));
    EXPECT_THAT(outcome.out, HasSubstr("dense"));
}

TEST_F(CliTest, VersionHelpAndReferencePrintAndSucceed) {
    EXPECT_THAT(veilram("--version").out, HasSubstr("veilram 0."));
    const Outcome help = veilram("--help");
    EXPECT_EQ(help.code, 0);
    EXPECT_THAT(help.out, HasSubstr("Examples:"));
    EXPECT_EQ(veilram("run --help").code, 0);
    EXPECT_EQ(veilram("--describe").out, read_file(VEILRAM_SOURCE_DIR "/docs/config_reference.md"));
}

TEST_F(CliTest, WrongArgumentsAreRefusedByName) {
    expect_refusal("", "subcommand");
    expect_refusal("fly", "fly");
    expect_refusal("run", "CONFIG");
    for (const std::string images : {"0", "-1", "1000001", "3000000000", "99999999999999999999", "many"})
        expect_refusal("run small.yaml --images " + images,
                       "--images: '" + images + "' is not a whole number in 1..1000000");
    expect_refusal("run small.yaml --images 5 --set trace.image=5", "trace.image: 5 is not in 0..4");
    expect_refusal("run small.yaml --set costs.array_read.time='9000000 s'", "9000000 s is more than 10 ms");
    expect_refusal("run small.yaml --set costs.array_read.energy='9000 J'", "9000 J is more than 1 uJ");
    expect_refusal("run small.yaml --fidelity exact", "fidelity: 'exact' is not one of functional, lt");
    expect_refusal("run small.yaml --set map.n=0", "--set map.n=0: map.n: 0 is not in 1..32");
    expect_refusal("run small.yaml --set map.m=1", "map.m: unknown key");
    expect_refusal("compile small.yaml", "--out");
    EXPECT_FALSE(exists("runs"));
}

TEST_F(CliTest, MissingFilesAreNamed) {
    expect_refusal("run nothing.yaml", "nothing.yaml: cannot open");
    expect_refusal("run small.yaml --set network.path=nothing.onnx", "nothing.onnx");
    expect_refusal("run small.yaml --set data.source=mnist --set data.path=nowhere", "nowhere");
    expect_refusal("run small.yaml --set data.source=mnist", "data.path: is missing");
    expect_refusal("run small.yaml --image nothing.h5", "nothing.h5");
    expect_refusal("inspect nothing.h5", "nothing.h5");
    expect_refusal("run small.yaml --set keys.root_key_file=nothing.key", "nothing.key");
    EXPECT_FALSE(exists("runs"));
}

TEST_F(CliTest, ColourImagesForAGreyNetworkAreRefused) {
    for (const char* name : {"data_batch_1.bin", "test_batch.bin"}) write_file(path(name), std::string(2 * 3073, '\1'));
    const std::string cifar = "small.yaml --set data.source=cifar10 --set data.path=.";
    expect_refusal("run " + cifar, "cifar10 gives images of 3x32x32, but small.onnx takes 1x28x28");
    expect_refusal("compile " + cifar + " --out image.h5", "cifar10 gives images of 3x32x32");
    expect_refusal("run " + cifar + " --images 3", "--images 3: the test split of cifar10 in . has only 2 images");
    EXPECT_FALSE(exists("image.h5"));
}

TEST_F(CliTest, AnImageUnderAnotherRootKeyIsRefused) {
    expect_success(veilram("compile small.yaml --out image.h5"));
    for (const std::string fidelity : {"functional", "lt"})
        expect_refusal("run small.yaml --image image.h5 --set keys.seed=2 --fidelity " + fidelity, "layer 0");
    EXPECT_FALSE(exists("runs"));
}

TEST_F(CliTest, AnOlderImageIsRefused) {
    expect_success(veilram("compile small.yaml --out image.h5"));
    expect_refusal("run small.yaml --image image.h5 --set keys.version=2", "version");
    EXPECT_FALSE(exists("runs"));
}

TEST_F(CliTest, OneFlippedBitOfASealedBlobIsRefused) {
    spoil_image([](Image& image) { image.memory.sealed[1][20] ^= 4U; });
    expect_refusal("run small.yaml --image spoilt.h5", "layer 1");
    EXPECT_FALSE(exists("runs"));
}

TEST_F(CliTest, ATruncatedImageIsRefused) {
    expect_success(veilram("compile small.yaml --out image.h5"));
    fs::resize_file(path("image.h5"), fs::file_size(path("image.h5")) / 2);
    expect_refusal("run small.yaml --image image.h5", "image.h5");
    expect_refusal("inspect image.h5", "image.h5");
    EXPECT_FALSE(exists("runs"));
}

TEST_F(CliTest, AnUnwritablePlaceIsRefusedAndLeavesNothing) {
    write_file(path("occupied"), "a file");
    expect_refusal("run small.yaml --fidelity functional --out occupied", "--out occupied: cannot make this folder");
    expect_refusal("compile small.yaml --out no/such/folder/image.h5", "image.h5");
    EXPECT_FALSE(exists("no"));
    EXPECT_EQ(read_file(path("occupied")), "a file");
}

TEST_F(CliTest, AnOutputFileIsTriedBeforeTheWork) {
    expect_refusal("compile small.yaml --set network.path=nothing.onnx --out no/such/folder/image.h5",
                   "no/such/folder");
    expect_refusal("compile small.yaml --set network.path=nothing.onnx --out .", ".: cannot write");
}

TEST_F(CliTest, AWaveformThatCannotBeWrittenIsRefused) {
    fs::create_directories(path("occupied/run.vcd"));
    expect_refusal("run small.yaml --images 2 --out occupied", "occupied/run.vcd: cannot write the waveform");
}

TEST_F(CliTest, AFullDiskIsReported) {
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP() << "AddressSanitizer misjudges an exception that follows the coroutines of SystemC 2.3.4";
#endif
    fs::create_directories(path("full"));
    fs::create_symlink("/dev/full", path("full/run.vcd"));
    expect_refusal("run small.yaml --images 2 --out full", "full/run.vcd: cannot write the whole waveform");
    for (const std::string place : {"> /dev/full", ">&-"})
        EXPECT_EQ(WEXITSTATUS(std::system((std::string(VEILRAM_PROGRAM " --help 2> /dev/null ") + place).c_str())), 2)
            << place;
}

/// What the owner of an image must keep: each secret as bytes.
std::vector<Bytes> secrets_of(const std::string& image_file, const KeyConfig& keys) {
    Image image = read_image(image_file);
    const Program program = decode_program(image.memory.program);
    const Key256 root_key = load_root_key(keys);
    std::vector<Bytes> all{Bytes(root_key.begin(), root_key.end())};
    const auto layers = open_secrets(image.memory, program, root_key, 1);
    for (std::size_t l = 0; l < layers.size(); ++l) {
        const auto secrets = secret_bytes(layers[l]);
        all.insert(all.end(), secrets.begin(), secrets.end());
        for (std::size_t x = 0; x < program.layers[l].crossbars.size(); ++x) {
            const std::size_t crossbar = program.layers[l].first_crossbar + x;
            BitMatrix& signs = image.nvm.signs[crossbar];
            mask_signs(signs, program.signs.generator, layers[l].mask_key, static_cast<std::uint32_t>(crossbar));
            all.push_back(to_bytes(signs)); // the true ones
        }
    }
    return all;
}

/// The values that a waveform's signal of this name takes; empty without such a signal.
std::vector<std::string> values_of(const Wave& wave, const std::string& name) {
    std::vector<std::string> values;
    for (const auto& [signal, changes] : wave.signals)
        if (signal.find(name) != std::string::npos)
            for (const auto& change : changes) values.push_back(change.second);
    return values;
}

TEST_F(CliTest, NoSecretIsPrintedOrWritten) {
    write_file(path("root.key"), "0123456789abcdef0f1e2d3c4b5a69788796a5b4c3d2e1f0fedcba9876543210\n");
    const std::string config = "small.yaml --set keys.root_key_file=root.key";
    expect_success(veilram("compile " + config + " --out image.h5"));
    KeyConfig keys;
    keys.root_key_file = path("root.key");
    const std::vector<Bytes> secrets = secrets_of(path("image.h5"), keys);
    ASSERT_GT(secrets.size(), 100U);

    const Outcome plain = veilram("run " + config + " --images 2 --out plain");
    expect_success(plain);
    std::string everything = plain.out + plain.err;
    for (const auto& file : fs::directory_iterator(path("plain"))) everything += read_file(file.path().string()) + "\n";
    const SecretSearch search(everything);
    for (const Bytes& secret : secrets) EXPECT_FALSE(search.shows(secret));

    // The same search finds what is there: vectors in the waveform on request, and any secret in hexadecimal.
    expect_success(veilram("run " + config + " --images 2 --set trace.secrets=true --out open"));
    const SecretSearch open(read_file(path("open/run.vcd")));
    EXPECT_TRUE(std::any_of(secrets.begin(), secrets.end(), [&](const Bytes& secret) { return open.shows(secret); }));
    EXPECT_FALSE(open.shows(secrets[0])) << "the root key";
    EXPECT_TRUE(SecretSearch(read_file(path("root.key"))).shows(secrets[0]));

    // Start positions are too short to be searched for: the sequence in which they are used must not show.
    const auto starts = values_of(read_wave(path("open/run.vcd")), "sign_bit.start");
    EXPECT_GT(std::set<std::string>(starts.begin(), starts.end()).size(), 3U);
    for (const auto& [signal, changes] : read_wave(path("plain/run.vcd")).signals)
        EXPECT_NE(values_of({{{signal, changes}}, ""}, signal), starts) << signal;
}

} // namespace
} // namespace veilram::test
