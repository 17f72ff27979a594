#include "cli_clip.h"
#include "cli_runner.h"
#include "jpeg_server.h"
#include "random_model.h"

#include <QBuffer>
#include <QFile>
#include <QImage>
#include <QTemporaryDir>
#include <QTest>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

using namespace livegloss;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

std::string greyJpeg(int grey) {
    QImage picture(64, 64, QImage::Format_RGB888);
    picture.fill(qRgb(grey, grey, grey));
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    picture.save(&buffer, "JPG");
    return buffer.data().toStdString();
}

} // namespace

/// livegloss-cli live, as a person calls it.
class TestCliLive : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    QString clip_;
    QString model_;

    QString at(const char* name) const { return folder_.filePath(QString::fromLatin1(name)); }

private slots:
    void initTestCase() {
        clip_ = at("clip.mp4");
        model_ = at("model.safetensors");
        test::drawClip(clip_.toStdString());
        test::RandomModel model(7);
        model.config.vocabulary = {"", "HOUSE", "TREE", "RAIN", "SUN", "WIND"};
        QVERIFY(model.save(model_.toStdString()).has_value());
    }

    void bothPacesOfLiveDecideTheSame() {
        writeFile(
            at("clip.json"),
            R"({"fps": 25, "frames": 60, "spans": [{"gloss": "HOUSE", "label": 1, "firstFrame": 5, "lastFrame": 20}]})");
        const QStringList common{"live", "--input", clip_,   "--model", model_, "--min-confidence",
                                 "0",    "--json",  "--pace"};
        const Outcome fast = runCli(common + QStringList{"fast"});
        QCOMPARE(fast.code, 0);
        const Outcome realTime = runCli(common + QStringList{"realtime", "--report", at("report.json")});
        QCOMPARE(realTime.code, 0);
        QFile::remove(at("clip.json"));
        const json a = parsed(fast.out);
        const json b = parsed(realTime.out);
        QVERIFY2(a.is_object() && b.is_object(), qPrintable(realTime.out));
        QVERIFY(!a.at("glosses").empty());
        QCOMPARE(a.at("glosses").size(), b.at("glosses").size());
        for (std::size_t i = 0; i < a.at("glosses").size(); ++i) {
            QVERIFY(a.at("glosses")[i].at("gloss") == b.at("glosses")[i].at("gloss"));
            QVERIFY(a.at("glosses")[i].at("start_s") == b.at("glosses")[i].at("start_s"));
            QVERIFY(b.at("glosses")[i].at("committed_at_s").is_number());
        }
        QVERIFY(b.at("frames") ==
                (json{{"captured", 60}, {"encoded", 60}, {"reused", 0}, {"interpolated", 0}, {"dropped", 0}}));
        for (const json* report : {&a, &b}) {
            QCOMPARE(report->at("delays").at("signs").get<int>(), 1);
            QVERIFY(report->at("delays").at("committed").contains("median_s"));
            QCOMPARE(report->at("errors").at("online").at("reference_words").get<int>(), 1);
            QVERIFY(report->at("offline").is_array() && report->at("rates").is_object());
        }
        QFile written(at("report.json"));
        QVERIFY(written.open(QIODevice::ReadOnly));
        QVERIFY(parsed(QString::fromUtf8(written.readAll())) == b);
    }

    void signsAfterTheStopDoNotCount_data() {
        QTest::addColumn<QString>("pace");
        QTest::newRow("fast") << "fast";
        QTest::newRow("real time") << "realtime";
    }
    /// Of four signs two end within the first 1.2 s, one is under way then, and one comes later.
    void signsAfterTheStopDoNotCount() {
        QFETCH(QString, pace);
        writeFile(at("clip.json"), R"({"fps": 25, "frames": 60, "spans": [
            {"gloss": "HOUSE", "label": 1, "firstFrame": 2, "lastFrame": 8},
            {"gloss": "TREE", "label": 2, "firstFrame": 10, "lastFrame": 16},
            {"gloss": "RAIN", "label": 3, "firstFrame": 20, "lastFrame": 45},
            {"gloss": "SUN", "label": 4, "firstFrame": 48, "lastFrame": 55}]})");
        const QStringList command{"live", "--input", clip_, "--model",  model_, "--min-confidence",
                                  "1",    "--pace",  pace,  "--seconds"};
        const Outcome stopped = runCli(command + QStringList{"1.2", "--report", at("stopped.json")});
        const Outcome whole = runCli(command + QStringList{"100", "--json"});
        QFile::remove(at("clip.json"));
        QVERIFY2(stopped.code == 0 && whole.code == 0, qPrintable(stopped.err + whole.err));
        QVERIFY2(stopped.err.contains("Stopped at 1."), qPrintable(stopped.err));
        QVERIFY2(stopped.err.contains("end later do not count: 2"), qPrintable(stopped.err));
        QVERIFY2(stopped.err.contains("0 of 2 signs"), qPrintable(stopped.err));
        QVERIFY2(stopped.err.contains("livegloss-cli inspect " + model_), qPrintable(stopped.err));
        QFile file(at("stopped.json"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const json report = parsed(QString::fromUtf8(file.readAll()));
        QCOMPARE(report.at("signs_not_reached").get<int>(), 2);
        QVERIFY(std::abs(report.at("stopped_at_s").get<double>() - 1.2) < 0.5);
        QCOMPARE(report.at("delays").at("signs").get<int>(), 2);
        for (const char* pass : {"online", "offline"}) {
            QCOMPARE(report.at("errors").at(pass).at("reference_words").get<int>(), 2);
        }
        const json all = parsed(whole.out);
        QCOMPARE(all.at("errors").at("online").at("reference_words").get<int>(), 4);
        QVERIFY(all.at("stopped_at_s").is_null());
    }

    /// What was recognised until then is not lost, and the exit code still tells.
    void aSourceThatBreaksOffLeavesItsReport() {
        const QString breaking = "lavfi:testsrc=size=64x64:rate=25,scale=w='if(gte(n,50),0/0,64)':h=64:eval=frame";
        const Outcome outcome = runCli(
            {"live", breaking, "--model", model_, "--min-confidence", "0", "--json", "--report", at("broken.json")});
        QVERIFY2(outcome.code != 0 && outcome.code != -1, qPrintable(QString::number(outcome.code)));
        QVERIFY(outcome.err.contains("livegloss-cli: "));
        const json report = parsed(outcome.out);
        QVERIFY2(report.is_object(), qPrintable(outcome.err));
        const int encoded = report.at("frames").at("encoded").get<int>();
        QVERIFY2(encoded == 50 || encoded == 49, qPrintable(QString::number(encoded))); // FFmpeg 7 reads one ahead
        QVERIFY(!report.at("glosses").empty());
        QVERIFY(!report.at("offline").empty());
        QFile written(at("broken.json"));
        QVERIFY(written.open(QIODevice::ReadOnly));
        QVERIFY(parsed(QString::fromUtf8(written.readAll())) == report);
        QCOMPARE(runCli({"live", at("none.mp4"), "--model", model_, "--report", at("none.json")}).code, 3);
        QVERIFY(!QFile::exists(at("none.json"))); // nothing was recognised
    }

    void framesThatAFileLacksAreToldAndCounted() {
        QFile whole(clip_);
        QVERIFY(whole.open(QIODevice::ReadOnly));
        writeFile(at("cut.mp4"), whole.read(whole.size() * 9 / 10));
        for (const QStringList& command :
             {QStringList{"recognize", at("cut.mp4"), "--json"}, QStringList{"live", at("cut.mp4"), "--json"},
              QStringList{"live", at("cut.mp4"), "--pace", "fast", "--json"}}) {
            const Outcome outcome = runCli(command + QStringList{"--model", model_});
            QVERIFY2(outcome.code == 0, qPrintable(outcome.err));
            const json frames = parsed(outcome.out).at("frames");
            QVERIFY(frames.at("dropped").get<int>() > 0);
            QCOMPARE(frames.at("captured").get<int>() + frames.at("dropped").get<int>(), 60);
            QVERIFY2(outcome.err.contains("cut.mp4 ends at ") && outcome.err.contains(" s of 2.4 s"),
                     qPrintable(outcome.err));
        }
        const Outcome whole60 = runCli({"recognize", clip_, "--model", model_});
        QVERIFY(!whole60.err.contains("ends at"));
    }

    /// What is passed on names the stream without its password.
    void aStreamsPasswordIsInNoReport() {
        QVERIFY(!greyJpeg(1).empty());
        const test::HttpServer server([](const auto& send, const auto& stopped) {
            bool open = send(test::multipartHead());
            for (int index = 0; open && !stopped(); ++index) {
                open = send(test::multipartPicture(greyJpeg(index % 256)));
                std::this_thread::sleep_for(20ms);
            }
        });
        QString address = QString::fromStdString(server.address());
        address.replace(QStringLiteral("http://"), QStringLiteral("http://anna:secret@"));
        const Outcome outcome =
            runCli({"live", address, "--model", model_, "--seconds", "1", "--json", "--report", at("stream.json")});
        QVERIFY2(outcome.code == 0, qPrintable(outcome.err));
        QFile written(at("stream.json"));
        QVERIFY(written.open(QIODevice::ReadOnly));
        const QString report = QString::fromUtf8(written.readAll());
        QVERIFY(parsed(report).at("frames").at("encoded").get<int>() > 0);
        for (const QString& text : {report, outcome.out, outcome.err}) {
            QVERIFY2(!text.contains("secret") && !text.contains("anna"), qPrintable(text));
        }
        QVERIFY2(report.contains(QString::number(server.port())), qPrintable(report));
    }
};

QTEST_GUILESS_MAIN(TestCliLive)
#include "tst_cli_live.moc"
