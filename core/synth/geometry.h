#pragma once

#include <algorithm>
#include <array>
#include <cmath>

namespace livegloss::synth {

inline constexpr float kPi = 3.14159265358979F;
inline float radians(float degrees) {
    return degrees * (kPi / 180.0F);
}
inline float mix(float a, float b, float t) {
    return a + (b - a) * t;
}
/// 0 below `from`, 1 above `to`, smooth between.
inline float smoothStep(float from, float to, float value) {
    const float t = std::clamp((value - from) / (to - from), 0.0F, 1.0F);
    return t * t * (3.0F - 2.0F * t);
}

struct Vec2 {
    float x = 0.0F;
    float y = 0.0F;
};
inline Vec2 operator+(Vec2 a, Vec2 b) {
    return {a.x + b.x, a.y + b.y};
}
inline Vec2 operator-(Vec2 a, Vec2 b) {
    return {a.x - b.x, a.y - b.y};
}
inline Vec2 operator*(Vec2 a, float s) {
    return {a.x * s, a.y * s};
}

/// A direction, a place in the body's space (x right in the picture, y down, z towards the viewer; 1 is the picture's
/// height) or a colour (red, green, blue, 0 .. 255).
struct Vec3 {
    float x = 0.0F;
    float y = 0.0F;
    float z = 0.0F;
};
inline Vec3 operator+(Vec3 a, Vec3 b) {
    return {a.x + b.x, a.y + b.y, a.z + b.z};
}
inline Vec3 operator-(Vec3 a, Vec3 b) {
    return {a.x - b.x, a.y - b.y, a.z - b.z};
}
inline Vec3 operator*(Vec3 a, float s) {
    return {a.x * s, a.y * s, a.z * s};
}
inline float dot(Vec3 a, Vec3 b) {
    return a.x * b.x + a.y * b.y + a.z * b.z;
}
inline Vec3 cross(Vec3 a, Vec3 b) {
    return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
inline float length(Vec3 a) {
    return std::sqrt(dot(a, a));
}
inline Vec3 normalised(Vec3 a) {
    return a * (1.0F / std::max(length(a), 1e-9F));
}
inline Vec3 mix(Vec3 a, Vec3 b, float t) {
    return a + (b - a) * t;
}
inline Vec3 mirrored(Vec3 a) {
    return {-a.x, a.y, a.z};
}
using Colour = Vec3;

struct Quat {
    float w = 1.0F;
    float x = 0.0F;
    float y = 0.0F;
    float z = 0.0F;
};
inline Quat operator*(Quat a, Quat b) {
    return {a.w * b.w - a.x * b.x - a.y * b.y - a.z * b.z, a.w * b.x + a.x * b.w + a.y * b.z - a.z * b.y,
            a.w * b.y - a.x * b.z + a.y * b.w + a.z * b.x, a.w * b.z + a.x * b.y - a.y * b.x + a.z * b.w};
}
inline Quat aboutAxis(Vec3 axis, float angle) {
    const Vec3 a = normalised(axis) * std::sin(angle / 2.0F);
    return {std::cos(angle / 2.0F), a.x, a.y, a.z};
}
inline Vec3 rotate(Quat q, Vec3 v) {
    const Vec3 u{q.x, q.y, q.z};
    const Vec3 t = cross(u, v) * 2.0F;
    return v + t * q.w + cross(u, t);
}
/// The shorter way round.
inline Quat slerp(Quat a, Quat b, float t) {
    float cosine = a.w * b.w + a.x * b.x + a.y * b.y + a.z * b.z;
    const float sign = cosine < 0.0F ? -1.0F : 1.0F;
    cosine = std::min(cosine * sign, 1.0F);
    const float angle = std::acos(cosine);
    const float sine = std::sin(angle);
    const float wa = sine < 1e-4F ? 1.0F - t : std::sin((1.0F - t) * angle) / sine;
    const float wb = sign * (sine < 1e-4F ? t : std::sin(t * angle) / sine);
    Quat q{a.w * wa + b.w * wb, a.x * wa + b.x * wb, a.y * wa + b.y * wb, a.z * wa + b.z * wb};
    const float norm = 1.0F / std::sqrt(q.w * q.w + q.x * q.x + q.y * q.y + q.z * q.z);
    return {q.w * norm, q.x * norm, q.y * norm, q.z * norm};
}
/// The rotation that takes the axes x, y, z to three orthonormal directions of the same handedness.
Quat fromAxes(Vec3 x, Vec3 y, Vec3 z);

} // namespace livegloss::synth
