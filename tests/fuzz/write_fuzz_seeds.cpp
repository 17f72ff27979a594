#include "model_files.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using namespace livegloss::testfiles;

namespace {

void write(const std::filesystem::path& folder, const std::vector<std::string>& seeds) {
    std::filesystem::create_directories(folder);
    int number = 0;
    for (const std::string& seed : seeds) {
        std::ofstream(folder / ("seed" + std::to_string(number++)), std::ios::binary) << seed;
    }
}

/// Lists that a tensor was made of and that the memo makes longer afterwards, as the dictionary around it.
std::string changingPickle() {
    const std::string shape = "]q\1" + integer(4) + "a";
    const std::string strides = "]q\2" + integer(1) + "a";
    const std::string made = call(global("torch._utils", "_rebuild_tensor_v2"),
                                  {storageId({}), integer(0), call(global("torch", "Size"), {shape}), strides,
                                   truth(false), orderedDict() + "q\3"});
    return pickle("}q\4" + text("w") + made + "s" + text("shape") + "h\1(" + integer(2) + integer(3) + "es" +
                  text("strides") + "h\2" + integer(9) + "as" + text("hooks") + "h\3" + text("k") + none() + "ss");
}

/// Pickles of what checkpoints hold.
std::vector<std::string> torchPickles() {
    const std::string weights =
        orderedDict({{"conv2d.visual.proj", tensor({"FloatStorage", "0", 4, 0, {2, 2}, {1, 2}})},
                     {"classifier.weight", parameter({"HalfStorage", "0", 8, 2, {6}, {1}})}});
    const std::string state =
        weights + textDict({{"_metadata", orderedDict({{"", textDict({{"version", integer(1)}})}})}}) + "b";
    const std::string random =
        tuple({text("MT19937"), call(global("numpy.core.multiarray", "_reconstruct"),
                                     {global("numpy", "ndarray"), integers({0}),
                                      call(global("_codecs", "encode"), {text("b"), text("latin1")})})});
    return {pickle(tensor({})),
            pickle(textDict({{"epoch", integer(34)}, {"model_state_dict", state}, {"rng_state", random}})),
            pickle(textDict({{"a", tensor({"LongStorage", "0", 2, 0, {}, {}})}, {"lr", real(1e-4)}, {"x", none()}}), 4),
            pickle(list({tensor({}), truth(true),
                         call(global("collections", "Counter"), {dict({{integer(20), integer(1)}})})})),
            pickle(call(global("torch", "Size"), {integers({1, 2})})),
            changingPickle()};
}

std::vector<std::string> glossPickles() {
    const std::string plain =
        textDict({{"A", list({integer(1), integer(13)})}, {"MÜNCHEN", list({integer(2), integer(3)})}});
    return {plain, textDict({{"丈夫", integer(1)}}), orderedDict({{"x", tuple({integer(1), integer(2)})}})};
}

} // namespace

/// write_fuzz_seeds FOLDER: one folder of seeds for each fuzz target.
int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: write_fuzz_seeds FOLDER\n");
        return 2;
    }
    const std::filesystem::path root = argv[1];
    const auto prefixed = [](char prefix, std::vector<std::string> seeds) {
        for (std::string& seed : seeds) {
            seed.insert(seed.begin(), prefix);
        }
        return seeds;
    };
    const std::string script = pickle(
        scriptObject("Net", {{"training", truth(false)}, {"visual", scriptObject("Visual", {{"proj", tensor({})}})}}));
    const std::string constants = pickle(tuple({tensor({})}));

    write(
        root / "safetensors",
        {safetensors("{}", ""),
         safetensors(R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}})",
                     fourFloats()),
         safetensors(
             R"({"b":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"c":{"dtype":"BF16","shape":[0,3],"data_offsets":[8,8]}})",
             fourFloats().substr(0, 8))});

    auto zips = prefixed('t', torchPickles());
    zips.push_back("s" + script);
    zips.push_back(torchZip(torchPickles()[1]));
    zips.push_back(scriptZip(script, constants));
    auto packedItems = torchItems(torchPickles()[0], {{"0", fourFloats()}});
    for (ZipItem& item : packedItems) {
        item.deflated = true;
        item.sizesFollow = true;
    }
    zips.push_back(zip(packedItems, {"comment", true}));
    write(root / "torch_zip", zips);

    std::vector<std::string> legacies{legacyOf(tensor({}))};
    legacies.push_back(legacyOf(textDict({{"epoch", integer(3)}, {"state_dict", orderedDict({{"w", tensor({})}})}})));
    TensorParts view;
    view.view = tuple({text("1"), integer(1), integer(3)});
    view.shape = {3};
    legacies.push_back(legacyOf(tensor(view)));
    write(root / "torch_legacy", legacies);

    auto pickles = prefixed('\1', torchPickles());
    pickles.push_back("\2" + script);
    for (const std::string& dictionary : glossPickles()) {
        pickles.push_back("\3" + objectArray(dictionary, 4));
    }
    pickles.push_back(std::string("\0", 1) + "(lp0\nI1\naF1.5\naS'a'\naVb\naL12L\naI01\nag0\n0.");
    pickles.push_back(std::string("\0\x80\x04\x95\x0B\0\0\0\0\0\0\0}\x94(\x8C\1a\x94K\1u.", 22));
    write(root / "pickle", pickles);

    write(root / "npy",
          {npy(npyHeader("<f4", "(2, 2)"), fourFloats()), npy(npyHeader(">i2", "(8,)", "True"), fourFloats(), 2),
           npy(npyHeader("|b1", "()"), std::string(1, '\1'), 3),
           npy(npyHeader("<f2", "(2, 2, 2)", "True"), fourFloats())});

    std::vector<std::string> dictionaries;
    for (const std::string& dictionary : glossPickles()) {
        dictionaries.push_back(glossFile(dictionary));
    }
    dictionaries.push_back(pickle(glossPickles()[0], 3));
    write(root / "gloss_dictionary", dictionaries);

    auto lists = dictionaries;
    lists.insert(lists.end(),
                 {"HALLO\nM\xC3\x9C"
                  "DE\r\n",
                  "\xEF\xBB\xBF[\"A\", \"B\"]", R"({"A": 1, "B": [2, 9]})", R"({"0": "<blank>", "1": "A"})"});
    write(root / "vocabulary", lists);
    write(root / "model_metadata",
          {"width\t64\nclasses\t3\nfps\t12.5\nvocabulary\t[\"A\",\"B\"]\nname\tDemo\n",
           "activation\tgelu\ninput_mean\t[0.5,0.5,0.5]\ninput_deviation\t[0.25,1e-1,1]\nresize\t40\nconv_type\t2\n",
           R"({"__metadata__":{"kind":"backbone"},"conv2d.visual.conv1.weight":{"dtype":"F32","shape":[64,0,8,8],)"
           R"("data_offsets":[0,0]},"conv2d.visual.positional_embedding":{"dtype":"F32","shape":[17,0],"data_offsets":)"
           R"([0,0]},"conv2d.visual.proj":{"dtype":"F32","shape":[0,24],"data_offsets":[0,0]},)"
           R"("conv2d.visual.transformer.resblocks.0.ln_1.weight":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}})"});
    return 0;
}
