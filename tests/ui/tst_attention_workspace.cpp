#include "attention_fixture.h"

#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QTest>

#include <atomic>
#include <thread>

using namespace livegloss;
using namespace livegloss::ui;
using attention::LayerKind;
using attention::Shown;
using engine::AttentionSource;
using testing::attended;
using testing::layer;
using testing::side;
using Fixture = testing::AttentionFixture;

class TestAttentionWorkspace : public QObject {
    Q_OBJECT

private slots:
    void computesOnlyWhileOnShow() {
        Fixture f;
        QVERIFY(f.script->settings.view.has_value());
        QVERIFY(!f.script->settings.attention);
        f.leave();
        QVERIFY(!f.script->settings.view.has_value());
        QVERIFY(f.script->settings.attention);
        f.open();
        QVERIFY(f.script->settings.view.has_value());
        f.pick(Shown::CrossFrame);
        QVERIFY(f.script->settings.view->shown == Shown::CrossFrame);
        QVERIFY(f.workspace->film()->isVisible());
        f.pick(Shown::SideBySide);
        QVERIFY(!f.workspace->film()->isVisible());
    }

    void theKeysGoToThePicture() {
        Fixture f;
        f.window->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(f.window.get()));
        f.leave();
        QVERIFY(!f.workspace->view()->hasFocus());
        f.open();
        QTRY_VERIFY(f.workspace->view()->hasFocus());
    }

    void aDifferenceTellsWhatTheTokensGained() {
        Fixture f;
        f.pause();
        f.pick(Shown::Difference);
        attention::Layer difference = layer(LayerKind::Difference, 5);
        difference.classShare = -0.125F;
        difference.prefixShare = 0.25F;
        f.show(1.0, {difference});
        const QString numbers = f.workspace->panel()->numbers()->text();
        QVERIFY2(numbers.contains(QStringLiteral("−12.5")) && numbers.contains(QStringLiteral("+25.0")),
                 qPrintable(numbers));
    }

    void aLowWindowLeavesTheHeightToTheVideo() {
        Fixture f;
        f.pick(Shown::CrossFrame);
        f.window->resize(1366, 900);
        QTRY_VERIFY(f.workspace->film()->height() > 135);
        f.window->resize(1024, 600);
        QTRY_VERIFY(f.workspace->film()->height() < 125);
    }

    void drawsInsideTheNetworksViewAndDimsTheRest() {
        Fixture f;
        f.pause();
        f.show(1.0, {layer(LayerKind::Adapted, 5)});
        const QImage image = f.workspace->view()->grab().toImage();
        const QColor strong = image.pixelColor(f.middleOf(5));
        QVERIFY2(strong.red() > 200 && strong.red() > strong.blue() + 20, qPrintable(strong.name()));
        const QColor weak = image.pixelColor(f.middleOf(15));
        QVERIFY2(std::abs(weak.red() - 128) < 12, qPrintable(weak.name()));
        const QPoint corner = f.workspace->view()->frameRect(0).topLeft().toPoint() + QPoint(4, 4);
        QVERIFY(image.pixelColor(corner).red() < 90);
    }

    /// As the video above: neither squeezed nor the wrong way round.
    void theFilmStripShowsTheVideosShape() {
        Fixture f;
        f.window->resize(1366, 900);
        f.pause();
        f.pick(Shown::CrossFrame);
        f.workspace->panel()->choosePatch(4); // at the left edge
        const auto input = std::make_shared<session::InputPicture>();
        input->side = 8;
        for (int pixel = 0; pixel < 64; ++pixel) {
            input->rgb.insert(input->rgb.end(), 3, pixel % 8 < 4 ? 0 : 255); // white on the right
        }
        std::vector<attention::Layer> layers;
        for (int offset = -2; offset <= 2; ++offset) {
            layers.push_back(layer(LayerKind::CrossFrame, 5));
            layers.back().values.assign(layers.back().values.size(), 0.0F); // no overlay
            layers.back().offset = offset;
        }
        auto shown = std::make_shared<session::AttendedPicture>(
            *attended(f.workspace->panel()->view(), layers, fromSeconds(1.0)));
        shown->neighbours.assign(layers.size(), input);
        const auto extent = [&](QRgb below, QRgb above) {
            const QImage image = f.workspace->film()->grab().toImage();
            QRect box; // of pixels of that brightness in the middle picture
            for (int y = 0; y < image.height() - 20; ++y) {
                for (int x = image.width() / 2 - 74; x < image.width() / 2 + 74; ++x) {
                    const QColor colour = image.pixelColor(x, y);
                    const bool grey = colour.saturation() < 10;
                    if (grey && colour.red() >= int(above) && colour.red() <= int(below)) {
                        box |= QRect(x, y, 1, 1);
                    }
                }
            }
            return box;
        };
        f.show(1.0, shown);
        const QRect whole = extent(255, 250);
        QVERIFY(whole.height() > 60);
        const double aspect = whole.width() / (whole.height() * 3.5 / 8.0); // half a column is smoothed away
        QVERIFY2(std::abs(aspect - 4.0 / 3.0) < 0.12, qPrintable(QString::number(aspect)));
        QVERIFY(f.workspace->film()->sizeHint().width() > 5 * 112 * 4 / 3);
        const int right = whole.center().x();
        f.workspace->film()->setShape(4.0 / 3.0, true);
        QVERIFY(extent(255, 250).center().x() < right - 20);
    }

    void everyNumberIsExplained() {
        Fixture f;
        QVERIFY(f.workspace->panel()->numbers()->toolTip().contains(QStringLiteral("prefix share")));
        f.pick(Shown::CrossFrame);
        const QString meaning = f.workspace->panel()->numbers()->toolTip();
        QVERIFY2(meaning.contains(QStringLiteral("Learnt temporal weight")), qPrintable(meaning));
        QCOMPARE(f.workspace->panel()->numbers()->accessibleDescription(), meaning);
        // What a scale means depends on what it measures.
        const auto absolute = [&] {
            QComboBox* box = f.workspace->panel()->normalisationBox();
            return box->itemData(box->findData(static_cast<int>(attention::Normalisation::Absolute)), Qt::ToolTipRole)
                .toString();
        };
        QVERIFY(absolute().contains(QStringLiteral("−0.5 to +0.5")));
        f.pick(Shown::Difference);
        QVERIFY(absolute().contains(QStringLiteral("four times")));
        f.pick(Shown::Adapted);
        QVERIFY(absolute().contains(QStringLiteral("eight times")));
    }

    void withoutContrastItSaysSo() {
        Fixture f;
        f.pause();
        f.show(1.0, {layer(LayerKind::Adapted, 5)});
        const QImage with = f.workspace->view()->grab().toImage();
        f.show(1.04, {layer(LayerKind::Adapted, 5, 0.01F)});
        const QImage without = f.workspace->view()->grab().toImage();
        const QPoint middle = f.workspace->view()->frameRect(0).center().toPoint();
        const QRect label(middle - QPoint(60, 6), QSize(120, 12));
        int white = 0;
        for (int x = label.left(); x < label.right(); ++x) {
            for (int y = label.top(); y < label.bottom(); ++y) {
                white += without.pixelColor(x, y).lightness() > 200 ? 1 : 0;
            }
        }
        QVERIFY(white > 20);
        QVERIFY(with.pixelColor(f.middleOf(5)) != without.pixelColor(f.middleOf(5)));
    }

    /// Attention of another view or frame is never drawn.
    void attentionOfAnotherViewIsNotShown() {
        Fixture f;
        f.pause();
        attention::View other = f.workspace->panel()->view();
        other.block = 0;
        f.show(1.0, attended(other, {layer(LayerKind::Adapted, 5)}, fromSeconds(1.0)));
        QVERIFY(f.workspace->view()->layers().empty());
        f.show(1.04, {layer(LayerKind::Adapted, 5)});
        QCOMPARE(f.workspace->view()->layers().size(), std::size_t{1});
        f.pick(f.workspace->panel()->blockBox(), 1);
        QVERIFY(f.workspace->view()->layers().empty());
    }

    void mouseAndArrowsChooseThePatch() {
        Fixture f;
        f.pause();
        f.show(1.0, {layer(LayerKind::Adapted, 5)});
        AttentionView* view = f.workspace->view();
        QTest::mouseClick(view, Qt::LeftButton, {}, f.middleOf(6));
        QVERIFY(f.script->settings.view->source == AttentionSource::Patch);
        QCOMPARE(f.script->settings.view->patch, 6);
        // The part that the network does not see holds no patch.
        QTest::mouseClick(view, Qt::LeftButton, {}, view->frameRect(0).topLeft().toPoint() + QPoint(4, 4));
        QCOMPARE(f.script->settings.view->patch, 6);
        view->setFocus();
        const auto calls = f.script->calls.filter(QStringLiteral("seek")).size();
        QTest::keyClick(view, Qt::Key_Right);
        QTest::keyClick(view, Qt::Key_Down);
        QCOMPARE(f.script->settings.view->patch, 11);
        QTest::keyClick(view, Qt::Key_Right);
        QCOMPARE(f.script->settings.view->patch, 11);
        QTest::keyClick(view, Qt::Key_Up);
        QTest::keyClick(view, Qt::Key_Left);
        QCOMPARE(f.script->settings.view->patch, 6);
        QCOMPARE(f.script->calls.filter(QStringLiteral("seek")).size(), calls);
        // Dragging moves the box along.
        QTest::mousePress(view, Qt::LeftButton, {}, f.middleOf(0));
        QTest::mouseMove(view, f.middleOf(9));
        QMouseEvent drag(QEvent::MouseMove, f.middleOf(9), view->mapToGlobal(f.middleOf(9)), Qt::NoButton,
                         Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(view, &drag);
        QCOMPARE(f.script->settings.view->patch, 9);
        const QImage image = view->grab().toImage();
        const QPoint edge = f.middleOf(9) - QPoint(static_cast<int>(view->frameRect(0).width() * 0.8 / side / 2.0), 0);
        bool red = false; // the line may lie between pixels
        for (int x = -2; x <= 2; ++x) {
            const QColor box = image.pixelColor(edge + QPoint(x, 0));
            red = red || (box.red() > 200 && box.green() < 110);
        }
        QVERIFY(red);
    }

    void aMirroredPictureIsClickedMirrored() {
        Fixture f;
        f.pause();
        f.show(1.0, {layer(LayerKind::Adapted, 4)});
        f.workspace->view()->setMirrored(true);
        QCOMPARE(f.workspace->view()->patchAt(f.middleOf(4)), std::optional(7));
        const QImage image = f.workspace->view()->grab().toImage();
        QVERIFY(image.pixelColor(f.middleOf(7)).red() > 200);
    }

    void frozenAndAdaptedStandSideBySide() {
        Fixture f;
        f.pause();
        f.pick(Shown::SideBySide);
        f.show(1.0, {layer(LayerKind::Frozen, 0), layer(LayerKind::Adapted, 15)});
        const QImage image = f.workspace->view()->grab().toImage();
        QVERIFY(image.pixelColor(f.middleOf(0, 0)).red() > 200);
        QVERIFY(image.pixelColor(f.middleOf(0, 1)).red() < 160);
        QVERIFY(image.pixelColor(f.middleOf(15, 1)).red() > 200);
        QCOMPARE(f.workspace->panel()->bars()->bars().size(), 2);
        const QString numbers = f.workspace->panel()->numbers()->text();
        QVERIFY2(numbers.contains(QStringLiteral("12.5")) && numbers.contains(QStringLiteral("25.0")),
                 qPrintable(numbers));
        // Only AdaptSign has an aggregation query.
        QCOMPARE(f.workspace->panel()->sourceBox()->findData(static_cast<int>(AttentionSource::AggregationQuery)), -1);
        f.pick(Shown::Adapted);
        QVERIFY(f.workspace->panel()->sourceBox()->findData(static_cast<int>(AttentionSource::AggregationQuery)) >= 0);
    }

    void colourEndsCarryNumbers() {
        Fixture f;
        f.pause();
        f.show(1.0, {layer(LayerKind::Adapted, 5)});
        f.pick(f.workspace->panel()->normalisationBox(), static_cast<int>(attention::Normalisation::Absolute));
        QCOMPARE(f.workspace->panel()->bars()->bars().value(0).high, QStringLiteral("50.0 %")); // 8 of 16 patches
        QCOMPARE(f.workspace->panel()->bars()->bars().value(0).low, QStringLiteral("0.00 %"));
    }

    void smoothingFollowsAndForgets() {
        TimeSmoothing smoothing;
        const auto at = [&](double seconds, float value, double over) {
            return smoothing.next({layer(LayerKind::Adapted, 5, value)}, fromSeconds(seconds), over)[0].values[5];
        };
        QCOMPARE(at(0.0, 0.0F, 0.2), 0.0F);
        // A map that alternates 12.5 times a second hardly moves.
        float least = 1.0F;
        float most = 0.0F;
        for (int step = 1; step < 40; ++step) {
            const float value = at(step * 0.08, step % 2 == 0 ? 0.0F : 1.0F, 0.2);
            if (step > 20) {
                least = std::min(least, value);
                most = std::max(most, value);
            }
        }
        QVERIFY(most - least < 0.25F);
        QCOMPARE(at(3.28, 1.0F, 0.0), 1.0F);   // none
        QCOMPARE(at(9.0, 0.25F, 0.2), 0.25F);  // a jump
        QCOMPARE(at(8.96, 0.75F, 0.2), 0.75F); // back
    }

    /// What vanishes while playing does not come back at once.
    void attentionDoesNotBlink() {
        Fixture f;
        f.show(1.0, {layer(LayerKind::Adapted, 5)});
        QVERIFY(!f.workspace->view()->layers().empty());
        f.show(1.04, nullptr);
        QVERIFY(f.workspace->view()->layers().empty());
        f.show(1.08, {layer(LayerKind::Adapted, 5)});
        QVERIFY(f.workspace->view()->layers().empty());
        f.show(1.48, {layer(LayerKind::Adapted, 5)});
        QVERIFY(!f.workspace->view()->layers().empty());
        f.show(1.52, nullptr);
        f.pause();
        f.show(1.56, {layer(LayerKind::Adapted, 5)});
        QVERIFY(!f.workspace->view()->layers().empty());
    }

    void everyChoiceIsExplained() {
        Fixture f;
        for (QComboBox* box : {f.workspace->panel()->shownBox(), f.workspace->panel()->sourceBox(),
                               f.workspace->panel()->normalisationBox()}) {
            for (int index = 0; index < box->count(); ++index) {
                QVERIFY(box->itemData(index, Qt::ToolTipRole).toString().size() > 20);
            }
        }
        const auto labels = f.workspace->panel()->findChildren<QLabel*>();
        const bool noted = std::ranges::any_of(labels, [](QLabel* label) {
            return label->isVisible() && label->text().contains(QStringLiteral("does not prove"));
        });
        QVERIFY(noted);
    }

    void theTourEndsForGood() {
        Fixture f;
        AttentionTour* tour = f.workspace->tour();
        QVERIFY(tour->isVisible());
        auto* next = tour->findChild<QPushButton*>(QStringLiteral("tourNext"));
        for (int step = 0; step < AttentionTour::steps(); ++step) {
            QCOMPARE(tour->step(), step);
            next->click();
        }
        QVERIFY(!tour->isVisible());
        f.destroyWindow();
        f.makeWindow();
        f.workspace = new AttentionWorkspace(*f.live, *f.preferences);
        f.window->addAttention(f.workspace);
        f.open();
        QVERIFY(!f.workspace->tour()->isVisible());
        f.workspace->findChild<QPushButton*>(QStringLiteral("tourAgain"))->click();
        QVERIFY(f.workspace->tour()->isVisible());
        QCOMPARE(f.workspace->tour()->step(), 0);
    }

    void choicesAreRemembered() {
        Fixture f;
        f.pick(Shown::Difference);
        f.pick(f.workspace->panel()->coloursBox(), static_cast<int>(attention::Colours::Cividis));
        f.pick(f.workspace->panel()->smoothingBox(), 500);
        f.window->close();
        f.destroyWindow();
        f.makeWindow();
        f.workspace = new AttentionWorkspace(*f.live, *f.preferences);
        f.window->addAttention(f.workspace);
        QVERIFY(f.workspace->panel()->view().shown == Shown::Difference);
        QVERIFY(f.workspace->panel()->style().colours == attention::Colours::Cividis);
        QCOMPARE(f.workspace->panel()->style().smoothingSeconds, 0.5);
    }

    void aSheetHoldsTheMarkedFrames() {
        Fixture f;
        f.pause();
        MarkedFrames* marks = f.workspace->marks();
        QVERIFY(!marks->saveButton()->isEnabled());
        QString path = f.folder.filePath(QStringLiteral("values.csv"));
        marks->setChooseFile([&path](QWidget*, const QString&) { return path; });
        f.show(1.0, {layer(LayerKind::Adapted, 5)});
        marks->markButton()->click();
        f.show(2.0, {layer(LayerKind::Adapted, 6)});
        marks->markButton()->click();
        marks->markButton()->click();
        QCOMPARE(marks->count(), 2);
        marks->saveButton()->click();
        QFile csv(path);
        QVERIFY(csv.open(QIODevice::ReadOnly));
        const QByteArray text = csv.readAll();
        QVERIFY(text.contains("25,1,adapted,0,1,1,0.5"));
        QVERIFY(text.contains("50,2,adapted,0,1,2,0.5"));
        path = f.folder.filePath(QStringLiteral("sheet"));
        marks->saveButton()->click();
        QVERIFY(QImage(path + QStringLiteral(".png")).width() > 1000);
        path = QStringLiteral("/nowhere/sheet.pdf");
        marks->saveButton()->click();
        QVERIFY(marks->result()->text().contains(QStringLiteral("/nowhere/sheet.pdf")));
        f.pick(Shown::Frozen); // another view: other values
        QCOMPARE(marks->count(), 0);
        f.show(2.0, {layer(LayerKind::Frozen, 6)});
        marks->markButton()->click();
        QCOMPARE(marks->count(), 1);
        Q_EMIT f.live->models().modelLoaded(testing::smallModel()); // of the same name, with other weights
        QCOMPARE(marks->count(), 0);
        QVERIFY(!marks->saveButton()->isEnabled());
    }

    /// A model at half the video's rate: what is on show goes with the frame before it, and the files say so.
    void filesNameTheFrameThatTheNetworkSaw() {
        Fixture f;
        f.pause();
        MarkedFrames* marks = f.workspace->marks();
        QString path = f.folder.filePath(QStringLiteral("values.csv"));
        marks->setChooseFile([&path](QWidget*, const QString&) { return path; });
        const attention::View view = f.workspace->panel()->view();
        f.show(0.44, attended(view, {layer(LayerKind::Adapted, 5)}, fromSeconds(0.4)));
        marks->saveButton()->click();
        QFile csv(path);
        QVERIFY(csv.open(QIODevice::ReadOnly));
        const QByteArray text = csv.readAll();
        QVERIFY2(text.contains("\n10,0.4,adapted,") && !text.contains("\n11,"), text.constData());
        path = f.folder.filePath(QStringLiteral("sheet.svg"));
        marks->saveButton()->click();
        QFile svg(path);
        QVERIFY(svg.open(QIODevice::ReadOnly));
        const QByteArray drawing = svg.readAll();
        QVERIFY(drawing.contains("frame 11") && drawing.contains("attention of frame 10, 0.40 s"));
        const auto& moments = f.workspace->overTime()->panel()->values().moments;
        QCOMPARE(moments.size(), std::size_t{1});
        QCOMPARE(moments[0].frameIndex, std::int64_t{10});
        QCOMPARE(moments[0].time, fromSeconds(0.4));
    }

    void aModelOfSingleFramesOffersNoWeightsAcrossFrames() {
        Fixture f;
        const auto offers = [&](QComboBox* box, auto value) { return box->findData(static_cast<int>(value)) >= 0; };
        QVERIFY(offers(f.workspace->panel()->shownBox(), Shown::CrossFrame));
        QVERIFY(offers(f.workspace->panel()->sourceBox(), AttentionSource::AggregationQuery));
        f.pick(Shown::CrossFrame);
        model::ModelConfig config = testing::smallModel()->config();
        config.window = 0;
        config.aggregation = false;
        Q_EMIT f.live->models().modelLoaded(std::make_shared<testing::FakeModel>(config));
        QVERIFY(f.script->settings.view->shown == Shown::Adapted);
        QVERIFY(!offers(f.workspace->panel()->shownBox(), Shown::CrossFrame));
        QVERIFY(!offers(f.workspace->panel()->sourceBox(), AttentionSource::AggregationQuery));
    }

    /// The span between the marks, with what was recognised; progress and cancel while it runs.
    void aVideoIsWrittenInTheBackground() {
        Fixture f;
        f.script->commit(f.script->gloss("HOUSE", 1.2));
        f.pause();
        f.show(1.0, {layer(LayerKind::Adapted, 5)});
        f.workspace->marks()->markButton()->click();
        f.show(2.0, {layer(LayerKind::Adapted, 6)});
        f.workspace->marks()->markButton()->click();
        VideoExport* video = f.workspace->video();
        QVERIFY(video->saveButton()->isEnabled());
        std::optional<AttentionVideoJob> seen;
        std::atomic<bool> started = false;
        video->setServices([](QWidget*, const QString&) { return QStringLiteral("out"); },
                           [&](const AttentionVideoJob& job, const std::filesystem::path& output) -> Result<void> {
                               seen = job;
                               job.progress(0.5);
                               started = true;
                               while (!job.cancelled()) {
                                   std::this_thread::yield();
                               }
                               return failure(ErrorCode::Cancelled, output.string());
                           });
        video->saveButton()->click();
        QTRY_VERIFY(started);
        QTRY_COMPARE(video->progress()->value(), 500);
        QVERIFY(video->cancelButton()->isVisible() && !video->saveButton()->isEnabled());
        video->cancelButton()->click();
        QTRY_VERIFY(!video->running());
        QVERIFY(video->result()->text().contains(QStringLiteral("Cancelled")));
        QCOMPARE(seen->from, fromSeconds(1.0));
        QCOMPARE(seen->to, std::optional(fromSeconds(2.0)));
        QVERIFY(!seen->captions.has_value()); // what was recognised so far is a part: the writer recognises the whole
        QVERIFY(video->saveButton()->isEnabled());
        f.script->snapshot.offline = f.script->snapshot.committed;
        f.script->snapshot.offlineFromStart = true;
        ++f.script->snapshot.captionRevision;
        f.poll();
        started = false;
        video->saveButton()->click();
        QTRY_VERIFY(started);
        // Closing the window asks first.
        int asked = 0;
        bool givesUp = false;
        video->setConfirm([&](QWidget*) {
            ++asked;
            return givesUp;
        });
        QVERIFY(!f.window->close() && f.window->isVisible());
        QVERIFY(asked == 1 && video->running());
        givesUp = true;
        QVERIFY(f.window->close());
        QCOMPARE(asked, 2);
        video->cancelButton()->click();
        QTRY_VERIFY(!video->running());
        QCOMPARE(seen->captions->size(), std::size_t{1});
        QCOMPARE(seen->captions->at(0).text, QStringLiteral("HOUSE"));
        QVERIFY(f.window->close()); // nothing to ask about any more
        QCOMPARE(asked, 2);
    }

    void scrollingThePanelChangesNoChoice() {
        Fixture f;
        const auto turn = [](QComboBox* box) {
            const QPointF at = QRectF(box->rect()).center();
            QWheelEvent wheel(at, box->mapToGlobal(at), {}, {0, -120}, Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase,
                              false);
            QCoreApplication::sendEvent(box, &wheel);
        };
        QComboBox* box = f.workspace->panel()->shownBox();
        const int chosen = box->currentIndex();
        turn(box);
        QCOMPARE(box->currentIndex(), chosen);
        QComboBox elsewhere; // whose choice a turn of the wheel does change
        elsewhere.addItems({QStringLiteral("a"), QStringLiteral("b")});
        turn(&elsewhere);
        QCOMPARE(elsewhere.currentIndex(), 1);
    }

    void liveFrozenAttentionSaysWhatItCosts() {
        Fixture f;
        f.pick(Shown::SideBySide);
        f.script->playCamera();
        f.poll();
        const auto labels = f.workspace->panel()->findChildren<QLabel*>();
        const auto warned = [&] {
            return std::ranges::any_of(labels, [](QLabel* label) {
                return label->isVisible() && label->text().contains(QStringLiteral("second network"));
            });
        };
        QVERIFY(warned());
        f.pick(Shown::Adapted);
        QVERIFY(!warned());
    }
};

QTEST_MAIN(TestAttentionWorkspace)
#include "tst_attention_workspace.moc"
