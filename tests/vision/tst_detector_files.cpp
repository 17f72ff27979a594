#include "detector_fixture.h"

#include <QRandomGenerator>
#include <QTest>

using namespace livegloss;
using test::DetectorFile;
using test::frameOf;
using test::kScene;
using test::networkOf;
using test::OnnxNetwork;
using test::rowsOf;

/// What is said of files that are no detectors, or damaged ones.
class TestDetectorFiles : public QObject {
    Q_OBJECT

    DetectorFile file_;

private Q_SLOTS:
    void badFilesAreRefused_data() {
        QTest::addColumn<QByteArray>("contents");
        QTest::addColumn<QByteArray>("settings");
        QTest::addColumn<QString>("message");
        const auto add = [](const char* name, const std::string& contents, const char* settings, const char* message) {
            QTest::newRow(name) << QByteArray::fromStdString(contents) << QByteArray(settings) << QString(message);
        };
        const OnnxNetwork good = networkOf(rowsOf(kScene));
        const std::string whole = good.bytes();
        add("empty", "", "", "is empty");
        add("text", "This is no network.", "", "no ONNX file");
        add("cut off", whole.substr(0, whole.size() / 2), "", "no ONNX file");
        OnnxNetwork less = good;
        less.missing = 1 << 20;
        add("weights that are not there", less.bytes(), "", "no ONNX file");
        const auto addMore = [&](const char* name, const std::string& more, const char* message = "no ONNX file") {
            OnnxNetwork network = good;
            network.more = more;
            add(name, network.bytes(), "", message);
        };
        using Onnx = OnnxNetwork;
        const std::string fourBytes(4, '\0');
        addMore("a constant that is not there", Onnx::constant(1, 1 << 28, Onnx::field(9, fourBytes)));
        addMore("a constant without numbers", Onnx::constant(1, 3, ""));
        addMore("one float for many", Onnx::stored(1, 1 << 28, Onnx::single(4)));
        addMore("one whole number for many", Onnx::stored(7, 1 << 28, Onnx::number(7, 1)));
        addMore("numbers of another type", Onnx::stored(1, 1, Onnx::number(7, 1)));
        addMore("two lists", Onnx::stored(1, 1, Onnx::single(4) + Onnx::field(9, fourBytes)));
        addMore("bytes that are a number", Onnx::stored(1, 1, Onnx::number(9, 4)));
        addMore("half a float", Onnx::stored(1, 1, Onnx::field(4, "12")));
        addMore("a branch", Onnx::branch(), "branches");
        OnnxNetwork two = good;
        two.outputs.push_back(rowsOf(kScene));
        two.outputs.back().name = "more";
        add("two outputs", two.bytes(), "", "output0, more");
        OnnxNetwork flat = good;
        flat.input = {1, 64 * 64};
        add("no picture", flat.bytes(), "", "three colour planes");
        OnnxNetwork odd = networkOf(rowsOf(kScene));
        odd.outputs[0].shape = {1, 70};
        add("no list of boxes", odd.bytes(), "", "70");
        add("other classes", networkOf(rowsOf(kScene), "{0: 'hand', 1: 'face', 2: 'foot'}").bytes(), "", "3 classes");
        add("no names", networkOf(rowsOf(kScene), nullptr).bytes(), "", "does not say what its classes are");
        add("other names", networkOf(rowsOf(kScene), "{0: 'cat', 1: 'dog'}").bytes(), "", "cat, dog");
        add("broken names", networkOf(rowsOf(kScene), "{0: 'cat").bytes(), "", "does not say what its classes are");
        OnnxNetwork strange = good;
        strange.operation = "Gem";
        add("an operation that is none", strange.bytes(), "", "OpenCV");
        OnnxNetwork open = good;
        open.input = {1, 3, -1, -1};
        add("no size", open.bytes(), "", "how large its input picture is");
        add("broken settings", whole, "{\"scale\": ", "own.json is no JSON object");
        add("settings that are a list", whole, "[1]", "own.json is no JSON object");
        add("unknown key", whole, R"({"treshold": 1})", "\"treshold\" is not known");
        add("a size that is none", whole, R"({"input_size": [640]})", "\"input_size\"");
        add("a number that is none", whole, R"({"score_threshold": "high"})", "\"score_threshold\"");
        add("too large a number", whole, R"({"score_threshold": 2})", "from 0.0 to 1.0");
        add("unknown order", whole, R"({"channels": "grb"})", "\"channels\"");
        add("a class that is none", whole, R"({"hands": ["foot"]})", "\"foot\"");
        add("a number of no class", whole, R"({"hands": [2]})", "no class of the detector");
        add("a number beyond the output", networkOf(rowsOf(kScene), nullptr).bytes(), R"({"hands": [2]})", "2 classes");
        add("another layout", whole, R"({"layout": "columns"})", "layout");
        add("names that are none", whole, R"({"names": [1, 2]})", "\"names\"");
    }
    /// The same numbers in every list that may hold them, and lists of nothing.
    void storedNumbersMayLieInAnyList() {
        using Onnx = OnnxNetwork;
        OnnxNetwork network = networkOf(rowsOf(kScene));
        const std::string eightBytes(8, '\0');
        for (const std::string& more :
             {Onnx::stored(1, 2, Onnx::single(4) + Onnx::single(4)), Onnx::stored(1, 2, Onnx::field(4, eightBytes)),
              Onnx::stored(1, 2, Onnx::field(9, eightBytes)),
              Onnx::stored(7, 2, Onnx::number(7, 1) + Onnx::number(7, 300)),
              Onnx::stored(7, 2, Onnx::field(7, Onnx::varint(1) + Onnx::varint(300))),
              Onnx::stored(6, 1, Onnx::number(5, 1)), Onnx::stored(1, 0, ""), Onnx::constant(1, 1, Onnx::single(4))}) {
            network.more = more;
            const auto detector = vision::openPartDetector(file_.write(network.bytes()));
            QVERIFY2(detector.has_value(), detector ? "" : detector.error().message.c_str());
        }
    }

    void badFilesAreRefused() {
        QFETCH(QByteArray, contents);
        QFETCH(QByteArray, settings);
        QFETCH(QString, message);
        const auto detector = vision::openPartDetector(
            file_.write(contents.toStdString(), settings.isEmpty() ? nullptr : settings.constData()));
        QVERIFY(!detector.has_value());
        const QString told = QString::fromStdString(detector.error().message);
        QVERIFY2(told.contains(message), qPrintable(told));
        QVERIFY2(told.contains(QStringLiteral("own.")), qPrintable(told));
        QVERIFY(!detector.error().hint.empty());
    }

    void aMissingFileIsNamed() {
        const auto missing = vision::openPartDetector("/nowhere/hands.onnx");
        QVERIFY(!missing && missing.error().code == ErrorCode::NotFound);
        QVERIFY(missing.error().message.find("/nowhere/hands.onnx") != std::string::npos);
    }

    void damagedFilesEndInARefusalOrABox() {
        const auto seed = QRandomGenerator::global()->generate();
        qInfo("seed %u", seed);
        QRandomGenerator random(seed);
        const std::string whole = networkOf(rowsOf(kScene)).bytes();
        const Frame frame = frameOf(40, 30);
        int refused = 0;
        for (int round = 0; round < 200; ++round) {
            std::string damaged = whole;
            for (int i = 0; i < 3; ++i) {
                damaged[random.bounded(static_cast<quint32>(damaged.size()))] = static_cast<char>(random.bounded(256));
            }
            auto detector = vision::openPartDetector(file_.write(damaged));
            refused += detector ? 0 : 1;
            if (detector) {
                (*detector)->find(frame);
            }
        }
        QVERIFY(refused > 20);
    }
};

QTEST_GUILESS_MAIN(TestDetectorFiles)
#include "tst_detector_files.moc"
