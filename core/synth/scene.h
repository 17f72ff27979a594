#pragma once

#include "look.h"
#include "raster.h"

#include <cstdint>
#include <vector>

namespace livegloss::synth {

/// What is behind the signer. The still part is drawn once; const members are thread-safe.
class Scene {
public:
    Scene(Split split, int number, std::uint64_t clipSeed, int size);

    /// Background and whatever moves in it, as a start for the signer. `rgb` has size * size * 3 bytes.
    void drawBehind(Canvas& canvas, std::uint8_t* rgb, int frame, float fps) const;
    /// The camera's colour cast, flicker and noise over the finished picture.
    void finish(std::uint8_t* rgb, int frame, const View& view) const;

private:
    struct Passer {
        bool ball = false;
        Colour colour;
        Colour second;
        float start = 0.0F; ///< picture widths
        float speed = 0.0F; ///< picture widths per second
        float height = 0.0F;
        float size = 0.0F;
    };

    int size_;
    std::uint64_t seed_;
    std::vector<std::uint8_t> background_;
    std::vector<Passer> passers_;
};

int sceneCount(Split split);

} // namespace livegloss::synth
