#include "ui/bridge/engine_services.h"
#include "ui/settings/preferences.h"
#include "ui/setup.h"
#include "ui/windows/main_window.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QPushButton>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <QtEndian>

using namespace livegloss;
using namespace livegloss::ui;

namespace {

const QString otherPrefix = QStringLiteral("OTHER-");

QString source(const char* path) {
    return QStringLiteral(LIVEGLOSS_SOURCE_DIR) + QLatin1String(path);
}

/// The demo model under another name and with other glosses, with `missing` bytes cut off its end.
bool writeRenamedDemo(const QString& target, qint64 missing = 0) {
    QFile demo(source("/models/demo.safetensors"));
    QFile renamed(target);
    QDir().mkpath(QFileInfo(target).absolutePath());
    if (!demo.open(QIODevice::ReadOnly) || !renamed.open(QIODevice::WriteOnly)) {
        return false;
    }
    const auto headBytes = static_cast<qint64>(qFromLittleEndian<quint64>(demo.read(8).constData()));
    QJsonObject head = QJsonDocument::fromJson(demo.read(headBytes)).object();
    QJsonObject metadata = head[QStringLiteral("__metadata__")].toObject();
    QJsonArray glosses;
    for (const QJsonValue& gloss :
         QJsonDocument::fromJson(metadata[QStringLiteral("vocabulary")].toString().toUtf8()).array()) {
        glosses.append(gloss.toString().isEmpty() ? QString() : otherPrefix + gloss.toString());
    }
    metadata[QStringLiteral("vocabulary")] = QString::fromUtf8(QJsonDocument(glosses).toJson(QJsonDocument::Compact));
    metadata[QStringLiteral("name")] = QStringLiteral("Other");
    head[QStringLiteral("__metadata__")] = metadata;
    QByteArray text = QJsonDocument(head).toJson(QJsonDocument::Compact);
    text.append(QByteArray((8 - text.size() % 8) % 8, ' '));
    QByteArray length(8, '\0');
    qToLittleEndian(static_cast<quint64>(text.size()), length.data());
    const QByteArray weights = demo.readAll();
    const QByteArray all = length + text + weights.left(weights.size() - missing);
    return renamed.write(all) == all.size();
}

} // namespace

/// Choosing another model in the Models workspace while the real session recognises a clip.
class TestModelSwitching : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { prepareInterface(); }
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        store_ = std::make_unique<QSettings>(folder_->filePath(QStringLiteral("settings.ini")), QSettings::IniFormat);
        preferences_ = std::make_unique<Preferences>(*store_);
        const EngineServices services = makeEngineServices();
        live_ =
            new LiveWorkspace(makeLiveRecogniser(), services, {source("/models/demo.safetensors"), {}}, *preferences_);
        window_ = std::make_unique<MainWindow>(live_, *preferences_);
        models_ = new ModelsWorkspace(
            services, {source("/models/demo.safetensors"), source("/models/catalogue.json"), modelFolder()}, {});
        window_->addModels(models_);
        window_->show();
        live_->start({});
        QTRY_VERIFY_WITH_TIMEOUT(live_->models().current().has_value(), 60'000);
    }
    void cleanup() {
        window_.reset();
        preferences_.reset();
        store_.reset();
    }

    void glossesAfterTheSwitchAreTheOtherModels() {
        const QString other = modelFolder() + QStringLiteral("/other.safetensors");
        QVERIFY(writeRenamedDemo(other));
        playUntilRecognising();
        window_->rail()->entry(1)->trigger();
        models_->list()->choose(other);
        QPushButton* use = models_->page()->button(ModelAction::Use);
        QTRY_VERIFY_WITH_TIMEOUT(use->isVisible() && use->isEnabled(), 10'000);
        use->click();
        QTRY_COMPARE_WITH_TIMEOUT(models_->page()->stateText(), QStringLiteral("In use"), 60'000);
        QCOMPARE(live_->models().current()->name, QStringLiteral("Other"));
        QVERIFY(live_->bridge().isPlaying()); // the same clip goes on
        waitForTheEnd();
        const QStringList glosses = texts(*live_->bridge().snapshot().committed);
        QVERIFY2(std::all_of(glosses.begin(), glosses.end(), [](const auto& g) { return g.startsWith(otherPrefix); }),
                 qPrintable(glosses.join(QLatin1Char(' '))));
        // All of the clip, also what was shown before the switch.
        QVERIFY2(glosses.value(0) == otherPrefix + QStringLiteral("HOUSE"), qPrintable(glosses.join(QLatin1Char(' '))));
        QVERIFY(live_->bridge().snapshot().offlineFromStart);
    }

    void anotherWayOfComputingLoadsTheModelAgain() {
        std::optional<engine::EngineKind> used;
        connect(&live_->models(), &ModelPicker::modelLoaded, this,
                [&used](const engine::LoadedModelPtr& model) { used = model->compute().engine; });
        preferences_->set(&AppSettings::computing, Computing::Reference);
        QTRY_VERIFY_WITH_TIMEOUT(used == engine::EngineKind::Reference, 60'000);
        QVERIFY(live_->models().current()->isDemo);
        playUntilRecognising();
        preferences_->set(&AppSettings::computing, Computing::Automatic);
        QTRY_VERIFY_WITH_TIMEOUT(used == engine::chooseCompute({}).engine, 60'000);
    }

    void modelThatDoesNotLoadLeavesTheOldOneRecognising() {
        const QString torn = modelFolder() + QStringLiteral("/torn.safetensors");
        constexpr qint64 missing = 1000;
        QVERIFY(writeRenamedDemo(torn, missing));
        playUntilRecognising();
        const std::int64_t before = live_->bridge().snapshot().statistics.encoded;
        window_->rail()->entry(1)->trigger();
        models_->list()->choose(torn);
        Q_EMIT models_->useRequested(torn);
        QTRY_VERIFY_WITH_TIMEOUT(models_->page()->problemText().contains(QStringLiteral("stays in use")), 60'000);
        QVERIFY(live_->models().current()->isDemo);
        QVERIFY(live_->notice()->text().contains(QStringLiteral("torn.safetensors")));
        waitForTheEnd();
        QVERIFY(live_->bridge().snapshot().statistics.encoded > before);
        QVERIFY(!live_->bridge().snapshot().error);
        const QStringList glosses = texts(*live_->bridge().snapshot().committed);
        QVERIFY(!glosses.isEmpty());
        QVERIFY(std::none_of(glosses.begin(), glosses.end(), [](const auto& g) { return g.startsWith(otherPrefix); }));
    }

private:
    QString modelFolder() const { return folder_->filePath(QStringLiteral("models")); }
    void playUntilRecognising() {
        live_->openSource({media::SourceKind::File, source("/resources/samples/sample-1.mp4").toStdString()});
        QTRY_VERIFY_WITH_TIMEOUT(live_->bridge().snapshot().statistics.encoded > 5, 60'000);
    }
    void waitForTheEnd() {
        QTRY_COMPARE_WITH_TIMEOUT(live_->bridge().snapshot().state, session::State::Ended, 120'000);
        QTRY_VERIFY_WITH_TIMEOUT(live_->bridge().snapshot().offline != nullptr, 60'000);
    }
    static QStringList texts(const std::vector<session::CaptionGloss>& glosses) {
        QStringList result;
        for (const session::CaptionGloss& gloss : glosses) {
            result.append(QString::fromStdString(gloss.text));
        }
        return result;
    }

    std::unique_ptr<QTemporaryDir> folder_;
    std::unique_ptr<QSettings> store_;
    std::unique_ptr<Preferences> preferences_;
    LiveWorkspace* live_ = nullptr;
    ModelsWorkspace* models_ = nullptr;
    std::unique_ptr<MainWindow> window_;
};

QTEST_MAIN(TestModelSwitching)
#include "tst_model_switching.moc"
