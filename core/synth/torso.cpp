#include "figure.h"

namespace livegloss::synth {
namespace {

/// Near enough to a sine of period 1 for folds and stripes, and much cheaper.
float wave(float turns) {
    const float shifted = turns + 64.0F;
    const float phase = 2.0F * (shifted - static_cast<float>(static_cast<int>(shifted))) - 1.0F;
    return -4.0F * phase * (1.0F - std::abs(phase));
}

/// A soft body of one colour lit as if it were a standing cylinder.
struct ClothShader {
    const Stage& stage;
    Colour colour;
    Colour accent;
    Pattern pattern = Pattern::Plain;
    float halfWidth = 0.18F;

    Colour operator()(float x, float y) const {
        const Vec2 body = stage.camera.unproject(x, y);
        const float side = std::clamp((body.x - stage.pose.sway) / halfWidth, -1.0F, 1.0F);
        const Vec3 normal{side * 0.85F, 0.12F, std::sqrt(std::max(0.05F, 1.0F - side * side))};
        // Folds: slow waves across the cloth.
        const float folds = 1.0F + 0.025F * wave(body.x * 12.0F + 3.5F * body.y) * smoothStep(0.55F, 0.8F, body.y);
        return patterned(body) * (stage.view.light.on(normal) * folds);
    }

    Colour patterned(Vec2 body) const {
        switch (pattern) {
        case Pattern::Plain:
            break;
        case Pattern::Stripes: {
            return mix(colour, mix(colour, accent, 0.55F), smoothStep(-0.25F, 0.25F, wave(body.y * 20.7F)));
        }
        case Pattern::Yoke:
            return mix(accent, colour, smoothStep(0.555F, 0.565F, body.y));
        case Pattern::Print: {
            const float dx = (body.x - stage.pose.sway) / 0.07F;
            const float dy = (body.y - 0.64F) / 0.055F;
            return mix(accent, colour, smoothStep(0.9F, 1.1F, dx * dx + dy * dy));
        }
        }
        return colour;
    }
};

class TorsoDrawing {
public:
    explicit TorsoDrawing(const Stage& stage) : stage_(stage), look_(stage.look) {}

    void draw() {
        drawNeck();
        const ClothShader cloth{stage_, look_.shirt, look_.shirtAccent, look_.pattern, 0.185F * look_.torsoWidth};
        stage_.canvas.fill(outline(), Part::Body, cloth);
        drawSeams();
        drawCollar(cloth);
    }

private:
    std::vector<Vec2> mapped(std::span<const Vec2> half) const {
        // Given down the right half; the left half is its mirror image.
        std::vector<Vec2> points;
        for (const Vec2 point : half) {
            points.push_back(at(point.x, point.y));
        }
        for (std::size_t i = half.size(); i-- > 0;) {
            if (half[i].x != 0.0F) {
                points.push_back(at(-half[i].x, half[i].y));
            }
        }
        return points;
    }
    Vec2 at(float x, float y) const { return stage_.camera.flat({x + stage_.pose.sway, y, 0.0F}); }
    float pixels(float value) const { return value * stage_.camera.pixels(0.0F); }

    std::vector<Vec2> outline() const {
        const float s = look_.shoulderWidth;
        const float t = look_.torsoWidth;
        const std::array<Vec2, 9> half{{{0.0F, 0.402F},
                                        {0.050F, 0.392F},
                                        {0.095F, 0.415F},
                                        {0.152F * s, 0.426F},
                                        {0.203F * s, 0.453F},
                                        {0.216F * s, 0.535F},
                                        {0.165F * mix(s, t, 0.5F), 0.62F},
                                        {0.150F * t, 0.84F},
                                        {0.172F * t, 1.16F}}};
        return smoothClosed(mapped(half), 4);
    }

    void drawNeck() {
        const auto neckShade = [this](float x, float y) {
            const Vec2 body = stage_.camera.unproject(x, y);
            const float side = std::clamp((body.x - stage_.pose.sway) / 0.05F, -1.0F, 1.0F);
            const Vec3 normal{side, 0.1F, std::sqrt(std::max(0.0F, 1.0F - side * side))};
            // The chin's shadow.
            const float shadow = mix(0.74F, 1.0F, smoothStep(0.345F, 0.405F, body.y));
            return look_.skin * (stage_.view.light.on(normal) * shadow);
        };
        const std::array<Vec2, 5> half{
            {{0.044F, 0.24F}, {0.043F, 0.35F}, {0.050F, 0.39F}, {0.085F, 0.43F}, {0.0F, 0.47F}}};
        stage_.canvas.fill(mapped(half), Part::Body, neckShade);
    }

    void drawSeams() {
        const Colour dark = look_.shirt * 0.68F;
        for (const float side : {-1.0F, 1.0F}) {
            const std::array<Vec2, 3> armpit{at(side * 0.150F, 0.50F), at(side * 0.146F, 0.57F),
                                             at(side * 0.153F, 0.63F)};
            stage_.canvas.stroke(armpit, pixels(0.0022F), dark, 0.6F);
        }
    }

    void drawCollar(const ClothShader& cloth) {
        const auto skin = [this](float, float y) {
            const float down = stage_.camera.unproject(0.0F, y).y;
            return look_.skin *
                   (stage_.view.light.on({0.0F, 0.2F, 0.95F}) * mix(0.80F, 1.0F, smoothStep(0.38F, 0.42F, down)));
        };
        ClothShader rim = cloth;
        rim.colour = look_.pattern == Pattern::Plain ? look_.shirt * 0.82F : look_.shirtAccent * 0.92F;
        rim.pattern = Pattern::Plain;
        switch (look_.collar) {
        case Collar::Crew:
            collarRing(std::array<Vec2, 3>{Vec2{0.060F, 0.380F}, Vec2{0.052F, 0.415F}, Vec2{0.0F, 0.445F}}, 0.008F,
                       skin, rim);
            break;
        case Collar::Vee:
            collarRing(std::array<Vec2, 3>{Vec2{0.062F, 0.380F}, Vec2{0.045F, 0.425F}, Vec2{0.0F, 0.515F}}, 0.008F,
                       skin, rim);
            break;
        case Collar::Hood:
            collarRing(std::array<Vec2, 3>{Vec2{0.075F, 0.372F}, Vec2{0.066F, 0.425F}, Vec2{0.0F, 0.468F}}, 0.020F,
                       skin, rim);
            break;
        case Collar::Turtleneck:
            drawTurtleneck(rim);
            break;
        case Collar::Shirt:
            drawShirtCollar(cloth, skin);
            break;
        }
    }

    template <class Skin>
    void collarRing(const std::array<Vec2, 3>& half, float width, const Skin& skin, const ClothShader& rim) {
        std::array<Vec2, 3> outer = half;
        outer[0] = outer[0] + Vec2{width, 0.0F};
        outer[1] = outer[1] + Vec2{width, width};
        outer[2].y += width * 1.3F;
        stage_.canvas.fill(smoothOpening(outer), Part::Body, rim);
        stage_.canvas.fill(smoothOpening(half), Part::Body, skin);
    }
    std::vector<Vec2> smoothOpening(const std::array<Vec2, 3>& half) const {
        // Rounds the opening between its corners without bulging above the neck.
        std::vector<Vec2> points;
        for (int i = -6; i <= 6; ++i) {
            const float t = std::abs(static_cast<float>(i)) / 6.0F;
            const Vec2 a = half[2] * ((1.0F - t) * (1.0F - t));
            const Vec2 b = half[1] * (2.0F * t * (1.0F - t));
            const Vec2 point = a + b + half[0] * (t * t);
            points.push_back(at(i < 0 ? -point.x : point.x, point.y));
        }
        return points;
    }

    void drawTurtleneck(const ClothShader& rim) {
        const std::array<Vec2, 4> half{{{0.047F, 0.362F}, {0.050F, 0.40F}, {0.060F, 0.43F}, {0.0F, 0.44F}}};
        stage_.canvas.fill(mapped(half), Part::Body, rim);
    }

    template <class Skin>
    void drawShirtCollar(const ClothShader& cloth, const Skin& skin) {
        const std::array<Vec2, 3> opening{{{0.055F, 0.380F}, {0.04F, 0.42F}, {0.0F, 0.485F}}};
        stage_.canvas.fill(smoothOpening(opening), Part::Body, skin);
        ClothShader leaf = cloth;
        leaf.pattern = Pattern::Plain;
        leaf.colour = mix(look_.shirt, {255, 255, 255}, 0.12F);
        for (const float side : {-1.0F, 1.0F}) {
            const std::array<Vec2, 4> flap{at(side * 0.052F, 0.368F), at(side * 0.078F, 0.405F),
                                           at(side * 0.050F, 0.468F), at(side * 0.004F, 0.462F)};
            stage_.canvas.fill(flap, Part::Body, leaf);
            const std::array<Vec2, 3> edge{at(side * 0.078F, 0.405F), at(side * 0.050F, 0.468F),
                                           at(side * 0.004F, 0.462F)};
            stage_.canvas.stroke(edge, pixels(0.0018F), look_.shirt * 0.6F, 0.8F);
        }
        const std::array<Vec2, 2> placket{at(0.0F, 0.485F), at(0.0F, 1.1F)};
        stage_.canvas.stroke(placket, pixels(0.0018F), look_.shirt * 0.62F, 0.8F);
        for (float y = 0.54F; y < 1.0F; y += 0.09F) {
            stage_.canvas.ellipse(at(0.0F, y), {pixels(0.0045F), pixels(0.0045F)}, 0.0F, look_.shirtAccent);
        }
    }

    const Stage& stage_;
    const Look& look_;
};

} // namespace

void drawTorso(const Stage& stage) {
    TorsoDrawing(stage).draw();
}

} // namespace livegloss::synth
