#include "detector_fixture.h"

#include <QRandomGenerator>
#include <QTest>
#include <cmath>
#include <limits>

using namespace livegloss;
using test::Box;
using test::DetectorFile;
using test::frameOf;
using test::kScene;
using test::networkOf;
using test::OnnxNetwork;
using test::OnnxOutput;
using test::rowsOf;
using vision::BodyPart;
using vision::FoundPart;

namespace {

OnnxOutput columnsOf(const std::vector<Box>& boxes) {
    OnnxOutput output;
    output.name = "output0";
    const std::size_t classes = boxes.front().classes.size();
    output.shape = {1, 4 + static_cast<std::int64_t>(classes), static_cast<std::int64_t>(boxes.size())};
    for (std::size_t row = 0; row < 4 + classes; ++row) {
        for (const Box& box : boxes) {
            output.values.push_back(row < 4 ? box.place[row] : box.classes[row - 4]);
        }
    }
    return output;
}

std::string textOf(const std::vector<FoundPart>& parts) {
    std::string text;
    for (const FoundPart& part : parts) {
        char line[96];
        std::snprintf(line, sizeof line, "%s %.3f %.3f %.3f %.3f at %.2f; ",
                      part.part == BodyPart::Hand ? "hand" : "face", part.box.left, part.box.top, part.box.width,
                      part.box.height, static_cast<double>(part.score));
        text += line;
    }
    return text;
}

/// Every outcome of an attempt as a line, for comparing and for failures.
std::string textOf(const Result<std::vector<FoundPart>>& found) {
    return found ? textOf(*found) : "error: " + found.error().message;
}

} // namespace

/// Detectors of hands and face that a person supplies, on networks that this test writes itself.
class TestPartDetector : public QObject {
    Q_OBJECT

    DetectorFile file_;

    Result<std::vector<FoundPart>> find(const OnnxNetwork& network, const Frame& frame,
                                        const char* settings = nullptr) const {
        auto detector = vision::openPartDetector(file_.write(network.bytes(), settings));
        if (!detector) {
            return tl::unexpected(std::move(detector.error()));
        }
        return (*detector)->find(frame);
    }

private Q_SLOTS:
    /// 128 x 64 lies in 64 x 64 as 64 x 32 from row 16 on.
    void boxesOfBothLayoutsLieOnTheVideo() {
        const Frame frame = frameOf(128, 64);
        const std::string rows = textOf(find(networkOf(rowsOf(kScene)), frame));
        QCOMPARE(rows, std::string("hand 0.188 0.250 0.125 0.500 at 0.81; hand 0.688 0.625 0.125 0.250 at 0.60; "
                                   "face 0.438 0.125 0.125 0.250 at 0.72; "));
        std::vector<Box> scene = kScene;
        scene.resize(7); // without objectness the rest would count
        scene.push_back({{60, 60, 4, 4}, 0.0F, {0.01F, 0.01F}});
        const std::string columns = textOf(find(networkOf(columnsOf(scene)), frame));
        QCOMPARE(columns, std::string("hand 0.188 0.250 0.125 0.500 at 0.90; hand 0.688 0.625 0.125 0.250 at 0.60; "
                                      "face 0.438 0.125 0.125 0.250 at 0.90; "));
    }

    void boxesOfAnyShapeAndSizeComeBack() {
        const auto seed = QRandomGenerator::global()->generate();
        qInfo("seed %u", seed);
        QRandomGenerator random(seed);
        for (int round = 0; round < 12; ++round) {
            OnnxNetwork network;
            network.input = {1, 3, random.bounded(1, 6) * 32, random.bounded(1, 6) * 32};
            const Frame frame = frameOf(random.bounded(16, 400), random.bounded(16, 400));
            const double height = static_cast<double>(network.input[2]);
            const double width = static_cast<double>(network.input[3]);
            // The picture's place in the network's input, to half a pixel.
            const double scale = std::min(width / frame.width, height / frame.height);
            const double left = (width - frame.width * scale) / 2.0;
            const double top = (height - frame.height * scale) / 2.0;
            const vision::Region truth{random.bounded(0.6), random.bounded(0.6), 0.1 + random.bounded(0.3),
                                       0.1 + random.bounded(0.3)};
            const auto net = [&](double share, double size, double begin) {
                return static_cast<float>(begin + share * size * scale);
            };
            const Box box{{net(truth.left + truth.width / 2.0, frame.width, left),
                           net(truth.top + truth.height / 2.0, frame.height, top), net(truth.width, frame.width, 0.0),
                           net(truth.height, frame.height, 0.0)},
                          1.0F,
                          {0.1F, 0.9F}};
            network.outputs = {rowsOf(std::vector<Box>(9, box))};
            network.metadata["names"] = "{0: 'hand', 1: 'face'}";
            const auto found = find(network, frame);
            QVERIFY2(found && found->size() == 1, textOf(found).c_str());
            const vision::Region& region = found->front().box;
            const double close = 1.5 / std::min(frame.width * scale, frame.height * scale);
            QVERIFY2(std::abs(region.left - truth.left) < close && std::abs(region.top - truth.top) < close &&
                         std::abs(region.width - truth.width) < close && std::abs(region.height - truth.height) < close,
                     textOf(found).c_str());
        }
    }

    void boxesAreCutToTheFrame() {
        const std::vector<Box> scene(9, {{0, 32, 32, 128}, 1.0F, {0.9F, 0.0F}});
        QCOMPARE(textOf(find(networkOf(rowsOf(scene)), frameOf(64, 64))),
                 std::string("hand 0.000 0.000 0.250 1.000 at 0.90; "));
        // A box that lies on the grey beside the picture is none.
        const std::vector<Box> beside(9, {{32, 4, 8, 8}, 1.0F, {0.9F, 0.0F}});
        QCOMPARE(textOf(find(networkOf(rowsOf(beside)), frameOf(128, 64))), std::string());
    }

    void thresholdsCount() {
        const Frame frame = frameOf(64, 64);
        std::vector<Box> scene(9, {{16, 16, 8, 8}, 0.7F, {0.5F, 0.0F}}); // 0.35 together
        scene[1] = {{19, 16, 8, 8}, 0.7F, {0.5F, 0.0F}};                 // overlaps 5 / 11
        const OnnxNetwork network = networkOf(rowsOf(scene));
        QCOMPARE(textOf(find(network, frame)), std::string());
        QCOMPARE(find(network, frame, "{\"score_threshold\": 0.34}")->size(), std::size_t{2});
        QCOMPARE(find(network, frame, "{\"score_threshold\": 0.34, \"overlap_threshold\": 0.4}")->size(),
                 std::size_t{1});
        QCOMPARE(textOf(find(network, frame, "{\"score_threshold\": 0.36}")), std::string());
    }

    void classesAreChosenByNameOrSetting_data() {
        QTest::addColumn<QByteArray>("names");
        QTest::addColumn<QByteArray>("settings");
        QTest::addColumn<QString>("parts"); // of the class numbers 0 to 3
        QTest::newRow("words") << QByteArray("{0: 'Left_Hand', 1: 'handle', 2: \"a face\", 3: 'surface'}")
                               << QByteArray() << "h-f-";
        QTest::newRow("list beside") << QByteArray() << QByteArray(R"({"names": ["x", "face", "palm", "y"]})")
                                     << "-fh-";
        QTest::newRow("numbers") << QByteArray() << QByteArray(R"({"hands": [0, 3], "face": 1})") << "hf-h";
        QTest::newRow("names beside") << QByteArray("{0: 'a', 1: 'b', 2: 'c', 3: 'd'}")
                                      << QByteArray(R"({"hands": ["d"], "face": ["a"]})") << "f--h";
        QTest::newRow("not the face") << QByteArray("{0: 'hand', 1: 'face', 2: 'c', 3: 'd'}")
                                      << QByteArray(R"({"face": []})") << "h---";
        QTest::newRow("quotes") << QByteArray(R"({0: 'it\'s a hand', 1: "x", 2: 'y', 3: 'z'})") << QByteArray()
                                << "h---";
    }
    void classesAreChosenByNameOrSetting() {
        QFETCH(QByteArray, names);
        QFETCH(QByteArray, settings);
        QFETCH(QString, parts);
        for (int index = 0; index < 4; ++index) {
            std::vector<float> scores(4, 0.0F);
            scores[static_cast<std::size_t>(index)] = 0.9F;
            const std::vector<Box> scene(10, {{16, 16, 8, 8}, 1.0F, scores});
            const auto found = find(networkOf(rowsOf(scene), names.isEmpty() ? nullptr : names.constData()),
                                    frameOf(64, 64), settings.isEmpty() ? nullptr : settings.constData());
            QVERIFY2(found.has_value(), textOf(found).c_str());
            const QChar expected = parts.at(index);
            QCOMPARE(found->size(), std::size_t{expected == QLatin1Char('-') ? 0U : 1U});
            if (!found->empty()) {
                QVERIFY((found->front().part == BodyPart::Hand) == (expected == QLatin1Char('h')));
            }
        }
    }

    void theDetectorSaysWhatItFinds() {
        const auto hands =
            vision::openPartDetector(file_.write(networkOf(rowsOf(kScene), "{0: 'hand', 1: 'cup'}").bytes()));
        QVERIFY(hands.has_value());
        QVERIFY((*hands)->finds(BodyPart::Hand) && !(*hands)->finds(BodyPart::Face));
    }

    void theNetworkGetsThePictureAsItsSettingsSay() {
        // The face's score is the mean of the first plane.
        OnnxOutput output = rowsOf(std::vector<Box>(9, {{32, 32, 8, 8}, 1.0F, {0.0F, 0.0F}}));
        for (std::size_t box = 0; box < 9; ++box) {
            output.colours[box * 7 + 6] = {1.0F, 0.0F, 0.0F};
        }
        const OnnxNetwork network = networkOf(output);
        const Frame red = frameOf(64, 64, {204, 0, 51});
        QCOMPARE(textOf(find(network, red)), std::string("face 0.438 0.438 0.125 0.125 at 0.80; "));
        QCOMPARE(textOf(find(network, red, R"({"channels": "bgr", "score_threshold": 0.1})")),
                 std::string("face 0.438 0.438 0.125 0.125 at 0.20; "));
        QCOMPARE(textOf(find(network, red, R"({"scale": 0.0025})")),
                 std::string("face 0.438 0.438 0.125 0.125 at 0.51; "));
        // Beside the picture it is grey: half of it is 204, the other half 114.
        QCOMPARE(textOf(find(network, frameOf(128, 64, {204, 0, 0}))),
                 std::string("face 0.438 0.375 0.125 0.250 at 0.62; "));
    }

    void theInputsSizeMayStandBeside() {
        OnnxNetwork network = networkOf(rowsOf(std::vector<Box>(9, {{16, 16, 8, 8}, 1.0F, {0.9F, 0.0F}})));
        network.input = {1, 3, -1, -1};
        QCOMPARE(textOf(find(network, frameOf(32, 32), R"({"input_size": [32, 32]})")),
                 std::string("hand 0.375 0.375 0.250 0.250 at 0.90; "));
        network.metadata["imgsz"] = "[64, 64]";
        QCOMPARE(textOf(find(network, frameOf(32, 32))), std::string("hand 0.188 0.188 0.125 0.125 at 0.90; "));
        // Boxes as shares of the picture instead of pixels.
        network.outputs = {rowsOf(std::vector<Box>(9, {{0.25, 0.5, 0.125, 0.25}, 1.0F, {0.9F, 0.0F}}))};
        QCOMPARE(textOf(find(network, frameOf(32, 32), R"({"boxes": "fractions"})")),
                 std::string("hand 0.188 0.375 0.125 0.250 at 0.90; "));
    }

    /// 7 x 7 numbers are 7 boxes of 2 classes in rows, or 7 of 3 in columns.
    void whereTheShapeDoesNotTellTheSettingsDo() {
        const std::vector<Box> scene(7, {{16, 16, 8, 8}, 1.0F, {0.9F, 0.1F}});
        const Frame frame = frameOf(64, 64);
        const std::string hand = "hand 0.188 0.188 0.125 0.125 at 0.90; ";
        QCOMPARE(textOf(find(networkOf(rowsOf(scene)), frame)), hand); // two names: rows
        QCOMPARE(textOf(find(networkOf(rowsOf(scene), nullptr), frame, R"({"hands": [0], "layout": "rows"})")), hand);
        const auto columns = find(networkOf(rowsOf(scene), nullptr), frame, R"({"hands": [0], "layout": "columns"})");
        QVERIFY2(columns && textOf(columns) != hand, textOf(columns).c_str());
    }

    /// Outputs of the face detector of OpenCV's model collection: a grid of cells of 8, 16 and 32 pixels each.
    void facesOnGridsAreFound() {
        OnnxNetwork network;
        for (const char* kind : {"cls", "obj", "bbox", "kps"}) {
            for (const int cell : {8, 16, 32}) {
                const int cells = (64 / cell) * (64 / cell);
                const int each = kind == std::string("bbox") ? 4 : kind == std::string("kps") ? 10 : 1;
                OnnxOutput output;
                output.name = kind;
                output.name += "_";
                output.name += std::to_string(cell);
                output.shape = {1, cells, each};
                output.values.assign(static_cast<std::size_t>(cells * each), 0.0F);
                network.outputs.push_back(output);
            }
        }
        const auto values = [&network](const std::string& name) -> std::vector<float>& {
            return std::ranges::find(network.outputs, name, &OnnxOutput::name)->values;
        };
        // Row 1, column 2 of the cells of 16: its middle at (2.5, 1.25) cells, 1 x 2 cells large.
        const std::size_t cell = 1 * 4 + 2;
        values("cls_16")[cell] = 0.81F;
        values("obj_16")[cell] = 1.2F; // at most 1
        values("bbox_16")[cell * 4] = 0.5F;
        values("bbox_16")[cell * 4 + 1] = 0.25F;
        values("bbox_16")[cell * 4 + 3] = std::log(2.0F);
        QCOMPARE(textOf(find(network, frameOf(64, 64))), std::string("face 0.500 0.062 0.250 0.500 at 0.90; "));
        values("cls_16")[cell] = 0.3F; // 0.55 together, less than 0.6
        QCOMPARE(textOf(find(network, frameOf(64, 64))), std::string());
        network.outputs[0].shape = {1, 63, 1};
        network.outputs[0].values.resize(63);
        const auto wrong = find(network, frameOf(64, 64));
        QVERIFY(!wrong && wrong.error().code == ErrorCode::Unsupported);
    }

    void numbersThatAreNoneAreNoBoxes() {
        const float none = std::numeric_limits<float>::quiet_NaN();
        const float endless = std::numeric_limits<float>::infinity();
        std::vector<Box> scene(9, {{16, 16, 8, 8}, 1.0F, {none, none}});
        scene[1] = {{none, 16, 8, 8}, 1.0F, {0.9F, 0.0F}};
        scene[2] = {{16, 16, endless, 8}, 1.0F, {0.9F, 0.0F}};
        scene[3] = {{16, 16, -8, 8}, 1.0F, {0.9F, 0.0F}};
        scene[4] = {{16, 16, 8, 0}, 1.0F, {0.9F, 0.0F}};
        QCOMPARE(textOf(find(networkOf(rowsOf(scene)), frameOf(64, 64))), std::string());
    }
};

QTEST_GUILESS_MAIN(TestPartDetector)
#include "tst_part_detector.moc"
