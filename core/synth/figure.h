#pragma once

#include "look.h"
#include "pose.h"
#include "raster.h"
#include "synth/signer.h"

#include <vector>

namespace livegloss::synth {

/// From the body's space to pixels. Nearer things are a little larger.
class Camera {
public:
    Camera(const View& view, int size);

    Vec3 project(Vec3 point) const;
    Vec2 flat(Vec3 point) const {
        const Vec3 seen = project(point);
        return {seen.x, seen.y};
    }
    /// Pixels per picture height at a depth.
    float pixels(float z) const { return scale_ * magnification(z); }
    /// Back from a pixel to the body's space, on the plane z = 0.
    Vec2 unproject(float x, float y) const {
        const float dx = x - centre_.x;
        const float dy = y - centre_.y;
        return {(dx * cosine_ + dy * sine_) / scale_, 0.5F + (dy * cosine_ - dx * sine_) / scale_};
    }

private:
    static float magnification(float z) { return 1.0F + 0.45F * z; }

    float scale_;
    Vec2 centre_;
    float cosine_;
    float sine_;
};

/// Everything that the parts of the figure need for one frame.
struct Stage {
    Canvas& canvas;
    const Camera& camera;
    const Look& look;
    const View& view;
    const BodyPose& pose;
    std::vector<Keypoint>* keypoints = nullptr; ///< null unless truth is asked for

    /// Mirrors the dominant hand's frame onto the side of the body where the hand is.
    Vec3 onSide(Vec3 point, bool dominant) const {
        Vec3 placed = (dominant != look.leftHanded) ? point : mirrored(point);
        placed.x += pose.sway;
        return placed;
    }
    void keypoint(const char* name, Vec3 point) const;
};

/// The whole signer over what the canvas shows already.
void drawSigner(const Stage& stage);

// The parts, back to front.
void drawHairBehind(const Stage& stage);
void drawTorso(const Stage& stage);
void drawHead(const Stage& stage);
void drawHairInFront(const Stage& stage);
void drawArms(const Stage& stage);
void drawHand(const Stage& stage, bool dominant);

/// From the head's own plane (origin between the eyes' height and the middle, 1 is the picture's height) to pixels.
class HeadFrame {
public:
    explicit HeadFrame(const Stage& stage);
    /// `bulge`: how far the point stands out of the head's middle plane; such points move when the head turns.
    Vec2 at(float x, float y, float bulge = 0.06F) const;
    Vec3 inBody(float x, float y, float bulge) const;
    float pixels() const { return pixels_; }
    float roll() const { return roll_; }
    std::vector<Vec2> curve(std::span<const Vec2> points, float bulge, int steps = 5) const;

private:
    const Camera& camera_;
    Vec3 centre_;
    float scale_;
    float roll_;
    float yaw_;
    float pixels_;
};

/// Lower edge of the hair on the forehead, in the head's plane.
float hairLine(const Look& look);

} // namespace livegloss::synth
