#pragma once

#include "base/result.h"
#include "model/model_config.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace livegloss::importing {

/// What a person chose. Empty means: take it from the file, or leave it open.
struct ImportOptions {
    std::filesystem::path checkpoint;
    std::filesystem::path glosses;  ///< gloss dictionary or list, see readVocabulary()
    std::filesystem::path backbone; ///< where `checkpoint` holds only the trained parts
    std::string name, signLanguage, licence;
    std::optional<double> fps;
    std::optional<model::Activation> activation;
    std::optional<model::InputNormalisation> normalisation;
};

enum class ImportKind {
    Recogniser, ///< a complete AdaptSign model
    Backbone,   ///< a CLIP image tower, to train AdaptSign on
};

/// One thing to say about an import. The interface chooses words by `kind`; remarkText() has them in English.
struct Remark {
    enum class Kind {
        WeightsOfGroup,   ///< subject: the group
        TrainingLeftOut,  ///< count tensors of the optimiser and the like
        TextSideLeftOut,  ///< count
        PoolerLeftOut,    ///< count, of CoCa
        UnknownLeftOut,   ///< count, subject: one of them
        SurplusLeftOut,   ///< count, subject: one of them; of the network, but without a place in it
        FromBackbone,     ///< count, subject: file
        ClipColours,      ///< normalised by CLIP's mean and deviation
        FrameRateAssumed, ///< 25 a second
        FrameRateOfCsl,   ///< 30 a second, see usualFrameRate()
        GeluOfCoca,
        ProjectionAnew,    ///< last norm and projection, because the pooler's do not fit
        NoLicence,         ///< stated
        ActivationAssumed, ///< QuickGELU
        NoGlosses,         ///< glosses will be numbers
        GlossesDoNotFit,   ///< subject: file, count: its glosses, other: the model's
        TensorsMissing,    ///< count, subject: the first
        WrongShape,        ///< subject, detail: shape, expected; count: others like it
        OtherBackbone,     ///< subject: file, count: tensors that do not fit the trained parts
        WrongType,         ///< subject, detail: type
    };
    Kind kind = Kind::NoGlosses;
    std::string subject = {};
    std::int64_t count = 0;
    std::int64_t other = 0;
    std::string detail = {};
    std::string expected = {};
};
std::string remarkText(const Remark& remark);

/// What was found, before anything is written.
struct ImportPreview {
    ImportKind kind = ImportKind::Recogniser;
    std::string format;        ///< of the checkpoint, for people
    model::ModelConfig config; ///< a backbone has only sizes of the encoder
    int adapterWidth = 0;
    std::optional<std::int64_t> epoch;
    std::string source;           ///< name of the file that the weights first came from, before any import
    int tensors = 0;              ///< that will be written
    std::uint64_t bytes = 0;      ///< of these
    std::vector<Remark> notes;    ///< facts: what was left out, what was assumed
    std::vector<Remark> warnings; ///< what a person should look at
    std::vector<Remark> problems; ///< what makes an import impossible; write() then fails with the first
};

/// One checkpoint on its way to a model file. Only names and shapes are read until write(). May be used from any
/// thread, by one at a time.
class ModelImport {
public:
    /// Errors of the readers, and Unsupported for a file without a network.
    static Result<ModelImport> open(const ImportOptions& options);

    const ImportPreview& preview() const;
    /// Writes a .safetensors model; half-precision weights stay so. `progress` gets 0..1 and returns false to cancel
    /// (Cancelled; nothing is left behind). The output is written whole or not at all.
    Result<void> write(const std::filesystem::path& output, const std::function<bool(double)>& progress = {}) const;

private:
    struct Contents;
    explicit ModelImport(std::shared_ptr<const Contents> contents);
    std::shared_ptr<const Contents> contents_;
};

} // namespace livegloss::importing
