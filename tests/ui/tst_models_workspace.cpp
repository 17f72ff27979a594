#include "random_model.h"
#include "tower_file.h"
#include "ui/dialogs/import_dialog.h"
#include "ui/models/model_texts.h"
#include "ui/setup.h"
#include "ui/style/language.h"
#include "ui/views/vocabulary_panel.h"
#include "window_fixture.h"

#include <QComboBox>
#include <QCryptographicHash>
#include <QDoubleSpinBox>
#include <QDragEnterEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace livegloss;
using namespace livegloss::ui;
using livegloss::ui::testing::WindowFixture;

namespace {

const char* const clip32 = "clip-vit-b-32";

void write(const QString& path, const QByteArray& bytes) {
    QDir().mkpath(QFileInfo(path).absolutePath());
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(bytes), bytes.size());
}

/// A port of this computer that takes connections and says nothing; closed again at the end.
class SilentPort {
public:
    SilentPort() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        auto* plain = reinterpret_cast<sockaddr*>(&address);
        const bool listens = ::bind(socket_, plain, length) == 0 && ::listen(socket_, 4) == 0 &&
                             ::getsockname(socket_, plain, &length) == 0;
        number_ = listens ? ntohs(address.sin_port) : 0;
    }
    ~SilentPort() { ::close(socket_); }
    SilentPort(const SilentPort&) = delete;
    SilentPort& operator=(const SilentPort&) = delete;
    QString address() const { return QStringLiteral("https://127.0.0.1:%1/b.pt").arg(number_); }

private:
    int socket_;
    int number_ = 0;
};

} // namespace

/// The Models workspace over scripted services: what is listed, added, used, fetched and deleted.
class TestModelsWorkspace : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { prepareInterface(); }
    void init() {
        language_.use(QStringLiteral("en"));
        w_ = std::make_unique<WindowFixture>();
        write(w_->locations.demoModel, "demo");
        w_->live->models().loadDemo();
        QTRY_VERIFY(w_->live->models().current().has_value());
        open();
    }
    void cleanup() { w_.reset(); }

    void catalogueIsListedBelowWhatIsInstalled() {
        const auto& entries = w_->models->shelf().entries();
        QVERIFY(entries.size() >= 8);
        QVERIFY(entries[0].bundled && entries[0].installed());
        for (std::size_t index = 1; index < entries.size(); ++index) {
            QVERIFY(!entries[index].installed());
        }
        choose(clip32);
        const QString facts = pageText();
        QVERIFY2(facts.contains(QStringLiteral("MIT")), qPrintable(facts));
        QVERIFY2(facts.contains(QStringLiteral("353")), qPrintable(facts));
        QVERIFY(facts.contains(QStringLiteral("github.com/openai/CLIP")));
        choose("adaptsign-phoenix14");
        QVERIFY2(pageText().contains(QStringLiteral("dev 18.5%, test 18.8%")), qPrintable(pageText()));
        QVERIFY(pageText().contains(QStringLiteral("not stated"))); // its licence
    }

    void actionOfTheLiveWorkspaceLeadsHere() {
        w_->window->rail()->entry(0)->trigger();
        QVERIFY(!w_->models->isVisible());
        QVERIFY(w_->live->status()->isVisible() && !w_->models->statusWidget()->isVisible());
        w_->action(LiveAction::ManageModels)->trigger();
        QVERIFY(w_->models->isVisible());
        QVERIFY(!w_->live->status()->isVisible() && w_->models->statusWidget()->isVisible());
        QVERIFY(w_->window->rail()->entry(1)->isChecked());
    }

    void bundledModelIsInUseAndStays() {
        choose("demo");
        QCOMPARE(w_->models->page()->stateText(), QStringLiteral("In use"));
        QVERIFY(!shown(ModelAction::Use) && !shown(ModelAction::Delete));
        QVERIFY(!w_->models->shelf().remove(QStringLiteral("demo")));
        QVERIFY(QFileInfo::exists(w_->locations.demoModel));
    }

    void droppedModelIsCheckedAndCopied() {
        drop(outside("my model.safetensors"));
        QTRY_VERIFY(installed("my-model.safetensors") != nullptr);
        QCOMPARE(w_->models->list()->chosen(), installed("my-model.safetensors")->id);
        QTRY_VERIFY(pageText().contains(QStringLiteral("1.23 million")));
        QVERIFY(pageText().contains(QStringLiteral("CC0-1.0")));
        QVERIFY(pageText().contains(QStringLiteral("German Sign Language")));
        QVERIFY(QFileInfo::exists(w_->folder.filePath(QStringLiteral("my model.safetensors"))));
    }

    void brokenModelIsNotAdded() {
        drop(outside("broken.safetensors"));
        QTRY_VERIFY(w_->models->notice()->text().contains(QStringLiteral("byte 12")));
        QVERIFY(!QFileInfo::exists(w_->locations.modelFolder + QStringLiteral("/broken.safetensors")));
    }

    void otherFilesAreHandedToTheImporter() {
        const QString path = outside("checkpoint.pt");
        {
            QSignalSpy asked(w_->models, &ModelsWorkspace::importRequested);
            drop(path);
            QCOMPARE(asked.count(), 1);
            QCOMPARE(asked[0][0].toString(), path);
        }
        auto* dialog = w_->window->findChild<ImportDialog*>();
        QVERIFY(dialog != nullptr && dialog->isVisible());
        QTRY_VERIFY(!dialog->problems().isEmpty()); // it is no checkpoint
        QVERIFY(!dialog->canImport());
        QTest::keyClick(dialog, Qt::Key_Escape);
        QTRY_VERIFY(w_->window->findChild<ImportDialog*>() == nullptr);
    }

    void towerUnderForeignNamesBecomesABackbone() {
        const QString path = w_->folder.filePath(QStringLiteral("tower.safetensors"));
        QVERIFY(test::writeTower(path.toStdString()));
        drop(path);
        QTRY_VERIFY(w_->window->findChild<ImportDialog*>() != nullptr);
        auto* dialog = w_->window->findChild<ImportDialog*>();
        QTRY_VERIFY(dialog->canImport());
        auto* activation = dialog->findChild<QComboBox*>(QStringLiteral("activation"));
        activation->setCurrentIndex(activation->findData(static_cast<int>(model::Activation::Gelu)));
        auto* colours = dialog->findChild<QComboBox*>(QStringLiteral("normalisation"));
        colours->setCurrentIndex(colours->findData(false));
        dialog->findChild<QLineEdit*>(QStringLiteral("name"))->setText(QStringLiteral("tower"));
        QTRY_VERIFY(dialog->canImport());
        dialog->startImport();
        QTRY_VERIFY(installed("tower.safetensors") != nullptr);
        QTRY_VERIFY(pageText().contains(QStringLiteral("recognises nothing by itself")));
        QVERIFY2(pageText().contains(QStringLiteral("\nGELU")), qPrintable(pageText()));
        QVERIFY(pageText().contains(QStringLiteral("plain, from -1 to 1")));
        QVERIFY(!pageText().contains(QStringLiteral("Temporal head")));
        QVERIFY(!shown(ModelAction::Use) && shown(ModelAction::Delete));
        QVERIFY(w_->models->page()->problemText().isEmpty());
    }

    void checkpointDroppedOnTheVideoIsImported() {
        const QString path = outside("checkpoint.pt");
        w_->window->rail()->entry(0)->trigger();
        Q_EMIT w_->live->stage()->dropped(QUrl::fromLocalFile(path));
        QVERIFY(w_->models->isVisible());
        QVERIFY(w_->window->findChild<ImportDialog*>() != nullptr);
    }

    void checkpointBecomesAModel() {
        const QString path = w_->folder.filePath(QStringLiteral("trained.pt"));
        test::RandomModel random(5);
        random.config.fps = 12.5;
        QVERIFY(random.save(path.toStdString()));
        drop(path);
        auto* dialog = w_->window->findChild<ImportDialog*>();
        QVERIFY(dialog != nullptr);
        QTRY_VERIFY(dialog->canImport());
        QCOMPARE(dialog->findChild<QDoubleSpinBox*>(QStringLiteral("frameRate"))->value(), 12.5);
        QVERIFY2(dialog->summary().contains(QStringLiteral("Glosses: 5")), qPrintable(dialog->summary()));
        auto* glosses = dialog->findChild<QLineEdit*>(QStringLiteral("glosses"));
        const QString list = w_->folder.filePath(QStringLiteral("list.txt"));
        write(list, "A\nB\nC\n");
        glosses->setText(list);
        QVERIFY(!dialog->canImport());
        QTRY_VERIFY(dialog->problems().contains(QStringLiteral("list.txt has 3")));
        write(list, "A\nB\nC\nD\nE\n");
        glosses->clear();
        glosses->setText(list);
        QTRY_VERIFY(dialog->canImport());
        dialog->findChild<QLineEdit*>(QStringLiteral("name"))->setText(QStringLiteral("My / signs"));
        dialog->startImport();
        const QString output = w_->locations.modelFolder + QStringLiteral("/My-signs.safetensors");
        QTRY_VERIFY(QFileInfo::exists(output));
        QTRY_VERIFY(w_->window->findChild<ImportDialog*>() == nullptr);
        QVERIFY(w_->models->shelf().findPath(output) != nullptr);
    }

    void useSwitchesTheModelWhileAClipPlays() {
        w_->playFile();
        open(); // what plays is shown first
        add("second.safetensors");
        const int opened = w_->script->count(QStringLiteral("open"));
        const engine::LoadedModelPtr before = w_->script->model;
        press(ModelAction::Use);
        QTRY_COMPARE(w_->models->page()->stateText(), QStringLiteral("In use"));
        QVERIFY(w_->script->model != nullptr && w_->script->model != before);
        QCOMPARE(w_->script->count(QStringLiteral("open")), opened); // the clip was not opened anew
        QVERIFY(w_->live->bridge().isPlaying());
        QVERIFY(!shown(ModelAction::Use));
        choose("demo");
        QVERIFY(shown(ModelAction::Use));
    }

    void modelThatDoesNotLoadLeavesTheOldOneAndSaysWhy() {
        w_->playFile();
        add("second.safetensors");
        const QString path = installed("second.safetensors")->path;
        const QString broken = QFileInfo(path).absolutePath() + QStringLiteral("/broken.safetensors");
        const engine::LoadedModelPtr before = w_->script->model;
        // The file is damaged between its card and its weights.
        QVERIFY(QFile::rename(path, broken));
        w_->models->shelf().refresh();
        w_->models->list()->choose(broken);
        Q_EMIT w_->models->useRequested(broken);
        QTRY_VERIFY(w_->models->page()->problemText().contains(QStringLiteral("stays in use")));
        QVERIFY(pageText().contains(QStringLiteral("byte 12")));
        QCOMPARE(w_->script->model, before);
        QVERIFY(w_->live->models().current()->isDemo);
        QVERIFY(w_->live->notice()->text().contains(QStringLiteral("stays in use")));
        QVERIFY(w_->live->bridge().isPlaying());
    }

    void unusableFileSaysWhyAndCannotBeUsed() {
        write(w_->locations.modelFolder + QStringLiteral("/broken.safetensors"), "x");
        w_->models->shelf().refresh();
        w_->models->list()->choose(w_->locations.modelFolder + QStringLiteral("/broken.safetensors"));
        QTRY_VERIFY(pageText().contains(QStringLiteral("byte 12")));
        QVERIFY(!w_->models->page()->button(ModelAction::Use)->isEnabled());
        QVERIFY(shown(ModelAction::Delete));
    }

    void deletingAsksFirst() {
        add("second.safetensors");
        const QString path = installed("second.safetensors")->path;
        w_->confirms = false;
        press(ModelAction::Delete);
        QVERIFY(QFileInfo::exists(path));
        QCOMPARE(w_->asked.size(), 1);
        QVERIFY(w_->asked[0].contains(path));
        w_->confirms = true;
        press(ModelAction::Delete);
        QVERIFY(!QFileInfo::exists(path));
        QVERIFY(installed("second.safetensors") == nullptr);
        QVERIFY(!w_->models->list()->chosen().isEmpty());
    }

    void deletingTheModelInUseSaysSo() {
        add("second.safetensors");
        press(ModelAction::Use);
        QTRY_COMPARE(w_->models->page()->stateText(), QStringLiteral("In use"));
        press(ModelAction::Delete);
        QVERIFY2(w_->asked.last().contains(QStringLiteral("in use")), qPrintable(w_->asked.last()));
    }

    void modelByHandOpensItsPage() {
        choose("adaptsign-csl-daily");
        QVERIFY(shown(ModelAction::OpenPage) && shown(ModelAction::ChooseFile) && !shown(ModelAction::Download));
        press(ModelAction::OpenPage);
        QCOMPARE(w_->visited.size(), 1);
        QCOMPARE(w_->visited[0].host(), QStringLiteral("drive.google.com"));
    }

    void importOfAModelByHandKnowsWhatTheCatalogueSays() {
        choose("adaptsign-csl-daily");
        QVERIFY(pageText().contains(QStringLiteral("gloss dictionary")));
        drop(outside("checkpoint.pt"));
        auto* dialog = w_->window->findChild<ImportDialog*>();
        QVERIFY(dialog != nullptr);
        const ShelfEntry* entry = w_->models->shelf().find(QStringLiteral("adaptsign-csl-daily"));
        QCOMPARE(dialog->findChild<QLineEdit*>(QStringLiteral("name"))->text(), entry->name);
        QCOMPARE(dialog->findChild<QLineEdit*>(QStringLiteral("language"))->text(), QStringLiteral("csl"));
        auto* glosses = dialog->findChild<QLineEdit*>(QStringLiteral("glosses"));
        const QString list = w_->folder.filePath(QStringLiteral("with space.txt"));
        write(list, "A\n");
        glosses->setText(QUrl::fromLocalFile(list).toString()); // as a drop on the field leaves it
        QTRY_VERIFY(!dialog->problems().isEmpty());
        QVERIFY2(!dialog->problems().contains(QStringLiteral("no such file")), qPrintable(dialog->problems()));
    }

    void weightsOfAnotherProgramDroppedOnTheVideoAreImported() {
        const QString path = w_->folder.filePath(QStringLiteral("tower-foreign.safetensors"));
        test::RandomModel random(6);
        QVERIFY(random.save(path.toStdString()));
        bool foreign = true;
        EngineServices services = w_->services;
        services.readModelCard = [&foreign](const std::filesystem::path& file) -> Result<ModelCard> {
            if (foreign) {
                return failure(ErrorCode::Unsupported, "names of another program");
            }
            return model::describeModelFile(file);
        };
        QMenu recent;
        SourcePicker picker(w_->live->actions(), services, w_->locations, &recent, w_->live);
        QSignalSpy asModel(&picker, &SourcePicker::modelDropped);
        QSignalSpy asCheckpoint(&picker, &SourcePicker::checkpointDropped);
        QVERIFY(picker.openDropped(QUrl::fromLocalFile(path)));
        QTRY_COMPARE(asCheckpoint.size(), 1);
        QCOMPARE(asModel.size(), 0);
        foreign = false;
        QVERIFY(picker.openDropped(QUrl::fromLocalFile(path)));
        QTRY_COMPARE(asModel.size(), 1);
        QCOMPARE(asCheckpoint.size(), 1);
    }

    void folderIsOpened() {
        w_->models->findChild<QPushButton*>(QStringLiteral("openModelFolder"))->click();
        QCOMPARE(w_->visited.value(0), QUrl::fromLocalFile(w_->locations.modelFolder));
        QVERIFY(QFileInfo(w_->locations.modelFolder).isDir());
    }

    void vocabularyIsSearchable() {
        choose("demo");
        VocabularyPanel* vocabulary = w_->models->page()->vocabulary();
        QTRY_COMPARE(vocabulary->shownCount(), 4);
        vocabulary->search()->setText(QStringLiteral("re"));
        QCOMPARE(vocabulary->shownCount(), 2); // RED, TREE
        choose(clip32);
        QVERIFY(!vocabulary->isVisible());
    }

    void checksumIsComputedAndCompared() {
        const QByteArray bytes("a small backbone");
        const QByteArray sum = QCryptographicHash::hash(bytes, QCryptographicHash::Sha256).toHex();
        useCatalogue("https://models.example/b.pt", bytes.size(), sum);
        write(w_->locations.modelFolder + QStringLiteral("/b.pt"), bytes);
        w_->models->shelf().refresh();
        choose("b");
        QVERIFY(w_->models->shelf().find(QStringLiteral("b"))->installed());
        QTRY_VERIFY(pageText().contains(QStringLiteral("As published")));
        QVERIFY(pageText().contains(QString::fromLatin1(sum.left(32))));
        QVERIFY(!shown(ModelAction::Use) && shown(ModelAction::Import) && shown(ModelAction::Delete));
        write(w_->locations.modelFolder + QStringLiteral("/b.pt"), "another backbone");
        choose("demo");
        choose("b");
        QTRY_VERIFY(pageText().contains(QStringLiteral("Differs")));
    }

    void downloadIsPausedResumedAndCancelled() {
        const SilentPort silent;
        useCatalogue(silent.address(), 5000, QByteArray(64, '0'));
        choose("b");
        QVERIFY(shown(ModelAction::Download) && !shown(ModelAction::Pause) && !shown(ModelAction::Cancel));
        press(ModelAction::Download);
        QCOMPARE(w_->models->page()->stateText(), QStringLiteral("Downloading"));
        QVERIFY(shown(ModelAction::Pause) && shown(ModelAction::Cancel) && !shown(ModelAction::Download));
        press(ModelAction::Pause);
        QCOMPARE(w_->models->page()->stateText(), QStringLiteral("Download paused"));
        QCOMPARE(w_->models->page()->button(ModelAction::Download)->text(), QStringLiteral("Resume"));
        press(ModelAction::Download);
        QVERIFY(shown(ModelAction::Pause));
        press(ModelAction::Cancel);
        QCOMPARE(w_->models->page()->stateText(), QStringLiteral("Available for download"));
        QVERIFY(!shown(ModelAction::Cancel));
    }

    void failedDownloadSaysWhyAndWhatToDo() {
        const QString address = SilentPort().address(); // closed by now
        useCatalogue(address, 5000, QByteArray(64, '0'));
        choose("b");
        press(ModelAction::Download);
        QTRY_COMPARE(w_->models->page()->stateText(), QStringLiteral("Download stopped"));
        QVERIFY(w_->models->page()->problemText().contains(QStringLiteral("Check the network")));
        QCOMPARE(w_->models->page()->button(ModelAction::Download)->text(), QStringLiteral("Resume"));
    }

    void fullDiskIsSaid() {
        w_->rules.freeBytes = [](const QString&) { return qint64{1000}; };
        useCatalogue(QStringLiteral("https://127.0.0.1:9/b.pt"), 5000, QByteArray(64, '0'));
        choose("b");
        press(ModelAction::Download);
        QVERIFY(w_->models->page()->problemText().contains(QStringLiteral("room on the disk")));
    }

    void unreadableCatalogueIsSaidAndTheRestWorks() {
        write(w_->folder.filePath(QStringLiteral("own.json")), "{");
        w_->locations.catalogue = w_->folder.filePath(QStringLiteral("own.json"));
        again();
        QVERIFY(w_->models->notice()->text().contains(QStringLiteral("own.json")));
        QCOMPARE(w_->models->shelf().entries().size(), std::size_t(1));
    }

    void germanReachesTheWorkspace() {
        choose(clip32);
        language_.use(QStringLiteral("de"));
        QCoreApplication::sendPostedEvents(nullptr, QEvent::LanguageChange);
        QCoreApplication::processEvents();
        QCOMPARE(w_->models->page()->button(ModelAction::Download)->text(), QStringLiteral("Herunterladen"));
        QCOMPARE(w_->models->list()->chosen(), QLatin1String(clip32));
        QVERIFY(pageText().contains(QStringLiteral("Lizenz")));
    }

private:
    void open() {
        w_->models->shelf().refresh();
        w_->action(LiveAction::ManageModels)->trigger();
    }
    /// A new window over changed places.
    void again() {
        w_->destroyWindow();
        w_->makeWindow();
        open();
    }
    void useCatalogue(const QString& address, qint64 bytes, const QByteArray& sum) {
        const QString text =
            QStringLiteral(
                "{'format': 'livegloss-catalogue-1', 'models': [{'id': 'demo', 'name': 'Demo', 'how': 'bundled',"
                " 'task': 'recognition', 'file': 'demo.safetensors'}, {'id': 'b', 'name': 'B', 'how': "
                "'download', 'task': 'backbone', 'file': 'b.pt', 'address': '%1', 'bytes': %2, 'sha256': "
                "'%3'}]}")
                .arg(address)
                .arg(bytes)
                .arg(QString::fromLatin1(sum))
                .replace(QLatin1Char('\''), QLatin1Char('"'));
        write(w_->folder.filePath(QStringLiteral("own.json")), text.toUtf8());
        w_->locations.catalogue = w_->folder.filePath(QStringLiteral("own.json"));
        again();
    }
    QString outside(const char* name) {
        const QString path = w_->folder.filePath(QLatin1String(name));
        write(path, "weights");
        return path;
    }
    void drop(const QString& path) {
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(path)});
        QDragEnterEvent enter(QPoint(10, 10), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(w_->models, &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent event(QPointF(10, 10), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(w_->models, &event);
    }
    void add(const char* name) {
        drop(outside(name));
        QTRY_VERIFY(installed(name) != nullptr);
        QTRY_COMPARE(w_->models->list()->chosen(), installed(name)->id);
    }
    const ShelfEntry* installed(const char* file) const {
        return w_->models->shelf().findPath(w_->locations.modelFolder + QLatin1Char('/') + QLatin1String(file));
    }
    void choose(const char* id) {
        w_->models->list()->choose(QLatin1String(id));
        QCOMPARE(w_->models->list()->chosen(), QLatin1String(id));
    }
    bool shown(ModelAction action) const { return w_->models->page()->button(action)->isVisible(); }
    void press(ModelAction action) {
        QVERIFY(shown(action));
        w_->models->page()->button(action)->click();
    }
    QString pageText() const {
        QStringList texts;
        for (const QLabel* label : w_->models->page()->findChildren<QLabel*>()) {
            if (!label->isHidden()) {
                texts.append(label->text());
            }
        }
        return texts.join(QLatin1Char('\n'));
    }

    Language language_;
    std::unique_ptr<WindowFixture> w_;
};

QTEST_MAIN(TestModelsWorkspace)
#include "tst_models_workspace.moc"
