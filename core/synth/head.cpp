#include "figure.h"

namespace livegloss::synth {
namespace {

constexpr Vec2 kHeadCentre{0.0F, 0.212F};
constexpr float kEyeX = 0.036F;
constexpr float kEyeY = -0.004F;

class FaceDrawing {
public:
    explicit FaceDrawing(const Stage& stage)
        : stage_(stage),
          look_(stage.look),
          face_(stage.pose.face),
          head_(stage),
          pixel_(head_.pixels()),
          lit_(stage.view.light.on({0.0F, 0.0F, 1.0F})) {}

    void draw() {
        drawEars();
        drawSkull();
        drawBeard();
        drawCheeks();
        drawNose();
        drawMouth();
        drawEye(-1.0F);
        drawEye(1.0F);
        drawBrow(-1.0F);
        drawBrow(1.0F);
        drawBrowLines();
        drawGlasses();
        reportKeypoints();
    }

private:
    float jawDrop() const { return 0.014F * face_.mouthOpen; }
    float browY() const { return -0.034F - (face_.brows > 0.0F ? 0.019F : 0.011F) * face_.brows; }
    float mouthY() const { return 0.072F; }
    float mouthHalfWidth() const {
        return (0.030F + 0.011F * face_.smile - 0.017F * face_.pursed - 0.004F * face_.mouthOpen) * look_.faceWidth;
    }

    std::vector<Vec2> skull() const {
        const float w = look_.faceWidth;
        const float j = look_.jawWidth * w;
        const float puff = 0.009F * face_.puffed;
        const float drop = jawDrop();
        const std::array<Vec2, 16> points{{{0.0F, -0.124F},
                                           {0.050F * w, -0.112F},
                                           {0.080F * w, -0.068F},
                                           {0.087F * w, -0.010F},
                                           {0.083F * w + puff, 0.040F},
                                           {0.064F * j + puff, 0.084F + 0.5F * drop},
                                           {0.034F * j, 0.112F + drop},
                                           {0.012F, 0.1215F + drop},
                                           {-0.012F, 0.1215F + drop},
                                           {-0.034F * j, 0.112F + drop},
                                           {-0.064F * j - puff, 0.084F + 0.5F * drop},
                                           {-0.083F * w - puff, 0.040F},
                                           {-0.087F * w, -0.010F},
                                           {-0.080F * w, -0.068F},
                                           {-0.050F * w, -0.112F},
                                           {0.0F, -0.124F}}};
        return head_.curve(std::span(points).first(15), 0.0F, 4);
    }

    void drawSkull() {
        const Vec2 centre = head_.at(0.0F, 0.005F, 0.03F);
        const float reach = 1.0F / (0.115F * pixel_);
        const Light& light = stage_.view.light;
        stage_.canvas.fill(skull(), Part::Face, [&, centre](float x, float y) {
            const float nx = (x - centre.x) * reach * 1.22F;
            const float ny = (y - centre.y) * reach * 0.88F;
            const float squared = nx * nx + ny * ny;
            const Vec3 normal{nx * 0.9F, ny * 0.9F, std::sqrt(std::max(0.06F, 1.0F - squared))};
            const float rim = 1.0F - 0.16F * smoothStep(0.72F, 1.12F, squared);
            return look_.skin * (light.on(normal) * rim);
        });
    }

    void drawEars() {
        if (look_.hairStyle == HairStyle::Headscarf || look_.hairStyle == HairStyle::Bob ||
            look_.hairStyle == HairStyle::Long) {
            return;
        }
        for (const float side : {-1.0F, 1.0F}) {
            const Vec2 centre = head_.at(side * 0.089F * look_.faceWidth, 0.012F, -0.01F);
            stage_.canvas.ellipse(centre, {0.014F * pixel_, 0.026F * pixel_}, head_.roll(),
                                  look_.skin * (0.86F * lit_));
            stage_.canvas.ellipse(centre, {0.007F * pixel_, 0.015F * pixel_}, head_.roll(),
                                  look_.skin * (0.70F * lit_));
            if (look_.earrings) {
                const Vec2 lobe = head_.at(side * 0.090F * look_.faceWidth, 0.042F, -0.01F);
                stage_.canvas.ellipse(lobe, {0.006F * pixel_, 0.007F * pixel_}, 0.0F, {224, 190, 90});
            }
        }
    }

    void drawBeard() {
        if (look_.beard == Beard::None || look_.beard == Beard::Moustache) {
            return;
        }
        const float w = look_.faceWidth;
        const float j = look_.jawWidth * w;
        const float drop = jawDrop();
        const std::array<Vec2, 14> points{{{0.084F * w, 0.020F},
                                           {0.066F * j, 0.084F + 0.5F * drop},
                                           {0.034F * j, 0.115F + drop},
                                           {0.0F, 0.125F + drop},
                                           {-0.034F * j, 0.115F + drop},
                                           {-0.066F * j, 0.084F + 0.5F * drop},
                                           {-0.084F * w, 0.020F},
                                           {-0.070F * w, 0.040F},
                                           {-0.050F * w, 0.062F},
                                           {-0.026F * w, 0.053F},
                                           {0.0F, 0.055F},
                                           {0.026F * w, 0.053F},
                                           {0.050F * w, 0.062F},
                                           {0.070F * w, 0.040F}}};
        const bool full = look_.beard == Beard::Full;
        stage_.canvas.fill(head_.curve(points, 0.03F, 4), Part::Face, look_.hair * (0.95F * lit_),
                           full ? 0.92F : 0.28F);
    }

    void drawCheeks() {
        for (const float side : {-1.0F, 1.0F}) {
            const Vec2 cheek = head_.at(side * 0.052F, 0.042F, 0.05F);
            const Colour blush = mix(look_.skin, {222, 110, 96}, 0.45F) * lit_;
            stage_.canvas.ellipse(cheek, {0.021F * pixel_, 0.014F * pixel_}, head_.roll(), blush,
                                  0.22F + 0.25F * face_.puffed);
            if (face_.smile > 0.05F) {
                const std::array<Vec2, 3> fold{head_.at(side * 0.028F, 0.035F), head_.at(side * 0.044F, 0.052F),
                                               head_.at(side * 0.049F, 0.070F)};
                stage_.canvas.stroke(fold, 0.0018F * pixel_, look_.skin * (0.70F * lit_), 0.7F * face_.smile);
            }
        }
    }

    void drawNose() {
        const float n = look_.noseScale;
        const float side = stage_.view.light.direction.x < 0.0F ? 1.0F : -1.0F;
        const Colour shade = look_.skin * (0.76F * lit_);
        const std::array<Vec2, 4> bridge{
            head_.at(side * 0.010F, -0.008F, 0.075F), head_.at(side * 0.009F, 0.015F, 0.085F),
            head_.at(side * 0.014F * n, 0.032F, 0.09F), head_.at(side * 0.011F * n, 0.040F, 0.085F)};
        stage_.canvas.stroke(bridge, 0.0026F * pixel_, shade, 0.65F);
        const std::array<Vec2, 5> under{head_.at(-0.016F * n, 0.036F, 0.08F), head_.at(-0.010F * n, 0.043F, 0.09F),
                                        head_.at(0.0F, 0.041F, 0.10F), head_.at(0.010F * n, 0.043F, 0.09F),
                                        head_.at(0.016F * n, 0.036F, 0.08F)};
        stage_.canvas.stroke(under, 0.0022F * pixel_, look_.skin * (0.62F * lit_), 0.85F);
        stage_.canvas.ellipse(head_.at(-side * 0.003F, 0.026F, 0.10F), {0.006F * pixel_, 0.008F * pixel_}, 0.0F,
                              mix(look_.skin, {255, 255, 255}, 0.25F) * lit_, 0.5F);
    }

    void drawMouth() {
        const float w = mouthHalfWidth();
        const float y = mouthY();
        const float open = face_.mouthOpen;
        const float corner = y - 0.011F * face_.smile + 0.4F * jawDrop() + 0.003F * std::max(0.0F, -face_.brows);
        const float lower = y + 0.010F + 0.004F * face_.pursed + 0.034F * open;
        const float upper = y - 0.007F - 0.003F * face_.pursed - 0.004F * open;
        const Colour lips = look_.lips * lit_;
        const std::array<Vec2, 8> lipShape{{{-w - 0.002F, corner},
                                            {-0.5F * w, upper + 0.001F},
                                            {0.0F, upper + 0.002F},
                                            {0.5F * w, upper + 0.001F},
                                            {w + 0.002F, corner},
                                            {0.55F * w, lower - 0.002F},
                                            {0.0F, lower},
                                            {-0.55F * w, lower - 0.002F}}};
        const Part part = Part::Face;
        if (look_.beard == Beard::Full || look_.beard == Beard::Moustache) {
            const std::array<Vec2, 3> moustache{head_.at(-0.034F, y - 0.003F), head_.at(0.0F, y - 0.017F),
                                                head_.at(0.034F, y - 0.003F)};
            stage_.canvas.stroke(moustache, 0.0068F * pixel_, look_.hair * lit_);
        }
        stage_.canvas.fill(head_.curve(lipShape, 0.07F, 4), part, lips);
        if (open > 0.08F || face_.smile > 0.25F) {
            drawMouthInside(w, corner, upper, lower);
            return;
        }
        const float line = y + 0.001F + 0.006F * face_.smile;
        const std::array<Vec2, 5> closed{head_.at(-w, corner), head_.at(-0.5F * w, line - 0.001F), head_.at(0.0F, line),
                                         head_.at(0.5F * w, line - 0.001F), head_.at(w, corner)};
        stage_.canvas.stroke(closed, 0.0022F * pixel_, lips * 0.45F, 0.9F);
        if (face_.pursed > 0.3F) {
            for (const float x : {-0.5F, 0.0F, 0.5F}) {
                const std::array<Vec2, 2> crease{head_.at(x * w, upper + 0.001F), head_.at(x * w, lower - 0.001F)};
                stage_.canvas.stroke(crease, 0.0012F * pixel_, lips * 0.55F, 0.6F * face_.pursed);
            }
        }
    }

    void drawMouthInside(float w, float corner, float upper, float lower) {
        const float gap = std::max(face_.mouthOpen, 0.42F * face_.smile);
        const float top = upper + 0.006F;
        const float bottom =
            mix(top + 0.004F, lower - 0.006F, std::min(1.0F, face_.mouthOpen + 0.001F)) + 0.012F * face_.smile * gap;
        const std::array<Vec2, 6> hole{{{-0.84F * w, corner},
                                        {-0.4F * w, top},
                                        {0.4F * w, top},
                                        {0.84F * w, corner},
                                        {0.45F * w, bottom},
                                        {-0.45F * w, bottom}}};
        stage_.canvas.fill(head_.curve(hole, 0.07F, 4), Part::Face, Colour{66, 20, 24});
        const float teeth = std::min(top + 0.009F, mix(top, bottom, 0.8F));
        const std::array<Vec2, 4> upperTeeth{head_.at(-0.5F * w, top + 0.0005F), head_.at(0.5F * w, top + 0.0005F),
                                             head_.at(0.42F * w, teeth), head_.at(-0.42F * w, teeth)};
        stage_.canvas.fill(upperTeeth, Part::Face, Colour{240, 236, 228} * lit_);
        if (face_.mouthOpen > 0.5F) {
            stage_.canvas.ellipse(head_.at(0.0F, bottom - 0.006F), {0.36F * w * pixel_, 0.006F * pixel_}, head_.roll(),
                                  {190, 84, 88});
        }
    }

    void drawEye(float side) {
        const float wide = 1.0F + 0.28F * std::max(0.0F, face_.brows) + 0.22F * std::min(0.0F, face_.brows);
        const float openness = std::max(0.0F, wide * (1.0F - face_.blink) - 0.12F * face_.smile);
        const float w = 0.0170F * look_.eyeScale;
        const float h = 0.0098F * look_.eyeScale * openness;
        const float cx = side * kEyeX;
        const Colour lidLine = mix(look_.skin * 0.35F, Colour{30, 22, 22}, 0.6F);
        if (openness > 0.15F) {
            const std::array<Vec2, 6> shape{{{cx - w, kEyeY + 0.001F},
                                             {cx - 0.4F * w, kEyeY - h},
                                             {cx + 0.4F * w, kEyeY - h},
                                             {cx + w, kEyeY + 0.001F},
                                             {cx + 0.4F * w, kEyeY + 0.75F * h},
                                             {cx - 0.4F * w, kEyeY + 0.75F * h}}};
            stage_.canvas.fill(head_.curve(shape, 0.06F, 3), Part::Face, Colour{246, 243, 238} * std::min(1.0F, lit_));
            const float gaze = 0.003F * stage_.pose.headYaw;
            const float iris = 0.0078F * look_.eyeScale * pixel_;
            const Vec2 centre = head_.at(cx - gaze, kEyeY - 0.0005F);
            const float squeeze = std::min(1.0F, 1.15F * h / (0.0078F * look_.eyeScale));
            stage_.canvas.ellipse(centre, {iris, iris * squeeze}, head_.roll(), look_.iris);
            stage_.canvas.ellipse(centre, {0.5F * iris, 0.5F * iris * squeeze}, head_.roll(), {14, 12, 12});
            stage_.canvas.ellipse(centre + Vec2{0.35F * iris, -0.35F * iris}, {0.26F * iris, 0.26F * iris}, 0.0F,
                                  {250, 250, 250}, 0.9F);
        }
        const std::array<Vec2, 4> lid{head_.at(cx - w, kEyeY + 0.001F), head_.at(cx - 0.4F * w, kEyeY - 1.05F * h),
                                      head_.at(cx + 0.4F * w, kEyeY - 1.05F * h), head_.at(cx + w, kEyeY + 0.001F)};
        stage_.canvas.stroke(lid, 0.0026F * pixel_, lidLine);
        const float fold = kEyeY - h - 0.007F;
        const std::array<Vec2, 3> crease{head_.at(cx - 0.8F * w, fold + 0.003F), head_.at(cx, fold),
                                         head_.at(cx + 0.8F * w, fold + 0.003F)};
        stage_.canvas.stroke(crease, 0.0014F * pixel_, look_.skin * (0.68F * lit_), 0.7F);
    }

    void drawBrow(float side) {
        const float y = browY();
        const float inner = std::min(0.0F, face_.brows) * -0.011F;
        const float arch = 0.005F + 0.005F * std::max(0.0F, face_.brows);
        const float pinch = 0.004F * std::min(0.0F, face_.brows);
        const float nearX = 0.016F + pinch;
        const float thick = 0.0046F * look_.browThickness;
        const Colour colour = mix(look_.hair, look_.skin * 0.3F, 0.35F);
        const std::array<Vec2, 9> brow{{{side * nearX, y + inner - thick},
                                        {side * 0.030F, y - arch - thick + 0.4F * inner},
                                        {side * 0.046F, y - arch - 0.6F * thick},
                                        {side * 0.059F, y + 0.004F},
                                        {side * 0.061F, y + 0.006F},
                                        {side * 0.046F, y - arch + thick},
                                        {side * 0.030F, y - arch + thick + 0.4F * inner},
                                        {side * nearX, y + inner + thick},
                                        {side * (nearX - 0.001F), y + inner}}};
        stage_.canvas.fill(head_.curve(brow, 0.065F, 3), Part::Face, colour);
    }

    /// Wrinkles that go with raised and with drawn brows.
    void drawBrowLines() {
        const Colour line = look_.skin * (0.70F * lit_);
        if (face_.brows > 0.2F && look_.fringe < 0.4F) {
            for (const float y : {-0.070F, -0.080F}) {
                const std::array<Vec2, 3> wrinkle{head_.at(-0.036F, y + 0.002F), head_.at(0.0F, y),
                                                  head_.at(0.036F, y + 0.002F)};
                stage_.canvas.stroke(wrinkle, 0.0014F * pixel_, line, 0.75F * face_.brows);
            }
        } else if (face_.brows < -0.2F) {
            for (const float x : {-0.006F, 0.006F}) {
                const std::array<Vec2, 2> furrow{head_.at(x, -0.040F), head_.at(0.7F * x, -0.020F)};
                stage_.canvas.stroke(furrow, 0.0018F * pixel_, line, -0.85F * face_.brows);
            }
        }
    }

    void drawGlasses() {
        if (!look_.glasses) {
            return;
        }
        for (const float side : {-1.0F, 1.0F}) {
            std::vector<Vec2> rim;
            for (int i = 0; i <= 16; ++i) {
                const float turn = 2.0F * kPi * static_cast<float>(i) / 16.0F;
                rim.push_back(
                    head_.at(side * 0.037F + 0.027F * std::cos(turn), 0.001F + 0.021F * std::sin(turn), 0.075F));
            }
            stage_.canvas.fill(rim, Part::Face, Colour{235, 242, 250}, 0.10F);
            stage_.canvas.stroke(rim, 0.0022F * pixel_, look_.glassesColour);
            const std::array<Vec2, 2> arm{head_.at(side * 0.064F, -0.003F, 0.07F),
                                          head_.at(side * 0.088F, -0.006F, 0.0F)};
            stage_.canvas.stroke(arm, 0.0020F * pixel_, look_.glassesColour);
        }
        const std::array<Vec2, 3> bridge{head_.at(-0.010F, -0.002F, 0.08F), head_.at(0.0F, -0.006F, 0.085F),
                                         head_.at(0.010F, -0.002F, 0.08F)};
        stage_.canvas.stroke(bridge, 0.0020F * pixel_, look_.glassesColour);
    }

    void reportKeypoints() {
        stage_.keypoint("nose", head_.inBody(0.0F, 0.033F, 0.10F));
        stage_.keypoint("right_brow", head_.inBody(-0.038F, browY() - 0.005F, 0.065F));
        stage_.keypoint("left_brow", head_.inBody(0.038F, browY() - 0.005F, 0.065F));
        stage_.keypoint("right_mouth_corner", head_.inBody(-mouthHalfWidth(), mouthY(), 0.06F));
        stage_.keypoint("left_mouth_corner", head_.inBody(mouthHalfWidth(), mouthY(), 0.06F));
    }

    const Stage& stage_;
    const Look& look_;
    const FacePose& face_;
    HeadFrame head_;
    float pixel_;
    float lit_;
};

} // namespace

HeadFrame::HeadFrame(const Stage& stage)
    : camera_(stage.camera),
      centre_{kHeadCentre.x + stage.pose.headShift.x + stage.pose.sway * 1.3F, kHeadCentre.y + stage.pose.headShift.y,
              0.0F},
      scale_(stage.look.headScale),
      roll_(stage.pose.headRoll),
      yaw_(stage.pose.headYaw),
      pixels_(stage.camera.pixels(0.0F) * stage.look.headScale) {}

Vec3 HeadFrame::inBody(float x, float y, float bulge) const {
    const float turned = (x + 0.45F * yaw_ * bulge) * scale_;
    const float down = y * scale_;
    const float c = std::cos(roll_);
    const float s = std::sin(roll_);
    return {centre_.x + turned * c - down * s, centre_.y + turned * s + down * c, 0.0F};
}

Vec2 HeadFrame::at(float x, float y, float bulge) const {
    return camera_.flat(inBody(x, y, bulge));
}

std::vector<Vec2> HeadFrame::curve(std::span<const Vec2> points, float bulge, int steps) const {
    std::vector<Vec2> placed;
    placed.reserve(points.size());
    for (const Vec2 point : points) {
        placed.push_back(at(point.x, point.y, bulge));
    }
    return smoothClosed(placed, steps);
}

float hairLine(const Look& look) {
    return mix(-0.092F, -0.062F, look.fringe);
}

void drawHead(const Stage& stage) {
    FaceDrawing(stage).draw();
}

} // namespace livegloss::synth
