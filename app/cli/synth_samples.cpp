#include "synth_samples.h"

#include "synth/signer.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

namespace livegloss::cli {
namespace {

synth::Split splitOf(training::SamplePart part) {
    return part == training::SamplePart::Train ? synth::Split::Train : synth::Split::Dev;
}

class SynthSamples final : public training::SampleSource {
public:
    SynthSamples() { collectSlots(); }

    const std::vector<std::string>& glosses() const override { return synth::lexiconGlosses(); }
    const std::vector<std::vector<std::string>>& captionSlots() const override { return slots_; }

    std::string identity() const override { return "the synthetic signer"; }

    std::vector<int> captionRegions() const override {
        std::vector<int> regions;
        for (const std::size_t place : slotPlaces_) {
            regions.push_back(place < 4 ? 1 : place < 8 ? 2 : 3); // dominant hand, other hand, face
        }
        return regions;
    }

    training::TrainingClip clip(const training::ClipQuery& query) const override {
        synth::ClipRequest request;
        request.seed = query.seed;
        request.split = splitOf(query.part);
        request.size = query.size;
        request.fps = query.fps;
        request.minSigns = query.minSigns;
        request.maxSigns = query.maxSigns;
        const std::unique_ptr<synth::Clip> drawn = synth::makeClip(request);
        if (!drawn) {
            throw std::runtime_error("the synthetic signer does not draw clips of " + std::to_string(query.size) +
                                     " pixels a side; it needs 96 at least: give the model a larger \"resize\"");
        }
        training::TrainingClip clip;
        clip.size = query.size;
        clip.frames = drawn->frames();
        const auto bytes = static_cast<std::size_t>(query.size) * static_cast<std::size_t>(query.size) * 3;
        clip.rgb.resize(bytes * static_cast<std::size_t>(clip.frames));
        synth::RenderedFrame frame;
        for (int index = 0; index < clip.frames; ++index) {
            drawn->render(index, frame, false);
            std::memcpy(clip.rgb.data() + bytes * static_cast<std::size_t>(index), frame.rgb.data(), bytes);
        }
        for (const synth::SignSpan& span : drawn->spans()) {
            clip.labels.push_back(span.label);
        }
        return clip;
    }

    std::vector<training::TrainingStill> stillGroup(std::uint64_t seed, training::SamplePart part, int size,
                                                    int count) const override {
        std::vector<training::TrainingStill> stills;
        for (synth::Still& still : synth::makeStillGroup(seed, splitOf(part), size, count)) {
            stills.push_back({still.size, std::move(still.rgb), wordsOf(still.caption), std::move(still.regions)});
        }
        return stills;
    }

private:
    /// A caption always has its words in the same places. Places where all captions agree say nothing; at the others,
    /// what stands there in many captions is what can stand there.
    void collectSlots() {
        std::vector<std::set<std::string>> seen;
        constexpr int groups = 400;
        for (std::uint64_t seed = 0; seed < groups; ++seed) {
            for (const synth::Still& still : synth::makeStillGroup(seed, synth::Split::Train, 96, 8)) {
                seen.resize(std::max(seen.size(), still.caption.size()));
                for (std::size_t place = 0; place < still.caption.size(); ++place) {
                    seen[place].insert(still.caption[place]);
                }
            }
        }
        for (std::size_t place = 0; place < seen.size(); ++place) {
            if (seen[place].size() < 2) {
                continue;
            }
            std::map<std::string, int> index;
            for (const std::string& word : seen[place]) {
                index.emplace(word, static_cast<int>(index.size()));
            }
            slots_.emplace_back(seen[place].begin(), seen[place].end());
            slotPlaces_.push_back(place);
            slotIndex_.push_back(std::move(index));
        }
    }

    std::vector<int> wordsOf(const std::vector<std::string>& caption) const {
        std::vector<int> words(slotPlaces_.size(), -1);
        for (std::size_t slot = 0; slot < slotPlaces_.size(); ++slot) {
            if (slotPlaces_[slot] < caption.size()) {
                const auto found = slotIndex_[slot].find(caption[slotPlaces_[slot]]);
                words[slot] = found == slotIndex_[slot].end() ? -1 : found->second;
            }
        }
        return words;
    }

    std::vector<std::vector<std::string>> slots_;
    std::vector<std::size_t> slotPlaces_; ///< of each slot in a caption
    std::vector<std::map<std::string, int>> slotIndex_;
};

} // namespace

std::unique_ptr<training::SampleSource> makeSynthSamples() {
    return std::make_unique<SynthSamples>();
}

} // namespace livegloss::cli
