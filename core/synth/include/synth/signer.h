#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace livegloss::synth {

/// Splits share the lexicon, never a signer or a background.
enum class Split { Train, Dev, Test };

/// Glosses of the bundled lexicon in label order: entry i has label i + 1 (0 is the CTC blank).
const std::vector<std::string>& lexiconGlosses();

struct ClipRequest {
    std::uint64_t seed = 0;
    Split split = Split::Train;
    int size = 320; ///< side of the square picture in pixels, 96 .. 1024
    double fps = 25.0;
    int minSigns = 2;
    int maxSigns = 7;
    std::vector<std::string> glosses; ///< a fixed sentence; empty: drawn from the seed
};

struct SignSpan {
    int label = 0;
    std::string gloss;
    int firstFrame = 0; ///< the sign proper, without the transitions around it
    int lastFrame = 0;  ///< inclusive
};

struct Keypoint {
    std::string name;
    float x = 0.0F; ///< pixels
    float y = 0.0F;
    bool visible = true;
};

/// Reused between frames so that rendering does not allocate.
struct RenderedFrame {
    int size = 0;
    std::vector<std::uint8_t> rgb; ///< size * size * 3
    std::vector<std::uint8_t>
        handMask; ///< size * size; 0, or 1 signer's right hand, 2 left hand; empty unless asked for
    std::vector<std::uint8_t> faceMask; ///< size * size; 0 or 1; empty unless asked for
    std::vector<Keypoint> keypoints;    ///< empty unless asked for
};

/// One signed sentence. Everything follows from the request: same request, same bytes. Const members are thread-safe.
class Clip {
public:
    virtual ~Clip() = default;
    virtual int frames() const = 0;
    virtual const std::vector<SignSpan>& spans() const = 0;
    /// Who signs, like "train-017", for logs and truth files.
    virtual std::string signerName() const = 0;
    virtual void render(int frame, RenderedFrame& out, bool withTruth) const = 0;
};

/// Null where the request makes no sense: a size, rate or sentence length out of range, a gloss that the lexicon lacks.
std::unique_ptr<Clip> makeClip(const ClipRequest& request);

/// A still picture and what a caption says of it, as words from stillVocabulary() ("right", "hand", "fist", "chin",
/// ...).
struct Still {
    int size = 0;
    std::vector<std::uint8_t> rgb;
    std::vector<std::string> caption;
    std::vector<std::uint8_t> regions; ///< size * size; 0, or 1 dominant hand, 2 other hand, 3 face
};
/// Words that captions are made of.
const std::vector<std::string>& stillVocabulary();
/// `count` stills of one signer, scene and pose that differ from each other in one attribute of the caption (handshape,
/// orientation, place, face), now and then in two, so that a contrastive batch has hard negatives. Every caption has
/// ten words in the same order: "right", shape, orientation, place, "left", shape, orientation, place, brows, mouth,
/// where right means the dominant hand. Same arguments, same bytes. Any thread. Empty for a size outside 96 .. 1024.
std::vector<Still> makeStillGroup(std::uint64_t seed, Split split, int size, int count);

} // namespace livegloss::synth
