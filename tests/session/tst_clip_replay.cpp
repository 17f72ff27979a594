#include "random_model.h"
#include "session/clip_recogniser.h"
#include "session/offline_recogniser.h"

#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <random>
#include <tuple>

using namespace livegloss;
using namespace livegloss::session;

namespace {

FramePtr noiseFrame(std::mt19937& random, int index) {
    auto frame = std::make_shared<Frame>();
    frame->width = frame->height = 48;
    frame->rgb.resize(48 * 48 * 3);
    const int shade = static_cast<int>(random() % 160);
    for (std::uint8_t& value : frame->rgb) {
        value = static_cast<std::uint8_t>(shade + static_cast<int>(random() % 90));
    }
    frame->time = fromSeconds(index / 25.0);
    frame->index = index;
    return frame;
}

/// What people could see of a run, word for word and moment for moment.
struct Seen {
    QStringList captions;
    ClipOptions watching(ClipOptions options) {
        options.onCaptions = [this](const CaptionUpdate& update) {
            QString line = QString::number(update.newestFrame.count());
            for (const auto* list : {&update.committed, &update.provisional}) {
                for (const CaptionGloss& gloss : *list) {
                    line += QStringLiteral(" %1:%2@%3%4")
                                .arg(gloss.id)
                                .arg(gloss.label)
                                .arg(gloss.start.count())
                                .arg(list == &update.committed ? "!" : "?");
                }
            }
            captions << line;
        };
        return options;
    }
};

QList<int> labelsOf(const std::vector<CaptionGloss>& glosses) {
    QList<int> labels;
    for (const CaptionGloss& gloss : glosses) {
        labels << gloss.label;
    }
    return labels;
}

/// Always prefers one label, whatever was before.
class Favourite final : public decode::LabelScorer {
public:
    explicit Favourite(int label) : label_(label) {}
    int start(bool) const override { return 0; }
    Step next(int, int label) const override { return {label == label_ ? 0.0 : -1000.0, 0}; }
    double end(int) const override { return 0.0; }

private:
    int label_;
};

} // namespace

class TestClipReplay : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        const unsigned seed = test::announcedSeed();
        test::RandomModel random(seed);
        const std::filesystem::path path = folder_.filePath("model.safetensors").toStdString();
        QVERIFY(random.save(path));
        model_ = engine::loadModel(path).value();
        std::mt19937 noise(seed);
        for (int index = 0; index < 97; ++index) {
            frames_.push_back(noiseFrame(noise, index));
        }
    }

    void aReplayShowsWhatTheRunShowed() {
        const auto recording = record();
        for (const auto& [window, stride, stability] :
             {std::tuple(32, 4, 0), std::tuple(64, 8, 2), std::tuple(48, 12, 4)}) {
            ClipOptions options = online();
            options.stream.window = {window, stride};
            options.stream.stability = stability;
            Seen direct;
            const ClipResult expected = run(direct.watching(options));
            Seen replayed;
            const auto result = replayClip(model_, *recording, replayed.watching(options));
            QVERIFY(result);
            QVERIFY(direct.captions.size() > 2);
            QCOMPARE(replayed.captions, direct.captions);
            QCOMPARE(labelsOf(result->committed), labelsOf(expected.committed));
            QCOMPARE(labelsOf(result->offline), labelsOf(expected.offline));
            QCOMPARE(result->revisions, expected.revisions);
        }
    }

    void aReplayKnowsWhatWasLeftOut() {
        for (const int pattern : {2, 3}) {
            ClipOptions options = online();
            options.framePattern = pattern;
            Seen direct;
            options.recording = std::make_shared<ClipRecording>();
            const ClipResult expected = run(direct.watching(options));
            QCOMPARE(expected.frames.encoded, static_cast<std::int64_t>((frames_.size() + pattern - 1) / pattern));
            QCOMPARE(expected.frames.encoded + expected.frames.interpolated, std::ssize(frames_));
            Seen replayed;
            const auto recording = options.recording;
            options.recording.reset();
            const auto result = replayClip(model_, *recording, replayed.watching(options));
            QVERIFY(result);
            QVERIFY(direct.captions.size() > 2);
            QCOMPARE(replayed.captions, direct.captions);
            QCOMPARE(labelsOf(result->offline), labelsOf(expected.offline));
        }
    }

    /// A still camera: one picture is computed, and nothing else comes out.
    void copiesAreComputedOnceAndChangeNothing() {
        ClipOptions options = online();
        ClipRecogniser recogniser(model_, options);
        for (int index = 0; index < 60; ++index) {
            auto frame = std::make_shared<Frame>(*frames_.front());
            frame->time = fromSeconds(index / 25.0);
            frame->index = index;
            QVERIFY(recogniser.push(frame));
        }
        const ClipResult still = recogniser.finish().value();
        QCOMPARE(still.frames.encoded, std::int64_t{1});
        QCOMPARE(still.frames.reused, std::int64_t{59});
        const ClipResult moving = run(options);
        QCOMPARE(moving.frames.reused, std::int64_t{0});
    }

    void recordingChangesNothing() {
        ClipOptions options = online();
        const ClipResult plain = run(options);
        options.recording = std::make_shared<ClipRecording>();
        const ClipResult recorded = run(options);
        QCOMPARE(labelsOf(recorded.committed), labelsOf(plain.committed));
        QCOMPARE(labelsOf(recorded.offline), labelsOf(plain.offline));
        QCOMPARE(options.recording->batches.size(), frames_.size());
    }

    void theOfflinePassCanBeLeftOut() {
        ClipOptions options = online();
        options.offlinePass = false;
        QVERIFY(run(options).offline.empty());
    }

    void aLanguageModelReachesBothDecodes() {
        const auto recording = record();
        ClipOptions options = online();
        options.stream.language = {std::make_shared<Favourite>(3), 1.0, 0.0, true};
        options.offline.language = options.stream.language;
        Seen seen;
        const auto result = replayClip(model_, *recording, seen.watching(options));
        QVERIFY(result);
        for (const auto* list : {&result->offline, &result->committed}) {
            for (const int label : labelsOf(*list)) {
                QCOMPARE(label, 3);
            }
        }
        for (const QString& line : seen.captions) {
            QVERIFY2(!line.contains(QRegularExpression(":[12456]@")), qPrintable(line));
        }
    }

    /// A decode may look back on more than a thousand frames: a gloss that began then has the moment it had.
    void glossesOfAWideStrideKeepTheirMoments() {
        ClipOptions options = online();
        options.stream.window = {16, 1000};
        options.stream.stability = 0;
        ClipRecogniser recogniser(model_, options);
        for (int index = 0; index < 1100; ++index) {
            auto frame = std::make_shared<Frame>(*frames_[static_cast<std::size_t>(index) % frames_.size()]);
            frame->time = fromSeconds(index / 25.0);
            frame->index = index;
            QVERIFY(recogniser.push(frame));
        }
        const ClipResult result = recogniser.finish().value();
        QVERIFY(result.committed.size() > 5 && !result.offline.empty());
        QVERIFY2(result.committed.front().start < result.offline.front().start + std::chrono::seconds(5),
                 qPrintable(QString::number(toSeconds(result.committed.front().start))));
    }

    /// As Ctrl+C stops it: what was read by then is decoded, or all is given up.
    void aStoppedReadGivesWhatWasSeen() {
        for (const bool keepPart : {true, false}) {
            OfflineOptions options;
            options.clip = online();
            options.keepPart = keepPart;
            std::int64_t seen = 0;
            options.progress = [&](const Progress& progress) { seen = progress.frames; };
            options.cancelled = [&] { return seen >= 60; };
            const auto result =
                recogniseOffline(media::parseSource("lavfi:testsrc=size=48x48:rate=25"), model_, options);
            if (!keepPart) {
                QCOMPARE(result.error().code, ErrorCode::Cancelled);
                continue;
            }
            QVERIFY2(result, result ? "" : result.error().message.c_str());
            QCOMPARE(result->clip.frames.captured, std::int64_t{60});
            QVERIFY(!result->clip.offline.empty());
            QVERIFY(!result->failure);
        }
    }

private:
    ClipOptions online() const {
        ClipOptions options;
        options.online = true;
        options.batchFrames = 1;
        options.stream.minConfidence = 0.0F;
        options.offline.minConfidence = 0.0F;
        return options;
    }
    ClipResult run(const ClipOptions& options) const {
        ClipRecogniser recogniser(model_, options);
        for (const FramePtr& frame : frames_) {
            if (!recogniser.push(frame)) {
                qFatal("a frame was refused");
            }
        }
        return recogniser.finish().value();
    }
    std::shared_ptr<const ClipRecording> record() const {
        ClipOptions options = online();
        options.online = false;
        options.recording = std::make_shared<ClipRecording>();
        run(options);
        return options.recording;
    }

    QTemporaryDir folder_;
    engine::LoadedModelPtr model_;
    std::vector<FramePtr> frames_;
};

QTEST_GUILESS_MAIN(TestClipReplay)
#include "tst_clip_replay.moc"
