#include "look.h"

#include "random.h"

#include <cstdio>

namespace livegloss::synth {
namespace {

const char* splitName(Split split) {
    return split == Split::Train ? "train" : split == Split::Dev ? "dev" : "test";
}

Colour hsv(float hue, float saturation, float value) {
    const auto channel = [&](float n) {
        const float k = std::fmod(n + hue * 6.0F, 6.0F);
        return 255.0F * value * (1.0F - saturation * std::clamp(std::min(k, 4.0F - k), 0.0F, 1.0F));
    };
    return {channel(5.0F), channel(3.0F), channel(1.0F)};
}

float luminance(Colour colour) {
    return 0.3F * colour.x + 0.59F * colour.y + 0.11F * colour.z;
}

Colour drawSkin(Random& random) {
    constexpr std::array<Colour, 7> tones{{{247, 214, 190},
                                           {236, 194, 160},
                                           {219, 171, 131},
                                           {191, 138, 98},
                                           {156, 105, 71},
                                           {116, 75, 51},
                                           {84, 55, 40}}};
    const float place = random.range(0.0F, static_cast<float>(tones.size()) - 1.001F);
    const std::size_t tone = static_cast<std::size_t>(place);
    const Colour skin = mix(tones[tone], tones[tone + 1], place - static_cast<float>(tone));
    return {skin.x + 4.0F * random.normal(), skin.y + 3.0F * random.normal(), skin.z + 4.0F * random.normal()};
}

Colour drawHairColour(Random& random) {
    constexpr std::array<Colour, 8> colours{{{28, 24, 24},
                                             {44, 32, 26},
                                             {70, 46, 32},
                                             {105, 70, 42},
                                             {150, 108, 62},
                                             {205, 168, 110},
                                             {140, 66, 36},
                                             {168, 166, 164}}};
    return mix(colours[static_cast<std::size_t>(random.below(8))], colours[static_cast<std::size_t>(random.below(5))],
               0.25F);
}

/// Clothes stand apart from the hands in front of them, as signers choose them.
Colour drawCloth(Random& random, Colour skin) {
    Colour cloth;
    for (int attempt = 0; attempt < 12; ++attempt) {
        cloth = random.chance(0.3F) ? hsv(random.uniform(), random.range(0.0F, 0.15F), random.range(0.1F, 0.92F))
                                    : hsv(random.uniform(), random.range(0.3F, 0.85F), random.range(0.2F, 0.85F));
        const Colour difference = cloth - skin;
        if (std::abs(luminance(difference)) + 0.35F * length(difference) > 75.0F) {
            break;
        }
    }
    return cloth;
}

void drawClothes(Random& random, Look& look) {
    look.shirt = drawCloth(random, look.skin);
    look.shirtAccent = drawCloth(random, look.skin);
    look.sleeve = random.chance(0.15F) ? look.shirtAccent : look.shirt;
    look.sleeveLength = random.chance(0.45F)  ? 1.97F
                        : random.chance(0.5F) ? random.range(0.45F, 0.8F)
                                              : random.range(1.2F, 1.7F);
    look.collar = static_cast<Collar>(random.below(5));
    look.pattern = random.chance(0.55F) ? Pattern::Plain : static_cast<Pattern>(random.between(1, 3));
}

void drawHead(Random& random, Look& look) {
    look.hair = drawHairColour(random);
    constexpr std::array<Colour, 5> irises{{{70, 46, 30}, {92, 62, 38}, {84, 110, 128}, {86, 104, 72}, {52, 36, 28}}};
    look.iris = irises[static_cast<std::size_t>(random.below(5))];
    look.hairStyle = static_cast<HairStyle>(random.below(10));
    if (look.hairStyle == HairStyle::Bald && random.chance(0.5F)) {
        look.hairStyle = HairStyle::Short;
    }
    look.hairVolume = random.range(0.8F, 1.25F);
    look.fringe = random.chance(0.3F) ? random.range(0.5F, 0.9F) : random.range(0.0F, 0.3F);
    const bool mayHaveBeard = look.hairStyle <= HairStyle::Curly && look.hairStyle != HairStyle::SidePart;
    look.beard = mayHaveBeard && random.chance(0.5F) ? static_cast<Beard>(random.between(1, 3)) : Beard::None;
    look.glasses = random.chance(0.28F);
    look.glassesColour = random.chance(0.7F) ? Colour{30, 28, 30} : hsv(random.uniform(), 0.6F, 0.5F);
    look.earrings = !mayHaveBeard && random.chance(0.4F);
    const bool painted = !mayHaveBeard && random.chance(0.35F);
    look.lips = mix(look.skin * 0.78F, Colour{190, 60, 70}, painted ? 0.65F : 0.25F);
    look.browThickness = random.range(0.8F, 1.4F);
    look.faceWidth = random.range(0.92F, 1.08F);
    look.jawWidth = random.range(0.85F, 1.15F);
    look.headScale = random.range(0.96F, 1.05F);
    look.eyeScale = random.range(0.9F, 1.15F);
    look.noseScale = random.range(0.8F, 1.2F);
}

} // namespace

int signerCount(Split split) {
    return split == Split::Train ? 240 : 20;
}

Look signerLook(Split split, int number) {
    std::array<char, 32> name{};
    std::snprintf(name.data(), name.size(), "%s-%03d", splitName(split), number);
    Random random(0x51474E, name.data());
    Look look;
    look.name = name.data();
    look.leftHanded = random.chance(0.15F);
    look.skin = drawSkin(random);
    look.palm = mix(look.skin, Colour{238, 188, 166}, 0.35F);
    drawHead(random, look);
    drawClothes(random, look);
    look.shoulderWidth = random.range(0.92F, 1.08F);
    look.torsoWidth = random.range(0.88F, 1.22F);
    look.armThickness = random.range(0.85F, 1.2F);
    look.handScale = random.range(0.95F, 1.08F);
    look.fingerThickness = random.range(0.9F, 1.1F);
    return look;
}

View drawView(std::uint64_t seed) {
    Random random(seed, "view");
    View view;
    view.scale = random.range(0.96F, 1.13F);
    view.shift = {random.range(-0.045F, 0.045F), random.range(-0.015F, 0.02F)};
    view.roll = radians(1.6F * random.normal());
    view.light.direction =
        normalised({random.range(-0.9F, 0.9F), random.range(-0.9F, -0.2F), random.range(0.5F, 1.0F)});
    view.light.ambient = random.range(0.52F, 0.70F);
    view.light.diffuse = random.range(0.32F, 0.52F);
    const float warmth = random.range(-0.05F, 0.05F);
    const float exposure = random.range(0.86F, 1.10F);
    view.cast = {exposure * (1.0F + warmth), exposure, exposure * (1.0F - warmth)};
    view.noise = random.range(0.5F, 4.5F);
    view.flicker = random.chance(0.25F) ? random.range(0.01F, 0.04F) : 0.0F;
    return view;
}

} // namespace livegloss::synth
