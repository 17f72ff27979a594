#include "figure.h"

namespace livegloss::synth {

Camera::Camera(const View& view, int size)
    : scale_(view.scale * static_cast<float>(size)),
      centre_{(0.5F + view.shift.x) * static_cast<float>(size),
              (0.5F + view.shift.y + 0.4F * (view.scale - 1.0F)) * static_cast<float>(size)},
      cosine_(std::cos(view.roll)),
      sine_(std::sin(view.roll)) {}

Vec3 Camera::project(Vec3 point) const {
    const float zoom = pixels(point.z);
    const float x = point.x * zoom;
    const float y = (point.y - 0.5F) * zoom;
    return {centre_.x + x * cosine_ - y * sine_, centre_.y + x * sine_ + y * cosine_, point.z * scale_};
}

void Stage::keypoint(const char* name, Vec3 point) const {
    if (keypoints == nullptr) {
        return;
    }
    const Vec3 seen = camera.project(point);
    const float limit = static_cast<float>(canvas.size());
    const bool inside = seen.x >= 0.0F && seen.y >= 0.0F && seen.x < limit && seen.y < limit;
    keypoints->push_back({name, seen.x, seen.y, inside});
}

void drawSigner(const Stage& stage) {
    drawHairBehind(stage);
    drawTorso(stage);
    drawHead(stage);
    drawHairInFront(stage);
    stage.canvas.clearDepth();
    drawArms(stage);
}

} // namespace livegloss::synth
