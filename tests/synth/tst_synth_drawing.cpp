#include "figure.h"
#include "frame_painter.h"
#include "raster.h"
#include "synth/signer.h"

#include <QTest>
#include <map>
#include <random>
#include <thread>

using namespace livegloss::synth;

namespace {

std::uint64_t drawnSeed() {
    const std::uint64_t seed = std::random_device{}();
    qInfo("seed %llu", static_cast<unsigned long long>(seed));
    return seed;
}

std::unique_ptr<Clip> clipOf(std::uint64_t seed, int size, std::vector<std::string> glosses = {}) {
    ClipRequest request;
    request.seed = seed;
    request.size = size;
    request.glosses = std::move(glosses);
    return makeClip(request);
}

std::map<std::string, Keypoint> byName(const RenderedFrame& frame) {
    std::map<std::string, Keypoint> points;
    for (const Keypoint& point : frame.keypoints) {
        points[point.name] = point;
    }
    return points;
}

struct Centroid {
    double x = 0.0;
    double y = 0.0;
    int pixels = 0;
};
Centroid centroid(const std::vector<std::uint8_t>& mask, int size, int value) {
    Centroid sum;
    for (int i = 0; i < size * size; ++i) {
        if (mask[static_cast<std::size_t>(i)] == value) {
            sum.x += i % size;
            sum.y += i / size;
            ++sum.pixels;
        }
    }
    sum.x /= std::max(1, sum.pixels);
    sum.y /= std::max(1, sum.pixels);
    return sum;
}

/// Mean difference over the pixels where `mask` is set.
double difference(const RenderedFrame& a, const RenderedFrame& b) {
    double sum = 0.0;
    for (std::size_t i = 0; i < a.rgb.size(); ++i) {
        sum += std::abs(int(a.rgb[i]) - int(b.rgb[i]));
    }
    return sum / static_cast<double>(a.rgb.size());
}

struct Painting {
    std::vector<std::uint8_t> rgb;
    std::vector<float> depth;
    std::vector<Part> parts;
    Canvas canvas;
    explicit Painting(int size)
        : rgb(static_cast<std::size_t>(size * size * 3)),
          depth(static_cast<std::size_t>(size * size)),
          parts(static_cast<std::size_t>(size * size)),
          canvas(size, rgb.data(), depth.data(), parts.data()) {
        canvas.clearDepth();
    }
    int red(int x, int y) const { return rgb[static_cast<std::size_t>((y * canvas.size() + x) * 3)]; }
};

} // namespace

class DrawingTest : public QObject {
    Q_OBJECT

private slots:
    void sameRequestSameBytes() {
        const std::uint64_t seed = drawnSeed();
        const auto first = clipOf(seed, 160);
        const auto second = clipOf(seed, 160);
        RenderedFrame a;
        RenderedFrame b;
        RenderedFrame bare;
        QCOMPARE(first->frames(), second->frames());
        for (int frame = 0; frame < first->frames(); frame += 5) {
            first->render(frame, a, true);
            second->render(frame, b, true);
            second->render(frame, bare, false);
            QVERIFY(a.rgb == b.rgb && a.handMask == b.handMask && a.faceMask == b.faceMask);
            QVERIFY2(a.rgb == bare.rgb, "asking for truth changes the picture");
            QVERIFY(bare.handMask.empty() && bare.faceMask.empty() && bare.keypoints.empty());
        }
    }

    void otherSeedOtherPicture() {
        const std::uint64_t seed = drawnSeed();
        RenderedFrame a;
        RenderedFrame b;
        clipOf(seed, 128)->render(0, a, false);
        clipOf(seed + 1, 128)->render(0, b, false);
        QVERIFY(difference(a, b) > 5.0);
    }

    void everySizeWorks() {
        RenderedFrame frame;
        for (const int size : {96, 97, 128, 224, 320, 511, 1024}) {
            const auto clip = clipOf(5, size);
            clip->render(clip->spans()[0].firstFrame, frame, true);
            QCOMPARE(frame.size, size);
            QCOMPARE(frame.rgb.size(), static_cast<std::size_t>(size * size * 3));
            QCOMPARE(frame.handMask.size(), static_cast<std::size_t>(size * size));
            // The hand's share of the picture does not depend on the size.
            const double share = centroid(frame.faceMask, size, 1).pixels / double(size) / size;
            QVERIFY2(share > 0.01 && share < 0.12, qPrintable(QString("%1: %2").arg(size).arg(share)));
        }
    }

    void masksLieWhereTheHandsAre() {
        const std::uint64_t seed = drawnSeed();
        constexpr int size = 192;
        RenderedFrame frame;
        int seen = 0;
        for (std::uint64_t i = 0; i < 60; ++i) {
            const auto clip = clipOf(seed + i, size);
            const SignSpan& span = clip->spans().front();
            clip->render((span.firstFrame + span.lastFrame) / 2, frame, true);
            const auto points = byName(frame);
            for (const auto& [side, value] : {std::pair{"right", 1}, std::pair{"left", 2}}) {
                const Keypoint wrist = points.at(std::string(side) + "_wrist");
                const Keypoint tip = points.at(std::string(side) + "_middle_tip");
                const Centroid hand = centroid(frame.handMask, size, value);
                if (!wrist.visible || !tip.visible || hand.pixels < 60) {
                    continue;
                }
                ++seen;
                const double away = std::hypot(hand.x - (wrist.x + tip.x) / 2, hand.y - (wrist.y + tip.y) / 2);
                QVERIFY2(away < 0.11 * size, qPrintable(QString("%1 px off at seed %2").arg(away).arg(seed + i)));
            }
        }
        QVERIFY2(seen > 60, "hands are seldom seen");
    }

    void faceMaskHoldsTheFace() {
        constexpr int size = 192;
        RenderedFrame frame;
        const std::uint64_t seed = drawnSeed();
        for (std::uint64_t i = 0; i < 40; ++i) {
            clipOf(seed + i, size)->render(0, frame, true);
            const auto points = byName(frame);
            for (const char* name : {"nose", "right_mouth_corner", "left_mouth_corner"}) {
                const Keypoint& point = points.at(name);
                const int index = static_cast<int>(point.y) * size + static_cast<int>(point.x);
                QVERIFY2(frame.faceMask[static_cast<std::size_t>(index)] == 1,
                         qPrintable(QString("%1 at seed %2").arg(name).arg(seed + i)));
            }
            QVERIFY(points.at("right_brow").x < points.at("left_brow").x);
        }
    }

    void leftHandersMirror() {
        RenderedFrame frame;
        bool sawRight = false;
        bool sawLeft = false;
        for (std::uint64_t seed = 0; seed < 80 && !(sawRight && sawLeft); ++seed) {
            const auto clip = clipOf(seed, 128, {"THERE"});
            const SignSpan& span = clip->spans().front();
            clip->render(span.lastFrame, frame, true);
            const auto points = byName(frame);
            const Keypoint right = points.at("right_wrist");
            const Keypoint left = points.at("left_wrist");
            // The signing hand is the higher one; the signer's right hand is on the picture's left side.
            const bool rightSigns = right.y < left.y;
            sawRight = sawRight || rightSigns;
            sawLeft = sawLeft || !rightSigns;
            const Keypoint signing = rightSigns ? right : left;
            const float shoulder = points.at(rightSigns ? "right_shoulder" : "left_shoulder").x;
            QVERIFY(rightSigns ? signing.x < shoulder + 20 : signing.x > shoulder - 20);
            const Centroid hand = centroid(frame.handMask, 128, rightSigns ? 1 : 2);
            QVERIFY2(hand.pixels > 30, "the signing hand has no mask");
            QVERIFY(std::hypot(hand.x - signing.x, hand.y - signing.y) < 0.2 * 128);
        }
        QVERIFY(sawRight && sawLeft);
    }

    void faceChangesTheFaceOnly() {
        constexpr int size = 192;
        const FramePainter painter(3, Split::Train, size);
        BodyPose pose;
        pose.dominant = restingHand(-0.1F, 0.95F);
        pose.other = pose.dominant;
        RenderedFrame neutral;
        RenderedFrame shown;
        painter.paint(pose, 0, 25.0F, neutral, true);
        for (const FacePose& face : {facePose(Brows::Raised, Mouth::Closed), facePose(Brows::Lowered, Mouth::Closed),
                                     facePose(Brows::Neutral, Mouth::Open), facePose(Brows::Neutral, Mouth::Smile)}) {
            pose.face = face;
            painter.paint(pose, 0, 25.0F, shown, true);
            int inside = 0;
            int outside = 0;
            for (std::size_t i = 0; i < neutral.faceMask.size(); ++i) {
                const int change = std::abs(int(shown.rgb[3 * i]) - int(neutral.rgb[3 * i]));
                (neutral.faceMask[i] || shown.faceMask[i] ? inside : outside) += change > 12 ? 1 : 0;
            }
            QVERIFY2(inside > 60, qPrintable(QString("only %1 pixels of the face change").arg(inside)));
            QVERIFY2(outside < inside / 2, qPrintable(QString("%1 pixels change elsewhere").arg(outside)));
        }
    }

    void handsHideTheFace() {
        RenderedFrame frame;
        const auto clip = clipOf(17, 192, {"EAT"});
        const auto facePixels = [&](int index) {
            clip->render(index, frame, true);
            return centroid(frame.faceMask, 192, 1).pixels;
        };
        QVERIFY(facePixels(clip->spans()[0].lastFrame) < facePixels(0) - 60);
    }

    void threadsDrawTheSame() {
        const auto clip = clipOf(31, 128);
        RenderedFrame alone;
        clip->render(20, alone, true);
        std::vector<RenderedFrame> frames(4);
        {
            std::vector<std::jthread> threads;
            for (RenderedFrame& frame : frames) {
                threads.emplace_back([&frame, &clip] {
                    for (int repeat = 0; repeat < 5; ++repeat) {
                        clip->render(20, frame, true);
                    }
                });
            }
        }
        for (const RenderedFrame& frame : frames) {
            QVERIFY(frame.rgb == alone.rgb && frame.handMask == alone.handMask);
        }
    }

    void polygonsCoverTheirArea() {
        // A square that cuts pixels: 100 * coverage, half and quarter pixels at its edges.
        Painting painting(16);
        const std::array<Vec2, 4> square{{{2.5F, 3.0F}, {8.5F, 3.0F}, {8.5F, 7.0F}, {2.5F, 7.0F}}};
        painting.canvas.fill(square, Part::Face, Colour{200, 0, 0});
        QCOMPARE(painting.red(5, 5), 200);
        QCOMPARE(painting.red(2, 5), 100);
        QCOMPARE(painting.red(8, 5), 100);
        QCOMPARE(painting.red(1, 5), 0);
        QCOMPARE(painting.red(5, 2), 0);
        QCOMPARE(painting.red(5, 7), 0);
        QCOMPARE(painting.parts[5 * 16 + 5], Part::Face);
    }

    void polygonsBeyondThePictureAreCut() {
        Painting painting(16);
        const std::array<Vec2, 4> huge{{{-50.0F, -50.0F}, {60.0F, -40.0F}, {70.0F, 60.0F}, {-40.0F, 50.0F}}};
        painting.canvas.fill(huge, Part::Body, Colour{120, 0, 0});
        for (int i = 0; i < 256; ++i) {
            QCOMPARE(painting.red(i % 16, i / 16), 120);
        }
    }

    void nearerTubesHideFartherOnes() {
        const Light light{{0.0F, 0.0F, 1.0F}, 1.0F, 0.0F};
        for (const bool nearFirst : {true, false}) {
            Painting painting(32);
            const auto draw = [&](float z, float red, Part part) {
                painting.canvas.tube({{4.0F, 16.0F, z}, {28.0F, 16.0F, z}, 4.0F, 4.0F}, {{red, 0, 0}, 0.0F}, light,
                                     part);
            };
            nearFirst ? draw(10.0F, 200.0F, Part::RightHand) : draw(-10.0F, 50.0F, Part::LeftHand);
            nearFirst ? draw(-10.0F, 50.0F, Part::LeftHand) : draw(10.0F, 200.0F, Part::RightHand);
            QCOMPARE(painting.red(16, 16), 200);
            QCOMPARE(painting.parts[16 * 32 + 16], Part::RightHand);
        }
    }
};

QTEST_APPLESS_MAIN(DrawingTest)
#include "tst_synth_drawing.moc"
