#include "cli_runner.h"
#include "media/frame_source.h"
#include "media/video_writer.h"
#include "random_model.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>

using namespace livegloss;

/// `quantize`, and a model in 8 bits, as a person meets them.
class TestCliQuantize : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    QString clip_;
    QString model_;
    QString model8_;

    QString at(const char* name) const { return folder_.filePath(QString::fromLatin1(name)); }
    Outcome quantize(QStringList arguments) const {
        return runCli(QStringList{"quantize", "--model", model_} + arguments);
    }

private slots:
    void initTestCase() {
        clip_ = at("clip.mp4");
        model_ = at("model.safetensors");
        model8_ = at("model8.safetensors");
        auto writer = media::createVideo(clip_.toStdString(), {.width = 64, .height = 64, .fps = 25.0, .crf = 28});
        QVERIFY(writer.has_value());
        for (int frame = 0; frame < 20; ++frame) {
            std::vector<std::uint8_t> rgb(64 * 64 * 3, 40);
            for (std::size_t x = 0; x < 12; ++x) {
                rgb[(20 * 64 + x + static_cast<std::size_t>(frame)) * 3] = 220;
            }
            QVERIFY((*writer)->write(rgb.data()).has_value());
        }
        QVERIFY((*writer)->close().has_value());
        test::RandomModel model(11);
        QVERIFY(model.save(model_.toStdString()).has_value());
    }

    void writesScales() {
        const Outcome made = quantize({"--calibration", clip_, "--output", model8_});
        QVERIFY2(made.code == 0, qPrintable(made.err));
        QVERIFY(made.out.contains("1 clip"));
        QVERIFY(made.out.contains("auto will not choose int8"));
        const auto said = parsed(runCli({"inspect", model8_, "--json"}).out);
        QVERIFY(said.is_object());
        QCOMPARE(said["int8"]["layers"].get<int>(), 16);
        QVERIFY(said["int8"]["feature_error"].get<double>() <= 1e-2);
        QVERIFY(!said["int8"].contains("check"));
        QVERIFY(runCli({"inspect", model8_}).out.contains("Int8 check"));
        QVERIFY(parsed(runCli({"inspect", model_, "--json"}).out)["int8"].is_null());
    }

    void runsInBothPrecisions() {
        for (const char* precision : {"int8", "f32"}) {
            const Outcome run = runCli({"recognize", clip_, "--model", model8_, "--precision", precision});
            QVERIFY2(run.code == 0, qPrintable(run.err));
        }
    }

    /// 7 bits wherever this runs: at most as many layers as with 8.
    void decidesForProcessorsWithoutVnni() {
        const Outcome made = quantize({"--calibration", clip_, "--output", at("model7.safetensors"), "--bits", "7"});
        QVERIFY2(made.code == 0, qPrintable(made.err));
        QVERIFY(made.out.contains("7 bits"));
        const auto seven = parsed(runCli({"inspect", at("model7.safetensors"), "--json"}).out)["int8"];
        const auto eight = parsed(runCli({"inspect", model8_, "--json"}).out)["int8"];
        QVERIFY(seven["feature_error"].get<double>() <= 1e-2);
        QVERIFY(seven["layers_kept_f32"].get<int>() > eight["layers_kept_f32"].get<int>());
        QCOMPARE(quantize({"--calibration", clip_, "--output", at("x.safetensors"), "--bits", "9"}).code, 2);
    }

    /// Two clips of which one cannot be read would both times give the figure of the other alone.
    void aCheckCountsEveryClipOrFails() {
        QVERIFY(QDir().mkpath(at("data")));
        QVERIFY(QFile::copy(clip_, at("data/good.mp4")));
        writeFile(at("data/bad.mp4"), "no video");
        writeFile(at("data/dataset.tsv"), "path\tglosses\tsplit\ngood.mp4\tHOUSE\ttest\nbad.mp4\tTREE\ttest\n");
        const QStringList command{"--calibration", clip_, "--output", at("checked.safetensors"), "--check", at("data")};
        const Outcome refused = quantize(command);
        QCOMPARE(refused.code, 3);
        QVERIFY2(refused.err.contains("1 of 2 clips") && refused.err.contains("bad.mp4"), qPrintable(refused.err));
        QVERIFY(!QFile::exists(at("checked.safetensors")));
        const Outcome checked = quantize(command + QStringList{"--limit", "1"});
        QVERIFY2(checked.code == 0, qPrintable(checked.err));
        QVERIFY2(checked.out.contains("WER on 1 clips"), qPrintable(checked.out));
    }

    void refusesWhatCannotBe() {
        const Outcome noScales = runCli({"recognize", clip_, "--model", model_, "--precision", "int8"});
        QCOMPARE(noScales.code, 3);
        QVERIFY(noScales.err.contains("no int8 scales"));
        QVERIFY(noScales.err.contains("quantize"));
        writeFile(at("text.mp4"), "no video");
        const Outcome noVideo = quantize({"--calibration", at("text.mp4"), "--output", at("x.safetensors")});
        QCOMPARE(noVideo.code, 3);
        QVERIFY(noVideo.err.contains("text.mp4"));
        const Outcome noClip = quantize({"--calibration", at("none.mp4"), "--output", at("x.safetensors")});
        QCOMPARE(noClip.code, 3);
        QVERIFY(noClip.err.contains("none.mp4"));
        const Outcome camera = quantize({"--calibration", "http://127.0.0.1:1/x", "--output", at("x.safetensors")});
        QVERIFY(camera.code == 2 || camera.code == 3);
        const Outcome noModel = runCli({"quantize", "--model", at("m"), "--calibration", clip_, "--output", at("x")});
        QCOMPARE(noModel.code, 3);
        const Outcome noPlace = quantize({"--calibration", clip_, "--output", at("none/x.safetensors")});
        QCOMPARE(noPlace.code, 5);
        QVERIFY(!QFile::exists(at("x.safetensors")));
    }
};

QTEST_GUILESS_MAIN(TestCliQuantize)
#include "tst_cli_quantize.moc"
