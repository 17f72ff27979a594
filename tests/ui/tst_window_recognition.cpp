#include "media/video_writer.h"
#include "reference_data.h"
#include "ui/bridge/engine_services.h"
#include "ui/settings/preferences.h"
#include "ui/setup.h"
#include "ui/windows/main_window.h"

#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>

using namespace livegloss;
using namespace livegloss::ui;

namespace {

constexpr int side = 96;
constexpr int frameCount = 50;
constexpr double fps = 25.0;

/// A clip whose frames grow brighter by 4 each; returns its path.
QString writeClip(const QTemporaryDir& folder) {
    const QString path = folder.filePath(QStringLiteral("ramp.mp4"));
    auto writer = media::createVideo(path.toStdString(), {side, side, fps, 18});
    if (!writer) {
        return {};
    }
    std::vector<std::uint8_t> rgb(std::size_t{side} * side * 3);
    for (int frame = 0; frame < frameCount; ++frame) {
        std::fill(rgb.begin(), rgb.end(), static_cast<std::uint8_t>(20 + 4 * frame));
        if (!(*writer)->write(rgb.data())) {
            return {};
        }
    }
    return (*writer)->close() ? path : QString();
}

/// The main window over the real session, as the program builds it.
struct RealWindow {
    explicit RealWindow(const QTemporaryDir& folder, const QString& model = {})
        : store(folder.filePath(QStringLiteral("settings.ini")), QSettings::IniFormat),
          preferences(store),
          live(new LiveWorkspace(makeLiveRecogniser(), makeEngineServices(), {model, {}}, preferences)),
          window(live, preferences) {
        window.resize(1024, 640);
        window.show();
    }
    void open(const QString& path) { live->openSource({media::SourceKind::File, path.toStdString()}); }
    session::State state() const { return live->bridge().snapshot().state; }
    /// Brightness of the middle of the picture on the screen.
    int brightness() const {
        VideoView* video = live->stage()->video();
        return qGray(video->grab().toImage().pixel(video->frameRect().center().toPoint()));
    }

    QSettings store;
    Preferences preferences;
    LiveWorkspace* live;
    MainWindow window;
};

} // namespace

/// The whole way from a file to the picture and the glosses on the screen, through the window's own code.
class TestWindowRecognition : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        prepareInterface();
        clip_ = writeClip(folder_);
        QVERIFY2(!clip_.isEmpty(), "the test clip could not be written");
    }

    void clipPlaysToItsEnd() {
        RealWindow w(folder_);
        w.open(clip_);
        QTRY_COMPARE_WITH_TIMEOUT(w.state(), session::State::Ended, 30000);
        QVERIFY(w.live->bridge().snapshot().error == std::nullopt);
        QVERIFY(std::abs(w.brightness() - (20 + 4 * (frameCount - 1))) < 12);
        QVERIFY(w.live->stage()->video()->meter().pictures() > 5);
        QVERIFY(!w.live->stage()->panel()->isVisible());
        QVERIFY(std::abs(toSeconds(w.live->transport()->seekBar()->duration()) - frameCount / fps) < 0.1);
    }

    void seekAndStepShowTheExactFrame() {
        RealWindow w(folder_);
        w.open(clip_);
        QTRY_COMPARE_WITH_TIMEOUT(w.state(), session::State::Playing, 30000);
        w.live->actions()[LiveAction::PlayPause]->trigger();
        QTRY_COMPARE_WITH_TIMEOUT(w.state(), session::State::Paused, 10000);
        w.live->bridge().seek(fromSeconds(1.0));
        QTRY_VERIFY_WITH_TIMEOUT(std::abs(w.brightness() - (20 + 4 * 25)) < 4, 10000);
        w.live->actions()[LiveAction::StepForward]->trigger();
        w.live->actions()[LiveAction::StepForward]->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(std::abs(w.brightness() - (20 + 4 * 27)) < 3, 10000);
        w.live->actions()[LiveAction::StepBack]->trigger();
        w.live->actions()[LiveAction::StepBack]->trigger();
        w.live->actions()[LiveAction::StepBack]->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(std::abs(w.brightness() - (20 + 4 * 24)) < 3, 10000);
    }

    void missingFileIsExplainedInPlace() {
        RealWindow w(folder_);
        w.open(QStringLiteral("/no/such/clip.mp4"));
        QTRY_VERIFY_WITH_TIMEOUT(w.live->stage()->panel()->isVisible() && w.live->stage()->panel()->message().isError,
                                 10000);
        QVERIFY(w.live->stage()->panel()->message().detail.contains(QStringLiteral("clip.mp4")));
    }

    void missingModelIsSaidAndTheClipPlaysAllTheSame() {
        RealWindow w(folder_, QStringLiteral("/no/such/demo.safetensors"));
        w.live->start({});
        w.open(clip_);
        QTRY_VERIFY_WITH_TIMEOUT(w.live->notice()->isVisible(), 10000);
        QVERIFY(w.live->notice()->text().contains(QStringLiteral("demo.safetensors")));
        QTRY_VERIFY_WITH_TIMEOUT(w.live->stage()->video()->hasPicture(), 10000);
    }

    /// Random weights recognise nothing sensible, but the whole path runs: encoder, attention picture, offline pass.
    void modelAndAttentionRunWithTheClip() {
        const QString model = QStringLiteral(LIVEGLOSS_SHARED_DIR "/golden/tiny-p16.safetensors");
        if (!QFileInfo::exists(model)) {
            LIVEGLOSS_WITHOUT_REFERENCE_DATA("the reference model is not there");
        }
        RealWindow w(folder_);
        w.live->start(model);
        QTRY_VERIFY_WITH_TIMEOUT(w.live->models().current().has_value(), 30000);
        w.open(clip_);
        bool attentionSeen = false;
        connect(&w.live->bridge(), &SessionBridge::pictureChanged, this,
                [&] { attentionSeen = attentionSeen || w.live->bridge().picture().attention != nullptr; });
        QTRY_COMPARE_WITH_TIMEOUT(w.state(), session::State::Ended, 60000);
        QTRY_VERIFY_WITH_TIMEOUT(w.live->bridge().snapshot().offline != nullptr, 30000);
        QVERIFY(attentionSeen);
        const session::Statistics& counts = w.live->bridge().snapshot().statistics;
        QCOMPARE(counts.captured, std::int64_t{frameCount});
        QCOMPARE(counts.encoded + counts.reused, std::int64_t{frameCount}); // its rate is the clip's
        QCOMPARE(counts.droppedSource, std::int64_t{0});
    }

    /// The bundled model and the first bundled clip, as at the program's start: the clip is opened while the model
    /// still loads. Its glosses appear, in their order, with no frame left out. Live recognition may miss one of the
    /// seven.
    void sampleClipIsRecognised() {
        const QString data = QStringLiteral(LIVEGLOSS_SOURCE_DIR);
        RealWindow w(folder_);
        w.live->start(data + QStringLiteral("/models/demo.safetensors"));
        QVERIFY(w.live->models().loading());
        w.open(data + QStringLiteral("/resources/samples/sample-1.mp4"));
        QTRY_COMPARE_WITH_TIMEOUT(w.state(), session::State::Ended, 60000);
        QTRY_VERIFY_WITH_TIMEOUT(w.live->bridge().snapshot().offline != nullptr, 30000);
        const session::Snapshot snapshot = w.live->bridge().snapshot();
        const QStringList truth = trueGlosses(data + QStringLiteral("/resources/samples/sample-1.json"));
        QCOMPARE(truth.size(), 7);
        const QStringList committed = texts(*snapshot.committed);
        QVERIFY2(commonInOrder(truth, committed) >= 6 && committed.size() <= 7, qPrintable(committed.join(' ')));
        QCOMPARE(texts(*snapshot.offline), truth);
        QVERIFY(snapshot.offlineFromStart);
        constexpr std::int64_t clipFrames = 192;
        QCOMPARE(snapshot.statistics.captured, clipFrames);
        QCOMPARE(snapshot.statistics.encoded + snapshot.statistics.reused, clipFrames / 2); // the model's 12.5 of 25
        QCOMPARE(snapshot.statistics.droppedSource, std::int64_t{0});
    }

    /// Signing that the demo model does not know: nothing is invented, and the window says why nothing comes.
    void signingOfStrangersStaysOutOfTheCaptions_data() {
        QTest::addColumn<QString>("clip");
        QTest::newRow("football") << QStringLiteral("FOOTBALL.mp4");
        QTest::newRow("soup") << QStringLiteral("SOUP.mp4");
    }
    void signingOfStrangersStaysOutOfTheCaptions() {
        QFETCH(QString, clip);
        const QString path = QStringLiteral(LIVEGLOSS_SHARED_DIR "/data/signing/") + clip;
        if (!QFileInfo::exists(path)) {
            LIVEGLOSS_WITHOUT_REFERENCE_DATA("the clips of real signing are not there");
        }
        RealWindow w(folder_);
        w.live->start(QStringLiteral(LIVEGLOSS_SOURCE_DIR "/models/demo.safetensors"));
        w.open(path);
        QStringList shown;
        connect(w.live->captions(), &CaptionView::textChanged, this, [&] { shown.append(w.live->captions()->text()); });
        QTRY_COMPARE_WITH_TIMEOUT(w.state(), session::State::Ended, 60000);
        QTRY_VERIFY_WITH_TIMEOUT(w.live->bridge().snapshot().offline != nullptr, 30000);
        QVERIFY2(shown.join(QString()).isEmpty(), qPrintable(shown.join(QLatin1Char('|'))));
        QVERIFY(w.live->bridge().snapshot().committed->empty());
        QCOMPARE(texts(*w.live->bridge().snapshot().offline), QStringList());
        QVERIFY2(w.live->captions()->placeholder().contains(QStringLiteral("sure")),
                 qPrintable(w.live->captions()->placeholder()));
    }

    /// Another way of computing loads the model again; what was recognised comes again, without playing.
    void aModelThatIsLoadedAfterTheEndRecognisesTheClip() {
        const QString data = QStringLiteral(LIVEGLOSS_SOURCE_DIR);
        RealWindow w(folder_);
        w.live->start(data + QStringLiteral("/models/demo.safetensors"));
        w.open(data + QStringLiteral("/resources/samples/sample-1.mp4"));
        QTRY_COMPARE_WITH_TIMEOUT(w.state(), session::State::Playing, 60000);
        w.live->bridge().seek(fromSeconds(6.5));
        QTRY_COMPARE_WITH_TIMEOUT(w.state(), session::State::Ended, 60000);
        QTRY_VERIFY_WITH_TIMEOUT(w.live->bridge().snapshot().offline != nullptr, 30000);
        const session::CaptionList before = w.live->bridge().snapshot().offline;
        QVERIFY(!w.live->bridge().snapshot().offlineFromStart);
        w.live->models().reload();
        QTRY_VERIFY_WITH_TIMEOUT(w.live->bridge().snapshot().offline != before, 30000);
        QTRY_VERIFY_WITH_TIMEOUT(w.live->bridge().snapshot().offline != nullptr, 60000);
        QCOMPARE(w.state(), session::State::Ended);
        QCOMPARE(texts(*w.live->bridge().snapshot().offline),
                 trueGlosses(data + QStringLiteral("/resources/samples/sample-1.json")));
        QVERIFY(w.live->bridge().snapshot().offlineFromStart);
    }

private:
    static QStringList trueGlosses(const QString& path) {
        QFile file(path);
        QStringList glosses;
        if (file.open(QIODevice::ReadOnly)) {
            for (const QJsonValue& span : QJsonDocument::fromJson(file.readAll()).object()["spans"].toArray()) {
                glosses.append(span.toObject()["gloss"].toString());
            }
        }
        return glosses;
    }
    static QStringList texts(const std::vector<session::CaptionGloss>& glosses) {
        QStringList result;
        for (const session::CaptionGloss& gloss : glosses) {
            if (gloss.change != session::OfflineChange::Removed) {
                result.append(QString::fromStdString(gloss.text));
            }
        }
        return result;
    }
    /// Length of the longest common subsequence.
    static int commonInOrder(const QStringList& a, const QStringList& b) {
        std::vector<std::vector<int>> longest(static_cast<std::size_t>(a.size()) + 1,
                                              std::vector<int>(static_cast<std::size_t>(b.size()) + 1, 0));
        for (std::size_t i = 1; i < longest.size(); ++i) {
            for (std::size_t j = 1; j < longest[i].size(); ++j) {
                const bool same = a[static_cast<qsizetype>(i) - 1] == b[static_cast<qsizetype>(j) - 1];
                longest[i][j] = same ? longest[i - 1][j - 1] + 1 : std::max(longest[i - 1][j], longest[i][j - 1]);
            }
        }
        return longest.back().back();
    }

    QTemporaryDir folder_;
    QString clip_;
};

QTEST_MAIN(TestWindowRecognition)
#include "tst_window_recognition.moc"
