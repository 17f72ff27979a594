#include "attention/over_time.h"
#include "engine/compute.h"
#include "onnx_file.h"
#include "synth/signer.h"
#include "vision/face_detector.h"

#include <QDir>
#include <QFile>
#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace livegloss;
using namespace livegloss::attention;

namespace {

const QString samples = QStringLiteral(LIVEGLOSS_SOURCE_DIR "/resources/samples/");

bool isNear(double value, double expected, double tolerance = 1e-6) {
    return std::abs(value - expected) <= tolerance;
}

Layer crossLayer(int offset, int strongest, engine::Neighbour kind = engine::Neighbour::Frame) {
    Layer layer;
    layer.kind = LayerKind::CrossFrame;
    layer.offset = offset;
    layer.neighbour = kind;
    layer.rows = layer.columns = 4;
    layer.values.assign(16, -0.2F); // what is suppressed draws nothing towards it
    layer.values[static_cast<std::size_t>(strongest)] = 0.3F;
    return layer;
}

FramePtr drawnFrame(const synth::Clip& clip, int index) {
    synth::RenderedFrame picture;
    clip.render(index, picture, false);
    auto frame = std::make_shared<Frame>();
    frame->width = frame->height = picture.size;
    frame->rgb = picture.rgb;
    frame->index = index;
    return frame;
}

std::unique_ptr<synth::Clip> sampleClip() {
    synth::ClipRequest request;
    request.seed = 41000123;
    request.split = synth::Split::Test;
    return synth::makeClip(request);
}

/// "[outside,inside,...]" of a mask, as the truth files have it.
QByteArray runs(const std::vector<std::uint8_t>& mask, std::uint8_t value) {
    QByteArray text = "[";
    std::size_t start = 0;
    bool inside = false;
    for (std::size_t i = 0; i <= mask.size(); ++i) {
        if (i == mask.size() || (mask[i] == value) != inside) {
            text += (text.size() > 1 ? "," : "") + QByteArray::number(static_cast<qulonglong>(i - start));
            start = i;
            inside = !inside;
        }
    }
    return text + "]";
}

} // namespace

/// Shares, entropy and motion of attention over a clip, and where hands and face are known from.
class TestOverTime : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void entropyIsOneEverywhereAlikeAndZeroOnOnePatch() {
        QVERIFY(isNear(*entropyOf(std::vector<float>(16, 0.02F)), 1.0));
        std::vector<float> one(16, 0.0F);
        one[3] = 0.4F;
        QVERIFY(isNear(*entropyOf(one), 0.0));
        one[9] = 0.4F; // half and half: log 2 of log 16
        QVERIFY(isNear(*entropyOf(one), 0.25));
        QVERIFY(!entropyOf(std::vector<float>(16, 0.0F)));
        QVERIFY(!entropyOf({}));
    }

    void aBoxCoversPatchesByTheirArea() {
        // The network sees the middle half each way, as 2 x 2 patches of a quarter of the frame.
        const vision::Region visible{0.25, 0.25, 0.5, 0.5};
        const PatchCover cover = coverOfBox({0.0, 0.0, 0.375, 0.5}, visible, 2, 2);
        QVERIFY(isNear(cover[0], 0.5) && cover[1] == 0.0F && cover[2] == 0.0F && cover[3] == 0.0F);
        QVERIFY(isNear(shareOn(std::vector<float>{0.2F, 0.1F, 0.1F, 0.0F}, cover), 0.25));
        QCOMPARE(shareOn(std::vector<float>(4, 0.0F), cover), 0.0);
        const PatchCover all = coverOfBox({0.0, 0.0, 1.0, 1.0}, visible, 2, 2);
        QVERIFY(isNear(shareOn(std::vector<float>{0.2F, 0.1F, 0.1F, 0.0F}, all), 1.0));
    }

    void aMaskCoversWhatTheBoxOfTheSamePixelsDoes() {
        std::vector<std::uint8_t> mask(static_cast<std::size_t>(80 * 40), 0);
        for (std::size_t y = 10; y < 25; ++y) {
            for (std::size_t x = 30; x < 62; ++x) {
                mask[y * 80 + x] = 2;
            }
        }
        const vision::Region visible{0.1, 0.1, 0.8, 0.8};
        const PatchCover drawn = coverOfMask(mask, 80, 40, visible, 4, 4);
        const PatchCover box = coverOfBox({30.0 / 80, 10.0 / 40, 32.0 / 80, 15.0 / 40}, visible, 4, 4);
        for (std::size_t i = 0; i < drawn.size(); ++i) {
            QVERIFY2(isNear(drawn[i], box[i], 1e-6), qPrintable(QString::number(i)));
        }
    }

    void boxesCoverWhatTheirPixelsDo() {
        const auto seed = QRandomGenerator::global()->generate();
        qInfo("seed %u", seed);
        QRandomGenerator random(seed);
        const vision::Region visible{0.1, 0.1, 0.8, 0.8};
        for (int round = 0; round < 20; ++round) {
            std::vector<std::uint8_t> mask(static_cast<std::size_t>(80 * 40), 0);
            std::array<std::vector<vision::Region>, 2> boxes;
            for (int box = 0; box < 4; ++box) {
                const int left = random.bounded(70);
                const int top = random.bounded(30);
                const int width = random.bounded(1, 80 - left + 1);
                const int height = random.bounded(1, 40 - top + 1);
                const bool hides = box == 3; // the last takes away from the others
                boxes[hides ? 1 : 0].push_back({left / 80.0, top / 40.0, width / 80.0, height / 40.0});
                for (int y = top; y < top + height; ++y) {
                    for (int x = left; x < left + width; ++x) {
                        mask[static_cast<std::size_t>(y * 80 + x)] = hides ? 0 : 1;
                    }
                }
            }
            const PatchCover drawn = coverOfMask(mask, 80, 40, visible, 4, 4);
            const PatchCover cover = coverOfBoxes(boxes[0], boxes[1], visible, 4, 4);
            for (std::size_t i = 0; i < drawn.size(); ++i) {
                QVERIFY2(isNear(drawn[i], cover[i], 1e-5), qPrintable(QString::number(i)));
            }
        }
        QCOMPARE(coverOfBoxes({}, {}, visible, 2, 2), PatchCover(4, 0.0F));
    }

    void whatWasNotFoundIsNotElsewhere() {
        Moment moment;
        moment.hands = 0.25F;
        QCOMPARE(elsewhereOf(moment, {}), std::optional(0.75F));
        moment.partMissing = true;
        QVERIFY(!elsewhereOf(moment, {}) && !elsewhereOf(moment, 0.5F));
        moment.hands.reset();
        moment.partMissing = false;
        QCOMPARE(elsewhereOf(moment, 0.25F), std::optional(0.75F));
    }

    void motionIsTheCentresPathInPictureHeights() {
        const vision::Region whole;
        QVERIFY(isNear(centreOf(crossLayer(0, 5), whole)->x, 0.375));
        QVERIFY(isNear(centreOf(crossLayer(0, 5), whole)->y, 0.375));
        // One patch to the right each frame: a quarter of the width, which is twice the height.
        std::vector<Layer> moving;
        for (int offset = -1; offset <= 2; ++offset) {
            moving.push_back(crossLayer(offset, 5 + offset));
        }
        QVERIFY(isNear(*motionOf(moving, whole, 2.0, 10.0), 0.25 * 2.0 * 10.0));
        // A copy beyond the clip's end is no motion and no time.
        moving.back().neighbour = engine::Neighbour::Copy;
        moving.back().values = crossLayer(2, 0).values;
        QVERIFY(isNear(*motionOf(moving, whole, 2.0, 10.0), 5.0));
        QVERIFY(isNear(*motionOf({crossLayer(-1, 5), crossLayer(0, 5)}, whole, 2.0, 10.0), 0.0));
        QVERIFY(!motionOf({crossLayer(0, 5)}, whole, 2.0, 10.0));
        Layer none = crossLayer(0, 5);
        none.values.assign(16, -0.1F);
        QVERIFY(!centreOf(none, whole));
    }

    void whatIsMeasuredFollowsTheView() {
        View view;
        view.shown = Shown::SideBySide;
        view.block = 1;
        view.head = 1;
        QVERIFY(measuredView(view).shown == Shown::Adapted);
        QCOMPARE(measuredView(view).block, 1);
        view.shown = Shown::Frozen;
        QVERIFY(measuredView(view).shown == Shown::Frozen);
        view.shown = Shown::CrossFrame;
        QCOMPARE(measuredView(view).block, engine::lastBlock);
        QCOMPARE(measuredView(view).head, engine::meanOfHeads);
    }

    void theTruthOfASampleIsDrawnAgain() {
        const std::filesystem::path video = (samples + QStringLiteral("sample-1.mp4")).toStdString();
        QVERIFY(hasTruth(video));
        auto truth = openTruth(video);
        QVERIFY(truth.has_value());
        QVERIFY((*truth)->findsHands());
        const auto clip = sampleClip();
        const auto regions = (*truth)->find(*drawnFrame(*clip, 20), {}, 8, 8);
        QVERIFY(regions.has_value());
        synth::RenderedFrame drawn;
        clip->render(20, drawn, true);
        double hands = 0.0;
        double face = 0.0;
        for (std::size_t i = 0; i < drawn.handMask.size(); ++i) {
            hands += drawn.handMask[i] != 0 ? 1.0 : 0.0;
            face += drawn.handMask[i] == 0 && drawn.faceMask[i] != 0 ? 1.0 : 0.0;
        }
        const std::vector<float> even(64, 1.0F);
        QVERIFY(hands > 0.0 && face > 0.0);
        QVERIFY(isNear(shareOn(even, *regions->hands), hands / 320 / 320));
        QVERIFY(isNear(shareOn(even, *regions->face), face / 320 / 320));
    }

    void theTruthOfAnotherClipIsRefused() {
        QTemporaryDir folder;
        const QString video = folder.filePath(QStringLiteral("a.mp4"));
        QVERIFY(!hasTruth(video.toStdString()));
        QVERIFY(openTruth(video.toStdString()).error().code == ErrorCode::NotFound);
        const QString json = folder.filePath(QStringLiteral("a.json"));
        QVERIFY(QFile::copy(samples + QStringLiteral("sample-2.json"), json));
        auto other = openTruth(video.toStdString());
        QVERIFY(other.has_value());
        const auto clip = sampleClip();
        const auto refused = (*other)->find(*drawnFrame(*clip, 20), {}, 8, 8);
        QVERIFY(!refused.has_value());
        QVERIFY(refused.error().code == ErrorCode::InvalidArgument);
        QVERIFY(QString::fromStdString(refused.error().message).contains(QStringLiteral("looks different")));
        QFile broken(json);
        QVERIFY(broken.open(QIODevice::WriteOnly | QIODevice::Truncate));
        broken.write("{\"seed\": 1");
        broken.close();
        QVERIFY(!hasTruth(video.toStdString()));
        QVERIFY(openTruth(video.toStdString()).error().code == ErrorCode::Unreadable);
    }

    void masksBesideAVideoAreRead() {
        QTemporaryDir folder;
        const auto clip = sampleClip();
        synth::RenderedFrame drawn;
        clip->render(20, drawn, true);
        QFile truth(folder.filePath(QStringLiteral("a.truth.json")));
        QVERIFY(truth.open(QIODevice::WriteOnly));
        truth.write("{\"width\": 320, \"height\": 320, \"frames\": [{\"right_hand\": " + runs(drawn.handMask, 1) +
                    ", \"left_hand\": " + runs(drawn.handMask, 2) + ", \"face\": " + runs(drawn.faceMask, 1) + "}]}");
        truth.close();
        auto written = openTruth(folder.filePath(QStringLiteral("a.mp4")).toStdString());
        QVERIFY(written.has_value());
        Frame frame = *drawnFrame(*clip, 20);
        auto again = openTruth((samples + QStringLiteral("sample-1.mp4")).toStdString());
        const auto expected = (*again)->find(frame, {}, 6, 6);
        frame.index = 0;
        const auto regions = (*written)->find(frame, {}, 6, 6);
        QVERIFY(regions.has_value() && expected.has_value());
        QCOMPARE(*regions->hands, *expected->hands);
        QCOMPARE(*regions->face, *expected->face);
        frame.index = 1;
        QVERIFY((*written)->find(frame, {}, 6, 6).error().code == ErrorCode::InvalidArgument);
    }

    void withoutTheCascadeTheDetectorSaysWhatToInstall() {
        const auto missing = vision::openFaceDetector("/nowhere/face.xml");
        QVERIFY(!missing.has_value());
        QVERIFY(QString::fromStdString(missing.error().hint).contains(QStringLiteral("opencv-data")));
        QTemporaryDir folder;
        QFile broken(folder.filePath(QStringLiteral("face.xml")));
        QVERIFY(broken.open(QIODevice::WriteOnly));
        broken.write("<opencv_storage><cascade>");
        broken.close();
        QVERIFY(vision::openFaceDetector(broken.fileName().toStdString()).error().code == ErrorCode::Unreadable);
    }

    void theDetectorFindsTheDrawnFaceWhereItIs() {
        if (vision::installedFaceCascade().empty()) {
            QSKIP("OpenCV's cascades (package opencv-data) are not installed");
        }
        auto detector = vision::openFaceDetector(vision::installedFaceCascade());
        QVERIFY(detector.has_value());
        const auto clip = sampleClip();
        int found = 0;
        for (int index = 0; index < clip->frames(); index += 16) {
            const auto face = (*detector)->find(*drawnFrame(*clip, index));
            if (!face) {
                continue;
            }
            ++found;
            synth::RenderedFrame drawn;
            clip->render(index, drawn, true);
            const auto x = static_cast<std::size_t>((face->left + face->width / 2.0) * drawn.size);
            const auto y = static_cast<std::size_t>((face->top + face->height / 2.0) * drawn.size);
            const std::size_t middle = y * static_cast<std::size_t>(drawn.size) + x;
            QVERIFY(drawn.faceMask[middle] != 0 || drawn.handMask[middle] != 0);
        }
        QVERIFY(found > 6);
        Frame blank = *drawnFrame(*clip, 0);
        std::ranges::fill(blank.rgb, std::uint8_t{90});
        QVERIFY(!(*detector)->find(blank));
    }

    /// The demo model on a sample clip: shares as attention-check finds them, motion where the hands move.
    void aClipIsMeasured() {
        auto model = engine::loadModel(LIVEGLOSS_SOURCE_DIR "/models/demo.safetensors", {});
        QVERIFY(model.has_value());
        OverTimeJob job;
        job.input = (samples + QStringLiteral("sample-1.mp4")).toStdString();
        job.model = *model;
        job.regions.origin = RegionOrigin::Truth;
        double last = 0.0;
        job.options.progress = [&last](std::int64_t, std::optional<double> fraction) { last = fraction.value_or(0.0); };
        const auto moments = measureClip(job);
        QVERIFY2(moments.has_value(), moments ? "" : moments.error().message.c_str());
        QVERIFY(isNear(static_cast<double>(moments->size()), 192.0 / 2.0, 1.0)); // 12.5 of 25 frames a second
        QVERIFY(last > 0.9);
        double hands = 0.0;
        double face = 0.0;
        for (const Moment& moment : *moments) {
            QVERIFY(moment.hands && moment.face && moment.entropy && moment.motion && moment.centre);
            QVERIFY(*moment.entropy > 0.0F && *moment.entropy < 1.0F);
            QVERIFY(isNear(*moment.hands + *moment.face + *elsewhereOf(moment, {}), 1.0));
            hands += *moment.hands / static_cast<double>(moments->size());
            face += *moment.face / static_cast<double>(moments->size());
        }
        QVERIFY2(hands > 0.3 && hands < 0.6 && face < 0.1, qPrintable(QStringLiteral("%1 %2").arg(hands).arg(face)));
        const auto whole = sharesOn(*moments, {0.0, 0.0, 1.0, 1.0}, {});
        QVERIFY(isNear(*whole.front(), 1.0));
        job.options.cancelled = [] { return true; };
        QVERIFY(measureClip(job).error().code == ErrorCode::Cancelled);
    }

    /// A network that always finds the same two hands, and never the face that it knows.
    void aDetectorOfOnesOwnGivesShares() {
        QTemporaryDir folder;
        QFile file(folder.filePath(QStringLiteral("own.onnx")));
        QVERIFY(file.open(QIODevice::WriteOnly));
        test::OnnxNetwork network;
        test::OnnxOutput output;
        output.name = "boxes";
        output.shape = {1, 8, 7};
        for (int box = 0; box < 8; ++box) {
            const float left = box < 4 ? 8.0F : 56.0F;
            output.values.insert(output.values.end(), {left, 40.0F, 16.0F, 16.0F, 1.0F, 0.9F, 0.1F});
        }
        network.outputs = {output};
        network.metadata["names"] = "{0: 'hand', 1: 'face'}";
        file.write(QByteArray::fromStdString(network.bytes()));
        file.close();
        auto model = engine::loadModel(LIVEGLOSS_SOURCE_DIR "/models/demo.safetensors", {});
        QVERIFY(model.has_value());
        OverTimeJob job;
        job.input = (samples + QStringLiteral("sample-1.mp4")).toStdString();
        job.model = *model;
        job.regions = {RegionOrigin::OwnDetector, file.fileName().toStdString()};
        const auto moments = measureClip(job);
        QVERIFY2(moments.has_value(), moments ? "" : moments.error().message.c_str());
        const model::ModelConfig& config = (*model)->config();
        const vision::Region visible = vision::visibleRegion(config.resize, config.resolution);
        const auto left = sharesOn(*moments, {0.0, 0.5, 0.25, 0.25}, visible);
        const auto right = sharesOn(*moments, {0.75, 0.5, 0.25, 0.25}, visible);
        for (std::size_t i = 0; i < moments->size(); ++i) {
            const Moment& moment = (*moments)[i];
            QVERIFY(moment.hands && isNear(*moment.hands, *left[i] + *right[i], 1e-4));
            QVERIFY(!moment.face && moment.partMissing && !elsewhereOf(moment, {}));
        }
        job.regions.detector = folder.filePath(QStringLiteral("none.onnx")).toStdString();
        QVERIFY(measureClip(job).error().code == ErrorCode::NotFound);
    }

    void theTableHasALineAMoment() {
        std::vector<Moment> moments(3);
        moments[0].frameIndex = 4;
        moments[0].time = fromSeconds(0.16);
        moments[0].face = 0.25F;
        moments[0].entropy = 0.5F;
        moments[1].time = fromSeconds(0.24);
        moments[1].frameIndex = 6;
        moments[1].motion = 0.125F;
        moments[1].centre = PicturePoint{0.5, 0.25};
        moments[2].time = fromSeconds(9.5); // after a jump
        moments[2].frameIndex = unknownFrame;
        const std::string csv = overTimeCsv(moments, {0.5F, std::nullopt},
                                            {{fromSeconds(0.1), fromSeconds(0.2), "A \"B\""}}, {{"model", "m\nx"}});
        QCOMPARE(QString::fromStdString(csv),
                 QStringLiteral("# model: \"m x\"\n"
                                "frame,time_s,hands,face,own_region,elsewhere,entropy,motion,centre_x,centre_y,gloss\n"
                                "4,0.16,,0.25,0.5,0.75,0.5,,,,\"A \"\"B\"\"\"\n"
                                "6,0.24,,,,,,0.125,0.5,0.25,\n"
                                ",9.5,,,,,,,,,\n"));
    }
};

QTEST_GUILESS_MAIN(TestOverTime)
#include "tst_over_time.moc"
