#include "media/video_writer.h"
#include "session_fakes.h"

#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QTest>
#include <filesystem>
#include <fstream>
#include <random>

using namespace livegloss;
using namespace livegloss::session;
using namespace std::chrono_literals;

namespace {

int entriesOf(const char* folder) {
    int count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) {
        ++count;
    }
    return count;
}
int threads() {
    return entriesOf("/proc/self/task");
}
int openFiles() {
    return entriesOf("/proc/self/fd");
}

/// A clip of a square that moves.
std::string drawClip(const QTemporaryDir& folder, const char* name, int frames, double fps) {
    const std::string path = folder.filePath(name).toStdString();
    constexpr int kSide = 96;
    auto writer = media::createVideo(path, {.width = kSide, .height = kSide, .fps = fps, .crf = 28});
    if (!writer) {
        throw std::runtime_error(writer.error().message);
    }
    for (int frame = 0; frame < frames; ++frame) {
        std::vector<std::uint8_t> rgb(kSide * kSide * 3, 40);
        for (int y = 30; y < 60; ++y) {
            for (int x = 0; x < 30; ++x) {
                rgb[static_cast<std::size_t>((y * kSide + (x + frame * 2) % kSide) * 3)] = 220;
            }
        }
        if (auto written = (*writer)->write(rgb.data()); !written) {
            throw std::runtime_error(written.error().message);
        }
    }
    if (auto closed = (*writer)->close(); !closed) {
        throw std::runtime_error(closed.error().message);
    }
    return path;
}

} // namespace

class TestSessionStress : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    std::vector<media::SourceRequest> sources_;
    std::vector<engine::LoadedModelPtr> models_;

    void doSomething(LiveSession& session, std::mt19937_64& random) {
        const auto below = [&](int limit) { return static_cast<int>(random() % static_cast<std::uint64_t>(limit)); };
        switch (below(10)) {
        case 0:
        case 1:
            session.open(sources_[random() % sources_.size()], below(4) == 0);
            break;
        case 2:
            session.setModel(models_[random() % models_.size()]);
            break;
        case 3:
            session.play();
            break;
        case 4:
            session.pause();
            break;
        case 5:
            session.stop();
            break;
        case 6:
            session.seek(std::chrono::milliseconds(below(3000) - 200));
            break;
        case 7:
            session.step(below(7) - 3);
            break;
        case 8:
            session.close();
            break;
        default: {
            SessionSettings settings;
            settings.loop = below(2) == 0;
            settings.attention = below(2) == 0;
            settings.rate = 0.25 + below(8) * 0.25;
            settings.stability = below(5);
            settings.readAheadFrames = below(3) * 4;
            settings.minConfidence = 0.0F;
            session.setSettings(settings);
        }
        }
    }

private slots:
    void initTestCase() {
        std::ofstream(folder_.filePath("text.mp4").toStdString()) << "no video at all";
        sources_ = {{media::SourceKind::File, drawClip(folder_, "a.mp4", 60, 25.0)},
                    {media::SourceKind::File, drawClip(folder_, "b.mp4", 25, 12.5)},
                    {media::SourceKind::TestPattern, "testsrc=size=160x120:rate=30"},
                    {media::SourceKind::File, folder_.filePath("missing.mp4").toStdString()},
                    {media::SourceKind::File, folder_.filePath("text.mp4").toStdString()}};
        models_ = {test::tinyModel(1), test::tinyModel(2), nullptr};
    }

    void twoHundredCommandsAtRandomMoments() {
        const std::uint64_t seed = QRandomGenerator::global()->generate();
        qInfo("seed %llu", static_cast<unsigned long long>(seed));
        std::mt19937_64 random(seed);
        {
            // One session before counting, for what libraries set up once.
            LiveSession session;
            session.setModel(models_[0]);
            session.open(sources_[0]);
            QVERIFY(test::eventually([&] { return session.snapshot()->statistics.encoded > 20; }));
        }
        const int threadsBefore = threads();
        const int filesBefore = openFiles();
        {
            LiveSession session;
            for (int i = 0; i < 200; ++i) {
                doSomething(session, random);
                const auto snapshot = session.snapshot();
                QVERIFY(snapshot->committed && snapshot->provisional);
                session.picture();
                if (random() % 3 != 0) {
                    QTest::qWait(static_cast<int>(random() % 30));
                }
            }
            session.setModel(models_[0]);
            session.open(sources_[0]); // it still works
            QVERIFY(test::eventually([&] { return session.snapshot()->statistics.encoded > 20; }));
        }
        QVERIFY(test::eventually([&] { return threads() <= threadsBefore; }));
        QVERIFY(openFiles() <= filesBefore);
    }

    void aHundredSessionsEndQuicklyAtAnyMoment() {
        const std::uint64_t seed = QRandomGenerator::global()->generate();
        qInfo("seed %llu", static_cast<unsigned long long>(seed));
        std::mt19937_64 random(seed);
        const int threadsBefore = threads();
        const int filesBefore = openFiles();
        for (int i = 0; i < 100; ++i) {
            auto session = std::make_unique<LiveSession>();
            session->setModel(models_[random() % models_.size()]);
            session->open(sources_[random() % sources_.size()]);
            for (int command = static_cast<int>(random() % 3); command > 0; --command) {
                QTest::qWait(static_cast<int>(random() % 25));
                doSomething(*session, random);
            }
            const auto start = std::chrono::steady_clock::now();
            session.reset();
            QVERIFY(std::chrono::steady_clock::now() - start < 2s);
        }
        QVERIFY(test::eventually([&] { return threads() <= threadsBefore; }));
        QVERIFY(openFiles() <= filesBefore);
    }
};

QTEST_GUILESS_MAIN(TestSessionStress)
#include "tst_session_stress.moc"
