#include "lexicon.h"

#include "pose.h"
#include "synth/signer.h"

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

namespace livegloss::synth {
namespace {

using nlohmann::json;

template <class Value, std::size_t Count>
Value named(const json& name, const std::array<std::pair<const char*, Value>, Count>& values) {
    for (const auto& [spelling, value] : values) {
        if (name == spelling) {
            return value;
        }
    }
    throw std::invalid_argument("lexicon: unknown value " + name.dump());
}

constexpr std::array<std::pair<const char*, MovementKind>, 9> kMovements{{{"hold", MovementKind::Hold},
                                                                          {"straight", MovementKind::Straight},
                                                                          {"arc", MovementKind::Arc},
                                                                          {"circle", MovementKind::Circle},
                                                                          {"tap", MovementKind::Tap},
                                                                          {"shake", MovementKind::Shake},
                                                                          {"twist", MovementKind::Twist},
                                                                          {"turn", MovementKind::Turn},
                                                                          {"wiggle", MovementKind::Wiggle}}};
constexpr std::array<std::pair<const char*, Vec3>, 5> kDirections{{{"away", {-1.0F, 0.0F, 0.0F}},
                                                                   {"up", {0.0F, -1.0F, 0.0F}},
                                                                   {"down", {0.0F, 1.0F, 0.0F}},
                                                                   {"forward", {-0.35F, 0.25F, 0.9F}},
                                                                   {"down-away", {-0.6F, 0.8F, 0.0F}}}};
constexpr std::array<std::pair<const char*, Hands>, 4> kHands{
    {{"one", Hands::One}, {"symmetric", Hands::Symmetric}, {"alternating", Hands::Alternating}, {"base", Hands::Base}}};
constexpr std::array<std::pair<const char*, Brows>, 3> kBrows{
    {{"neutral", Brows::Neutral}, {"raised", Brows::Raised}, {"lowered", Brows::Lowered}}};
constexpr std::array<std::pair<const char*, Mouth>, 5> kMouths{{{"closed", Mouth::Closed},
                                                                {"open", Mouth::Open},
                                                                {"pursed", Mouth::Pursed},
                                                                {"smile", Mouth::Smile},
                                                                {"puffed", Mouth::Puffed}}};

std::string handshapeName(const json& entry, const char* key, const std::string& fallback) {
    const std::string name = entry.value(key, fallback);
    if (!name.empty() && !findHandshape(name)) {
        throw std::invalid_argument("lexicon: unknown handshape " + name);
    }
    return name;
}

Movement readMovement(const json& entry) {
    Movement movement;
    movement.kind = named(entry.at("type"), kMovements);
    if (entry.contains("direction")) {
        movement.direction = normalised(named(entry.at("direction"), kDirections));
    }
    movement.size = entry.value("size", 0.0F);
    movement.count = entry.value("count", 1);
    return movement;
}

Sign readSign(const json& entry) {
    Sign sign;
    sign.gloss = entry.at("gloss");
    sign.shape = handshapeName(entry, "shape", {});
    sign.endShape = handshapeName(entry, "endShape", sign.shape);
    sign.place = entry.at("place");
    sign.orientation = entry.at("orientation");
    sign.movement = readMovement(entry.at("movement"));
    sign.hands = named(entry.at("hands"), kHands);
    sign.otherShape = handshapeName(entry, "otherShape", {});
    sign.otherOrientation = entry.value("otherOrientation", "");
    sign.brows = named(entry.at("brows"), kBrows);
    sign.mouth = named(entry.at("mouth"), kMouths);
    if (!findPlace(sign.place) || !findOrientation(sign.orientation) ||
        (sign.hands == Hands::Base && (sign.otherShape.empty() || !findOrientation(sign.otherOrientation)))) {
        throw std::invalid_argument("lexicon: " + sign.gloss + " names an unknown place, orientation or base hand");
    }
    return sign;
}

} // namespace

const std::vector<Sign>& lexicon() {
    static const std::vector<Sign> signs = [] {
        std::vector<Sign> read;
        const json document = json::parse(kLexiconJson);
        for (const json& entry : document.at("signs")) {
            read.push_back(readSign(entry));
        }
        return read;
    }();
    return signs;
}

const std::vector<std::string>& lexiconGlosses() {
    static const std::vector<std::string> glosses = [] {
        std::vector<std::string> names;
        for (const Sign& sign : lexicon()) {
            names.push_back(sign.gloss);
        }
        return names;
    }();
    return glosses;
}

} // namespace livegloss::synth
