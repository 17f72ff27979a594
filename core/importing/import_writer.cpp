#include "import_contents.h"

#include <cmath>
#include <random>

namespace livegloss::importing {
namespace {

using model::LayoutTensor;
using tensorfile::DataType;

constexpr double readingShare = 0.6; ///< of the progress; the rest is for writing the file

/// What a checkpoint does not have: CoCa's last norm (1 and 0) and projection (as CLIP starts it, always the same).
std::vector<float> freshValues(const LayoutTensor& tensor) {
    const auto count = static_cast<std::size_t>(tensorfile::elementCount(tensor.shape));
    if (tensor.shape.size() != 2) {
        return std::vector<float>(count, tensor.name.ends_with("weight") ? 1.0F : 0.0F);
    }
    std::mt19937 random(1);
    std::normal_distribution<float> normal(0.0F, 1.0F / std::sqrt(static_cast<float>(tensor.shape[0])));
    std::vector<float> values(count);
    for (float& value : values) {
        value = normal(random);
    }
    return values;
}

std::string cardOf(const ImportOptions& options, const ImportPreview& preview) {
    std::string card = preview.config.card;
    card += card.empty() ? "" : "\n\n";
    card += "Imported from '";
    card += options.checkpoint.filename().string();
    card += "' (";
    card += preview.format;
    if (preview.epoch) {
        card += ", epoch ";
        card += std::to_string(*preview.epoch);
    }
    card += ").";
    for (const Remark& note : preview.notes) {
        card += '\n';
        card += remarkText(note);
    }
    return card;
}

class Writer {
public:
    Writer(const ImportOptions& options, const ImportPreview& preview, const ChosenTensors& chosen)
        : options_(options), preview_(preview), chosen_(chosen) {}

    Result<void> add(const LayoutTensor& tensor) {
        const auto found = chosen_.find(tensor.name);
        if (tensor.name.ends_with("num_batches_tracked")) {
            return addCount(tensor, found);
        }
        if (found == chosen_.end()) {
            writer_.addFloats(tensor.name, tensor.shape, freshValues(tensor));
            return {};
        }
        const ChosenTensor& source = found->second;
        auto values = source.source->readFloats(source.tensor->name);
        if (!values) {
            return tl::unexpected(values.error());
        }
        for (const float value : *values) {
            if (!std::isfinite(value)) {
                std::string message("'");
                message += source.source->path().string();
                message += "': tensor '";
                message += source.tensor->name;
                message += "' holds values that are not numbers";
                return failure(ErrorCode::Unreadable, std::move(message),
                               "The training that made it went wrong; choose another epoch.");
            }
        }
        if (tensor.name == model::secondClassifierName) {
            const ChosenTensor& classifier = chosen_.find(model::classifierName)->second;
            const auto first = classifier.source->readFloats(classifier.tensor->name);
            if (!first) {
                return tl::unexpected(first.error());
            }
            if (*first != *values) {
                std::string message("'");
                message += source.source->path().string();
                message += "': 'conv1d.fc.weight' and 'classifier.weight' differ, but in AdaptSign they are one "
                           "shared weight";
                return failure(ErrorCode::Unsupported, std::move(message),
                               "Choose a checkpoint that was trained with a shared classifier, as the paper has it.");
            }
        }
        const bool half = source.tensor->type == DataType::F16;
        writer_.addFloats(tensor.name, tensor.shape, *values, half ? DataType::F16 : DataType::F32);
        return {};
    }

    Result<void> save(const std::filesystem::path& output, const std::function<bool(double)>& progress) {
        model::ModelConfig config = preview_.config;
        config.card = cardOf(options_, preview_);
        const bool whole = preview_.kind == ImportKind::Recogniser;
        for (const auto& [key, value] : whole ? model::modelMetadata(config) : model::backboneMetadata(config)) {
            writer_.setMetadata(key, value);
        }
        writer_.setMetadata("source", preview_.source);
        if (preview_.epoch) {
            writer_.setMetadata("epoch", std::to_string(*preview_.epoch));
        }
        return writer_.save(output, progress);
    }

private:
    Result<void> addCount(const LayoutTensor& tensor, ChosenTensors::const_iterator found) {
        std::vector<std::int64_t> count{0};
        if (found != chosen_.end()) {
            auto read = found->second.source->readIntegers(found->second.tensor->name);
            if (!read) {
                return tl::unexpected(read.error());
            }
            count = std::move(*read);
        }
        writer_.addIntegers(tensor.name, tensor.shape, count);
        return {};
    }

    const ImportOptions& options_;
    const ImportPreview& preview_;
    const ChosenTensors& chosen_;
    tensorfile::SafetensorsWriter writer_;
};

std::string quoted(const std::filesystem::path& path) {
    std::string text("'");
    text += path.string();
    text += '\'';
    return text;
}

bool sameFile(const std::filesystem::path& a, const std::filesystem::path& b) {
    std::error_code ignored;
    return std::filesystem::equivalent(a, b, ignored);
}

} // namespace

Result<void> writeImport(const ImportOptions& options, const ImportPreview& preview, const ChosenTensors& chosen,
                         const std::vector<LayoutTensor>& layout, const std::filesystem::path& output,
                         const std::function<bool(double)>& progress) {
    if (!preview.problems.empty()) {
        return failure(ErrorCode::Unsupported,
                       quoted(options.checkpoint) + " cannot be imported: " + remarkText(preview.problems.front()));
    }
    if (output.extension() != ".safetensors") {
        return failure(ErrorCode::InvalidArgument, "the output " + quoted(output) + " is not named .safetensors",
                       "Models are kept in .safetensors files.");
    }
    if (sameFile(output, options.checkpoint) || sameFile(output, options.backbone)) {
        return failure(ErrorCode::InvalidArgument, "the output " + quoted(output) + " is the input itself",
                       "Choose another name.");
    }
    Writer writer(options, preview, chosen);
    std::uint64_t total = 1;
    for (const LayoutTensor& tensor : layout) {
        total += static_cast<std::uint64_t>(tensorfile::elementCount(tensor.shape));
    }
    std::uint64_t done = 0;
    for (const LayoutTensor& tensor : layout) {
        if (progress && !progress(readingShare * static_cast<double>(done) / static_cast<double>(total))) {
            return failure(ErrorCode::Cancelled, "the import was cancelled");
        }
        if (auto added = writer.add(tensor); !added) {
            return added;
        }
        done += static_cast<std::uint64_t>(tensorfile::elementCount(tensor.shape));
    }
    auto saved = writer.save(output, [&progress](double share) {
        return !progress || progress(readingShare + (1.0 - readingShare) * share);
    });
    if (!saved && saved.error().code == ErrorCode::Cancelled) {
        return failure(ErrorCode::Cancelled, "the import was cancelled");
    }
    return saved;
}

} // namespace livegloss::importing
