// `veilram sfge`, `encrypt` and `decrypt`, and flipped signs in `run` and `compile`.
#include "models/image/level_image.hpp"
#include "tb/cli/cli_fixture.hpp"

namespace veilram::test {
namespace {

using ::testing::Not;

class SfgeCliTest : public CliTest {
protected:
    /// Few weights, for the network is small; enough to be noticed.
    const std::string random_ = "small.yaml --set sfge.kind=random --set sfge.most=40 --set sfge.cap=false "
                                "--set sfge.eps=2";
    const std::string flips_ = "small.yaml --fidelity functional --set sfge.kind=sign_flip --set sfge.most=30 "
                               "--set sfge.cap=false --set sfge.images=20";

    static bool has_gradients() { return fs::exists(fs::path(VEILRAM_PROGRAM).parent_path() / "veilram-learn"); }
    nlohmann::json table(const std::string& folder) const {
        return nlohmann::json::parse(read_file(path(folder + "/sfge.json")));
    }
};

TEST_F(SfgeCliTest, TheTableHasARowForEveryCountAndStrength) {
    const Outcome outcome = veilram("sfge small.yaml --kind random --most 2,6 --eps 0.1,3 --images 20 --out table "
                                    "--set sfge.cap=false");
    expect_success(outcome);
    EXPECT_THAT(outcome.out, HasSubstr("table/sfge.json"));
    const auto json = table("table");
    EXPECT_EQ(json["images"], 20);
    ASSERT_EQ(json["rows"].size(), 4U);
    for (const auto& row : json["rows"]) {
        const int most = row["most"];
        EXPECT_EQ(row["weights"], 2 * most) << "of two tensors";
        EXPECT_EQ(row["key_bits"], most * (7 + 1) + most * (11 + 1)); // 100 and 1,440 weights
        EXPECT_GE(row["writes_to_1_bit_cells"]["cells"], row["writes_to_2_bit_cells"]["cells"]);
        EXPECT_LE(row["writes_to_1_bit_cells"]["pulses"], row["writes_to_2_bit_cells"]["pulses"]);
    }
    EXPECT_EQ(json["rows"][0]["eps"], 0.1);
    EXPECT_EQ(json["rows"][3]["eps"], 3.0);
    EXPECT_GT(json["rows"][3]["writes_to_1_bit_cells"]["pulses"], json["rows"][0]["writes_to_1_bit_cells"]["pulses"]);
}

TEST_F(SfgeCliTest, KindsWithGradientsAreChosenByTheOtherProgram) {
    if (!has_gradients()) GTEST_SKIP() << "needs veilram-learn";
    expect_success(veilram("sfge small.yaml --most 1,3 --eps 0.5 --images 20 --out table --set sfge.cap=false "
                           "--set sfge.images=25"));
    const auto json = table("table");
    std::vector<std::string> kinds;
    for (const auto& row : json["rows"]) kinds.push_back(row["kind"]);
    EXPECT_EQ(kinds, (std::vector<std::string>{"gradient", "gradient", "iterative", "iterative", "sign_flip",
                                               "sign_flip", "random", "random"}));
    EXPECT_EQ(json["rows"][0]["float"], json["rows"][2]["float"]) << "the first round of i-SFGE is SFGE with N = 1";
    EXPECT_TRUE(json["rows"][4]["eps"].is_null());
    EXPECT_EQ(json["rows"][5]["writes_to_2_bit_cells"]["pulses"], 6) << "a pulse a weight";
    EXPECT_EQ(json["rows"][5]["key_bits"], 3 * 7 + 3 * 11) << "a flip needs no direction";
    expect_refusal("sfge small.yaml --set sfge.images=31", "sfge.images: 31 are asked for");
}

TEST_F(SfgeCliTest, AnEncryptedImageComesBackToTheSameCells) {
    expect_success(veilram("encrypt " + random_ + " --out one.h5"));
    expect_success(veilram("encrypt " + random_ + " --set seed=2 --out two.h5"));
    const Outcome outcome = veilram("decrypt small.yaml --image one.h5 --images 30 --out clear_one.h5");
    expect_success(outcome);
    EXPECT_THAT(outcome.out, HasSubstr("thief"));
    EXPECT_THAT(outcome.out, HasSubstr("of 30 test images"));
    expect_success(veilram("decrypt small.yaml --image two.h5 --out clear_two.h5"));
    EXPECT_NE(read_file(path("one.h5")), read_file(path("two.h5")));
    EXPECT_EQ(read_file(path("clear_one.h5")), read_file(path("clear_two.h5")));
    expect_success(veilram("encrypt " + random_ + " --out again.h5"));
    EXPECT_EQ(read_file(path("one.h5")), read_file(path("again.h5")));
}

TEST_F(SfgeCliTest, InspectTellsClearFromEncrypted) {
    expect_success(veilram("encrypt " + random_ + " --out image.h5"));
    expect_success(veilram("decrypt small.yaml --image image.h5 --out clear.h5"));
    EXPECT_THAT(veilram("inspect image.h5").out, HasSubstr("some of them wrong"));
    EXPECT_THAT(veilram("inspect clear.h5").out, HasSubstr("in clear"));
}

TEST_F(SfgeCliTest, ImagesThatCannotBeTrustedAreRefusedAndNothingIsWritten) {
    expect_success(veilram("encrypt " + random_ + " --out image.h5"));
    const std::string decrypt = "decrypt small.yaml --out clear.h5 --image ";
    expect_refusal(decrypt + "image.h5 --set keys.seed=2", "the secrets of matrix layer 0 are refused");
    expect_refusal(decrypt + "image.h5 --set keys.version=2", "replayed older version");
    expect_refusal(decrypt + "nothing.h5", "nothing.h5");
    LevelImage image = read_level_image(path("image.h5"));
    image.sealed[1][30] ^= 1U;
    write_level_image(image, path("blob.h5"));
    expect_refusal(decrypt + "blob.h5", "matrix layer 1 are refused");
    image = read_level_image(path("image.h5"));
    image.levels[1].q[7] = static_cast<std::int16_t>(image.levels[1].q[7] ^ 1);
    write_level_image(image, path("cells.h5"));
    expect_refusal(decrypt + "cells.h5", "cells of matrix layer 1");
    EXPECT_FALSE(exists("clear.h5"));
    expect_success(veilram("decrypt small.yaml --image image.h5 --out clear.h5"));
    expect_refusal("decrypt small.yaml --image clear.h5", "in clear");
}

TEST_F(SfgeCliTest, KindsOfImagesAreNotMixedUp) {
    expect_success(veilram("compile small.yaml --out crossbars.h5"));
    expect_success(veilram("encrypt " + random_ + " --out plain.h5"));
    expect_refusal("decrypt small.yaml --image crossbars.h5", "1T4R crossbars");
    expect_refusal("run small.yaml --image plain.h5", "image format 2");
    expect_refusal("encrypt small.yaml --out image.h5", "sfge.kind: none encrypts nothing");
    EXPECT_FALSE(exists("image.h5"));
}

TEST_F(SfgeCliTest, FlippedSignsCostTheOwnerNothingAndTheThiefTheNetwork) {
    if (!has_gradients()) GTEST_SKIP() << "needs veilram-learn";
    for (const std::string signs : {"public", "masked"}) {
        SCOPED_TRACE(signs);
        const std::string with = flips_ + " --set signs=" + signs;
        expect_success(veilram("run small.yaml --fidelity functional --set signs=" + signs + " --out clean"));
        expect_success(veilram("run " + with + " --out flipped"));
        const auto clean = results("clean"), flipped = results("flipped");
        EXPECT_EQ(flipped["accuracy"]["target"], clean["accuracy"]["target"]);
        EXPECT_FALSE(clean["accuracy"]["pirate"].contains("flips_unknown"));
        EXPECT_EQ(flipped["accuracy"]["pirate"]["flips_unknown"]["seeds"], 1);
        EXPECT_EQ(flipped["storage"]["flip_bits"], 30 * 8 + 30 * 12);
        const std::string check = "/usr/bin/python3 -m jsonschema -i '" + path("flipped/results.json") +
                                  "' '" VEILRAM_SOURCE_DIR "/docs/results.schema.json'";
        EXPECT_EQ(std::system(check.c_str()), 0);

        expect_success(veilram("compile " + with.substr(0, 11) + with.substr(with.find("--set")) + " --out image.h5"));
        expect_success(veilram("run small.yaml --fidelity functional --image image.h5 --out opened"));
        EXPECT_EQ(results("opened")["accuracy"], flipped["accuracy"]);
        EXPECT_EQ(results("opened")["storage"]["key_bits"], flipped["storage"]["key_bits"]);
        expect_success(veilram("run small.yaml --image image.h5 --out platform"));
        EXPECT_EQ(results("platform")["accuracy"], flipped["accuracy"]) << "the platform writes them right and back";
    }
}

TEST_F(SfgeCliTest, WhatCrossbarsCannotDoIsRefused) {
    expect_refusal("run " + random_ + " --fidelity functional", "sfge.kind: random moves magnitudes");
    expect_refusal("compile " + random_ + " --out image.h5", "veilram encrypt");
    expect_refusal("run " + flips_ + " --set map.scheme=balanced", "signs in cells of their own");
    expect_refusal("sfge small.yaml --kind all", "--kind");
    expect_refusal("sfge small.yaml --most 0", "--most");
    EXPECT_FALSE(exists("runs"));
}

} // namespace
} // namespace veilram::test
