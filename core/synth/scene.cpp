#include "scene.h"

#include "random.h"

#include <cstring>
#include <string>

namespace livegloss::synth {
namespace {

constexpr int kNoiseLength = 1 << 16;

/// Normal noise, deviation 32, long enough that its repetition is never seen.
const std::vector<std::int8_t>& noiseTable() {
    static const std::vector<std::int8_t> table = [] {
        std::vector<std::int8_t> values(kNoiseLength + 8192);
        Random random(20240229, "noise");
        for (std::int8_t& value : values) {
            value = static_cast<std::int8_t>(std::clamp(32.0F * random.normal(), -127.0F, 127.0F));
        }
        return values;
    }();
    return table;
}

Colour roomColour(Random& random, float from, float to) {
    const float grey = random.range(from, to);
    const Colour tint{random.range(-1.0F, 1.0F), random.range(-0.6F, 0.6F), random.range(-1.0F, 1.0F)};
    const Colour colour = Colour{grey, grey, grey} + tint * random.range(0.0F, 45.0F);
    return {std::clamp(colour.x, 5.0F, 250.0F), std::clamp(colour.y, 5.0F, 250.0F), std::clamp(colour.z, 5.0F, 250.0F)};
}

/// Three passes of a running mean: close to a Gaussian.
void blur(std::vector<std::uint8_t>& rgb, int size, int radius) {
    if (radius < 1) {
        return;
    }
    std::vector<std::uint8_t> line(static_cast<std::size_t>(size));
    const auto pass = [&](std::uint8_t* first, std::ptrdiff_t step) {
        for (int i = 0; i < size; ++i) {
            line[static_cast<std::size_t>(i)] = first[i * step];
        }
        const auto at = [&](int i) {
            return static_cast<int>(line[static_cast<std::size_t>(std::clamp(i, 0, size - 1))]);
        };
        int sum = 0;
        for (int i = -radius; i <= radius; ++i) {
            sum += at(i);
        }
        for (int i = 0; i < size; ++i) {
            first[i * step] = static_cast<std::uint8_t>(sum / (2 * radius + 1));
            sum += at(i + radius + 1) - at(i - radius);
        }
    };
    const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(size) * 3;
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < size; ++i) {
            for (int channel = 0; channel < 3; ++channel) {
                pass(rgb.data() + i * row + channel, 3);
                pass(rgb.data() + i * 3 + channel, row);
            }
        }
    }
}

/// Draws in picture units.
class RoomPainter {
public:
    RoomPainter(Canvas& canvas, Random& random)
        : canvas_(canvas), random_(random), scale_(static_cast<float>(canvas.size())) {}

    void paint() {
        paintWall();
        switch (random_.below(8)) {
        case 0:
        case 1:
            break;
        case 2:
            shelves();
            break;
        case 3:
            window();
            break;
        case 4:
            shapes();
            break;
        case 5:
            curtain();
            break;
        case 6:
            pictures();
            break;
        case 7:
            plant();
            break;
        }
        if (random_.chance(0.2F)) {
            pictures();
        }
    }

private:
    void box(float left, float top, float right, float bottom, Colour colour) {
        const std::array<Vec2, 4> corners{Vec2{left, top} * scale_, Vec2{right, top} * scale_,
                                          Vec2{right, bottom} * scale_, Vec2{left, bottom} * scale_};
        canvas_.fill(corners, Part::Background, colour);
    }
    void spot(float x, float y, float rx, float ry, float angle, Colour colour) {
        canvas_.ellipse(Vec2{x, y} * scale_, Vec2{rx, ry} * scale_, angle, colour);
    }

    void paintWall() {
        const Colour first = roomColour(random_, 40.0F, 235.0F);
        const Colour second =
            random_.chance(0.3F) ? first : mix(first, roomColour(random_, 40.0F, 235.0F), random_.range(0.1F, 0.7F));
        const float angle = random_.range(0.0F, 2.0F * kPi);
        const Vec2 along{std::cos(angle) / scale_, std::sin(angle) / scale_};
        const std::array<Vec2, 4> all{Vec2{0, 0}, Vec2{scale_, 0}, Vec2{scale_, scale_}, Vec2{0, scale_}};
        canvas_.fill(all, Part::Background, [&](float x, float y) {
            return mix(first, second,
                       std::clamp(0.5F + (x - 0.5F * scale_) * along.x + (y - 0.5F * scale_) * along.y, 0.0F, 1.0F));
        });
        if (random_.chance(0.25F)) {
            const float floor = random_.range(0.6F, 0.85F);
            box(0.0F, floor, 1.0F, 1.0F, roomColour(random_, 30.0F, 160.0F));
        }
    }

    void shelves() {
        const Colour wood = mix({150, 110, 70}, roomColour(random_, 40.0F, 220.0F), 0.4F);
        const float left = random_.range(-0.1F, 0.3F);
        const float right = left + random_.range(0.5F, 0.9F);
        const float gap = random_.range(0.16F, 0.24F);
        for (float y = random_.range(0.08F, 0.2F); y < 1.0F; y += gap) {
            float x = left + 0.01F;
            while (x < right - 0.03F) {
                const float width = random_.range(0.012F, 0.045F);
                const float tall = gap * random_.range(0.45F, 0.85F);
                if (random_.chance(0.85F)) {
                    box(x, y - tall, x + width, y,
                        roomColour(random_, 30.0F, 220.0F) +
                            Colour{random_.range(-40, 40), 0.0F, random_.range(-40, 40)});
                }
                x += width + random_.range(0.0F, 0.006F);
            }
            box(left, y, right, y + 0.018F, wood);
        }
    }

    void window() {
        const float left = random_.range(-0.1F, 0.55F);
        const float top = random_.range(-0.05F, 0.15F);
        const float width = random_.range(0.35F, 0.55F);
        const float height = random_.range(0.4F, 0.6F);
        const Colour frame = roomColour(random_, 120.0F, 245.0F);
        box(left - 0.025F, top - 0.025F, left + width + 0.025F, top + height + 0.025F, frame);
        box(left, top, left + width, top + height, roomColour(random_, 150.0F, 245.0F) + Colour{-10.0F, 0.0F, 10.0F});
        box(left, top + height * random_.range(0.55F, 0.8F), left + width, top + height,
            roomColour(random_, 70.0F, 150.0F));
        box(left + 0.5F * width - 0.008F, top, left + 0.5F * width + 0.008F, top + height, frame);
        box(left, top + 0.5F * height - 0.008F, left + width, top + 0.5F * height + 0.008F, frame);
    }

    void shapes() {
        for (int i = random_.between(4, 11); i > 0; --i) {
            const Colour colour = roomColour(random_, 30.0F, 240.0F);
            const float x = random_.range(0.0F, 1.0F);
            const float y = random_.range(0.0F, 1.0F);
            if (random_.chance(0.5F)) {
                spot(x, y, random_.range(0.04F, 0.2F), random_.range(0.04F, 0.2F), random_.range(0.0F, kPi), colour);
            } else {
                box(x, y, x + random_.range(0.05F, 0.3F), y + random_.range(0.05F, 0.3F), colour);
            }
        }
    }

    void curtain() {
        const Colour cloth = roomColour(random_, 50.0F, 220.0F);
        const float width = random_.range(0.02F, 0.07F);
        for (float x = -0.05F; x < 1.0F; x += width) {
            box(x, 0.0F, x + 0.5F * width, 1.0F, cloth * random_.range(0.84F, 0.95F));
            box(x + 0.5F * width, 0.0F, x + width, 1.0F, cloth);
        }
    }

    void pictures() {
        for (int i = random_.between(1, 3); i > 0; --i) {
            const float x = random_.chance(0.5F) ? random_.range(0.0F, 0.2F) : random_.range(0.68F, 0.9F);
            const float y = random_.range(0.03F, 0.45F);
            const float width = random_.range(0.1F, 0.2F);
            const float height = random_.range(0.1F, 0.24F);
            box(x, y, x + width, y + height, roomColour(random_, 20.0F, 90.0F));
            box(x + 0.01F, y + 0.01F, x + width - 0.01F, y + height - 0.01F, roomColour(random_, 90.0F, 240.0F));
            spot(x + 0.5F * width, y + 0.55F * height, 0.3F * width, 0.25F * height, random_.range(0.0F, kPi),
                 roomColour(random_, 40.0F, 220.0F));
        }
    }

    void plant() {
        const float x = random_.chance(0.5F) ? random_.range(0.02F, 0.18F) : random_.range(0.82F, 0.98F);
        const float y = random_.range(0.62F, 0.85F);
        for (int i = random_.between(7, 14); i > 0; --i) {
            const float angle = random_.range(-2.7F, -0.4F);
            const float reach = random_.range(0.12F, 0.3F);
            const Colour green{random_.range(30, 90), random_.range(95, 160), random_.range(40, 90)};
            spot(x + 0.5F * reach * std::cos(angle), y + 0.5F * reach * std::sin(angle), 0.5F * reach,
                 random_.range(0.012F, 0.035F), angle, green);
        }
        box(x - 0.06F, y, x + 0.06F, y + 0.16F, roomColour(random_, 60.0F, 220.0F));
    }

    Canvas& canvas_;
    Random& random_;
    float scale_;
};

} // namespace

int sceneCount(Split split) {
    return split == Split::Train ? 400 : 40;
}

Scene::Scene(Split split, int number, std::uint64_t clipSeed, int size)
    : size_(size), seed_(clipSeed), background_(static_cast<std::size_t>(size) * static_cast<std::size_t>(size) * 3) {
    Random room(static_cast<std::uint64_t>(number) * 3 + static_cast<std::uint64_t>(split), "room");
    Canvas canvas(size, background_.data(), nullptr, nullptr);
    RoomPainter(canvas, room).paint();
    blur(background_, size, static_cast<int>(room.range(0.0F, 0.016F) * static_cast<float>(size)));
    noiseTable();

    Random random(clipSeed, "passers");
    if (random.chance(0.22F)) {
        for (int i = random.between(1, 2); i > 0; --i) {
            Passer passer;
            passer.ball = random.chance(0.5F);
            passer.colour = roomColour(random, 30.0F, 230.0F);
            passer.second = mix(Colour{90, 62, 48}, Colour{235, 195, 165}, random.uniform());
            const float direction = random.chance(0.5F) ? 1.0F : -1.0F;
            passer.speed = direction * random.range(0.12F, 0.55F);
            passer.start = direction > 0.0F ? random.range(-1.0F, 0.3F) : random.range(0.7F, 2.0F);
            passer.height = passer.ball ? random.range(0.1F, 0.9F) : random.range(0.12F, 0.3F);
            passer.size = passer.ball ? random.range(0.03F, 0.08F) : random.range(0.05F, 0.085F);
            passers_.push_back(passer);
        }
    }
}

void Scene::drawBehind(Canvas& canvas, std::uint8_t* rgb, int frame, float fps) const {
    std::memcpy(rgb, background_.data(), background_.size());
    const float seconds = static_cast<float>(frame) / fps;
    const float scale = static_cast<float>(size_);
    for (const Passer& passer : passers_) {
        const float x = passer.start + passer.speed * seconds;
        if (passer.ball) {
            const float bounce = 0.08F * std::abs(std::sin(4.0F * seconds + passer.start));
            canvas.ellipse(Vec2{x, passer.height - bounce} * scale, Vec2{passer.size, passer.size} * scale, 0.0F,
                           passer.colour);
            canvas.ellipse(Vec2{x - 0.3F * passer.size, passer.height - bounce - 0.3F * passer.size} * scale,
                           Vec2{passer.size, passer.size} * (0.35F * scale), 0.0F,
                           mix(passer.colour, {255, 255, 255}, 0.35F));
            continue;
        }
        const float head = passer.size;
        const float bob = 0.006F * std::sin(9.0F * seconds);
        canvas.ellipse(Vec2{x, passer.height + 3.6F * head + bob} * scale, Vec2{1.7F * head, 2.7F * head} * scale, 0.0F,
                       passer.colour);
        canvas.ellipse(Vec2{x, 1.0F + passer.height} * scale, Vec2{1.6F * head, 0.75F} * scale, 0.0F, passer.colour);
        canvas.ellipse(Vec2{x, passer.height + bob} * scale, Vec2{0.8F * head, head} * scale, 0.0F, passer.second);
        canvas.ellipse(Vec2{x, passer.height - 0.35F * head + bob} * scale, Vec2{0.85F * head, 0.75F * head} * scale,
                       0.0F, passer.colour * 0.35F);
    }
}

void Scene::finish(std::uint8_t* rgb, int frame, const View& view) const {
    Random random(seed_ + static_cast<std::uint64_t>(frame) * 7919U, "noise");
    const float pulse = 1.0F + view.flicker * random.normal();
    const std::array<int, 3> gain{static_cast<int>(256.0F * view.cast.x * pulse),
                                  static_cast<int>(256.0F * view.cast.y * pulse),
                                  static_cast<int>(256.0F * view.cast.z * pulse)};
    const int strength = static_cast<int>(8.0F * view.noise);
    const std::int8_t* noise = noiseTable().data();
    const int rowBytes = size_ * 3;
    for (int y = 0; y < size_; ++y) {
        const std::int8_t* grain = noise + (random.next() & (kNoiseLength - 1U));
        std::uint8_t* row = rgb + static_cast<std::ptrdiff_t>(y) * rowBytes;
        for (int x = 0; x < rowBytes; x += 3) {
            for (int channel = 0; channel < 3; ++channel) {
                const int value = ((row[x + channel] * gain[static_cast<std::size_t>(channel)]) >> 8) +
                                  ((grain[x + channel] * strength) >> 8);
                row[x + channel] = static_cast<std::uint8_t>(std::clamp(value, 0, 255));
            }
        }
    }
}

} // namespace livegloss::synth
