#include "model/adapt_sign.h"
#include "model/model_layout.h"

#include <array>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>

namespace livegloss::model {
namespace {

using tensorfile::SafetensorsReader;
using tensorfile::TensorInfo;
using torch::Tensor;

tl::unexpected<Error> problemIn(const SafetensorsReader& reader, const std::string& what, ErrorCode code) {
    std::string message("'");
    message += reader.path().string();
    message += "': " + what;
    return failure(code, std::move(message));
}

tensorfile::Shape shapeOf(const Tensor& tensor) {
    return tensor.sizes().vec();
}

std::span<float> floatsOf(Tensor& tensor) {
    return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

/// Copies the tensor `name` of the file into `target`, whose shape it must have.
Result<void> readInto(const SafetensorsReader& reader, const std::string& name, Tensor& target) {
    const TensorInfo* info = reader.find(name);
    if (info == nullptr) {
        return problemIn(reader, "lacks the tensor '" + name + "'", ErrorCode::Unsupported);
    }
    if (info->shape != shapeOf(target)) {
        return problemIn(reader,
                         "tensor '" + name + "' has the shape " + tensorfile::shapeText(info->shape) +
                             ", but the model's sizes ask for " + tensorfile::shapeText(shapeOf(target)),
                         ErrorCode::Unsupported);
    }
    if (target.scalar_type() == torch::kInt64) {
        auto values = reader.readIntegers(name);
        if (!values) {
            return tl::unexpected(values.error());
        }
        std::ranges::copy(*values, target.data_ptr<std::int64_t>());
        return {};
    }
    return reader.readFloatsInto(name, floatsOf(target));
}

/// The classifier is stored under two names; a file may hold either or both.
Result<void> readClassifier(const SafetensorsReader& reader, Tensor& target) {
    const bool first = reader.find(classifierName) != nullptr;
    auto read = readInto(reader, first ? classifierName : secondClassifierName, target);
    if (!read || !first || reader.find(secondClassifierName) == nullptr) {
        return read;
    }
    Tensor second = torch::empty_like(target);
    if (auto readSecond = readInto(reader, secondClassifierName, second); !readSecond) {
        return readSecond;
    }
    if (!torch::equal(second, target)) {
        return problemIn(
            reader, "'" + classifierName + "' and '" + secondClassifierName + "' differ; they are one shared weight",
            ErrorCode::Unsupported);
    }
    return {};
}

Result<AdaptSign> load(const std::filesystem::path& path) {
    auto reader = SafetensorsReader::open(path);
    if (!reader) {
        return tl::unexpected(reader.error());
    }
    auto config = readModelConfig(*reader);
    if (!config) {
        return tl::unexpected(config.error());
    }
    const ShapeTable table = shapeTable(*reader);
    const int adapterWidth = adapterWidthOf(table);
    if (adapterWidth == 0 && config->adapters) {
        return problemIn(*reader, "has no adapters, or adapters of an unusable shape", ErrorCode::Unsupported);
    }
    // Before the network takes memory for the sizes that the file claims.
    if (auto checked = checkModelLayout(table, *config, adapterWidth); !checked) {
        return tl::unexpected(checked.error());
    }
    const torch::NoGradGuard guard;
    AdaptSign network(*config, adapterWidth);
    for (auto& [name, tensor] : namedTensors(network)) {
        if (name == secondClassifierName) {
            continue;
        }
        Tensor target = tensor;
        if (auto read = name == classifierName ? readClassifier(*reader, target) : readInto(*reader, name, target);
            !read) {
            return tl::unexpected(read.error());
        }
    }
    network->eval();
    return network;
}

} // namespace

std::vector<std::pair<std::string, Tensor>> namedTensors(const AdaptSign& network) {
    std::vector<std::pair<std::string, Tensor>> tensors;
    for (const auto& entry : network->named_parameters()) {
        if (!inAbsentModule(network->config(), entry.key())) {
            tensors.emplace_back(entry.key(), entry.value());
        }
    }
    for (const auto& entry : network->named_buffers()) {
        tensors.emplace_back(entry.key(), entry.value());
    }
    tensors.emplace_back(secondClassifierName, network->conv1d->fc->weight);
    return tensors;
}

Result<AdaptSign> loadAdaptSign(const std::filesystem::path& path) try {
    return load(path);
} catch (const std::bad_alloc&) {
    return failure(ErrorCode::OutOfMemory, "not enough memory for the model '" + path.string() + "'");
} catch (const std::exception& error) {
    return failure(ErrorCode::Internal, "cannot load the model '" + path.string() + "': " + error.what());
}

Result<void> loadBackbone(AdaptSign& network, const std::filesystem::path& path) try {
    auto reader = SafetensorsReader::open(path);
    if (!reader) {
        return tl::unexpected(reader.error());
    }
    const torch::NoGradGuard guard;
    const int adapterWidth =
        static_cast<int>(network->visual->transformer->blocks[0]->spatialAdapter->mlp->in->weight.size(0));
    std::map<std::string, Tensor> targets;
    for (const auto& [name, tensor] : namedTensors(network)) {
        targets.emplace(name, tensor);
    }
    for (const LayoutTensor& tensor : modelLayout(network->config(), adapterWidth)) {
        if (!inBackboneFile(tensor)) {
            continue;
        }
        if (auto read = readInto(*reader, tensor.name, targets.at(tensor.name)); !read) {
            return read;
        }
    }
    return {};
} catch (const std::exception& error) {
    return failure(ErrorCode::Internal, "cannot load the backbone '" + path.string() + "': " + error.what());
}

namespace {

/// Columns of the classifier in `target`'s order of glosses, from a file with another one; the rest of `target` stays.
Result<void> readKnownGlosses(const SafetensorsReader& reader, const ModelConfig& found, const ModelConfig& wanted,
                              Tensor& target) {
    Tensor known = torch::empty({target.size(0), found.classes});
    if (auto read = readClassifier(reader, known); !read) {
        return read;
    }
    for (std::size_t label = 0; label < wanted.vocabulary.size(); ++label) {
        const auto gloss = std::ranges::find(found.vocabulary, wanted.vocabulary[label]);
        if (gloss != found.vocabulary.end()) {
            target.select(1, static_cast<std::int64_t>(label)).copy_(known.select(1, gloss - found.vocabulary.begin()));
        }
    }
    return {};
}

Result<std::vector<std::string>> readWhatFits(AdaptSign& network, const std::filesystem::path& path) {
    auto reader = SafetensorsReader::open(path);
    if (!reader) {
        return tl::unexpected(reader.error());
    }
    const auto found = readModelConfig(*reader);
    if (!found) {
        return tl::unexpected(found.error());
    }
    const ShapeTable table = shapeTable(*reader);
    if (auto whole = checkModelLayout(table, *found, adapterWidthOf(table)); !whole) {
        return tl::unexpected(whole.error());
    }
    const torch::NoGradGuard guard;
    const ModelConfig& wanted = network->config();
    const bool byGloss = !found->vocabulary.empty() && !wanted.vocabulary.empty();
    std::vector<std::string> lacking;
    for (auto& [name, tensor] : namedTensors(network)) {
        Tensor target = tensor;
        Result<void> read;
        if (name == secondClassifierName) {
            continue;
        }
        if (name == classifierName) {
            read = byGloss ? readKnownGlosses(*reader, *found, wanted, target) : readClassifier(*reader, target);
        } else if (reader->find(name) == nullptr) {
            lacking.push_back(name);
        } else {
            read = readInto(*reader, name, target);
        }
        if (!read) {
            return tl::unexpected(read.error());
        }
    }
    return lacking;
}

} // namespace

Result<std::vector<std::string>> loadWhatFits(AdaptSign& network, const std::filesystem::path& path) try {
    return readWhatFits(network, path);
} catch (const std::bad_alloc&) {
    return failure(ErrorCode::OutOfMemory, "not enough memory for the model '" + path.string() + "'");
} catch (const std::exception& error) {
    return failure(ErrorCode::Internal, "cannot start from the model '" + path.string() + "': " + error.what());
}

namespace {

/// Writes the tensors whose names `wanted` takes.
Result<void> writeTensors(const AdaptSign& network, const std::filesystem::path& path, tensorfile::DataType storeAs,
                          const std::array<tensorfile::Metadata, 2>& metadata,
                          const std::function<bool(const std::string&)>& wanted) {
    const torch::NoGradGuard guard;
    tensorfile::SafetensorsWriter writer;
    for (const tensorfile::Metadata& part : metadata) {
        for (const auto& [key, value] : part) {
            writer.setMetadata(key, value);
        }
    }
    for (const auto& [name, tensor] : namedTensors(network)) {
        if (!wanted(name)) {
            continue;
        }
        if (tensor.scalar_type() == torch::kInt64) {
            const Tensor values = tensor.cpu().contiguous();
            writer.addIntegers(name, shapeOf(values),
                               {values.data_ptr<std::int64_t>(), static_cast<std::size_t>(values.numel())});
            continue;
        }
        Tensor values = tensor.to(torch::kCPU, torch::kFloat32).contiguous();
        writer.addFloats(name, shapeOf(values), floatsOf(values), storeAs);
    }
    return writer.save(path);
}

} // namespace

Result<void> saveAdaptSign(const AdaptSign& network, const std::filesystem::path& path, tensorfile::DataType storeAs,
                           const tensorfile::Metadata& extra) try {
    return writeTensors(network, path, storeAs, {modelMetadata(network->config()), extra},
                        [](const std::string&) { return true; });
} catch (const std::exception& error) {
    return failure(ErrorCode::Internal, "cannot save the model '" + path.string() + "': " + error.what());
}

Result<void> saveBackbone(const AdaptSign& network, const std::filesystem::path& path,
                          const tensorfile::Metadata& extra) try {
    std::set<std::string> tower;
    for (const LayoutTensor& tensor : modelLayout(network->config(), 1)) {
        if (inBackboneFile(tensor)) {
            tower.insert(tensor.name);
        }
    }
    return writeTensors(network, path, tensorfile::DataType::F32, {backboneMetadata(network->config()), extra},
                        [&](const std::string& name) { return tower.contains(name); });
} catch (const std::exception& error) {
    return failure(ErrorCode::Internal, "cannot save the backbone '" + path.string() + "': " + error.what());
}

} // namespace livegloss::model
