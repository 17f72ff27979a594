#include "file_server.h"
#include "ui/downloads/download_list.h"

#include <QCryptographicHash>
#include <QDir>
#include <QSignalSpy>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QTest>

using namespace livegloss::downloads;
using namespace livegloss::downloads::testing;

/// The downloads of a catalogue: what survives a restart, what is shared between two programs.
class TestDownloadList : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() {
        root_ = std::make_unique<QTemporaryDir>();
        server_ = std::make_unique<FileServer>();
        rules_.allowLoopbackHttp = true;
        file_ = QByteArray(200'000, 'm');
        CatalogueEntry entry;
        entry.id = QStringLiteral("m");
        entry.file = QStringLiteral("m.pt");
        entry.supply = Supply::Download;
        entry.address = server_->url();
        entry.bytes = file_.size();
        entry.sha256 = QCryptographicHash::hash(file_, QCryptographicHash::Sha256).toHex();
        CatalogueEntry byHand;
        byHand.id = QStringLiteral("h");
        catalogue_ = {entry, byHand};
    }
    void cleanup() { server_.reset(); }

    void installedModelIsAnnounced() {
        server_->answer = wellBehaved(file_);
        const auto list = make();
        QSignalSpy installed(list.get(), &DownloadList::installed);
        list->start(QStringLiteral("m"));
        QVERIFY(list->anyActive());
        QTRY_COMPARE(installed.count(), 1);
        QCOMPARE(installed[0][1].toString(), root_->filePath(QStringLiteral("models/m.pt")));
        QVERIFY(list->folder().has(catalogue_[0]));
        QVERIFY(list->find(QStringLiteral("m")) == nullptr);
        QVERIFY(!list->anyActive());
    }

    void unfinishedDownloadIsPausedAfterARestart() {
        server_->answer = sendsOnly(file_, 70'000, false);
        auto list = make();
        list->start(QStringLiteral("m"));
        QTRY_COMPARE(list->find(QStringLiteral("m"))->received(), 70'000);
        list.reset();
        list = make();
        const Download* download = list->find(QStringLiteral("m"));
        QVERIFY(download != nullptr);
        QCOMPARE(download->state(), Download::State::Paused);
        QCOMPARE(download->received(), 70'000);
        server_->answer = wellBehaved(file_);
        QSignalSpy installed(list.get(), &DownloadList::installed);
        list->start(QStringLiteral("m"));
        QTRY_COMPARE(installed.count(), 1);
        QCOMPARE(server_->requests.back().rangeStart(), 70'000);
    }

    void cancelForgetsTheDownload() {
        server_->answer = sendsOnly(file_, 70'000, false);
        const auto list = make();
        list->start(QStringLiteral("m"));
        QTRY_COMPARE(list->find(QStringLiteral("m"))->received(), 70'000);
        list->cancel(QStringLiteral("m"));
        QVERIFY(list->find(QStringLiteral("m")) == nullptr);
        QVERIFY(!QFileInfo::exists(list->folder().partOf(catalogue_[0])));
    }

    void secondProgramWaitsItsTurn() {
        server_->answer = sendsOnly(file_, 70'000, false);
        const auto first = make();
        first->start(QStringLiteral("m"));
        QTRY_COMPARE(first->find(QStringLiteral("m"))->received(), 70'000);
        const auto second = make();
        second->start(QStringLiteral("m"));
        QCOMPARE(second->find(QStringLiteral("m"))->failure()->problem, Problem::Busy);
        QVERIFY(first->find(QStringLiteral("m"))->active());
        second->cancel(QStringLiteral("m")); // does not take away what the first one writes
        QCOMPARE(second->find(QStringLiteral("m"))->failure()->problem, Problem::Busy);
        QCOMPARE(QFileInfo(first->folder().partOf(catalogue_[0])).size(), 70'000);
        first->pause(QStringLiteral("m"));
        server_->answer = wellBehaved(file_);
        QSignalSpy installed(second.get(), &DownloadList::installed);
        second->start(QStringLiteral("m"));
        QTRY_COMPARE(installed.count(), 1);
    }

    void nothingIsAskedBeforeAPersonDoes() {
        server_->answer = wellBehaved(file_);
        const auto list = make();
        QTest::qWait(50);
        QVERIFY(server_->requests.empty());
        QVERIFY(!QFileInfo::exists(root_->filePath(QStringLiteral("models"))));
    }

    void entriesWithoutAnAddressAreNotFetched() {
        const auto list = make();
        list->start(QStringLiteral("h"));
        list->start(QStringLiteral("unknown"));
        QVERIFY(!list->anyActive());
        QVERIFY(list->find(QStringLiteral("h")) == nullptr);
    }

private:
    std::unique_ptr<DownloadList> make() {
        return std::make_unique<DownloadList>(catalogue_, ModelFolder(root_->filePath(QStringLiteral("models"))),
                                              rules_);
    }

    QByteArray file_;
    Catalogue catalogue_;
    DownloadRules rules_;
    std::unique_ptr<QTemporaryDir> root_;
    std::unique_ptr<FileServer> server_;
};

QTEST_GUILESS_MAIN(TestDownloadList)
#include "tst_download_list.moc"
