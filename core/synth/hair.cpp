#include "figure.h"

namespace livegloss::synth {
namespace {

/// Hair shines where it turns towards the light.
struct HairShader {
    Colour colour;
    Vec2 centre;
    float reach = 1.0F;
    const Light& light;

    Colour operator()(float x, float y) const {
        const float nx = (x - centre.x) * reach;
        const float ny = (y - centre.y) * reach;
        const Vec3 normal{nx, ny, std::sqrt(std::max(0.04F, 1.0F - nx * nx - ny * ny))};
        const float facing = std::max(0.0F, dot(normal, light.direction));
        const float strands = 1.0F + 0.05F * std::sin(nx * 34.0F + 6.0F * ny);
        return mix(colour * (light.on(normal) * strands), {255, 250, 240}, 0.14F * facing * facing * facing);
    }
};

class HairDrawing {
public:
    explicit HairDrawing(const Stage& stage)
        : stage_(stage),
          look_(stage.look),
          head_(stage),
          volume_(look_.hairVolume),
          shader_{look_.hairStyle == HairStyle::Headscarf ? look_.shirtAccent : look_.hair,
                  head_.at(0.0F, -0.03F, 0.0F), 1.0F / (0.14F * head_.pixels()), stage.view.light} {}

    void drawBehind() {
        switch (look_.hairStyle) {
        case HairStyle::Bob:
            fillMirrored({{0.0F, -0.142F},
                          {0.085F, -0.118F},
                          {0.112F, -0.03F},
                          {0.116F, 0.06F},
                          {0.098F, 0.108F},
                          {0.0F, 0.09F}});
            break;
        case HairStyle::Long:
            fillMirrored({{0.0F, -0.142F},
                          {0.085F, -0.118F},
                          {0.110F, -0.02F},
                          {0.122F, 0.10F},
                          {0.128F, 0.24F},
                          {0.095F, 0.33F},
                          {0.0F, 0.28F}});
            break;
        case HairStyle::Bun:
            blob(0.0F, -0.150F, 0.048F * volume_, 0.042F * volume_);
            break;
        case HairStyle::Ponytail:
            blob(0.095F, -0.02F, 0.034F, 0.060F);
            blob(0.108F, 0.07F, 0.026F, 0.085F);
            break;
        case HairStyle::Curly:
            curls(false);
            break;
        case HairStyle::Headscarf:
            fillMirrored({{0.0F, -0.146F},
                          {0.088F, -0.116F},
                          {0.112F, -0.01F},
                          {0.104F, 0.10F},
                          {0.135F, 0.19F},
                          {0.0F, 0.25F}});
            break;
        default:
            break;
        }
    }

    void drawFront() {
        const float line = hairLine(look_);
        const float w = look_.faceWidth;
        switch (look_.hairStyle) {
        case HairStyle::Bald:
            break;
        case HairStyle::Buzz:
            cap(0.004F, line, 0.006F, 0.88F);
            break;
        case HairStyle::Short:
            cap(0.016F * volume_, line, 0.012F, 1.0F);
            break;
        case HairStyle::Curly:
            cap(0.014F * volume_, line, 0.012F, 1.0F);
            curls(true);
            break;
        case HairStyle::SidePart:
            cap(0.014F * volume_, line - 0.008F, 0.020F, 1.0F);
            fillShape({{-0.088F * w, -0.02F},
                       {-0.092F * w, -0.09F},
                       {-0.03F, -0.142F - 0.012F * volume_},
                       {0.060F, -0.120F},
                       {0.030F, -0.100F},
                       {-0.03F, -0.074F},
                       {-0.070F * w, -0.050F}});
            break;
        case HairStyle::Bob:
        case HairStyle::Long:
            cap(0.016F * volume_, line, 0.03F, 1.0F);
            for (const float side : {-1.0F, 1.0F}) {
                const float low = look_.hairStyle == HairStyle::Bob ? 0.105F : 0.26F;
                fillShape({{side * 0.070F * w, -0.088F},
                           {side * 0.098F, -0.06F},
                           {side * 0.110F, 0.02F},
                           {side * 0.112F, low},
                           {side * 0.092F, low + 0.008F},
                           {side * 0.086F * w, 0.05F},
                           {side * 0.078F * w, -0.02F}});
            }
            break;
        case HairStyle::Bun:
        case HairStyle::Ponytail:
            cap(0.010F * volume_, line - 0.006F, 0.014F, 1.0F);
            break;
        case HairStyle::Headscarf:
            scarf();
            break;
        }
    }

private:
    void fillShape(std::initializer_list<Vec2> points, float opacity = 1.0F) {
        stage_.canvas.fill(head_.curve({points.begin(), points.size()}, 0.02F, 5), Part::Body, shader_, opacity);
    }

    /// Given down the right side from crown to nape.
    void fillMirrored(std::initializer_list<Vec2> half) {
        std::vector<Vec2> points(half);
        for (std::size_t i = half.size(); i-- > 0;) {
            const Vec2 point = *(half.begin() + i);
            if (point.x != 0.0F) {
                points.push_back({-point.x, point.y});
            }
        }
        stage_.canvas.fill(head_.curve(points, 0.0F, 5), Part::Body, shader_);
    }

    /// The hair on the skull: `rise` above it, down to `line` on the forehead and `sideburn` beside the eyes.
    void cap(float rise, float line, float sideburn, float opacity) {
        const float w = look_.faceWidth;
        const float s = 0.6F * rise;
        fillShape({{0.0F, -0.124F - rise},
                   {0.052F * w + s, -0.113F - rise},
                   {0.083F * w + s, -0.068F - 0.3F * rise},
                   {0.091F * w + s, -0.012F},
                   {0.086F * w, sideburn},
                   {0.079F * w, -0.024F},
                   {0.070F * w, line + 0.020F},
                   {0.040F * w, line + 0.001F},
                   {0.0F, line},
                   {-0.040F * w, line + 0.001F},
                   {-0.070F * w, line + 0.020F},
                   {-0.079F * w, -0.024F},
                   {-0.086F * w, sideburn},
                   {-0.091F * w - s, -0.012F},
                   {-0.083F * w - s, -0.068F - 0.3F * rise},
                   {-0.052F * w - s, -0.113F - rise}},
                  opacity);
    }

    void blob(float x, float y, float rx, float ry) {
        std::vector<Vec2> points;
        for (int i = 0; i < 8; ++i) {
            const float turn = 2.0F * kPi * static_cast<float>(i) / 8.0F;
            points.push_back({x + rx * std::cos(turn), y + ry * std::sin(turn)});
        }
        stage_.canvas.fill(head_.curve(points, -0.03F, 3), Part::Body, shader_);
    }

    void curls(bool front) {
        const int count = front ? 9 : 13;
        const float radius = (front ? 0.024F : 0.036F) * volume_;
        for (int i = 0; i < count; ++i) {
            const float turn = kPi * (front ? mix(1.12F, 1.88F, static_cast<float>(i) / static_cast<float>(count - 1))
                                            : mix(0.93F, 2.07F, static_cast<float>(i) / static_cast<float>(count - 1)));
            const float reach = front ? 0.098F : 0.112F;
            blob(0.88F * reach * std::cos(turn), -0.018F + 1.05F * reach * std::sin(turn), radius, radius * 0.95F);
        }
    }

    /// Frames the face and falls over the neck.
    void scarf() {
        const float w = look_.faceWidth;
        for (const float side : {-1.0F, 1.0F}) {
            fillShape({{0.0F, -0.150F},
                       {side * 0.070F, -0.132F},
                       {side * 0.105F, -0.06F},
                       {side * 0.106F, 0.04F},
                       {side * 0.090F, 0.13F},
                       {side * 0.100F, 0.20F},
                       {0.0F, 0.225F},
                       {0.0F, 0.128F},
                       {side * 0.045F * w, 0.112F},
                       {side * 0.076F * w, 0.065F},
                       {side * 0.080F * w, -0.02F},
                       {side * 0.060F * w, -0.082F},
                       {0.0F, -0.096F}});
        }
        const std::array<Vec2, 3> fold{head_.at(-0.07F, 0.12F, 0.0F), head_.at(0.0F, 0.165F, 0.03F),
                                       head_.at(0.08F, 0.15F, 0.0F)};
        stage_.canvas.stroke(fold, 0.0022F * head_.pixels(), shader_.colour * 0.6F, 0.7F);
    }

    const Stage& stage_;
    const Look& look_;
    HeadFrame head_;
    float volume_;
    HairShader shader_;
};

} // namespace

void drawHairBehind(const Stage& stage) {
    HairDrawing(stage).drawBehind();
}

void drawHairInFront(const Stage& stage) {
    HairDrawing(stage).drawFront();
}

} // namespace livegloss::synth
