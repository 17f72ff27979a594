#pragma once

#include "raster.h"
#include "synth/signer.h"

#include <string>

namespace livegloss::synth {

enum class HairStyle { Bald, Buzz, Short, SidePart, Curly, Bob, Long, Bun, Ponytail, Headscarf };
enum class Collar { Crew, Vee, Shirt, Turtleneck, Hood };
enum class Pattern { Plain, Stripes, Yoke, Print };
enum class Beard { None, Stubble, Full, Moustache };

/// One person's body and clothes; follows from split and number alone.
struct Look {
    std::string name; ///< "train-017"
    bool leftHanded = false;
    Colour skin;
    Colour palm;
    Colour lips;
    Colour hair;
    Colour iris;
    HairStyle hairStyle = HairStyle::Short;
    float hairVolume = 1.0F;
    float fringe = 0.0F; ///< 0: high forehead, 1: hair down to just above the brows
    Beard beard = Beard::None;
    bool glasses = false;
    Colour glassesColour;
    bool earrings = false;
    float browThickness = 1.0F;
    float faceWidth = 1.0F;
    float jawWidth = 1.0F;
    float headScale = 1.0F;
    float eyeScale = 1.0F;
    float noseScale = 1.0F;
    float shoulderWidth = 1.0F;
    float torsoWidth = 1.0F;
    float armThickness = 1.0F;
    float handScale = 1.0F;
    float fingerThickness = 1.0F;
    Colour shirt;
    Colour shirtAccent;
    Colour sleeve;
    float sleeveLength = 2.0F; ///< arm bones covered: 0.6 short, 1.5 to the forearm, 2 to the wrist
    Collar collar = Collar::Crew;
    Pattern pattern = Pattern::Plain;
};

/// How the camera sees one clip.
struct View {
    float scale = 1.0F;
    Vec2 shift;
    float roll = 0.0F; ///< radians
    Light light;
    Colour cast{1.0F, 1.0F, 1.0F}; ///< gain per channel
    float noise = 2.0F;            ///< deviation in grey levels
    float flicker = 0.0F;          ///< share of brightness that comes and goes
};

int signerCount(Split split);
Look signerLook(Split split, int number);
View drawView(std::uint64_t seed);

} // namespace livegloss::synth
