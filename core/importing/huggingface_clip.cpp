#include "huggingface_clip.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace livegloss::importing {
namespace {

using tensorfile::Shape;
using tensorfile::SourceTensor;

constexpr std::string_view blocksMark = "vision_model.encoder.layers.";

using Names = std::pair<std::string_view, std::string_view>; ///< HuggingFace's and OpenAI's

constexpr std::array<Names, 7> towerNames{
    {{"vision_model.embeddings.class_embedding", "visual.class_embedding"},
     {"vision_model.embeddings.patch_embedding.", "visual.conv1."},
     {"vision_model.embeddings.position_embedding.weight", "visual.positional_embedding"},
     {"vision_model.pre_layrnorm.", "visual.ln_pre."}, // HuggingFace's spelling
     {"vision_model.post_layernorm.", "visual.ln_post."},
     {"visual_projection.weight", "visual.proj"},
     {"text_model.", "text."}}};

constexpr std::array<Names, 6> blockNames{{{"layer_norm1.", "ln_1."},
                                           {"layer_norm2.", "ln_2."},
                                           {"mlp.fc1.", "mlp.c_fc."},
                                           {"mlp.fc2.", "mlp.c_proj."},
                                           {"self_attn.out_proj.", "attn.out_proj."},
                                           {"self_attn.q_proj.", "attn.in_proj_"}}};

constexpr std::array<std::string_view, 3> joinedParts{".q_proj.", ".k_proj.", ".v_proj."};
constexpr std::int64_t mostRows = 1'000'000; ///< of a matrix that is joined with others

std::optional<std::string> renamed(std::string_view name, std::span<const Names> names) {
    for (const auto& [theirs, ours] : names) {
        if (name.starts_with(theirs)) {
            return std::string(ours).append(name.substr(theirs.size()));
        }
    }
    return std::nullopt;
}

/// OpenAI's name; the queries stand for all three joined matrices.
std::string openAiName(std::string_view key) {
    if (key.starts_with(blocksMark)) {
        const std::string_view rest = key.substr(blocksMark.size());
        const auto dot = rest.find('.');
        if (dot != std::string_view::npos) {
            if (const auto name = renamed(rest.substr(dot + 1), blockNames)) {
                std::string full("visual.transformer.resblocks.");
                return full.append(rest.substr(0, dot + 1)).append(*name);
            }
        }
    }
    return renamed(key, towerNames).value_or(std::string(key));
}

/// Marks of wrappers before CLIP's own names.
std::size_t wrapperLength(std::string_view key) {
    for (const std::string_view mark : {"vision_model.", "visual_projection.", "text_model.", "text_projection."}) {
        if (const auto at = key.find(mark); at != std::string_view::npos) {
            return at;
        }
    }
    return 0;
}

class OpenAiView final : public tensorfile::TensorSource {
public:
    explicit OpenAiView(SourcePtr source) : source_(std::move(source)) {
        for (const SourceTensor& tensor : source_->tensors()) {
            add(tensor);
        }
    }

    tensorfile::TensorFileFormat format() const override { return source_->format(); }
    const std::filesystem::path& path() const override { return source_->path(); }
    const std::vector<SourceTensor>& tensors() const override { return tensors_; }
    const SourceTensor* find(std::string_view name) const override {
        const auto found = std::ranges::find(tensors_, name, &SourceTensor::name);
        return found != tensors_.end() ? &*found : nullptr;
    }
    const tensorfile::Scalars& scalars() const override { return source_->scalars(); }

    Result<void> readFloatsInto(std::string_view name, std::span<float> destination) const override {
        const auto origin = origins_.find(name);
        if (origin == origins_.end()) {
            return source_->readFloatsInto(name, destination);
        }
        const std::size_t parts = origin->second.parts.size();
        if (destination.size() % parts != 0) {
            std::string message("'");
            message += name;
            message += "' has another number of values than asked for";
            return failure(ErrorCode::InvalidArgument, std::move(message));
        }
        const std::size_t each = destination.size() / parts;
        for (std::size_t part = 0; part < parts; ++part) {
            auto read = source_->readFloatsInto(origin->second.parts[part], destination.subspan(part * each, each));
            if (!read) {
                return read;
            }
        }
        if (origin->second.turned) {
            turn(*find(name), destination);
        }
        return {};
    }

    Result<std::vector<std::int64_t>> readIntegers(std::string_view name) const override {
        const auto origin = origins_.find(name);
        return source_->readIntegers(origin != origins_.end() ? std::string_view(origin->second.parts.front()) : name);
    }

private:
    struct Origin {
        std::vector<std::string> parts; ///< one below the other
        bool turned = false;
    };

    void add(const SourceTensor& tensor) {
        const std::size_t wrapper = wrapperLength(tensor.key);
        const std::string_view key = std::string_view(tensor.key).substr(wrapper);
        if (key.ends_with("position_ids")) {
            return; // 0, 1, 2, ...: nothing learnt
        }
        const bool inBlock = key.starts_with(blocksMark);
        if (inBlock && isJoinedLater(tensor)) {
            return;
        }
        SourceTensor shown = tensor;
        shown.key = openAiName(key);
        Origin origin{{tensor.name}};
        if (inBlock && key.find(joinedParts[0]) != std::string_view::npos) {
            const auto others = keysAndValues(tensor);
            if (!others.empty()) {
                origin.parts.insert(origin.parts.end(), others.begin(), others.end());
                shown.shape[0] *= static_cast<std::int64_t>(origin.parts.size());
            } else {
                shown.key = std::string(key);
            }
        }
        if (shown.key == "visual.proj" && shown.shape.size() == 2) {
            std::swap(shown.shape[0], shown.shape[1]);
            origin.turned = true;
        }
        shown.name = tensor.group;
        shown.name += tensor.group.empty() ? "" : "/";
        shown.name += shown.key;
        origins_.emplace(shown.name, std::move(origin));
        tensors_.push_back(std::move(shown));
    }

    const SourceTensor* sibling(const SourceTensor& tensor, std::string_view from, std::string_view to) const {
        std::string name = tensor.name;
        const auto at = name.find(from);
        return at == std::string::npos ? nullptr : source_->find(name.replace(at, from.size(), to));
    }

    /// Keys' and values' names where they fit the queries; else nothing.
    std::vector<std::string> keysAndValues(const SourceTensor& queries) const {
        std::vector<std::string> names;
        if (queries.shape.empty() || queries.shape.front() > mostRows) {
            return {};
        }
        for (const std::string_view part : {joinedParts[1], joinedParts[2]}) {
            const SourceTensor* other = sibling(queries, joinedParts[0], part);
            if (other == nullptr || other->shape != queries.shape) {
                return {};
            }
            names.push_back(other->name);
        }
        return names;
    }

    /// Whether `tensor` is a block's keys or values that its queries bring along.
    bool isJoinedLater(const SourceTensor& tensor) const {
        for (const std::string_view part : {joinedParts[1], joinedParts[2]}) {
            const SourceTensor* queries = sibling(tensor, part, joinedParts[0]);
            if (queries != nullptr && !keysAndValues(*queries).empty()) {
                return true;
            }
        }
        return false;
    }

    static void turn(const SourceTensor& shown, std::span<float> values) {
        const auto rows = static_cast<std::size_t>(shown.shape[0]);
        const auto columns = static_cast<std::size_t>(shown.shape[1]);
        const std::vector<float> original(values.begin(), values.end());
        for (std::size_t row = 0; row < rows; ++row) {
            for (std::size_t column = 0; column < columns; ++column) {
                values[row * columns + column] = original[column * rows + row];
            }
        }
    }

    SourcePtr source_;
    std::vector<SourceTensor> tensors_;
    std::map<std::string, Origin, std::less<>> origins_;
};

} // namespace

bool isHuggingFaceClip(const tensorfile::TensorSource& source) {
    return std::ranges::any_of(
        source.tensors(), [](const SourceTensor& tensor) { return tensor.key.find(blocksMark) != std::string::npos; });
}

SourcePtr asOpenAiClip(SourcePtr source) {
    return std::make_shared<OpenAiView>(std::move(source));
}

} // namespace livegloss::importing
