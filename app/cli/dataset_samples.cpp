#include "dataset_samples.h"

#include "base/log.h"
#include "base/sha256.h"
#include "commands.h"
#include "dataset/vocabulary.h"
#include "dataset_media.h"
#include "media/rate_resampler.h"
#include "vision/preprocess.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace livegloss::cli {

namespace {

class DatasetSamples final : public training::SampleSource {
public:
    explicit DatasetSamples(const dataset::Dataset& data)
        : glosses_(dataset::glossesOf(dataset::vocabularyOf(data))),
          train_(usable(data, "train")),
          devPart_(data.split("dev").empty() && !data.split("test").empty() ? "test" : "dev"),
          dev_(usable(data, devPart_)),
          identity_(identityOf(data.root, train_)),
          scoring_{.mergeRepeats = data.protocol != dataset::Protocol::None,
                   .phoenixCleanup = data.protocol == dataset::Protocol::Phoenix} {
        for (const std::string& gloss : glosses_) {
            const int label = static_cast<int>(labels_.size()) + 1;
            labels_.emplace(gloss, label);
        }
    }

    const std::vector<std::string>& glosses() const override { return glosses_; }
    const std::vector<std::vector<std::string>>& captionSlots() const override { return noSlots_; }

    training::TrainingClip clip(const training::ClipQuery& query) const override {
        const std::vector<dataset::Clip>& part = query.part == training::SamplePart::Train ? train_ : dev_;
        const auto place = query.number ? static_cast<std::uint64_t>(*query.number) : query.seed;
        const dataset::Clip& listed = part[place % part.size()];
        training::TrainingClip clip;
        clip.size = query.size;
        // A rate of 0 is the data set's own: every frame counts once.
        std::optional<media::RateResampler> resampler;
        if (query.fps > 0.0) {
            resampler.emplace(query.fps);
        }
        const auto take = [&](const std::vector<FramePtr>& frames) {
            for (const FramePtr& frame : frames) {
                const std::vector<std::uint8_t> picture = squarePicture(*frame, query.size);
                clip.rgb.insert(clip.rgb.end(), picture.begin(), picture.end());
                ++clip.frames;
            }
        };
        auto read = forEachFrame(listed, [&](const FramePtr& frame) -> Result<void> {
            take(resampler ? resampler->push(frame) : std::vector<FramePtr>{frame});
            return {};
        });
        if (!read) {
            throw training::SampleFailure(dataset::listedAt(listed) + ": " + read.error().message);
        }
        tellDamage(listed, *read);
        if (resampler) {
            take(resampler->finish());
        }
        for (const std::string& gloss : listed.glosses) {
            clip.labels.push_back(labels_.at(gloss));
        }
        return clip;
    }

    std::int64_t clipCount(training::SamplePart part) const override {
        return static_cast<std::int64_t>(part == training::SamplePart::Train ? train_.size() : dev_.size());
    }

    std::string devPart() const override { return devPart_; }
    std::string identity() const override { return identity_; }
    training::Scoring scoring() const override { return scoring_; }

    /// That of the first clip: a data set has one.
    double fps() const override {
        const auto facts = probeMedia(train_.front(), true);
        return facts && facts->fps > 0.0 ? facts->fps : train_.front().fps;
    }

    std::vector<training::TrainingStill> stillGroup(std::uint64_t, training::SamplePart, int, int) const override {
        throw std::runtime_error("a data set of clips has no stills with captions: pre-training needs the synthetic "
                                 "signer, or a recipe that names a backbone or a model to start from");
    }

private:
    /// Once a clip: it is used as it is, every epoch.
    void tellDamage(const dataset::Clip& clip, const media::SourceLosses& losses) const {
        const std::string damage = damageText(clip, losses);
        const std::scoped_lock lock(toldMutex_);
        if (!damage.empty() && told_.insert(clip.split + "/" + clip.id).second) {
            log(LogLevel::Warning, dataset::listedAt(clip) + ": " + damage);
        }
    }

    static std::vector<dataset::Clip> usable(const dataset::Dataset& data, const std::string& split) {
        std::vector<dataset::Clip> clips = data.split(split);
        std::erase_if(clips, [](const dataset::Clip& clip) { return clip.glosses.empty(); });
        if (clips.empty()) {
            throw CommandFailure{
                {ErrorCode::InvalidArgument, data.root.string() + " has no clips with glosses in " + split,
                 "Training needs a part train and a part dev; livegloss-cli dataset check shows them."}};
        }
        return clips;
    }

    /// Path, and a SHA-256 of which part of which file shows what.
    static std::string identityOf(const std::filesystem::path& root, const std::vector<dataset::Clip>& clips) {
        std::ostringstream all;
        for (const dataset::Clip& clip : clips) {
            all << clip.media.string() << '\t' << clip.startSeconds << '\t' << clip.endSeconds.value_or(-1.0);
            for (const std::string& gloss : clip.glosses) {
                all << '\t' << gloss;
            }
            all << '\n';
        }
        const std::string text = all.str();
        Sha256 sum;
        sum.add(std::as_bytes(std::span(text)));
        return std::filesystem::absolute(root).lexically_normal().string() + " " + sum.finish();
    }

    std::vector<std::string> glosses_;
    std::map<std::string, int> labels_;
    std::vector<dataset::Clip> train_;
    std::string devPart_; ///< dev, or test where nobody made one, as published work on CSL has it
    std::vector<dataset::Clip> dev_;
    std::string identity_;
    training::Scoring scoring_;
    std::vector<std::vector<std::string>> noSlots_;
    mutable std::mutex toldMutex_;
    mutable std::set<std::string> told_;
};

} // namespace

std::vector<std::uint8_t> squarePicture(const Frame& frame, int side) {
    const std::size_t area = static_cast<std::size_t>(side) * static_cast<std::size_t>(side);
    std::vector<float> planes(area * 3);
    vision::prepareInput(frame, side, side, planes);
    std::vector<std::uint8_t> picture(area * 3);
    for (std::size_t pixel = 0; pixel < area; ++pixel) {
        for (std::size_t channel = 0; channel < 3; ++channel) {
            const float value = std::round((planes[channel * area + pixel] + 1.0F) * 127.5F);
            picture[pixel * 3 + channel] = static_cast<std::uint8_t>(std::clamp(value, 0.0F, 255.0F));
        }
    }
    return picture;
}

std::unique_ptr<training::SampleSource> makeDatasetSamples(dataset::Dataset data) {
    for (const std::string& note : data.notes) {
        log(LogLevel::Warning, note);
    }
    return std::make_unique<DatasetSamples>(data);
}

} // namespace livegloss::cli
