#pragma once

#include "handshape.h"

#include <string>
#include <vector>

namespace livegloss::synth {

enum class MovementKind { Hold, Straight, Arc, Circle, Tap, Shake, Twist, Turn, Wiggle };
enum class Hands { One, Symmetric, Alternating, Base };
enum class Brows { Neutral, Raised, Lowered };
enum class Mouth { Closed, Open, Pursed, Smile, Puffed };

struct Movement {
    MovementKind kind = MovementKind::Hold;
    Vec3 direction;    ///< unit length, dominant hand's side; zero where the kind needs none
    float size = 0.0F; ///< picture heights; degrees for Twist and Turn
    int count = 1;
    bool operator==(const Movement& other) const {
        return kind == other.kind && size == other.size && count == other.count && direction.x == other.direction.x &&
               direction.y == other.direction.y && direction.z == other.direction.z;
    }
};

/// One entry of the lexicon, by the parameters that tell signs apart. Names refer to handshapeNames(), placeNames() and
/// orientationNames().
struct Sign {
    std::string gloss;
    std::string shape;
    std::string endShape; ///< same as shape where the hand keeps its shape
    std::string place;
    std::string orientation;
    Movement movement;
    Hands hands = Hands::One;
    std::string otherShape;       ///< of the base hand
    std::string otherOrientation; ///< of the base hand
    Brows brows = Brows::Neutral;
    Mouth mouth = Mouth::Closed;
};

/// The bundled lexicon, compiled into the library; entry i has label i + 1.
const std::vector<Sign>& lexicon();

/// Text of resources/lexicon/lexicon.json.
extern const char* const kLexiconJson;

} // namespace livegloss::synth
