#include "importing/model_import.h"

#include "base/decimal.h"
#include "file_facts.h"
#include "huggingface_clip.h"
#include "import_contents.h"
#include "importing/frame_rate.h"
#include "importing/vocabulary.h"
#include "misshapen_tensors.h"

#include <algorithm>
#include <new>
#include <set>

namespace livegloss::importing {
namespace {

using model::classifierName;
using model::LayoutTensor;
using model::ModelConfig;
using model::ModelPart;
using model::secondClassifierName;
using Kind = Remark::Kind;

/// Collects what there is to say about one import.
class Inquiry {
public:
    explicit Inquiry(const ImportOptions& options) : options_(options) {}

    Result<void> look() {
        auto selection = selectFrom(options_.checkpoint);
        if (!selection) {
            return tl::unexpected(selection.error());
        }
        checkpoint_ = selection->chosen.begin()->second.source;
        preview_.format = tensorfile::formatName(checkpoint_->format());
        noteLeftOut(*selection);
        pooled_ = selection->pooler > 0;
        fromOpenAi_ = selection->fromOpenAi;
        readOrigin();
        preview_.kind = selection->hasTrainedParts() ? ImportKind::Recogniser : ImportKind::Backbone;
        if (auto joined = joinBackbone(*selection); !joined) {
            return joined;
        }
        chosen_ = std::move(selection->chosen);
        if (auto sized = readSizes(); !sized) {
            return sized;
        }
        if (auto described = describe(); !described) {
            return described;
        }
        buildLayout();
        checkTensors();
        return {};
    }

    ImportPreview& preview() { return preview_; }
    ChosenTensors& chosen() { return chosen_; }
    std::vector<LayoutTensor>& layout() { return layout_; }

private:
    static Result<Selection> selectFrom(const std::filesystem::path& path) {
        auto source = tensorfile::openTensorFile(path);
        if (!source) {
            return tl::unexpected(source.error());
        }
        return selectTensors(isHuggingFaceClip(**source) ? asOpenAiClip(*source) : *source);
    }

    std::string inFile(const std::string& text) const {
        std::string message("'");
        message += options_.checkpoint.string();
        message += "' ";
        return message + text;
    }

    void noteLeftOut(const Selection& selection) {
        if (!selection.group.empty()) {
            preview_.notes.push_back({Kind::WeightsOfGroup, selection.group});
        }
        const auto leftOut = [this](Kind kind, int count) {
            if (count > 0) {
                preview_.notes.push_back({kind, {}, count});
            }
        };
        leftOut(Kind::TrainingLeftOut, selection.otherGroups);
        leftOut(Kind::TextSideLeftOut, selection.text);
        leftOut(Kind::PoolerLeftOut, selection.pooler);
        if (selection.unknown > 0) {
            preview_.warnings.push_back({Kind::UnknownLeftOut, selection.anUnknown, selection.unknown});
        }
    }

    /// Epoch and first source, also as an earlier import wrote them down.
    void readOrigin() {
        const tensorfile::Scalars& scalars = checkpoint_->scalars();
        if (const auto found = scalars.find("epoch"); found != scalars.end()) {
            if (const auto* epoch = std::get_if<std::int64_t>(&found->second)) {
                preview_.epoch = *epoch;
            } else if (const auto* text = std::get_if<std::string>(&found->second)) {
                preview_.epoch = wholeNumber(*text);
            }
        }
        const tensorfile::Metadata facts = factsOf(*checkpoint_);
        const auto source = facts.find("source");
        const bool ours = facts.contains("format") && facts.at("format").starts_with("livegloss-");
        preview_.source = ours && source != facts.end() ? source->second : options_.checkpoint.filename().string();
    }

    Result<void> joinBackbone(Selection& selection) {
        const std::string hint = "Give the CLIP checkpoint that it was trained on as the backbone.";
        if (options_.backbone.empty()) {
            if (selection.hasBackbone()) {
                return {};
            }
            if (preview_.kind == ImportKind::Backbone) {
                return failure(ErrorCode::Unsupported,
                               inFile("holds only parts of a CLIP image tower: 'visual.conv1.weight' is missing"),
                               "Choose a complete CLIP or AdaptSign checkpoint.");
            }
            return failure(ErrorCode::Unsupported, inFile("holds trained parts without their backbone"), hint);
        }
        if (preview_.kind == ImportKind::Backbone) {
            return failure(ErrorCode::InvalidArgument, inFile("is a backbone itself, without AdaptSign's parts"),
                           "Give the AdaptSign checkpoint first and CLIP's as the backbone.");
        }
        auto backbone = selectFrom(options_.backbone);
        if (!backbone) {
            return tl::unexpected(backbone.error());
        }
        if (!backbone->hasBackbone()) {
            return failure(ErrorCode::Unsupported, "'" + options_.backbone.string() + "' holds no CLIP image tower",
                           hint);
        }
        backbone_ = backbone->chosen.begin()->second.source;
        const std::size_t before = selection.chosen.size();
        for (const auto& [name, tensor] : backbone->chosen) {
            if (belongsToTower(name)) {
                selection.chosen.emplace(name, tensor); // what training changed stays
            }
        }
        preview_.notes.push_back({Kind::FromBackbone, options_.backbone.filename().string(),
                                  static_cast<std::int64_t>(selection.chosen.size() - before)});
        fromOpenAi_ = fromOpenAi_ || backbone->fromOpenAi;
        pooled_ = pooled_ || backbone->pooler > 0;
        return {};
    }

    /// Facts that a LiveGloss model carries stay when it is imported again. What a backbone says of its activation
    /// holds where the checkpoint that was trained on it says nothing.
    tensorfile::Metadata metadata() const {
        tensorfile::Metadata facts = factsOf(*checkpoint_);
        facts.erase("kind");
        if (backbone_ != nullptr) {
            const tensorfile::Metadata ofBackbone = factsOf(*backbone_);
            if (const auto activation = ofBackbone.find("activation"); activation != ofBackbone.end()) {
                facts.insert(*activation);
            }
        }
        return facts;
    }

    Result<void> readSizes() {
        model::ShapeTable table{options_.checkpoint, {}, metadata()};
        for (const auto& [name, entry] : chosen_) {
            table.shapes.emplace(name, entry.tensor->shape);
        }
        statesActivation_ = table.metadata.contains("activation");
        statesColours_ = table.metadata.contains("input_mean") && table.metadata.contains("input_deviation");
        const bool whole = preview_.kind == ImportKind::Recogniser;
        auto config = whole ? model::readModelConfig(table) : model::readBackboneConfig(table);
        if (!config) {
            return tl::unexpected(config.error());
        }
        preview_.config = std::move(*config);
        const int adapterWidth = model::adapterWidthOf(table);
        preview_.adapterWidth = adapterWidth > 0 ? adapterWidth : preview_.config.width / 4;
        return {};
    }

    Result<void> describe() {
        ModelConfig& config = preview_.config;
        const auto replace = [](std::string& target, const std::string& chosen) {
            if (!chosen.empty()) {
                target = chosen;
            }
        };
        replace(config.name, options_.name);
        replace(config.signLanguage, options_.signLanguage);
        replace(config.licence, options_.licence);
        chooseActivation();
        if (options_.normalisation) {
            config.normalisation = *options_.normalisation;
        } else if (preview_.kind == ImportKind::Backbone && !statesColours_) {
            config.normalisation = model::clipNormalisation;
            preview_.notes.push_back({Kind::ClipColours});
        }
        if (preview_.kind == ImportKind::Backbone) {
            return {};
        }
        if (config.licence.empty()) {
            preview_.warnings.push_back({Kind::NoLicence});
        }
        return readGlosses().map([this] { chooseFrameRate(); });
    }

    /// After the glosses, which may tell.
    void chooseFrameRate() {
        ModelConfig& config = preview_.config;
        const auto usual = usualFrameRate(config.signLanguage, config.vocabulary);
        if (options_.fps) {
            config.fps = *options_.fps;
        } else if (!metadata().contains("fps")) {
            config.fps = usual.value_or(config.fps);
            preview_.notes.push_back({usual ? Kind::FrameRateOfCsl : Kind::FrameRateAssumed});
        }
    }

    void chooseActivation() {
        model::Activation& activation = preview_.config.activation;
        if (options_.activation) {
            activation = *options_.activation;
            return;
        }
        if (statesActivation_) {
            return;
        }
        activation = pooled_ ? model::Activation::Gelu : model::Activation::QuickGelu;
        if (pooled_) {
            preview_.notes.push_back({Kind::GeluOfCoca});
        } else if ((preview_.kind == ImportKind::Backbone || backbone_ != nullptr) && !fromOpenAi_) {
            preview_.warnings.push_back({Kind::ActivationAssumed});
        }
    }

    Result<void> readGlosses() {
        ModelConfig& config = preview_.config;
        if (options_.glosses.empty()) {
            if (config.vocabulary.empty()) {
                preview_.warnings.push_back({Kind::NoGlosses});
            }
            return {};
        }
        auto glosses = readVocabulary(options_.glosses);
        if (!glosses) {
            return tl::unexpected(glosses.error());
        }
        const auto expected = static_cast<std::size_t>(config.classes) - 1;
        if (glosses->size() != expected) {
            preview_.problems.push_back({Kind::GlossesDoNotFit, options_.glosses.filename().string(),
                                         static_cast<std::int64_t>(glosses->size()),
                                         static_cast<std::int64_t>(expected)});
            return {};
        }
        config.vocabulary.assign(1, std::string());
        config.vocabulary.insert(config.vocabulary.end(), glosses->begin(), glosses->end());
        return {};
    }

    void buildLayout() {
        for (LayoutTensor& tensor : model::modelLayout(preview_.config, preview_.adapterWidth)) {
            if (preview_.kind == ImportKind::Recogniser || model::inBackboneFile(tensor)) {
                layout_.push_back(std::move(tensor));
            }
        }
        if (const auto second = chosen_.find(secondClassifierName); second != chosen_.end()) {
            if (chosen_.emplace(classifierName, second->second).second) {
                return; // only the second name is there
            }
            layout_.push_back({secondClassifierName,
                               {preview_.config.hidden, preview_.config.classes},
                               ModelPart::TemporalHead,
                               false});
        }
    }

    /// What a checkpoint may lack: an import makes it anew. Never a part of a trained recogniser.
    bool mayBeFresh(const LayoutTensor& tensor) const {
        return tensor.name.ends_with("num_batches_tracked") ||
               (pooled_ && preview_.kind == ImportKind::Backbone && tensor.part == ModelPart::FrameFeature);
    }

    void checkTensors() {
        std::vector<std::string> missing;
        for (const LayoutTensor& tensor : layout_) {
            const auto found = chosen_.find(tensor.name);
            const bool fresh = mayBeFresh(tensor);
            if (found != chosen_.end() && found->second.tensor->shape != tensor.shape && fresh) {
                chosen_.erase(found);
            } else if (found == chosen_.end() && !fresh) {
                missing.push_back(tensor.name);
            } else if (found != chosen_.end()) {
                checkTensor(tensor, *found->second.tensor);
            }
            const bool half = chosen_.contains(tensor.name) &&
                              chosen_.find(tensor.name)->second.tensor->type == tensorfile::DataType::F16;
            const std::uint64_t width = tensor.statistic && tensor.shape.empty() ? 8 : half ? 2 : 4;
            preview_.bytes += static_cast<std::uint64_t>(tensorfile::elementCount(tensor.shape)) * width;
        }
        if (!missing.empty()) {
            preview_.problems.push_back(
                {Kind::TensorsMissing, missing.front(), static_cast<std::int64_t>(missing.size())});
        }
        if (pooled_ && !chosen_.contains("conv2d.visual.proj")) {
            preview_.notes.push_back({Kind::ProjectionAnew});
        }
        preview_.tensors = static_cast<int>(layout_.size());
        misshapen_.report(backbone_ != nullptr ? options_.backbone.filename().string() : std::string(),
                          preview_.problems);
        noteSurplus();
    }

    void checkTensor(const LayoutTensor& wanted, const tensorfile::SourceTensor& found) {
        using tensorfile::DataType;
        if (found.shape != wanted.shape) {
            misshapen_.add(found, wanted.shape);
        }
        const bool real = found.type == DataType::F32 || found.type == DataType::F16 || found.type == DataType::BF16 ||
                          found.type == DataType::F64;
        if (real == wanted.name.ends_with("num_batches_tracked")) {
            preview_.problems.push_back(
                {Kind::WrongType, found.name, 0, 0, std::string(tensorfile::dataTypeName(found.type)), {}});
        }
    }

    void noteSurplus() {
        std::set<std::string_view> wanted{secondClassifierName};
        for (const LayoutTensor& tensor : layout_) {
            wanted.insert(tensor.name);
        }
        int surplus = 0;
        std::string example;
        for (const auto& [name, entry] : chosen_) {
            if (!wanted.contains(name)) {
                ++surplus;
                example = name;
            }
        }
        if (surplus > 0) {
            preview_.warnings.push_back({Kind::SurplusLeftOut, example, surplus});
        }
    }

    const ImportOptions& options_;
    SourcePtr checkpoint_;
    SourcePtr backbone_; ///< null where none is joined
    ImportPreview preview_;
    ChosenTensors chosen_;
    std::vector<LayoutTensor> layout_;
    MisshapenTensors misshapen_;
    bool pooled_ = false;
    bool fromOpenAi_ = false;
    bool statesActivation_ = false;
    bool statesColours_ = false;
};

} // namespace

ModelImport::ModelImport(std::shared_ptr<const Contents> contents) : contents_(std::move(contents)) {}

Result<ModelImport> ModelImport::open(const ImportOptions& options) try {
    Inquiry inquiry(options);
    if (auto looked = inquiry.look(); !looked) {
        return tl::unexpected(looked.error());
    }
    auto contents = std::make_shared<Contents>();
    contents->options = options;
    contents->preview = std::move(inquiry.preview());
    contents->chosen = std::move(inquiry.chosen());
    contents->layout = std::move(inquiry.layout());
    return ModelImport(std::move(contents));
} catch (const std::bad_alloc&) {
    return failure(ErrorCode::OutOfMemory, "not enough memory for '" + options.checkpoint.string() + "'");
} catch (const std::exception& error) {
    return failure(ErrorCode::Internal, "cannot look into '" + options.checkpoint.string() + "': " + error.what());
}

const ImportPreview& ModelImport::preview() const {
    return contents_->preview;
}

Result<void> ModelImport::write(const std::filesystem::path& output, const std::function<bool(double)>& progress) const
    try {
    return writeImport(contents_->options, contents_->preview, contents_->chosen, contents_->layout, output, progress);
} catch (const std::bad_alloc&) {
    return failure(ErrorCode::OutOfMemory, "not enough memory to import '" + contents_->options.checkpoint.string() +
                                               "'; it needs " + std::to_string(contents_->preview.bytes / 1'000'000) +
                                               " MB");
} catch (const std::exception& error) {
    return failure(ErrorCode::Internal,
                   "cannot import '" + contents_->options.checkpoint.string() + "': " + error.what());
}

} // namespace livegloss::importing
