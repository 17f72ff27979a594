#include "attention_fixture.h"

#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <QTest>

#include <atomic>
#include <thread>

using namespace livegloss;
using namespace livegloss::ui;
using attention::LayerKind;
using testing::layer;

namespace {

/// The window with three recognised glosses; the study of a span is the test's own.
class Fixture : public testing::AttentionFixture {
public:
    Fixture() : panel(workspace->overTime()->gloss()) {
        panel->setServices([this](QWidget*, const QString&) { return path; },
                           [this](const attention::SpanJob& job) { return studied(job); });
        session::CaptionGloss house = script->gloss("HOUSE", 2.0, 0.9F);
        house.alternatives = {{"HOUSE", 0.9F}, {"SUN", 0.07F}, {"TREE", 0.02F}};
        script->commit(house);
        script->commit(script->gloss("RED", 4.0));
        pause();
        show(1.0, nullptr);
    }
    Result<attention::SpanStudy> studied(const attention::SpanJob& job) {
        ++jobs;
        from = job.from;
        block = job.view.block;
        while (blocked && !job.options.cancelled()) {
            std::this_thread::yield();
        }
        if (fails || job.options.cancelled()) {
            return failure(ErrorCode::Unreadable, "the span broke");
        }
        auto frame = std::make_shared<Frame>(*script->picture.frame);
        frame->time = job.from + std::chrono::milliseconds(200);
        attention::SpanStudy study;
        study.frames = 5;
        study.firstFrame = frameKnown ? 50 : unknownFrame;
        study.lastFrame = frameKnown ? 58 : unknownFrame;
        study.mean = {frame, {layer(LayerKind::Adapted, 5)}, 0.5};
        study.strongest = {study.mean, study.mean, study.mean};
        study.seconds = {study.mean};
        study.scales.add(study.mean.layers);
        return study;
    }
    void pickGloss(int row) {
        panel->box()->setCurrentIndex(row);
        Q_EMIT panel->box()->activated(row);
    }

    GlossPanel* panel;
    QString path;
    std::atomic<int> jobs = 0;
    std::atomic<bool> blocked = false;
    std::atomic<bool> fails = false;
    std::atomic<bool> frameKnown = true;
    std::atomic<MediaTime> from = MediaTime{0};
    std::atomic<int> block = -7;
};

} // namespace

/// One gloss: span, alternatives, where the network looked.
class TestGlossAttention : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void nothingIsComputedBeforeAGlossIsChosen() {
        Fixture f;
        QCOMPARE(f.panel->box()->count(), 3); // the invitation and two glosses
        QTest::qWait(30);
        QCOMPARE(f.jobs.load(), 0);
        QVERIFY(!f.panel->saveButton()->isVisible());
    }

    void aChosenGlossShowsItsSpanAndPictures() {
        Fixture f;
        f.pickGloss(1);
        QTRY_VERIFY(f.panel->material().has_value());
        QCOMPARE(f.from.load(), fromSeconds(2.0));
        QCOMPARE(f.script->snapshot.position, fromSeconds(2.0));
        const QString facts = f.panel->facts()->text();
        QVERIFY2(facts.contains(QStringLiteral("frames 50 to 58")) && facts.contains(QStringLiteral("saw 5")),
                 qPrintable(facts));
        QVERIFY2(facts.contains(QStringLiteral("90 %")) && facts.contains(QStringLiteral("SUN 7 %")),
                 qPrintable(facts));
        QVERIFY(!facts.contains(QStringLiteral("HOUSE")));
        QCOMPARE(f.panel->strongest()->cells().size(), 3);
        QVERIFY(f.panel->seconds()->accessibleDescription().contains(QStringLiteral("2.00 to 2.40")));
        QTest::mouseClick(f.panel->strongest(), Qt::LeftButton, {},
                          f.panel->strongest()->cellRect(1).center().toPoint());
        QCOMPARE(f.script->snapshot.position, fromSeconds(2.2));
        // Another view of the same gloss.
        f.pick(f.workspace->panel()->blockBox(), 0);
        QVERIFY(!f.panel->material().has_value());
        QTRY_VERIFY(f.panel->material().has_value());
        QCOMPARE(f.block.load(), 0);
    }

    /// After a jump in a file of varying rate nobody knows the frames' numbers.
    void unknownFramesAreNotNumbered() {
        Fixture f;
        f.frameKnown = false;
        f.pickGloss(1);
        QTRY_VERIFY(f.panel->material().has_value());
        const QString facts = f.panel->facts()->text();
        QVERIFY2(!facts.contains(QStringLiteral("frames 5")) && facts.contains(QStringLiteral("network saw: 5")),
                 qPrintable(facts));
    }

    void theHistoryLeadsToIt() {
        Fixture f;
        f.leave();
        QAction* action = f.action(LiveAction::GlossAttention);
        QVERIFY(action->isVisible());
        f.live->sidePanel()->history()->view()->setCurrentIndex(f.live->sidePanel()->history()->model().index(0, 0));
        action->trigger();
        QVERIFY(f.workspace->isVisible());
        QTRY_VERIFY(f.panel->material().has_value());
        QCOMPARE(f.panel->material()->gloss, QStringLiteral("HOUSE"));
    }

    void itCanBeCancelledAndFail() {
        Fixture f;
        f.blocked = true;
        f.pickGloss(2);
        QTRY_COMPARE(f.jobs.load(), 1);
        QVERIFY(f.panel->running() && !f.panel->cancelButton()->isHidden());
        f.panel->cancelButton()->click();
        QVERIFY(!f.panel->running());
        QTest::qWait(30);
        QVERIFY(!f.panel->material().has_value());
        f.blocked = false;
        f.fails = true;
        f.pickGloss(2);
        QTRY_VERIFY(f.panel->note()->text().contains(QStringLiteral("the span broke")));
    }

    void anotherClipHasOtherGlosses() {
        Fixture f;
        f.pickGloss(1);
        QTRY_VERIFY(f.panel->material().has_value());
        f.script->snapshot.source.name = "other.mp4";
        f.script->setCommitted({});
        f.poll();
        QVERIFY(!f.panel->material().has_value());
        QCOMPARE(f.panel->box()->count(), 1);
        QVERIFY(!f.panel->box()->isEnabled());
    }

    void itIsSavedAsASheet() {
        Fixture f;
        f.pickGloss(1);
        QTRY_VERIFY(f.panel->material().has_value());
        f.path = f.folder.filePath(QStringLiteral("gloss"));
        f.panel->saveButton()->click();
        QVERIFY(QImage(f.path + QStringLiteral(".png")).width() > 1000);
        f.path = QStringLiteral("/nowhere/gloss.pdf");
        f.panel->saveButton()->click();
        QVERIFY(f.panel->note()->text().contains(f.path));
    }

    /// As when the clip loops while the dialog is open.
    void aHistoryThatBeginsAnewMeanwhileTakesNothingAway() {
        Fixture f;
        f.pickGloss(1);
        QTRY_VERIFY(f.panel->material().has_value());
        const QString path = f.folder.filePath(QStringLiteral("gloss.png"));
        f.panel->setServices(
            [&f, path](QWidget*, const QString&) {
                f.script->setCommitted({});
                f.poll();
                return path;
            },
            [&f](const attention::SpanJob& job) { return f.studied(job); });
        f.panel->saveButton()->click();
        QVERIFY(!f.panel->material().has_value());
        QVERIFY(QImage(path).width() > 1000);
    }
};

QTEST_MAIN(TestGlossAttention)
#include "tst_gloss_attention.moc"
