#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace livegloss::training {

/// Which people a sample shows: training never sees those of Dev.
enum class SamplePart { Train, Dev };

/// One sentence: pictures and what is signed.
struct TrainingClip {
    int size = 0; ///< side of the square pictures in pixels
    int frames = 0;
    std::vector<std::uint8_t> rgb; ///< [frames, size, size, 3]
    std::vector<int> labels;       ///< glosses in order, from 1
};

/// One picture and its caption: a word for each slot ("handshape", "place", ...).
struct TrainingStill {
    int size = 0;
    std::vector<std::uint8_t> rgb;     ///< [size, size, 3]
    std::vector<int> words;            ///< index into the words of each slot, or -1 where the caption leaves it open
    std::vector<std::uint8_t> regions; ///< [size, size]: 0, or which part of the person a pixel shows; may be empty
};

/// Thrown by a source whose material cannot be read; names file and line.
struct SampleFailure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// How published work counts word errors on some material.
struct Scoring {
    bool mergeRepeats = false;   ///< equal neighbours of what is recognised count once
    bool phoenixCleanup = false; ///< recognised glosses are cleaned as evaluation::cleanPhoenixWords() does
};

struct ClipQuery {
    std::uint64_t seed = 0;
    std::optional<std::int64_t> number; ///< which clip of the part, from 0, where the part has an end
    SamplePart part = SamplePart::Train;
    int size = 0;
    double fps = 25.0;
    int minSigns = 2;
    int maxSigns = 7;
};

/// Training material, endless or a data set's; everything follows from the arguments. Const members are thread-safe.
class SampleSource {
public:
    virtual ~SampleSource() = default;
    /// Gloss of label i + 1.
    virtual const std::vector<std::string>& glosses() const = 0;
    /// The words that each slot of a caption chooses from.
    virtual const std::vector<std::vector<std::string>>& captionSlots() const = 0;
    /// The region of a still that each slot speaks of, as in TrainingStill::regions; 0 where it has none.
    virtual std::vector<int> captionRegions() const { return std::vector<int>(captionSlots().size(), 0); }
    virtual TrainingClip clip(const ClipQuery& query) const = 0;
    /// Clips of a part; 0: there is no end of them.
    virtual std::int64_t clipCount(SamplePart) const { return 0; }
    /// Name of the part that training measures on.
    virtual std::string devPart() const { return "dev"; }
    /// Tells this material from other: where it lies and what is signed in its clips.
    virtual std::string identity() const { return {}; }
    /// Frames a second that the material has, for recipes that leave it open.
    virtual double fps() const { return 25.0; }
    virtual Scoring scoring() const { return {}; }
    /// Pictures that differ from each other in one word of the caption.
    virtual std::vector<TrainingStill> stillGroup(std::uint64_t seed, SamplePart part, int size, int count) const = 0;
};

} // namespace livegloss::training
